"""The change journal as dissect.ntfs reads it, and its rules of place."""

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import PAGE_BYTES, Reason, Source, UsnJournal
from labkit.synthesis.streams import Stream

CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ROOT = 5 | 5 << 48


def a_journal(records: int, *, start_usn: int = 0) -> UsnJournal:
    journal = UsnJournal(CREATED, start_usn=start_usn)
    draw = Stream(b"seed", "journal")
    reasons = list(Reason)
    for number in range(records):
        journal.add(
            40 + number | 1 << 48,
            ROOT,
            "Счёт "[: draw.between(1, 5)] + "x" * draw.between(0, 200),
            CREATED + timedelta(seconds=number),
            draw.pick(reasons) | Reason.CLOSE,
            attributes=0x20,
        )
    return journal


def test_an_independent_reader_finds_all_fields() -> None:
    usnjrnl = pytest.importorskip("dissect.ntfs.usnjrnl", reason="dissect.ntfs is not installed")
    journal = a_journal(500)
    journal.add(
        77 | 3 << 48,
        ROOT,
        "отчёт.docx",
        CREATED + timedelta(hours=1, microseconds=1),
        Reason.RENAME_NEW_NAME | Reason.CLOSE,
        attributes=0x2020,
        security_id=0x108,
        source=Source.AUXILIARY_DATA,
    )

    found = list(usnjrnl.UsnJrnl(io.BytesIO(journal.stored())).records())

    assert len(found) == 501
    for read, ours in zip(found, journal.records, strict=True):
        assert (read.offset, read.Usn, read.filename) == (ours.usn, ours.usn, ours.name)
        assert int(read.TimeStamp) == filetime(ours.at_utc)
        assert int(read.Reason) == ours.reason
        assert (
            read.record.FileReferenceNumber.SegmentNumberLowPart,
            read.record.FileReferenceNumber.SequenceNumber,
        ) == (
            ours.reference & 0xFFFFFFFF,
            ours.reference >> 48,
        )
        assert read.record.ParentFileReferenceNumber.SegmentNumberLowPart == 5
        assert (int(read.SourceInfo), read.SecurityId, int(read.FileAttributes)) == (
            ours.source,
            ours.security_id,
            ours.attributes,
        )


def read_plainly(content: bytes, start_usn: int) -> Iterator[tuple[int, int, str]]:
    """Read offset, stated USN and name of each record by the structure in [MS-FSCC]."""
    place = 0
    while place < len(content):
        (size,) = struct.unpack_from("<I", content, place)
        if not size:
            place = (place // PAGE_BYTES + 1) * PAGE_BYTES
            continue
        (usn,) = struct.unpack_from("<q", content, place + 24)
        name_bytes, name_offset = struct.unpack_from("<HH", content, place + 56)
        name = content[place + name_offset : place + name_offset + name_bytes].decode("utf-16-le")
        yield start_usn + place, usn, name
        place += size


def test_the_number_of_a_record_is_its_place_behind_the_hole() -> None:
    start = 3 << 30
    journal = a_journal(300, start_usn=start)

    found = list(read_plainly(journal.stored(), start))

    assert [(offset, name) for offset, _, name in found] == [(one.usn, one.name) for one in journal.records]
    assert all(offset == usn for offset, usn, _ in found)
    assert start + len(journal.stored()) == journal.next_usn


def test_a_record_never_crosses_a_page_and_begins_at_8_bytes() -> None:
    journal = a_journal(2000)
    sizes = [len(record.to_bytes()) for record in journal.records]

    for record, size in zip(journal.records, sizes, strict=True):
        assert record.usn % 8 == 0
        assert record.usn // PAGE_BYTES == (record.usn + size - 1) // PAGE_BYTES
    assert journal.next_usn > sum(sizes)  # some pages end with nothing


def test_the_longest_name_is_kept_whole() -> None:
    journal = UsnJournal(CREATED)

    record = journal.add(40, ROOT, "n" * 255, CREATED, Reason.FILE_CREATE, attributes=0x20)

    assert len(record.to_bytes()) == 576
    assert journal.next_usn == 576


def test_a_fork_goes_its_own_way() -> None:
    journal = a_journal(10)
    before = journal.stored()
    fork = journal.fork()

    fork.add(40, ROOT, "fork.txt", CREATED, Reason.FILE_DELETE | Reason.CLOSE, attributes=0x20)
    journal.add(41, ROOT, "trunk", CREATED, Reason.FILE_DELETE | Reason.CLOSE, attributes=0x20)

    assert [one.name for one in fork.records[-2:]] == [journal.records[-2].name, "fork.txt"]
    assert journal.records[-1].name == "trunk"
    assert fork.stored()[: len(before)] == journal.stored()[: len(before)] == before


def test_maximum_states_size_delta_and_the_identifier() -> None:
    stored = UsnJournal(CREATED, maximum_bytes=1 << 20, delta_bytes=1 << 18).maximum()

    assert struct.unpack("<QQQQ", stored) == (1 << 20, 1 << 18, filetime(CREATED), 0)


def test_an_empty_journal_holds_nothing() -> None:
    assert UsnJournal(CREATED, start_usn=8192).stored() == b""


@pytest.mark.parametrize("start", [1, -4096, 4095, 1 << 63])
def test_a_journal_begins_at_a_page(start: int) -> None:
    with pytest.raises(SynthesisError, match="can not begin at USN") as caught:
        UsnJournal(CREATED, start_usn=start)

    assert "4096" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "reference", "moment", "message", "remedy"),
    [
        ("", 40, CREATED, "0 UTF-16 units", "1 to 255"),
        ("n" * 256, 40, CREATED, "256 UTF-16 units", "1 to 255"),
        ("\U0001f4c4" * 128, 40, CREATED, "256 UTF-16 units", "1 to 255"),
        ("a", 1 << 64, CREATED, "not file references", "48"),
        ("a", -1, CREATED, "not file references", "48"),
        ("a", 40, CREATED.replace(tzinfo=None), "has no zone", "aware"),
    ],
)
def test_a_record_that_can_not_be_is_refused_and_changes_nothing(
    name: str, reference: int, moment: datetime, message: str, remedy: str
) -> None:
    journal = a_journal(3)
    before = journal.stored()

    with pytest.raises(SynthesisError, match=message) as caught:
        journal.add(reference, ROOT, name, moment, Reason.FILE_CREATE, attributes=0x20)

    assert remedy in caught.value.remedy
    assert journal.stored() == before
