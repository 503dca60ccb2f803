import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.chromium import ChromiumHistory, DownloadState, Transition, webkit_time
from labkit.synthesis.artifacts.firefox import FirefoxPlaces, VisitType, prtime, url_hash

MADE = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
AT = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
SHOP = "https://shop.example/offer?id=7"
NEWS = "https://news.example/%D0%B0"
FILE = "https://files.example/plan.zip"
TARGET = r"C:\Users\Дана\Downloads\plan.zip"


def queried(history: ChromiumHistory | FirefoxPlaces, folder: Path, sql: str) -> list[tuple[Any, ...]]:
    path = folder / "history.sqlite"
    path.write_bytes(history.render())
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def chromium() -> ChromiumHistory:
    history = ChromiumHistory(b"seed", MADE)
    first = history.visit(NEWS, "Новости", AT, how=Transition.TYPED)
    history.visit(SHOP, "فروشگاه", AT + timedelta(minutes=1), from_visit=first, stayed=timedelta(seconds=30))
    history.visit(NEWS, "Новости", AT + timedelta(minutes=2), how=Transition.RELOAD)
    history.search("https://search.example/?q=x", "x", AT + timedelta(minutes=3), terms="Как  удалить")
    history.download(
        FILE,
        TARGET,
        size_bytes=12_345,
        began=AT,
        ended=AT + timedelta(seconds=9),
        referrer=SHOP,
        mime_type="application/zip",
        redirects=("https://cdn.example/plan.zip",),
    )
    return history


def firefox() -> FirefoxPlaces:
    places = FirefoxPlaces(b"seed", MADE)
    first = places.visit(NEWS, "Новости", AT, how=VisitType.TYPED)
    places.visit(SHOP, "فروشگاه", AT + timedelta(minutes=1), from_visit=first)
    places.visit(NEWS, None, AT + timedelta(minutes=2))
    places.bookmark(NEWS, "Читать", AT, folder="toolbar")
    places.download(FILE, TARGET, size_bytes=12_345, began=AT, ended=AT + timedelta(seconds=9))
    return places


def test_times_count_from_the_epochs_of_the_browsers() -> None:
    assert webkit_time(datetime(1970, 1, 1, tzinfo=UTC)) == 11_644_473_600_000_000
    assert prtime(AT) == round(AT.timestamp() * 1_000_000)
    assert prtime(AT.astimezone(timezone(timedelta(hours=5)))) == prtime(AT)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://example.org/", 125_508_604_170_377),
        ("https://www.mozilla.org/privacy/firefox/", 47_356_411_089_529),
    ],
)
def test_the_hash_of_an_address_is_that_of_real_profiles(url: str, known: int) -> None:
    assert url_hash(url) == known


def test_chromium_counts_visits_and_keeps_their_chain(tmp_path) -> None:
    sql = (
        "SELECT url, title, visit_count, typed_count, "
        "strftime('%Y-%m-%d %H:%M:%S', last_visit_time / 1000000 - 11644473600, 'unixepoch') FROM urls ORDER BY id"
    )
    assert queried(chromium(), tmp_path, sql) == [
        (NEWS, "Новости", 2, 1, "2026-02-03 04:07:06"),
        (SHOP, "فروشگاه", 1, 0, "2026-02-03 04:06:06"),
        ("https://search.example/?q=x", "x", 1, 0, "2026-02-03 04:08:06"),
    ]
    visits = queried(chromium(), tmp_path, "SELECT url, from_visit, transition & 255, visit_duration FROM visits")
    assert visits == [(1, 0, 1, 0), (2, 1, 0, 30_000_000), (1, 0, 8, 0), (3, 0, 5, 0)]
    typed = queried(chromium(), tmp_path, "SELECT transition FROM visits WHERE id = 1")
    assert typed == [(0x32000001,)]
    terms = queried(chromium(), tmp_path, "SELECT url_id, term, normalized_term FROM keyword_search_terms")
    assert terms == [(3, "Как  удалить", "как удалить")]
    assert ("version", "70") in queried(chromium(), tmp_path, "SELECT key, value FROM meta")


def test_chromium_lists_downloads_with_their_chain(tmp_path) -> None:
    history = chromium()
    history.download(
        FILE,
        r"C:\big.iso",
        size_bytes=900,
        received_bytes=100,
        began=AT,
        ended=AT,
        state=DownloadState.CANCELLED,
        opened=AT,
    )
    columns = "current_path, target_path, total_bytes, received_bytes, state, referrer, site_url, opened"
    assert queried(history, tmp_path, f"SELECT {columns} FROM downloads") == [  # noqa: S608
        (TARGET, TARGET, 12_345, 12_345, 1, SHOP, "https://shop.example/", 0),
        (r"C:\big.iso.crdownload", r"C:\big.iso", 900, 100, 2, "", "https://files.example/", 1),
    ]
    chain = queried(history, tmp_path, "SELECT url FROM downloads_url_chains WHERE id = 1 ORDER BY chain_index")
    assert chain == [(FILE,), ("https://cdn.example/plan.zip",)]
    times = queried(history, tmp_path, "SELECT end_time - start_time, length(guid) FROM downloads WHERE id = 1")
    assert times == [(9_000_000, 36)]


def test_what_chromium_forgets_can_be_recovered_or_is_zeroed(tmp_path) -> None:
    history = chromium()
    history.forget(NEWS)
    history.forget_download(1)

    assert queried(history, tmp_path, "SELECT url FROM urls ORDER BY id") == [(SHOP,), ("https://search.example/?q=x",)]
    assert queried(history, tmp_path, "SELECT count(*) FROM visits") == [(2,)]
    assert queried(history, tmp_path, "SELECT count(*) FROM downloads_url_chains") == [(0,)]
    assert queried(history, tmp_path, "SELECT seq FROM sqlite_sequence WHERE name = 'urls'") == [(3,)]
    data = history.render()
    assert NEWS.encode() in data
    assert TARGET.encode() in data

    zeroed = ChromiumHistory(b"seed", MADE, zero_deleted=True)
    zeroed.visit(NEWS, "Новости", AT)
    zeroed.visit(SHOP, "s", AT)
    zeroed.forget(NEWS)
    assert NEWS.encode() not in zeroed.render()


def test_firefox_keeps_places_visits_and_origins(tmp_path) -> None:
    sql = (
        "SELECT p.url, p.title, p.rev_host, p.visit_count, p.typed, p.foreign_count, o.prefix || o.host, "
        "length(p.guid) FROM moz_places p JOIN moz_origins o ON o.id = p.origin_id ORDER BY p.id"
    )
    assert queried(firefox(), tmp_path, sql) == [
        (NEWS, "Новости", "elpmaxe.swen.", 2, 1, 1, "https://news.example", 12),
        (SHOP, "فروشگاه", "elpmaxe.pohs.", 1, 0, 0, "https://shop.example", 12),
        (FILE, "plan.zip", "elpmaxe.selif.", 0, 0, 0, "https://files.example", 12),
    ]
    sql = "SELECT place_id, from_visit, visit_type, visit_date FROM moz_historyvisits ORDER BY id"
    begin = prtime(AT)
    assert queried(firefox(), tmp_path, sql) == [
        (1, 0, 2, begin),
        (2, 1, 1, begin + 60_000_000),
        (1, 0, 1, begin + 120_000_000),
        (3, 0, 7, begin),
    ]


def test_firefox_keeps_bookmarks_below_its_roots(tmp_path) -> None:
    sql = (
        "SELECT b.title, f.title, f.guid FROM moz_bookmarks b JOIN moz_bookmarks f ON f.id = b.parent WHERE b.type = 1"
    )

    assert queried(firefox(), tmp_path, sql) == [("Читать", "toolbar", "toolbar_____")]
    roots = queried(firefox(), tmp_path, "SELECT guid FROM moz_bookmarks WHERE parent <= 1 ORDER BY id")
    assert [guid for (guid,) in roots][:2] == ["root________", "menu________"]


def test_firefox_tells_downloads_in_annotations(tmp_path) -> None:
    places = firefox()
    places.download(FILE, r"D:\again.zip", size_bytes=5, began=AT, ended=AT + timedelta(seconds=1))
    sql = "SELECT n.name, a.content FROM moz_annos a JOIN moz_anno_attributes n ON n.id = a.anno_attribute_id"

    told = dict(queried(firefox(), tmp_path, sql))
    assert told["downloads/destinationFileURI"] == "file:///C:/Users/%D0%94%D0%B0%D0%BD%D0%B0/Downloads/plan.zip"
    ended = prtime(AT + timedelta(seconds=9)) // 1000
    assert told["downloads/metaData"] == f'{{"state":1,"endTime":{ended},"fileSize":12345}}'
    assert dict(queried(places, tmp_path, sql))["downloads/destinationFileURI"] == "file:///D:/again.zip"


def test_what_firefox_forgets_can_be_recovered(tmp_path) -> None:
    places = firefox()
    places.forget(SHOP)
    places.forget(NEWS)  # has a bookmark

    assert queried(places, tmp_path, "SELECT url, visit_count FROM moz_places ORDER BY id") == [(NEWS, 0), (FILE, 0)]
    assert queried(places, tmp_path, "SELECT host FROM moz_origins ORDER BY id") == [
        ("news.example",),
        ("files.example",),
    ]
    assert queried(places, tmp_path, "SELECT count(*) FROM moz_historyvisits") == [(1,)]
    assert SHOP.encode() in places.render()
    zeroed = FirefoxPlaces(b"seed", MADE, zero_deleted=True)
    zeroed.visit(SHOP, "s", AT)
    zeroed.forget(SHOP)
    assert SHOP.encode() not in zeroed.render()


@pytest.mark.parametrize("made", [chromium, firefox])
def test_a_fork_goes_its_own_way(made: Callable[[], ChromiumHistory | FirefoxPlaces]) -> None:
    history = made()
    before = history.render()
    fork = history.fork()
    fork.visit("https://other.example/", "other", AT)
    fork.forget(SHOP)

    assert history.render() == before
    assert fork.render() != before


def test_same_values_same_bytes_in_chromium() -> None:
    assert (
        hashlib.sha256(chromium().render()).hexdigest()
        == "d3338b98db9282ae8954accb7a3a65663cd9a9622d55469130b5825aa34377ce"
    )
    assert chromium().render() != ChromiumHistory(b"other", MADE).render()


def test_same_values_same_bytes_in_firefox() -> None:
    assert (
        hashlib.sha256(firefox().render()).hexdigest()
        == "5214534c74091de52966cb6e1c8ebdb8992e5a32dc9cd4d8a7a4e5701cbf6a97"
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://shop.test.com/", "may belong to somebody"),
        ("https://example/", "may belong to somebody"),
        ("https://8.8.8.8/", "may belong to somebody"),
        ("shop.example", "not the address of a page"),
        ("https://shop.example/а", "not the address of a page"),
    ],
)
def test_an_address_that_may_be_somebodys_is_refused(url: str, message: str) -> None:
    for history in (chromium(), firefox()):
        before = history.render()
        with pytest.raises(SynthesisError, match=message) as caught:
            history.visit(url, "t", AT)
        assert caught.value.remedy
        assert history.render() == before


@pytest.mark.parametrize("url", ["file:///C:/a.pdf", "http://192.0.2.7:8080/", "https://a.shop.example:443/x#y"])
def test_an_address_that_is_nobodys_is_taken(url: str) -> None:
    for history in (chromium(), firefox()):
        assert history.visit(url, "t", AT) > 0


@pytest.mark.parametrize("made", [chromium, firefox])
def test_what_can_not_be_is_refused(made: Callable[[], ChromiumHistory | FirefoxPlaces]) -> None:
    history = made()

    with pytest.raises(SynthesisError, match="carries no zone"):
        history.visit(NEWS, "t", AT.replace(tzinfo=None))
    with pytest.raises(SynthesisError, match=r"plan\.zip ends before it begins"):
        history.download(FILE, TARGET, size_bytes=1, began=AT, ended=AT - timedelta(seconds=1))
    with pytest.raises(SynthesisError, match="no page"):
        history.forget("https://never.example/")


def test_what_only_one_browser_can_not_do() -> None:
    with pytest.raises(SynthesisError, match="no folder 'desk'"):
        firefox().bookmark(NEWS, "t", AT, folder="desk")
    with pytest.raises(SynthesisError, match="no row 9"):
        chromium().forget_download(9)
