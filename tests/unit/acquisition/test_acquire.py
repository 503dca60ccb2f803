"""From a device to a verified image: faults on the way, going on, and what foreign programs say of the result."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from labkit.acquisition import journal
from labkit.acquisition.acquire import acquire
from labkit.acquisition.record import read_record
from labkit.acquisition.target import GrowingFiles, Target, part_of
from labkit.errors import AcquisitionError, InterruptedAcquisitionError, StorageError
from labkit.model.acquisition import ProvenanceRecord, SectorRun
from tests.oracles import oracle
from tests.unit.acquisition.devices import MIB, SteadyClock, a_job, acquired, medium_bytes, write_device

SIZE = 20 * MIB + 512 * 3  # two whole stretches and a part of one, no whole number of chunks
DATA = medium_bytes(SIZE)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def raw(folder: Path, name: str = "KF-06.raw") -> Target:
    return Target("raw", folder / name, segmented=False)


def e01(folder: Path, name: str = "KF-06.E01") -> Target:
    return Target("E01", folder / name, segmented=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_raw_image_is_the_medium_and_its_record_says_so(tmp_path: Path) -> None:
    record = acquired(write_device(tmp_path / "source", DATA), raw(tmp_path))

    assert (tmp_path / "KF-06.raw").read_bytes() == DATA
    assert record.digests.sha256 == sha256(DATA)
    assert record.digests.md5 == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    assert record.verification is not None
    assert record.verification.agrees
    assert record.source.sectors == SIZE // 512
    assert record.image.files[0].sha256 == sha256(DATA)
    assert names(tmp_path) == ["KF-06.raw", "KF-06.raw.acquisition.json"]
    assert read_record(tmp_path / "KF-06.raw.acquisition.json") == record


def test_the_source_is_not_touched(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", DATA)
    for path in (device, device.with_name("KF-02.raw")):
        path.chmod(0o444)
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in device.parent.iterdir()}

    acquired(device, raw(tmp_path))

    assert before == {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in device.parent.iterdir()}


def test_a_segmented_raw_image_is_the_medium_in_pieces(tmp_path: Path) -> None:
    target = Target("raw", tmp_path / "KF-06.001", segmented=True)

    record = acquired(write_device(tmp_path / "source", DATA), target, segment_bytes=3 * MIB)

    parts = [tmp_path / file.name for file in record.image.files]
    assert [path.suffix for path in parts] == [f".{number:03d}" for number in range(1, 8)]
    assert b"".join(path.read_bytes() for path in parts) == DATA
    assert [file.sha256 for file in record.image.files] == [sha256(path.read_bytes()) for path in parts]


@pytest.mark.oracle
@pytest.mark.parametrize("compression", ["portable", "fast", "best"])
def test_ewfverify_and_ewfinfo_accept_the_segments(tmp_path: Path, compression: str) -> None:
    data = medium_bytes(6 * MIB)
    device = write_device(tmp_path / "source", data, head="unreadable = [[4000, 2], [9000, 1]]")

    record = acquired(device, e01(tmp_path), compression=compression, segment_bytes=MIB)

    files = [tmp_path / file.name for file in record.image.files]
    information = oracle(["ewfinfo", files[0]])
    verified = oracle(["ewfverify", "-q", "-d", "sha1,sha256", *files])
    exported = tmp_path / "exported"
    oracle(["ewfexport", "-q", "-u", "-f", "raw", "-t", exported, *files])
    expected = bytearray(data)
    expected[4000 * 512 : 4002 * 512] = bytes(1024)
    expected[9000 * 512 : 9001 * 512] = bytes(512)
    assert len(files) > 1
    assert "SUCCESS" in verified
    assert record.digests.sha1 in verified
    assert record.digests.sha256 in verified
    assert exported.with_suffix(".raw").read_bytes() == bytes(expected)
    for text in ("NV-2026-0417", "KF-02", "M. Solen", "4000 - 4001 number: 2", "9000 - 9000 number: 1"):
        assert text in information


def test_unreadable_sectors_are_zeros_and_have_exact_ranges(tmp_path: Path) -> None:
    sectors = SIZE // 512
    runs = [(0, 1), (63, 2), (2047, 3), (16383, 2), (16386, 1), (sectors - 1, 1)]  # over blocks and stretches
    device = write_device(tmp_path / "source", DATA, head=f"unreadable = {[list(run) for run in runs]}")

    record = acquired(device, raw(tmp_path))

    expected = bytearray(DATA)
    for first, count in runs:
        expected[first * 512 : (first + count) * 512] = bytes(count * 512)
    assert record.read_errors == tuple(SectorRun(*run) for run in runs)
    assert (tmp_path / "KF-06.raw").read_bytes() == bytes(expected)
    assert record.digests.sha256 == sha256(bytes(expected))


def test_only_the_sectors_around_an_error_are_read_one_by_one(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", DATA, head="unreadable = [[5000, 1]]")
    target = raw(tmp_path)

    with a_job(device, target) as job, journal.opened(target.journal) as lines:
        acquire(job, lines, clock=SteadyClock())
        single = [lba for lba, count in job.source.seen if count == 1]

    assert sorted(set(single)) == list(range(4992, 5056))  # 32 KiB
    assert single.count(5000) == 2  # tried again


@pytest.mark.parametrize("kind", [raw, e01])
@pytest.mark.parametrize("pulled_at", [0, 100, 16384, 30000, SIZE // 512 - 1])
def test_a_pulled_cable_is_said_and_the_image_goes_on(tmp_path: Path, kind, pulled_at: int) -> None:
    head = f"cable_pulled_at = {pulled_at}\nunreadable = [[50, 2], [29999, 3]]"
    device = write_device(tmp_path / "source", DATA, head=head)
    whole = write_device(tmp_path / "whole", DATA, head="unreadable = [[50, 2], [29999, 3]]")
    target = kind(tmp_path)

    clock = SteadyClock()
    with pytest.raises(InterruptedAcquisitionError, match="reading stopped: the device is gone") as caught:
        acquired(device, target, clock=clock)
    left = names(tmp_path)
    resumed = acquired(device, target, cable_holds=True, clock=clock)
    (tmp_path / "at once").mkdir()
    uninterrupted = acquired(whole, kind(tmp_path / "at once"))

    assert "--resume" in caught.value.remedy
    assert left == [f"{target.first.name}.acquiring.jsonl", f"{target.first.name}.part"]
    assert resumed.digests == uninterrupted.digests
    assert resumed.read_errors == uninterrupted.read_errors == (SectorRun(50, 2), SectorRun(29999, 3))
    assert resumed.image.files == uninterrupted.image.files  # the very same bytes, E01 too
    (stop,) = resumed.interruptions
    assert (stop.reason, stop.reached_lba) == ("cable", pulled_at // 16384 * 16384)
    assert stop.resumed_at is not None
    assert stop.at < stop.resumed_at


def test_going_on_reads_no_more_than_16_mib_again(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", medium_bytes(40 * MIB), head="cable_pulled_at = 60000")
    target = e01(tmp_path)
    seen: list[tuple[int, int]] = []
    for holds in (False, True):
        with a_job(device, target, cable_holds=holds) as job, journal.opened(target.journal) as lines:
            try:
                acquire(job, lines, clock=SteadyClock())
            except InterruptedAcquisitionError:
                assert not holds
            seen += job.source.seen

    read = [lba for first, count in seen for lba in range(first, first + count)]
    assert (len(read) - len(set(read))) * 512 <= 16 * MIB
    assert set(read) == set(range(40 * MIB // 512))


def test_an_image_that_was_changed_while_it_lay_there_is_not_gone_on_with(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", DATA, head="cable_pulled_at = 40000")
    for target in (raw(tmp_path), e01(tmp_path)):
        with pytest.raises(InterruptedAcquisitionError):
            acquired(device, target)
        part = part_of(target.first)
        data = bytearray(part.read_bytes())
        data[100_000] ^= 1
        part.write_bytes(data)

        with pytest.raises(AcquisitionError, match="not as it was left") as caught:
            acquired(device, target, cable_holds=True)

        assert "acquire again" in caught.value.remedy
        assert not target.first.exists()


class FullDisk:
    """A file that takes so many bytes and then says that the disk is full."""

    def __init__(self, file, room: int) -> None:
        self._file = file
        self.room = room

    def write(self, data) -> int:
        if len(data) > self.room:
            written = self._file.write(data[: self.room])
            self.room = 0
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return written
        self.room -= len(data)
        return self._file.write(data)

    def __getattr__(self, name: str):
        return getattr(self._file, name)


@pytest.mark.parametrize("kind", [raw, e01])
@pytest.mark.parametrize("room", [0, 100, 9 * MIB])
def test_a_destination_that_fills_up_is_said_and_the_image_goes_on(
    tmp_path: Path, kind, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = write_device(tmp_path / "source", DATA)
    target = kind(tmp_path)
    begin = GrowingFiles.begin
    with monkeypatch.context() as patched:
        patched.setattr(GrowingFiles, "begin", lambda self, number: FullDisk(begin(self, number), room))
        with pytest.raises(InterruptedAcquisitionError, match="destination is full") as caught:
            acquired(device, target, compression="portable")

    record = acquired(device, target)

    assert "Make room" in caught.value.remedy
    assert "--resume" in caught.value.remedy
    assert record.digests.sha256 == sha256(DATA)
    assert [stop.reason for stop in record.interruptions] == ["destination-full"]


def test_too_little_space_is_said_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = write_device(tmp_path / "source", DATA)
    usage = type("Usage", (), {"free": SIZE - 1})
    monkeypatch.setattr("labkit.acquisition.acquire.shutil.disk_usage", lambda _: usage)

    with pytest.raises(StorageError, match=f"{SIZE - 1} bytes free; the image can take {SIZE}") as caught:
        acquired(device, raw(tmp_path))

    assert "--no-space-check" in caught.value.remedy
    assert names(tmp_path) == []
    assert acquired(device, raw(tmp_path), check_space=False).digests.sha256 == sha256(DATA)


@pytest.mark.parametrize("there", ["KF-06.raw", "KF-06.raw.acquisition.json"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_bytes(b"mine")

    with pytest.raises(StorageError, match="is there already") as caught:
        acquired(write_device(tmp_path / "source", DATA), raw(tmp_path))

    assert "another name" in caught.value.remedy
    assert names(tmp_path) == [there]
    assert (tmp_path / there).read_bytes() == b"mine"


def test_a_later_segment_is_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "KF-06.E02").write_bytes(b"mine")

    with pytest.raises(InterruptedAcquisitionError, match=r"KF-06\.E02 is there already") as caught:
        acquired(write_device(tmp_path / "source", DATA), e01(tmp_path), segment_bytes=2 * MIB)

    assert "--resume" in caught.value.remedy
    assert (tmp_path / "KF-06.E02").read_bytes() == b"mine"
    (tmp_path / "KF-06.E02").unlink()
    record = acquired(write_device(tmp_path / "source", DATA), e01(tmp_path), segment_bytes=2 * MIB)
    assert record.digests.sha256 == sha256(DATA)


def test_a_raw_part_of_another_image_is_not_taken_for_one_of_this(tmp_path: Path) -> None:
    (tmp_path / "KF-06.009").write_bytes(b"mine")

    with pytest.raises(StorageError, match=r"KF-06\.009 is there already"):
        acquired(
            write_device(tmp_path / "source", DATA),
            Target("raw", tmp_path / "KF-06.001", segmented=True),
            segment_bytes=4 * MIB,
        )


def test_ctrl_c_is_written_down_and_the_image_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = write_device(tmp_path / "source", DATA)
    target = e01(tmp_path)
    with a_job(device, target) as job, journal.opened(target.journal) as lines:
        read = job.source.read

        def stopped_at_20000(lba: int, count: int) -> bytes:
            if lba > 20000:
                raise KeyboardInterrupt
            return read(lba, count)

        monkeypatch.setattr(job.source, "read", stopped_at_20000)
        with pytest.raises(KeyboardInterrupt):
            acquire(job, lines, clock=SteadyClock())

    record = acquired(device, target)

    assert record.digests.sha256 == sha256(DATA)
    assert [stop.reason for stop in record.interruptions] == ["stopped"]


def test_a_torn_last_line_of_the_journal_costs_nothing(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", DATA, head="cable_pulled_at = 40000")
    target = raw(tmp_path)
    with pytest.raises(InterruptedAcquisitionError):
        acquired(device, target)
    with target.journal.open("ab") as file:
        file.write(b'{"kind":"checkp')

    assert acquired(device, target, cable_holds=True).digests.sha256 == sha256(DATA)


def test_a_damaged_journal_is_said(tmp_path: Path) -> None:
    device = write_device(tmp_path / "source", DATA, head="cable_pulled_at = 40000")
    target = raw(tmp_path)
    with pytest.raises(InterruptedAcquisitionError):
        acquired(device, target)
    lines = target.journal.read_bytes().splitlines(keepends=True)
    target.journal.write_bytes(lines[0] + b"{}\n" + b"".join(lines[2:]))

    with pytest.raises(AcquisitionError, match="is damaged") as caught:
        acquired(device, target, cable_holds=True)

    assert "acquire again from the source" in caught.value.remedy


def test_two_processes_do_not_write_one_image(tmp_path: Path) -> None:
    target = raw(tmp_path)
    with (
        journal.opened(target.journal),
        pytest.raises(AcquisitionError, match=r"another labkit is writing KF-06\.raw") as caught,
        journal.opened(target.journal),
    ):
        pass
    assert "Wait" in caught.value.remedy
    assert names(tmp_path) == []


def test_an_image_that_fails_its_verification_is_said_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.errors import IntegrityError

    publish = "labkit.acquisition.acquire.publish"

    def publish_damaged(target: Target, segments: int):
        data = bytearray(part_of(target.first).read_bytes())
        data[7_000_000] ^= 0x10
        target.first.write_bytes(data)
        part_of(target.first).unlink()
        return (target.first,)

    for target in (raw(tmp_path), e01(tmp_path)):
        monkeypatch.setattr(publish, publish_damaged)
        with pytest.raises(IntegrityError, match="does not hold what was read") as caught:
            acquired(write_device(tmp_path / "source", DATA), target)
        assert "acquire again" in caught.value.remedy
        assert json.loads(target.record.read_text())["verification"]["agrees"] is False


def test_sectors_of_4096_bytes(tmp_path: Path) -> None:
    data = medium_bytes(9 * MIB)
    device = write_device(tmp_path / "source", data, head="sector_bytes = 4096\nunreadable = [[300, 1]]")

    record: ProvenanceRecord = acquired(device, e01(tmp_path))

    expected = data[: 300 * 4096] + bytes(4096) + data[301 * 4096 :]
    assert record.digests.sha256 == sha256(expected)
    assert record.read_errors == (SectorRun(300, 1),)
    assert record.source.sectors == len(data) // 4096
