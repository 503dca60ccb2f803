"""Pages and downloads of browsers, live and deleted, out of databases that SQLite itself wrote and changed."""

import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.evidence.artifacts.browser.freed_rows import freed_rows
from labkit.synthesis.artifacts.chromium import ChromiumHistory, Transition
from labkit.synthesis.artifacts.chromium_schema import SCHEMA
from labkit.synthesis.artifacts.firefox import FirefoxPlaces, VisitType
from tests.unit.evidence.artifacts.told import AT, told

EDGE = "/Users/dana/AppData/Local/Microsoft/Edge/User Data/Default/History"
FIREFOX = "/Users/dana/AppData/Roaming/Mozilla/Firefox/Profiles/a.default/places.sqlite"
WEBKIT = datetime(1601, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> int:
    return (at - WEBKIT) // timedelta(microseconds=1)


def page(number: int) -> str:
    return f"https://site{number}.example/{'p' * (number % 170)}"


def written_by_sqlite(path: Path, *, pages: int, wal: bool = False) -> sqlite3.Connection:
    """Return a connection to a History with pages of one visit each."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite write zeros over what is deleted
    if wal:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
    for statement in SCHEMA:
        database.execute(statement)
    for number in range(1, pages + 1):
        at = stamp(AT + timedelta(minutes=number))
        row = (number, page(number), f"Страница {number}", 1, 0, at, 0)
        database.execute("INSERT INTO urls VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        text = "INSERT INTO visits(url, visit_time, transition) VALUES (?, ?, 805306368)"
        database.execute(text, (number, at))
    database.commit()
    return database


def forget(database: sqlite3.Connection, *numbers: int) -> None:
    for number in numbers:
        database.execute("DELETE FROM visits WHERE url = ?", (number,))
        database.execute("DELETE FROM urls WHERE id = ?", (number,))
    database.commit()


def urls(records: list[dict[str, Any]], *, recovered: bool) -> set[str]:
    return {one["details"]["url"] for one in records if one["recovered"] is recovered}


@pytest.mark.parametrize("gone", [(7,), (1, 2, 3), (40, 90), tuple(range(20, 60))])
def test_what_sqlite_deleted_is_found_and_what_lives_is_not_taken_for_it(tmp_path: Path, gone: tuple[int, ...]) -> None:
    path = tmp_path / "History"
    with closing(written_by_sqlite(path, pages=120)) as database:
        forget(database, *gone)
    records, _ = told(tmp_path, {EDGE: path.read_bytes()})
    data, lost = path.read_bytes(), {page(number) for number in gone}
    # SQLite writes over some of them when it brings pages together; in a row the title follows the address.
    there = {page(number) for number in gone if f"{page(number)}Страница {number}".encode() in data}

    assert urls(records, recovered=False) == {page(number) for number in range(1, 121)} - lost
    assert urls(records, recovered=True) == there
    assert there
    for one in records:
        number = next(number for number in range(1, 121) if page(number) == one["details"]["url"])
        assert datetime.fromisoformat(one["at_utc"]) == AT + timedelta(minutes=number)
        assert one["details"]["title"] == f"Страница {number}"


def test_a_cleared_history_is_found_on_the_pages_that_were_set_free(tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(written_by_sqlite(path, pages=200)) as database:
        database.execute("DELETE FROM visits")
        database.execute("DELETE FROM urls WHERE id < 200")
        database.commit()
    records, _ = told(tmp_path, {EDGE: path.read_bytes()}, "--kind", "web_visit")

    assert urls(records, recovered=False) == set()
    assert len(urls(records, recovered=True)) > 150


def test_what_stands_only_in_the_write_ahead_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(written_by_sqlite(path, pages=5, wal=True)):
        log = Path(f"{path}-wal").read_bytes()
        files = {EDGE: path.read_bytes(), f"{EDGE}-wal": log}
    assert log
    records, _ = told(tmp_path, files)

    assert urls(records, recovered=False) == {page(number) for number in range(1, 6)}


def test_visits_and_downloads_of_edge_have_their_circumstances(tmp_path: Path) -> None:
    history = ChromiumHistory(b"seed", AT)
    first = history.visit("https://a.example/", "А", AT, how=Transition.TYPED)
    history.visit("https://a.example/b", "", AT + timedelta(minutes=1), from_visit=first)
    began, ended = AT + timedelta(minutes=2), AT + timedelta(minutes=3)
    history.download("https://a.example/c.pdf", r"C:\Загрузки\c.pdf", size_bytes=9, began=began, ended=ended)
    records, _ = told(tmp_path, {EDGE: history.render()})
    one, other, fetched = records

    assert (one["details"]["how"], other["details"]["how"]) == ("typed", "link")
    assert other["details"]["referrer"] == "https://a.example/"
    assert other["what"] == "looked at: https://a.example/b"
    assert {record["details"]["browser"] for record in records} == {"Microsoft Edge"}
    assert fetched["kind"] == "web_download"
    assert fetched["details"]["target_path"] == r"C:\Загрузки\c.pdf"
    assert fetched["details"]["url"] == "https://a.example/c.pdf"
    assert fetched["details"]["state"] == "complete"
    assert datetime.fromisoformat(fetched["at_utc"]) == began
    assert datetime.fromisoformat(fetched["details"]["ended_utc"]) == ended


def test_visits_downloads_and_deleted_pages_of_firefox_are_read(tmp_path: Path) -> None:
    places = FirefoxPlaces(b"seed", AT)
    for number in range(6):
        how = VisitType.TYPED if number % 2 else VisitType.LINK
        places.visit(page(number), f"صفحه {number}", AT + timedelta(hours=number), how=how)
    at = AT + timedelta(days=1)
    places.download("https://a.example/c.pdf", r"C:\Загрузки\c d.pdf", size_bytes=9, began=at, ended=at)
    places.forget(page(3))
    records, _ = told(tmp_path, {FIREFOX: places.render()})
    fetched = next(one for one in records if one["kind"] == "web_download")

    assert urls([one for one in records if one["kind"] == "web_visit"], recovered=False) >= {page(0), page(5)}
    assert urls(records, recovered=True) == {page(3)}
    assert next(one["details"]["title"] for one in records if one["recovered"]) == "صفحه 3"
    assert fetched["details"]["target_path"] == r"C:\Загрузки\c d.pdf"
    assert fetched["details"]["state"] == "complete"


def test_a_page_that_was_seen_again_after_it_was_forgotten_is_told_twice(tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(written_by_sqlite(path, pages=120)) as database:
        forget(database, 4)
        again = stamp(AT + timedelta(days=2))
        database.execute("INSERT INTO urls VALUES (999, ?, 'again', 1, 0, ?, 0)", (page(4), again))
        database.execute("INSERT INTO visits(url, visit_time) VALUES (999, ?)", (again,))
        database.commit()
    records, _ = told(tmp_path, {EDGE: path.read_bytes()})

    assert [one["recovered"] for one in records if one["details"]["url"] == page(4)] == [True, False]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    records, said = told(tmp_path, {EDGE: b"no database at all " * 100, FIREFOX: FirefoxPlaces(b"s", AT).render()})

    assert records == []
    assert f"{EDGE}: can not be read: SQLite says: file is not a database" in said


def test_a_database_without_the_tables_of_a_history_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE tea(leaves)")
        database.commit()
    _, said = told(tmp_path, {EDGE: path.read_bytes()})

    assert "no such table" in said


@pytest.mark.parametrize(
    ("place", "value", "found"),
    [
        (16, b"\0\3", set()),  # no size of a page
        (59, b"\2", set()),  # UTF-16
        (0, b"X", set()),
        (32, b"\xff\xff\xff\xff", {page(4)}),  # a list of free pages behind the end
    ],
)
def test_damage_to_the_head_costs_what_hangs_on_it(tmp_path: Path, place: int, value: bytes, found: set[str]) -> None:
    with closing(written_by_sqlite(tmp_path / "History", pages=9)) as database:
        forget(database, 4)
        data = bytearray((tmp_path / "History").read_bytes())
        data[place : place + len(value)] = value

        assert {row.values["url"] for row in freed_rows(io.BytesIO(data), database, "urls")} == found
        assert list(freed_rows(io.BytesIO(data), database, "no_table")) == []
