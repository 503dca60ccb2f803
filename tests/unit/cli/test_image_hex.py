"""`labkit image hex` at the command line."""

import json
from pathlib import Path

import pytest

from tests.oracles import oracle
from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, written


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = fat_volume()
    volume.create("/note.txt", bytes(range(256)) * 10, AT)
    volume.write_slack("/note.txt", b"behind the end")
    return written(volume, tmp_path_factory.mktemp("stick") / "stick.raw")


@pytest.fixture(scope="module")
def ntfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ntfs")
    image = folder / "ntfs.raw"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkntfs", "-F", "-q", "-Q", "-c", "4096", image])
    (folder / "note").write_bytes(b"resident")
    (folder / "hidden").write_bytes(b"in a stream")
    oracle(["ntfscp", "-q", "-f", image, folder / "note", "/note.txt"])
    oracle(["ntfscp", "-q", "-f", "-N", "hidden", image, folder / "hidden", "/note.txt"])
    return image


def data(*arguments: object) -> bytes:
    (found,) = objects("image", "hex", *arguments)
    return bytes.fromhex(found["data"])


def test_bytes_of_the_medium_of_a_cluster_and_of_an_entry(stick: Path) -> None:
    medium = stick.read_bytes()
    start = medium.find(bytes(range(256)))
    assert data(stick) == medium[:512]
    assert data(stick, "--offset", hex(start), "--length", 20) == bytes(range(20))
    assert data(stick, "--sector", start // 512, "--length", 512) == medium[start // 512 * 512 :][:512]
    (cluster,) = objects("image", "hex", stick, "--cluster", 2)
    assert bytes.fromhex(cluster["data"]) == medium[start : start + CLUSTER]
    assert (cluster["path"], cluster["cluster"], cluster["region"]) == ("/note.txt", 2, "allocated")
    assert data(stick, "/note.txt", "--offset", 2550) == bytes(range(246, 256))
    assert data(stick, "/note.txt", "--slack").startswith(b"behind the end")
    assert data(stick, "/note.txt", "--slack", "--offset", 7, "--length", 3) == b"the"


def test_volume_counts_from_its_own_start(stick: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    entry = b"\0\0\0\0\x06\0\0\0" + (2048).to_bytes(4, "little") + (16 * 2048).to_bytes(4, "little")
    disk.write_bytes((bytes(446) + entry + bytes(48) + b"\x55\xaa").ljust(MIB, b"\0") + stick.read_bytes())
    (found,) = objects("image", "hex", disk, "--volume", 1, "--as", "auto")
    assert (found["structure"], found["offset_bytes"], found["offset_in_volume"]) == ("fat-boot", MIB, 0)
    assert data(disk, "--volume", 1, "--sector", 1) == stick.read_bytes()[512:1024]
    assert data(disk, "--cluster", 2, "--length", 5) == bytes(range(5))
    (table,) = objects("image", "hex", disk, "--as", "auto")
    assert table["structure"] == "mbr"


def test_records_and_streams_of_ntfs(ntfs: Path) -> None:
    assert data(ntfs, "/note.txt", "--stream", "hidden") == b"in a stream"
    (found,) = objects("image", "hex", ntfs, "/$MFT", "--offset", 64 * 1024, "--as", "auto")
    assert (found["structure"], found["size_bytes"], found["offset_in_it"]) == ("mft-record", 1024, 65536)
    fields = {(field["table"], field["name"]): field for field in found["fields"]}
    assert fields["$FILE_NAME", "name"]["meaning"] == '"note.txt"'
    number = fields["MFT record", "record number"]
    assert (number["little"], number["big"], number["offset_bytes"]) == (64, 64 << 24, 65536 + 44)
    assert found["source"]


@pytest.mark.oracle
def test_rows_are_those_of_xxd_with_equal_ones_left_out(stick: Path) -> None:
    start = stick.read_bytes().find(bytes(range(256)))
    shown = run("image", "hex", stick, "--offset", start, "--length", 4096).stdout.splitlines()
    theirs = oracle(["xxd", "-a", "-s", str(start), "-l", "4096", stick]).splitlines()
    ours = [line for line in shown if line == "*" or line[8:10] == ": "]
    assert set(theirs) - {"*"} >= set(ours) - {"*"}
    assert ours[:20] == theirs[:20]
    assert "*" in ours


def test_everything_fits_80_columns(stick: Path, ntfs: Path) -> None:
    for arguments in ((stick,), (ntfs,), (ntfs, "/$MFT", "--offset", 65536)):
        shown = run("image", "hex", *arguments, "--as", "auto").stdout
        assert "LE" in shown
        assert max(map(len, shown.splitlines())) <= 80


def test_plain_lines_are_rows_or_fields(stick: Path) -> None:
    header, first, *_ = run("image", "hex", stick, "--plain").stdout.splitlines()
    assert header.split("\t") == ["offset_bytes", "data", "text"]
    assert first.split("\t")[0] == "0"
    header, *lines = run("image", "hex", stick, "--plain", "--as", "fat-boot").stdout.splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert next(row for row in rows if row["name"] == "bytes per sector")["little"] == "512"


def test_what_fits_nothing_is_said(stick: Path) -> None:
    result = run("image", "hex", stick, "--offset", 15 * MIB, "--as", "auto")
    assert "None of the structures" in result.stderr


def test_what_is_wrong_is_said(stick: Path, ntfs: Path, tmp_path: Path) -> None:
    hexed = ("image", "hex", stick)
    refused(5, "the medium has no byte 99999999", "from 0", *hexed, "--offset", 99999999)
    refused(5, "the content of /note.txt has no byte 2560", "from 0", *hexed, "/note.txt", "--offset", 2560)
    refused(5, "0 bytes can not be shown", "1048576", *hexed, "--length", 0)
    refused(5, "export", "labkit image export", *hexed, "--length", 2 * MIB)
    refused(5, "the sector -1 lies before", "Count from 0", *hexed, "--sector", -1)
    refused(5, "has no cluster 1", "numbered from 2 to", *hexed, "--cluster", 1)
    refused(5, "'inode' is no structure", "mft-record", *hexed, "--as", "inode")
    refused(5, "has no volume 7", "Its volumes are: 0", *hexed, "--volume", 7)
    refused(5, "has no stream 'x'", "labkit image ls", "image", "hex", ntfs, "/note.txt", "--stream", "x")
    refused(5, "there is no file", "evidence", "image", "hex", tmp_path / "none.raw")
    plain = tmp_path / "plain.raw"
    plain.write_bytes(b"no file system" * 100)
    refused(5, "has no clusters", "--sector", "image", "hex", plain, "--volume", 0, "--cluster", 2)
    for wrong in (
        ("--offset", 1, "--sector", 1),
        ("/note.txt", "--cluster", 3),
        ("--slack",),
        ("/note.txt", "--address", 3),
    ):
        run(*hexed, *wrong, code=2)


def test_damaged_volume_can_be_looked_at(stick: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.raw"
    content = bytearray(stick.read_bytes())
    content[11:14] = b"\0\0\0"
    damaged.write_bytes(content)
    assert data(damaged, "--as", "fat-boot") == content[:512]


def test_look_is_written_to_the_examination_log(stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.root / "work" / "stick.raw"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(stick.read_bytes())
    run("image", "hex", image, "--sector", 3, "--as", "auto")
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "image hex"
    assert line["details"] == {"sector": 3, "as": "auto", "outcome": "done"}
