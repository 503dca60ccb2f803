"""Histories after random surfing, as SQLite, browserexport and sqlite_dissect see them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from labkit.synthesis.artifacts.chromium import ChromiumHistory, Transition
from labkit.synthesis.artifacts.firefox import FirefoxPlaces, VisitType
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
TITLES = ("Новости дня", "فروشگاه آنلاین", "Mountain photos", "")


def surf(history: ChromiumHistory | FirefoxPlaces, stream: Stream) -> list[tuple[str, datetime]]:
    """Visit, fetch and forget for a while; return the visits that are left."""
    visits: list[tuple[str, datetime]] = []
    at, last = BEGIN, 0
    for _ in range(stream.between(1, 250)):
        at += timedelta(seconds=stream.between(1, 50_000), microseconds=stream.below(10**6))
        url = f"https://site{stream.below(40)}.example/{'p' * stream.below(200)}"
        match stream.below(12):
            case 0 if visits:
                gone = stream.pick(visits)[0]
                history.forget(gone)
                visits = [visit for visit in visits if visit[0] != gone]
            case 1 if isinstance(history, ChromiumHistory):
                history.download(url, r"C:\Загрузки\a.zip", size_bytes=stream.below(1 << 33), began=at, ended=at)
            case 1:
                history.download(url, r"C:\Загрузки\a.zip", size_bytes=stream.below(1 << 33), began=at, ended=at)
                visits.append((url, at))
            case _:
                last = history.visit(url, stream.pick(TITLES), at, from_visit=stream.pick([0, last]))
                visits.append((url, at))
    return visits


@pytest.mark.seeds
@pytest.mark.parametrize("kind", [ChromiumHistory, FirefoxPlaces])
@pytest.mark.parametrize("seed", range(10))
def test_browserexport_reads_every_visit(tmp_path, kind: type[ChromiumHistory | FirefoxPlaces], seed: int) -> None:
    parse = pytest.importorskip("browserexport.parse")
    stream = Stream(bytes((seed,)), "surf")
    history = kind(b"seed", BEGIN)
    visits = surf(history, stream)
    path = tmp_path / ("History" if kind is ChromiumHistory else "places.sqlite")
    path.write_bytes(history.render())

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    if not visits:
        return
    read = sorted((visit.url, visit.dt) for visit in parse.read_visits(path))
    assert len(read) == len(visits)
    for (url, at), (true_url, true_at) in zip(read, sorted(visits), strict=True):
        assert url == true_url
        assert abs(at - true_at) < timedelta(milliseconds=1)  # it reckons in floating point


def test_sqlite_dissect_carves_a_forgotten_page(tmp_path) -> None:
    history = ChromiumHistory(b"seed", BEGIN)
    for number in range(20):  # it looks for rows of the kinds that are there
        how = Transition.TYPED if number % 2 else Transition.LINK
        history.visit(f"https://site{number}.example/page", f"Страница {number}", BEGIN, how=how)
    history.visit("https://shop.example/secret", "Секрет", BEGIN, how=Transition.TYPED)
    history.visit("https://last.example/", "last", BEGIN)
    history.forget("https://shop.example/secret")
    path = tmp_path / "History"
    path.write_bytes(history.render())

    told = oracle(["sqlite_dissect", path, "--carve", "--tables", "urls"])

    carved = [line for line in told.splitlines() if "Operation: Carved" in line]
    assert any("https://shop.example/secret" in line and "Секрет" in line for line in carved)


def test_sqlite_dissect_carves_a_forgotten_place(tmp_path) -> None:
    places = FirefoxPlaces(b"seed", BEGIN)
    for number in range(5):
        places.visit(f"https://site{number}.example/page", f"Страница {number}", BEGIN + timedelta(hours=number))
    places.forget("https://site3.example/page")
    places.visit("https://last.example/", "last", BEGIN, how=VisitType.TYPED)
    path = tmp_path / "places.sqlite"
    path.write_bytes(places.render())

    told = oracle(["sqlite_dissect", path, "--carve", "--tables", "moz_places"])

    carved = [line for line in told.splitlines() if "Operation: Carved" in line]
    assert any("https://site3.example/page" in line for line in carved)
