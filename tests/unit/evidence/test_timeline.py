"""Events in order in constant memory, the letters of a moment, and the change journal."""

import struct
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.evidence import timeline
from labkit.evidence.detail import Run
from labkit.evidence.image import open_image
from labkit.evidence.ntfs.journal import JournalRecord, journal_records
from labkit.evidence.timeline import Event, in_order, moments
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason, UsnJournal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 3, 9, 0, 0, 123456, tzinfo=UTC)
ROOT = 5 | 5 << 48
TEXT = st.text(st.characters(codec=None), max_size=12)


def an_event(time_ns: int, path: str = "/a", volume: int = 0) -> Event:
    return Event(
        time_ns, volume, path, None, "SI", "M...", 39, 14, "file", False, False, "", "r/rrwxrwxrwx", 0, 0
    )  # fmt: skip


@given(
    st.lists(st.builds(an_event, st.integers(1, 2**62), TEXT, st.integers(0, 99)), max_size=60),
    st.integers(1, 7),
    st.integers(2, 4),
)
def test_events_come_out_by_time_and_none_is_lost(found: list[Event], piece: int, merged: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "MERGED_PIECES", merged)
        ordered = list(in_order(found, piece_events=piece))

    assert [event.time_ns for event in ordered] == sorted(event.time_ns for event in found)
    assert sorted(map(repr, ordered)) == sorted(map(repr, found))
    assert ordered == list(in_order(found))


def test_what_the_journal_notes_of_one_moment_keeps_the_order_of_the_journal() -> None:
    first = an_event(5, "/z")._replace(source="USN", detail="rename old name", usn=80)
    second = an_event(5, "/b")._replace(source="USN", detail="rename new name", usn=160)
    third = an_event(5, "/b")._replace(source="USN", detail="close", usn=1000)

    for piece in (1, 10):
        assert list(in_order([third, second, first, an_event(5, "/c")], piece_events=piece)) == [
            an_event(5, "/c"),
            first,
            second,
            third,
        ]


def test_temporary_files_are_gone_when_the_caller_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    events = in_order(map(an_event, range(1, 100)), piece_events=10)
    assert next(events).time_ns == 1
    assert list(tmp_path.iterdir())

    events.close()

    assert not list(tmp_path.iterdir())


def test_a_moment_has_the_letters_of_all_that_happened_then() -> None:
    assert list(moments(20, 30, 20, 10)) == [(20, "M.C."), (30, ".A.."), (10, "...B")]
    assert list(moments(7, 7, 7, 7)) == [(7, "MACB")]
    assert list(moments(7, 0, 0, 7)) == [(7, "M..B")]


def read_journal(tmp_path: Path, content: bytes, *, hole_bytes: int = 0) -> list[JournalRecord]:
    path = tmp_path / "journal.raw"
    path.write_bytes(b"\xff" * 4096 + content)
    runs = [Run(None, hole_bytes, None), Run(4096, len(content), 1)]
    with open_image(path) as image:
        return list(journal_records(image, runs, hole_bytes + len(content)))


def test_the_journal_comes_back_record_by_record(tmp_path: Path) -> None:
    journal = UsnJournal(AT, start_usn=1 << 30)
    names = ["first.txt", "Счёт 📁.xlsx", *(f"paper {number:04}.txt" for number in range(2000))]
    for number, name in enumerate(names):
        journal.add(
            40 + number | 3 << 48, ROOT, name, AT + timedelta(seconds=number), Reason.FILE_CREATE, attributes=0x20
        )

    found = read_journal(tmp_path, journal.stored(), hole_bytes=1 << 30)

    assert [record.name for record in found] == names
    assert [record.usn for record in found] == [record.usn for record in journal.records]
    first = found[0]
    assert (first.address, first.sequence, first.parent_address, first.parent_sequence) == (40, 3, 5, 5)
    assert first.time_ns == (AT - EPOCH) // timedelta(microseconds=1) * 1000
    assert first.reason_text == "file create"


def test_records_of_version_3_and_unknown_reasons(tmp_path: Path) -> None:
    name = "new.txt".encode("utf-16-le")
    head = struct.pack("<IHHQQQQ", 96, 3, 0, 77 | 2 << 48, 0, 5 | 5 << 48, 0)
    rest = struct.pack("<QQIIIIHH", 0, 116_444_736_000_000_000 + 10_000_000, 0x81000100, 0, 0, 0x20, len(name), 76)

    (found,) = read_journal(tmp_path, (head + rest + name).ljust(96, b"\0").ljust(4096, b"\0"))

    assert (found.address, found.sequence, found.name, found.time_ns) == (77, 2, "new.txt", 1_000_000_000)
    assert found.reason_text == "file create+close+0x01000000"


@pytest.mark.parametrize("damage", [(0, 0xFFFFFFFF), (0, 8), (0, 61), (4, 9), (56, 0xFFFFFFFF)])
def test_a_damaged_record_costs_its_page_and_no_more(tmp_path: Path, damage: tuple[int, int]) -> None:
    journal = UsnJournal(AT)
    for number in range(200):
        journal.add(40 + number | 1 << 48, ROOT, f"paper {number}.txt", AT, Reason.CLOSE, attributes=0x20)
    content = bytearray(journal.stored())
    whole = read_journal(tmp_path, bytes(content))
    struct.pack_into("<I", content, damage[0], damage[1])

    found = read_journal(tmp_path, bytes(content))

    assert found == [record for record in whole if record.usn >= 4096]


def test_times_of_damaged_records_keep_their_order() -> None:
    found = [an_event(time, volume=volume) for time in ((1 << 64) * 10**9, (1 << 64) * 100, 5) for volume in (12345, 0)]

    assert list(in_order(found)) == sorted(found)
