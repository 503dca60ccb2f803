"""mypy checks this file too: each writer is what the world asks for (see ``[tool.mypy]`` in pyproject.toml)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit.synthesis.filesystems.contract import NodeState, VolumeWriter
from labkit.synthesis.filesystems.exfat import ExFatVolume
from labkit.synthesis.filesystems.ext4 import Ext4Volume
from labkit.synthesis.filesystems.fat import FatVolume
from labkit.synthesis.medium import Medium

SIZE_BYTES = 2 * 1024 * 1024
UTC_TIME = datetime(2026, 3, 1, 12, 0, 2, tzinfo=UTC)
ZONED_TIME = UTC_TIME.astimezone(timezone(timedelta(hours=5)))
LOCAL_TIME = UTC_TIME.replace(tzinfo=None)


def a_fat_volume(medium: Medium) -> VolumeWriter:
    return FatVolume(
        medium,
        start_bytes=0,
        size_bytes=SIZE_BYTES,
        kind="FAT12",
        cluster_bytes=1024,
        label="KF",
        serial=1,
        formatted=LOCAL_TIME,
    )


def an_ext4_volume(medium: Medium) -> VolumeWriter:
    return Ext4Volume(
        medium,
        start_bytes=0,
        size_bytes=SIZE_BYTES,
        block_bytes=1024,
        label="KF",
        uuid=bytes(16),
        formatted=UTC_TIME,
    )


def an_exfat_volume(medium: Medium) -> VolumeWriter:
    return ExFatVolume(
        medium,
        start_bytes=0,
        size_bytes=SIZE_BYTES,
        cluster_bytes=1024,
        label="KF",
        serial=1,
        formatted=ZONED_TIME,
    )


@pytest.mark.parametrize("make", [a_fat_volume, an_ext4_volume, an_exfat_volume])
def test_every_writer_plays_the_same_story(make: Callable[[Medium], VolumeWriter]) -> None:
    medium = Medium(SIZE_BYTES)
    volume = make(medium)
    at = {"local": LOCAL_TIME, "zoned": ZONED_TIME, "utc": UTC_TIME}[volume.time_basis]
    at_start = set(volume.paths())

    volume.make_directory("/d", at)
    node_id = volume.create("/d/a.txt", b"abc", at)
    volume.append("/d/a.txt", b"def", at)
    volume.copy("/d/a.txt", "/d/b.txt", at)
    volume.open("/d/b.txt", at)
    volume.rename("/d/b.txt", "/c.txt", at)
    volume.overwrite("/c.txt", b"new", at)
    volume.set_times("/c.txt", modified=at)
    fork = volume.fork(medium.fork())
    fork.delete("/d", at)
    fork.flush()
    volume.remount()

    state: NodeState = fork.state(node_id)
    assert (state.path, state.deleted, state.size_bytes, len(state.clusters)) == ("/d/a.txt", True, 6, 1)
    assert set(fork.paths()) - at_start == {"/c.txt"}
    assert volume.read("/d/a.txt") == b"abcdef"
    assert (state.born, state.modified) == (at, at)
    assert volume.exists("/d/a.txt")
    assert volume.node("/d/a.txt") == node_id
    assert volume.cluster_offset_bytes(state.clusters[0]) == state.offset_bytes
