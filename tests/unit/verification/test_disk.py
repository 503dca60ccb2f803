"""A disk with several partitions: every fact of its traces is confirmed, and every wrong one is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.containers.raw import write_raw
from labkit.evidence.image import open_image
from labkit.model.truth import GroundTruth, Trace
from labkit.model.volumes import Gap, Volume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Verdict
from labkit.verification.definitions import definition
from labkit.verification.filesystem_checks import checked
from labkit.verification.lost_volumes import lost_volumes
from labkit.verification.mft_record import BITMAP_RECORD, read_record, record_offset_bytes
from labkit.verification.ntfs_boot import read_ntfs_geometry
from labkit.verification.verify import confirmed
from tests.unit.verification.small_disk import FORMATTED, NTFS_SECTORS, NTFS_START, SmallDisk, with_facts
from tests.unit.verification.test_verify import changed, failures

CHECKED = (
    "table", "damaged-header", "gap", "partition", "partition-last", "partition-lost", "early", "tiny", "moved", "gone",
    "slack-note", "record-note", "quiet-note",
)  # fmt: skip


@pytest.fixture
def item(disk: SmallDisk) -> Iterator[BuiltItem]:
    with BuiltItem(disk.files, disk.truth, {}) as opened:
        yield opened


@pytest.mark.parametrize("name", CHECKED)
def test_every_fact_is_confirmed(disk: SmallDisk, item: BuiltItem, name: str) -> None:
    found = confirmed(disk.traces[name], item)

    assert [(one.fact, one.reader, one.expected, one.found) for one in found if one.verdict is Verdict.FAILED] == []
    settled = {one.fact for one in found if one.verdict in {Verdict.CONFIRMED, Verdict.DEFINITION}}
    assert disk.traces[name].facts.keys() <= settled


@pytest.mark.parametrize("name", CHECKED)
def test_each_wrong_fact_is_named_without_any_program(
    disk: SmallDisk, item: BuiltItem, no_programs: None, name: str
) -> None:
    trace = disk.traces[name]
    missed = [
        fact
        for fact, value in trace.facts.items()
        if not definition(trace.kind, fact)
        and not _failed(with_facts(trace, **{fact: changed(value)}), item) & {fact, "(trace)"}
    ]

    assert missed == []


def _failed(trace: Trace, item: BuiltItem) -> set[str]:
    return {one.fact for one in confirmed(trace, item) if one.verdict is Verdict.FAILED}


def test_a_deleted_file_that_is_called_live_is_reported(disk: SmallDisk, item: BuiltItem, no_programs: None) -> None:
    gone = disk.traces["gone"]

    assert "(state)" in _failed(Trace("gone", "file", None, gone.facts), item)


def test_clusters_of_a_live_file_are_not_recoverable(disk: SmallDisk, item: BuiltItem, no_programs: None) -> None:
    live = disk.traces["early"]

    assert {"(state)", "(taken clusters)", "(owners)"} <= _failed(Trace("e", "deleted_file", None, live.facts), item)


def test_text_inside_a_record_or_a_file_is_no_slack(disk: SmallDisk, item: BuiltItem, no_programs: None) -> None:
    place = disk.traces["tiny"].facts["offset_bytes"]
    inside = Trace("n", "record_slack", None, {"volume": 1, "text": "inside the record", "offset_bytes": place})
    of_file = {"volume": 1, "text": "early", "offset_bytes": disk.traces["early"].facts["offset_bytes"]}

    assert "offset_bytes" in _failed(inside, item)
    assert _failed(Trace("n", "unallocated", None, of_file), item) == {"(taken clusters)", "(owners)"}


def test_what_an_ntfs_volume_can_not_tell_is_reported(disk: SmallDisk, item: BuiltItem, no_programs: None) -> None:
    """A wrong kind of trace, a volume without a file system, a volume that is not there."""
    gone = disk.traces["gone"].facts

    assert _failed(Trace("x", "overwritten_file", None, gone), item) == {"(trace)"}
    assert _failed(with_facts(disk.traces["early"], volume=2), item) == {"(trace)"}
    assert _failed(with_facts(disk.traces["early"], volume=9), item) == {"(trace)"}
    assert _failed(Trace("x", "record_slack", None, {"volume": 0, "text": "l", "offset_bytes": 1}), item) == {"(trace)"}
    assert "offset_sectors" in _failed(with_facts(disk.traces["gap"], offset_sectors=1, size_sectors=1), item)


def test_a_record_that_is_none_is_reported(disk: SmallDisk, item: BuiltItem, no_programs: None) -> None:
    wrong = with_facts(disk.traces["early"], entry_offset_bytes=NTFS_START * 512, address=60000)

    assert _failed(wrong, item) == {"(trace)"}


def test_a_table_without_a_sound_copy_is_reported(disk: SmallDisk, no_programs: None) -> None:
    data = bytearray(disk.files["KF.raw"].read_bytes())
    data[-512 + 60] ^= 1  # the disk's GUID in the backup; the primary is damaged already
    path = disk.files["KF.raw"].with_name("both.raw")
    path.write_bytes(data)

    with BuiltItem({"KF.raw": path}, disk.truth, {}) as item:
        assert _failed(disk.traces["damaged-header"], item) >= {"option"}
        assert _failed(disk.traces["table"], item) == {"(trace)"}


@pytest.mark.oracle
def test_programs_accept_the_disk_with_its_damage(disk: SmallDisk) -> None:
    from labkit.verification.acceptance import accepted

    with BuiltItem(disk.files, GroundTruth("pc", disk.traces), {}) as item:
        found = list(accepted(item))

    assert failures(found) == set()
    asked = {one.reader for one in found if one.verdict is Verdict.CONFIRMED}
    missing = {"sgdisk", "mmls", "fls", "ntfsresize", "ntfsfix", "ntfsinfo", "fsck.fat"} - asked
    if missing:
        pytest.skip(f"without {', '.join(sorted(missing))} (Debian: sleuthkit, gdisk, ntfs-3g, dosfstools)")
    assert {"libfsntfs", "libfsfat", "labkit"} <= asked


def test_a_lost_ntfs_volume_is_found_by_its_boot_sector_and_not_by_the_backup_of_it(tmp_path: Path) -> None:
    medium = Medium(40 * 1024 * 1024)
    NtfsVolume(
        medium,
        start_bytes=8192 * 512,
        size_bytes=32768 * 512,
        cluster_bytes=4096,
        label="Lost",
        serial=1,
        formatted=FORMATTED,
    ).flush()
    raw = tmp_path / "lost.raw"
    write_raw(medium.chunks(), raw)

    with open_image(raw) as image:
        found = list(lost_volumes(image, [Gap(2048 * 512, image.size_bytes - 2048 * 512)]))

    assert [(one.number, one.start_bytes, one.size_bytes, one.filesystem) for one in found] == [
        (0, 8192 * 512, 32768 * 512, "NTFS")
    ]


@pytest.mark.oracle
def test_a_damaged_map_of_clusters_is_not_accepted(disk: SmallDisk, tmp_path: Path) -> None:
    data = bytearray(disk.files["KF.raw"].read_bytes())
    with open_image(disk.files["KF.raw"]) as image:
        geometry = read_ntfs_geometry(image, NTFS_START * 512)
        record = read_record(image, geometry, record_offset_bytes(image, geometry, BITMAP_RECORD))
        ((first, _),) = record.stream().runs
        data[geometry.cluster_offset_bytes(first)] = 0  # the clusters of the boot sector and of others
    damaged = tmp_path / "KF.raw"
    damaged.write_bytes(data)

    with open_image(damaged) as image:
        volume = Volume(1, NTFS_START * 512, NTFS_SECTORS * 512, "", "NTFS")
        found = [one for one in checked("(image)", image, volume) if one.reader == "ntfsresize"]
    if found[0].verdict is Verdict.NOT_ASKED:
        pytest.skip("ntfsresize is not installed (Debian: ntfs-3g)")

    assert found[0].verdict is Verdict.FAILED


def test_a_file_system_that_nobody_checks_is_passed_over(disk: SmallDisk) -> None:
    with open_image(disk.files["KF.raw"]) as image:
        assert list(checked("(image)", image, Volume(1, 0, 512, "", "ext4"))) == []
        assert list(checked("(image)", image, Volume(1, 0, 512, "", None))) == []
