"""``places.sqlite`` of Firefox: pages, visits, bookmarks, downloads.

Times count microseconds since 1970-01-01 UTC (PRTime). The schema is version 75. What a person deletes leaves its row
behind, so that it can be recovered; Firefox itself is built with SQLITE_SECURE_DELETE and overwrites it with zeros,
which ``zero_deleted`` does here too. Firefox keeps this database with a write-ahead log; here everything was written
back and it has a rollback journal, so that it opens from read-only media.

Source: Firefox source, toolkit/components/places: nsPlacesTables.h, nsPlacesIndexes.h, nsINavHistoryService.idl
(transitions), Helpers.cpp and mfbt/HashFunctions.h (url_hash), Bookmarks.sys.mjs; toolkit/components/downloads,
DownloadHistory.sys.mjs (annotations).
"""

import base64
import json
from datetime import UTC, datetime
from enum import IntEnum
from ntpath import basename
from urllib.parse import urlsplit

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.browser_values import check_duration, file_url, microseconds, origin
from labkit.synthesis.artifacts.firefox_schema import INDICES, TABLES, VERSION
from labkit.synthesis.artifacts.sqlite_file import Database
from labkit.synthesis.artifacts.sqlite_records import Value
from labkit.synthesis.streams import Stream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE_BYTES = 32768
_FOLDERS = ("menu", "toolbar", "tags", "unfiled", "mobile")
_ROOT_GUID = "root________"
_BOOKMARK, _FOLDER = 1, 2
_EXPIRE_NEVER, _STRING = 4, 3
_DOWNLOAD_ENDED_WELL = 1
_GOLDEN_RATIO = 0x9E3779B9


class VisitType(IntEnum):
    """How a visit came about: TRANSITION_* in nsINavHistoryService.idl."""

    LINK = 1
    TYPED = 2
    BOOKMARK = 3
    DOWNLOAD = 7
    RELOAD = 9


# What a visit of the last four days adds to the rank of its page ("frecency"). Firefox counts it anew with time; here
# it stays as on the day of the visit.
_BONUS = {
    VisitType.LINK: 100,
    VisitType.TYPED: 2000,
    VisitType.BOOKMARK: 75,
    VisitType.DOWNLOAD: 0,
    VisitType.RELOAD: 0,
}


class FirefoxPlaces:
    """The history and the bookmarks of one profile, as a person makes them.

    Args:
        seed: Fixes what Firefox draws at random, the GUIDs of pages and bookmarks.
        made: When the profile was made, aware.
        zero_deleted: Overwrite what is deleted, as Firefox does.
    """

    def __init__(self, seed: bytes, made: datetime, *, zero_deleted: bool = False) -> None:
        self._seed = seed
        self._database = Database(_PAGE_BYTES, user_version=VERSION, zero_deleted=zero_deleted)
        for sql in (*TABLES, *INDICES):
            self._database.create(sql)
        self._pages: dict[str, int] = {}
        self._origins: dict[str, int] = {}
        self._attributes: dict[str, int] = {}
        self._folders: dict[str, int] = {}
        moment = prtime(made)
        root = self._bookmark_row(_FOLDER, None, 0, 0, "", moment, _ROOT_GUID)
        for position, name in enumerate(_FOLDERS):
            guid = name.ljust(len(_ROOT_GUID), "_")
            self._folders[name] = self._bookmark_row(_FOLDER, None, root, position, name, moment, guid)

    def fork(self) -> "FirefoxPlaces":
        """Return an independent copy."""
        other = object.__new__(FirefoxPlaces)
        other.__dict__.update(self.__dict__)
        other._database = self._database.fork()
        other._pages = dict(self._pages)
        other._origins = dict(self._origins)
        other._attributes = dict(self._attributes)
        return other

    def visit(
        self, url: str, title: str | None, at: datetime, *, how: VisitType = VisitType.LINK, from_visit: int = 0
    ) -> int:
        """Open a page and return the id of the visit.

        Args:
            url: The whole address, percent-encoded.
            title: The title of the page; None if it has none.
            at: When, aware.
            how: How the person came to it.
            from_visit: The visit with the page that had the link; 0 for none.

        Raises:
            SynthesisError: The address may be somebody's, or the time carries no zone.
        """
        moment = prtime(at)
        page = self._page(url)
        known = self._database.row("moz_places", page)
        changes: dict[str, Value] = {
            "title": known["title"] if title is None else title,
            "visit_count": self._count(page, "visit_count") + (how is not VisitType.DOWNLOAD),
            "typed": 1 if how is VisitType.TYPED else known["typed"],
            "frecency": max(0, self._count(page, "frecency")) + _BONUS[how],
            "last_visit_date": max(moment, self._count(page, "last_visit_date")),
        }
        self._database.update("moz_places", page, changes)
        row: dict[str, Value] = {
            "from_visit": from_visit,
            "place_id": page,
            "visit_date": moment,
            "visit_type": how,
            "session": 0,
        }
        return self._database.insert("moz_historyvisits", row)

    def bookmark(self, url: str, title: str, at: datetime, *, folder: str = "unfiled") -> int:
        """Bookmark a page in ``menu``, ``toolbar``, ``unfiled`` or ``mobile``; return the id of the bookmark.

        Raises:
            SynthesisError: There is no such folder, or as ``visit``.
        """
        if folder not in self._folders:
            raise SynthesisError(f"there is no folder {folder!r}", remedy=f"Take one of {', '.join(_FOLDERS)}.")
        moment = prtime(at)
        page = self._page(url)
        self._database.update("moz_places", page, {"foreign_count": self._count(page, "foreign_count") + 1})
        parent = self._folders[folder]
        position = len(self._database.find("moz_bookmarks", "parent", parent))
        guid = self._guid(f"bookmark/{folder}/{position}/{url}")
        return self._bookmark_row(_BOOKMARK, page, parent, position, title, moment, guid)

    def download(
        self, url: str, target_path: str, *, size_bytes: int, began: datetime, ended: datetime, from_visit: int = 0
    ) -> int:
        """Fetch a file and return the id of the visit that stands for it.

        Args:
            url: Where the file came from.
            target_path: Where it was put, with its drive.
            size_bytes: Its size.
            began: Aware.
            ended: Aware.
            from_visit: The visit with the page that had the link; 0 for none.

        Raises:
            SynthesisError: The end lies before the start, or as ``visit``.
        """
        check_duration(basename(target_path), began, ended)
        visit = self.visit(url, basename(target_path), began, how=VisitType.DOWNLOAD, from_visit=from_visit)
        told = {"state": _DOWNLOAD_ENDED_WELL, "endTime": prtime(ended) // 1000, "fileSize": size_bytes}
        self._annotate(url, "downloads/destinationFileURI", file_url(target_path), prtime(began))
        self._annotate(url, "downloads/metaData", json.dumps(told, separators=(",", ":")), prtime(ended))
        return visit

    def forget(self, url: str) -> None:
        """Delete a page with its visits and annotations. A page with a bookmark keeps its row, as in Firefox.

        Raises:
            SynthesisError: There is no such page.
        """
        if url not in self._pages:
            raise SynthesisError(f"the history has no page {url}", remedy="Forget a page that was visited before.")
        page = self._pages[url]
        for table in ("moz_historyvisits", "moz_annos"):
            for row in self._database.find(table, "place_id", page):
                self._database.delete(table, row)
        if self._count(page, "foreign_count"):
            changes: dict[str, Value] = {"visit_count": 0, "typed": 0, "frecency": 0, "last_visit_date": None}
            self._database.update("moz_places", page, changes)
            return
        self._database.delete("moz_places", page)
        del self._pages[url]
        site = origin(url).site
        if not any(origin(other).site == site for other in self._pages):
            self._database.delete("moz_origins", self._origins.pop(site))

    def render(self) -> bytes:
        """Return the file ``places.sqlite``."""
        return self._database.render()

    def _page(self, url: str) -> int:
        if url not in self._pages:
            host = urlsplit(url).hostname or ""
            row: dict[str, Value] = {
                "url": url,
                "rev_host": f"{host[::-1]}.",
                "guid": self._guid(f"page/{url}"),
                "url_hash": url_hash(url),
                "origin_id": self._origin(url),
            }
            self._pages[url] = self._database.insert("moz_places", row)
        return self._pages[url]

    def _origin(self, url: str) -> int:
        found = origin(url)
        if found.site not in self._origins:
            row: dict[str, Value] = {"prefix": found.prefix, "host": found.host, "frecency": 1}
            self._origins[found.site] = self._database.insert("moz_origins", row)
        return self._origins[found.site]

    def _annotate(self, url: str, name: str, content: str, moment: int) -> None:
        if name not in self._attributes:
            self._attributes[name] = self._database.insert("moz_anno_attributes", {"name": name})
        page, attribute = self._pages[url], self._attributes[name]
        for number in self._database.find("moz_annos", "place_id", page):
            if self._database.number("moz_annos", number, "anno_attribute_id") == attribute:
                self._database.update("moz_annos", number, {"content": content, "lastModified": moment})
                return
        row: dict[str, Value] = {
            "place_id": page,
            "anno_attribute_id": attribute,
            "content": content,
            "expiration": _EXPIRE_NEVER,
            "type": _STRING,
            "dateAdded": moment,
            "lastModified": moment,
        }
        self._database.insert("moz_annos", row)

    def _bookmark_row(
        self, kind: int, page: int | None, parent: int, position: int, title: str, moment: int, guid: str
    ) -> int:
        row: dict[str, Value] = {
            "type": kind,
            "fk": page,
            "parent": parent,
            "position": position,
            "title": title,
            "dateAdded": moment,
            "lastModified": moment,
            "guid": guid,
            "syncStatus": 1,
        }
        return self._database.insert("moz_bookmarks", row)

    def _count(self, page: int, column: str) -> int:
        return self._database.number("moz_places", page, column)

    def _guid(self, name: str) -> str:
        """Return twelve characters of base64url, nine random bytes."""
        return base64.urlsafe_b64encode(Stream(self._seed, name).take(9)).decode("ascii")


def prtime(moment: datetime) -> int:
    """Return an aware time in microseconds since 1970-01-01 UTC.

    Raises:
        SynthesisError: The time carries no zone.
    """
    return microseconds(moment, since=_EPOCH)


def url_hash(url: str) -> int:
    """Return the 48 bits by which Firefox finds an address: 16 of its scheme, 32 of all of it."""
    scheme = url.partition(":")[0]
    return (_hash(scheme) & 0xFFFF) << 32 | _hash(url)


def _hash(text: str) -> int:
    value = 0
    for byte in text.encode():
        value = _GOLDEN_RATIO * ((value << 5 & 0xFFFFFFFF | value >> 27) ^ byte) & 0xFFFFFFFF
    return value
