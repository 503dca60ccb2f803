"""Content of NTFS files, plain and not, beside what was written and beside icat."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.evidence import disk
from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import open_image
from labkit.evidence.volumes import volumes
from tests.oracles import oracle

pytestmark = pytest.mark.oracle
MIB = 1024 * 1024
PLAIN = {"empty.txt": b"", "small.txt": b"inside its record", "large.bin": bytes(range(256)) * 12_000}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ntfs")
    image, mount = folder / "volume.ntfs", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(10 * MIB)
    oracle(["mkntfs", "-q", "-F", "-f", image])
    oracle(["ntfs-3g", "-o", "compression", image, mount])
    try:
        for name, content in PLAIN.items():
            (mount / name).write_bytes(content)
        with (mount / "sparse.bin").open("wb") as file:
            file.seek(3 * MIB)
            file.write(b"end")
        (mount / "gone.txt").write_bytes(b"G" * 5000)
        pieces = []
        with contextlib.suppress(OSError):  # until the volume is full
            while True:
                pieces.append(mount / f"piece {len(pieces)}")
                pieces[-1].write_bytes(b"p" * 16384)
        for piece in pieces[::2]:
            piece.unlink()
        (mount / "in pieces.bin").write_bytes(b"fragment" * 30_000)
        (mount / "gone.txt").unlink()
    finally:
        subprocess.run(["umount", mount], check=True, timeout=60)
    return image


@pytest.fixture
def reader(image: Path) -> Iterator[VolumeReader]:
    with open_image(image) as opened:
        yield VolumeReader(opened, volumes(opened)[0])


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files_are_read_without_the_sleuth_kit(
    reader: VolumeReader, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reader.find(f"/{name}")
    monkeypatch.setattr(VolumeReader, "_record", None)

    assert b"".join(reader.read(address)) == PLAIN[name]


def test_a_file_in_pieces_is_put_together(reader: VolumeReader) -> None:
    address = reader.find("/in pieces.bin")
    assert len(reader.stat(address).attributes[-1].runs) > 1

    assert b"".join(reader.read(address)) == b"fragment" * 30_000


def test_what_is_not_plain_is_left_to_the_sleuth_kit(reader: VolumeReader) -> None:
    assert b"".join(reader.read(reader.find("/sparse.bin"))) == bytes(3 * MIB) + b"end"
    assert b"".join(reader.read(reader.find("/gone.txt"))) == b"G" * 5000


def test_every_file_has_the_content_that_icat_gives(image: Path, reader: VolumeReader) -> None:
    for row in reader.rows(deleted=False):
        if row.stream is None and row.type == "file" and 0 < row.size_bytes < disk.READ_BYTES:
            expected = subprocess.run(["icat", image, str(row.address)], capture_output=True, check=True, timeout=60)
            assert b"".join(reader.read(row.address)) == expected.stdout


def test_contents_are_those_of_all_live_files(reader: VolumeReader) -> None:
    """Compare with icat for every live file that fls shows, but the file system's own ones."""
    image = reader._image.path
    wanted = {}
    for line in oracle(["fls", "-r", "-p", "-u", "-F", image]).splitlines():
        kind, _, rest = line.partition(" ")
        address, _, name = rest.partition(":\t")
        if kind == "r/r" and not name.startswith("$"):
            content = oracle(["icat", image, address])
            if content:
                wanted[int(address.split("-")[0])] = content
    assert len(wanted) > 4
    found = {address: b"".join(content).decode("utf-8", "replace") for address, content in reader.contents()}
    assert {address: content for address, content in found.items() if content} == wanted
