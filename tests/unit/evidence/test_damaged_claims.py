"""What a damaged file system claims ends neither a search nor a listing."""

import struct
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from labkit.evidence.file_names import FILE_NAME, file_names
from labkit.evidence.image import open_image
from labkit.evidence.owners import MediumMap, Region
from labkit.evidence.remarks import listening
from labkit.evidence.spans import Spans
from labkit.synthesis.filesystems.ext4 import Ext4Volume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium

MIB = 1024 * 1024
AT = datetime(2026, 2, 1, 8, tzinfo=UTC)


class Record:
    """A record whose only name can not be read, as pytsk3 shows it."""

    def __iter__(self) -> Any:
        return iter([SimpleNamespace(info=SimpleNamespace(type=FILE_NAME, size=90, id=3))])

    def read_random(self, *_arguments: int) -> bytes:
        raise OSError("FsFile_read_random: Read error")


def test_a_name_that_can_not_be_read_is_skipped() -> None:
    assert list(file_names(Record())) == []


def test_a_stretch_beyond_any_medium_belongs_to_nobody() -> None:
    spans = Spans()
    spans.add(512, 1024, 1, 0, 0)
    spans.add(1 << 64, (1 << 64) + 512, 2, 0, 0)
    spans.add(2048, 4096, 3, 1 << 70, 0)
    spans.add(-512, 100, 4, 0, 0)
    spans.settle()

    assert spans.at(600) is not None
    assert spans.at(2100) is None
    assert spans.at(50) is None


def test_a_bitmap_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    medium = Medium(8 * MIB)
    volume = NtfsVolume(medium, start_bytes=0, size_bytes=8 * MIB, cluster_bytes=1024, label="", serial=1, formatted=AT)
    volume.create("/a.txt", b"a" * 5000, AT)
    volume.flush()
    data = bytearray(b"".join(medium.chunks()))
    (mft_cluster,) = struct.unpack_from("<Q", data, 48)
    record = mft_cluster * 1024 + 6 * 1024  # $Bitmap
    (attribute,) = struct.unpack_from("<H", data, record + 20)
    struct.pack_into("<I", data, record + attribute + 16, 1 << 20)  # more content than the record has room for
    image = tmp_path / "disk.raw"
    image.write_bytes(data)
    told: list[str] = []

    with listening(told.append), open_image(image) as opened:
        owners = MediumMap(opened)
        regions = {region for region in Region if any(owners.ranges([region]))}

    assert told == ["volume 0: its record of free clusters is damaged; what no file has counts as free"]
    assert {Region.ALLOCATED, Region.UNALLOCATED} <= regions


def test_what_is_no_inode_any_more_has_no_blocks(tmp_path: Path) -> None:
    """Its size would have the Sleuth Kit look up a hundred thousand blocks, each in the list of those before it."""
    medium = Medium(8 * MIB)
    volume = Ext4Volume(
        medium, start_bytes=0, size_bytes=8 * MIB, block_bytes=1024, label="", uuid=bytes(16), formatted=AT
    )
    volume.create("/a.txt", b"a" * 5000, AT)
    volume.flush()
    data = bytearray(b"".join(medium.chunks()))
    (table_block,) = struct.unpack_from("<I", data, 2 * 1024 + 8)
    data[table_block * 1024 + 20 * 256 : table_block * 1024 + 21 * 256] = b"\x07" * 256  # the inode 21
    image = tmp_path / "disk.raw"
    image.write_bytes(data)

    with open_image(image) as opened:
        owners = MediumMap(opened).volumes[0].owners

    assert "/a.txt" in {owner.path for owner in owners}
    assert 21 not in {owner.address for owner in owners}
