"""Whether a record is in use is what istat says, whatever names lead to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import open_image
from labkit.evidence.volumes import volumes
from labkit.model.entry_type import EntryType
from labkit.synthesis.filesystems.ext4 import Ext4Volume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from tests.oracles import oracle
from tests.unit.cli.image_runner import objects, run

pytestmark = pytest.mark.oracle

MIB = 1024 * 1024
AT = datetime(2026, 2, 1, 8, tzinfo=UTC)


def ext4(medium: Medium) -> Ext4Volume:
    return Ext4Volume(
        medium, start_bytes=0, size_bytes=8 * MIB, block_bytes=1024, label="", uuid=bytes(16), formatted=AT
    )


def ntfs(medium: Medium) -> NtfsVolume:
    return NtfsVolume(medium, start_bytes=0, size_bytes=8 * MIB, cluster_bytes=1024, label="", serial=1, formatted=AT)


def played(make: Callable[[Medium], Ext4Volume | NtfsVolume], path: Path) -> Path:
    """A file that was renamed twice, one that was deleted, and one that has the record of a deleted one."""
    medium = Medium(8 * MIB)
    volume = make(medium)
    hours = iter(range(100))

    def later() -> datetime:
        return AT + timedelta(hours=next(hours))

    volume.make_directory("/a", later())
    volume.make_directory("/b", later())
    for name in ("/a/w.txt", "/a/x a long name.txt", "/a/y.txt", "/a/z.txt"):
        volume.create(name, name.encode(), later())
    volume.rename("/a/z.txt", "/b/renamed.txt", later())
    volume.rename("/b/renamed.txt", "/b/at last.txt", later())
    volume.delete("/a/y.txt", later())
    if isinstance(volume, NtfsVolume):
        volume.remount()  # after which the lowest free record is taken
    volume.create("/b/new.txt", b"new", later())
    volume.delete("/a/x a long name.txt", later())
    volume.flush()
    path.write_bytes(b"".join(medium.chunks()))
    return path


@pytest.mark.parametrize("make", [ext4, ntfs])
def test_states_are_those_of_istat(make: Callable[[Medium], Ext4Volume | NtfsVolume], tmp_path: Path) -> None:
    image = played(make, tmp_path / "disk.raw")
    with open_image(image) as opened:
        (volume,) = volumes(opened)
        reader = VolumeReader(opened, volume)
        addresses = sorted({row.address for row in reader.rows() if row.address and row.type is EntryType.FILE})
        found = {address: reader.stat(address).deleted for address in addresses}
    said = {address: oracle(["istat", image, str(address)]) for address in addresses}

    assert found == {address: "Not Allocated" in text for address, text in said.items()}
    assert {True, False} == set(found.values())


def test_old_names_of_a_live_file_come_last_and_are_called_so(tmp_path: Path) -> None:
    """On ext4 the Sleuth Kit finds them in what is left of a directory's block."""
    image = played(ext4, tmp_path / "disk.raw")
    with open_image(image) as opened:
        (volume,) = volumes(opened)
        reader = VolumeReader(opened, volume)
        old = [row for row in reader.rows() if row.reallocated]
    assert old

    for row in old:
        (detail,) = objects("image", "stat", image, "--address", row.address)
        shown = run("image", "stat", image, "--address", row.address, "--plain").stdout
        assert detail["deleted"] is False
        assert detail["entries"][0]["deleted"] is False
        assert row.path in {entry["path"] for entry in detail["entries"] if entry["deleted"]}
        assert "state\tallocated\n" in shown
        assert f"old name\t{row.path}\n" in shown
        assert f"path\t{detail['entries'][0]['path']}  (" in shown
