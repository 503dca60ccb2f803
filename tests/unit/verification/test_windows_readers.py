"""The small readers of what Windows and its programs note; and what they say where there is nothing to read."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labkit.model.truth import GroundTruth, Trace
from labkit.synthesis.artifacts.chromium import ChromiumHistory
from labkit.synthesis.artifacts.firefox import FirefoxPlaces
from labkit.synthesis.artifacts.lnk import DriveKind, LocalVolume, ShellLink, shell_link
from labkit.synthesis.artifacts.shell_items import PathItem
from labkit.verification import confirmation
from labkit.verification.browser_history import open_history
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Verdict, weigh
from labkit.verification.content_witnesses import extension, kind
from labkit.verification.event_records import raw_events
from labkit.verification.hearing import heard
from labkit.verification.shortcut_bytes import REMOVABLE, read_shortcut
from labkit.verification.verify import confirmed
from labkit.verification.windows_view import time_in
from tests.unit.verification.small_disk import SmallDisk

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AT = datetime(2026, 2, 18, 4, 10, 59, tzinfo=UTC)
PAGE, TITLE = "https://drive.cloudnest.example/s/920354741DB9", "счёт.pdf - CloudNest"
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def webkit(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def test_a_history_gives_visits_and_downloads() -> None:
    history = ChromiumHistory(b"seed", MADE)
    history.visit(PAGE, TITLE, AT)
    history.download(
        f"{PAGE}/a.pdf", "C:\\Users\\m\\a.pdf", size_bytes=10, began=AT, ended=AT + timedelta(seconds=1), referrer=PAGE
    )
    found = open_history(history.render())
    row = found.download("C:\\Users\\m\\a.pdf")

    assert found.browser == "edge"
    assert list(found.visits(PAGE)) == [(TITLE, webkit(AT))]
    assert found.last_use() == webkit(AT + timedelta(seconds=1))  # the end of the download
    assert row is not None
    assert (row.url, row.referrer, row.began) == (f"{PAGE}/a.pdf", PAGE, webkit(AT))
    assert found.download("C:\\none") is None


@pytest.mark.parametrize("length", [0, 200])
def test_a_page_that_was_forgotten_is_read_from_its_freed_row(length: int) -> None:
    url = PAGE + "x" * length  # from 58 bytes on its serial type takes two bytes
    history = ChromiumHistory(b"seed", MADE)
    history.visit(url, TITLE, AT)
    history.visit("https://other.example/", "Other", AT + timedelta(minutes=1))
    history.forget(url)
    found = open_history(history.render())

    assert list(found.visits(url)) == []
    (page,) = list(found.freed(url))
    assert (page.url, page.title, page.last_visit) == (url, TITLE, webkit(AT))
    assert found.freed_visit(webkit(AT))
    assert not found.freed_visit(webkit(AT + timedelta(minutes=1)))
    assert list(found.freed("https://nobody.example/")) == []


def test_a_page_that_was_overwritten_is_not_found() -> None:
    history = ChromiumHistory(b"seed", MADE, zero_deleted=True)
    history.visit(PAGE, TITLE, AT)
    history.forget(PAGE)

    assert list(open_history(history.render()).freed(PAGE)) == []


def test_the_history_of_firefox_is_read_too() -> None:
    history = FirefoxPlaces(b"seed", MADE)
    history.visit(PAGE, TITLE, AT)
    history.download(f"{PAGE}/a.pdf", "C:\\Users\\m\\a.pdf", size_bytes=10, began=AT, ended=AT + timedelta(seconds=1))
    found = open_history(history.render())
    row = found.download("C:\\Users\\m\\a.pdf")

    assert found.browser == "firefox"
    assert next(found.visits(PAGE))[0] == TITLE
    assert found.last_use() is not None
    assert row is not None
    assert row.url == f"{PAGE}/a.pdf"
    assert found.download("C:\\none") is None


def test_what_is_no_history_is_refused() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE other (x)")

    with pytest.raises(ValueError, match="no history of a browser"):
        open_history(database.serialize())
    with pytest.raises(ValueError, match="can not be read"):
        open_history(b"SQLite format 3\0" + b"?" * 2000)


def a_shortcut() -> bytes:
    item = PathItem("счёт.pdf", AT, AT, AT, size_bytes=3)
    folder = PathItem("Work", AT, AT, AT, directory=True)
    return shell_link(
        ShellLink((folder, item), LocalVolume("E", DriveKind.REMOVABLE, 0x2BC299FC, "VARN RED"), code_page="cp1251")
    )


def test_a_shortcut_says_where_its_target_lay() -> None:
    found = read_shortcut(a_shortcut())

    assert found.path == "E:\\Work\\счёт.pdf"
    assert (found.drive_kind, found.volume_serial, found.volume_label) == (REMOVABLE, "2BC2-99FC", "VARN RED")


def test_what_is_no_shortcut_is_refused() -> None:
    with pytest.raises(ValueError, match="no shortcut"):
        read_shortcut(bytes(200))
    with pytest.raises(ValueError, match="ends too early"):
        read_shortcut(a_shortcut()[:100])


def test_records_of_an_event_log_are_found_by_their_signature() -> None:
    body = "serial 0417".encode("utf-16-le")
    size = (24 + len(body) + 4).to_bytes(4, "little")
    ticks = webkit(AT) * 10
    record = b"**\0\0" + size + (8).to_bytes(8, "little") + ticks.to_bytes(8, "little") + body + size
    (found,) = list(raw_events(b"ElfChnk\0" + record + b"**\0\0" + bytes(30) + b"**\0\0"))

    assert (found.number, found.at_utc) == (8, AT)
    assert found.holds("0417")
    assert not found.holds("0418")


def test_times_in_records_are_read_with_more_digits_than_needed() -> None:
    assert time_in("2025-07-28T04:12:00.123456700Z") == datetime(2025, 7, 28, 4, 12, 0, 123456, tzinfo=UTC)
    assert time_in("2025-07-28T04:12:00Z") == datetime(2025, 7, 28, 4, 12, tzinfo=UTC)
    assert time_in("yesterday") is None
    assert time_in("no timeZ") is None
    assert time_in(None) is None


def test_an_option_is_a_kind_of_content_or_the_end_of_a_name() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")
    report = Trace("r", "file", None, {"path": "/report.docx", "option": "spreadsheet"})
    mirror = Trace("m", "file", None, {"path": "/mirror\u202egpj.txt", "option": "txt"})

    assert next(kind(report, archive.getvalue)).facts == {"real_type": "xlsx", "option": "spreadsheet"}
    assert list(extension(report)) == []
    assert next(extension(mirror)).facts == {"option": "txt"}


def test_a_witness_that_fails_is_heard() -> None:
    def broken() -> Iterator[confirmation.Testimony]:
        yield confirmation.Testimony("first", {"name": "a"})
        raise LookupError("gone")

    trace = Trace("t", "file", None, {"name": "a", "size_bytes": 3})
    found = list(weigh(trace, heard(trace, [broken])))

    assert {(one.fact, one.verdict) for one in found} == {
        ("name", Verdict.CONFIRMED),
        ("name", Verdict.FAILED),
        ("size_bytes", Verdict.FAILED),
    }


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("visit", {"url": PAGE, "history_path": "/none", "zone": "Asia/Almaty"}),
        ("mail", {"mailbox_path": "/none", "message_id": "<x>"}),
        ("usb_device", {"device_serial": "0417", "label": "RED", "letter": "E"}),
        ("opened_on_device", {"shortcut_path": "/none.lnk", "device_path": "E:\\a", "name": "a"}),
        ("clock_change", {"record": 1, "zone": "Asia/Almaty", "clock_offset_s": 433, "at_utc": AT}),
        ("split_hit", {"volume": 0}),
        ("names", {"names": ("nobody.txt",)}),
    ],
)
def test_what_a_disk_without_windows_does_not_hold_is_reported(
    disk: SmallDisk, no_programs: None, name: str, facts: dict[str, object]
) -> None:
    with BuiltItem(disk.files, GroundTruth("pc", disk.traces), {}) as item:
        found = confirmed(Trace("x", name, None, facts), item)  # type: ignore[arg-type]

    assert any(one.verdict is Verdict.FAILED for one in found)


def test_a_medium_without_ntfs_has_no_windows(tmp_path: Path, no_programs: None) -> None:
    path = tmp_path / "zeros.raw"
    path.write_bytes(bytes(1 << 20))

    with BuiltItem({"zeros.raw": path}, GroundTruth("x", {}), {}) as item:
        (found,) = confirmed(Trace("x", "names", None, {"names": ("a",)}), item)

    assert found.fact == "(trace)"
    assert "no NTFS volume" in str(found.found)
