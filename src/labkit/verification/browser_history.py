"""The history of a browser: its live rows by SQLite, and rows of pages that were deleted, by hand.

Sources: SQLite, "Database File Format", 1.5 ("B-tree Pages", freeblocks: a freed cell keeps all but its first four
bytes) and 2.1 ("Record Format", serial types); the schemas stand in the files themselves. Times of Chromium count
microseconds since 1601, those of Firefox since 1970.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EDGE, FIREFOX = "edge", "firefox"
_TEXT, _SMALLEST_TEXT = 13, 13
_WIDTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}  # bytes of a number by its serial type
_TIME_TYPE = 6
_LONGEST_TITLE_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Download:
    """A file that was fetched."""

    url: str
    referrer: str
    began: int  # in the browser's own count


@dataclass(frozen=True, slots=True)
class FreedPage:
    """A row of Chromium's table ``urls`` that was deleted."""

    url: str
    title: str
    last_visit: int


class History:
    """One database: ``urls``, ``visits`` and ``downloads`` of Chromium, or ``moz_places`` of Firefox."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._database = sqlite3.connect(":memory:")
        self._database.deserialize(data)
        tables = {name for (name,) in self._query("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "moz_places" not in tables and not {"urls", "visits"} <= tables:
            raise ValueError("the database is no history of a browser that is known here")
        self.browser = FIREFOX if "moz_places" in tables else EDGE

    def visits(self, url: str) -> Iterator[tuple[str, int]]:
        """Yield title and time of each visit of a page whose rows are there."""
        if self.browser == FIREFOX:
            text = "SELECT p.title, v.visit_date FROM moz_places p JOIN moz_historyvisits v ON v.place_id = p.id"
            yield from self._query(f"{text} WHERE p.url = ?", url)
        else:
            text = "SELECT u.title, v.visit_time FROM urls u JOIN visits v ON v.url = u.id"
            yield from self._query(f"{text} WHERE u.url = ?", url)

    def last_use(self) -> int | None:
        """Return the time of the latest visit or download whose row is there."""
        if self.browser == FIREFOX:
            parts = ("SELECT visit_date FROM moz_historyvisits", "SELECT dateAdded FROM moz_annos")
        else:
            parts = ("SELECT visit_time FROM visits", "SELECT max(start_time, end_time) FROM downloads")
        times = [time for part in parts for (time,) in self._query(part) if time is not None]
        return max(times, default=None)

    def download(self, target: str) -> Download | None:
        """Return the download that ended at a path of Windows."""
        if self.browser == FIREFOX:
            return self._firefox_download(target)
        text = (
            "SELECT c.url, d.tab_url, d.referrer, d.start_time FROM downloads d "
            "JOIN downloads_url_chains c ON c.id = d.id WHERE d.target_path = ? ORDER BY c.chain_index DESC"
        )
        for url, tab_url, referrer, began in self._query(text, target):
            return Download(url, referrer or tab_url, began)
        return None

    def freed(self, url: str) -> Iterator[FreedPage]:
        """Yield the rows of a page that were deleted from Chromium's table ``urls``, read from freed cells."""
        wanted = url.encode()
        place = self._data.find(wanted)
        while place >= 0:
            page = self._freed_page(place, len(wanted))
            if page is not None:
                yield page
            place = self._data.find(wanted, place + 1)

    def freed_visit(self, time: int) -> bool:
        """Return whether a row of the time stands in the file that no live visit has."""
        ((live,),) = self._query("SELECT count(*) FROM visits WHERE visit_time = ?", time)
        return not live and time.to_bytes(8, "big") in self._data

    def _firefox_download(self, target: str) -> Download | None:
        uri = "file:///" + target.replace("\\", "/")
        text = (
            "SELECT p.url, a.dateAdded FROM moz_annos a JOIN moz_places p ON p.id = a.place_id "
            "WHERE a.content = ? ORDER BY a.dateAdded LIMIT 1"
        )
        for url, added in self._query(text, uri):
            return Download(url, "", added)
        return None

    def _freed_page(self, place: int, length: int) -> FreedPage | None:
        """Read the row whose address stands at a place. Before it stand the serial types of all columns behind the id.

        url, title, visit_count, typed_count, last_visit_time, hidden.
        """
        *_, visits, typed, time, hidden = self._data[place - 4 : place]
        if time != _TIME_TYPE or not {visits, typed, hidden} <= _WIDTHS.keys():
            return None
        types = list(_varints_before(self._data, place - 4, 2))
        if len(types) != 2 or types[0] != _TEXT + 2 * length or types[1] < _SMALLEST_TEXT:  # noqa: PLR2004
            return None
        title_bytes = (types[1] - _TEXT) // 2
        if title_bytes > _LONGEST_TITLE_BYTES:
            return None
        title_at = place + length
        time_at = title_at + title_bytes + _WIDTHS[visits] + _WIDTHS[typed]
        return FreedPage(
            self._data[place:title_at].decode("utf-8", "replace"),
            self._data[title_at : title_at + title_bytes].decode("utf-8", "replace"),
            int.from_bytes(self._data[time_at : time_at + 8], "big"),
        )

    def _query(self, text: str, *values: Any) -> list[Any]:
        return self._database.execute(text, values).fetchall()


def open_history(data: bytes) -> History:
    """Open a database that was read from an image, in memory.

    Raises:
        ValueError: It is no database, or no history.
    """
    try:
        return History(data)
    except sqlite3.Error as error:
        raise ValueError(f"the history can not be read: {error}") from error


def _varints_before(data: bytes, end: int, count: int) -> Iterator[int]:
    """Yield the numbers of variable length that end before a place, the first one first; of one or two bytes each."""
    found: list[int] = []
    while len(found) < count and end > 1:
        last = data[end - 1]
        before = data[end - 2]
        if before & 0x80:
            found.append((before & 0x7F) << 7 | last)
            end -= 2
        else:
            found.append(last)
            end -= 1
    yield from reversed(found)
