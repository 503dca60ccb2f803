"""The ``History`` database of Chromium browsers (Chrome, Edge): pages, visits, searches, downloads.

Times count microseconds since 1601-01-01 UTC. The schema is that of version 70 of the database, without the triggers
of Edge's own tables. What a person deletes leaves its row behind, so that it can be recovered; the browsers themselves
are built with SQLITE_SECURE_DELETE and overwrite it with zeros, which ``zero_deleted`` does here too.

Source: Chromium source, components/history/core/browser: history_database.cc, url_database.cc, visit_database.cc,
visit_annotations_database.cc, visited_link_database.cc, download_database.cc and download_constants.h;
ui/base/page_transition_types.h; base/time/time.h.
"""

from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag
from ntpath import basename

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.browser_values import check_duration, microseconds, origin, random_uuid
from labkit.synthesis.artifacts.chromium_schema import COMPATIBLE_VERSION, SCHEMA, VERSION
from labkit.synthesis.artifacts.sqlite_file import Database
from labkit.synthesis.artifacts.sqlite_records import Value

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DAYS_KEPT = timedelta(days=90)
_DEFAULT_SEARCH_ENGINE = 2  # keyword id of the first engine in Web Data


class Transition(IntEnum):
    """How a visit came about: the core value of its ``transition``."""

    LINK = 0
    TYPED = 1
    BOOKMARK = 2
    GENERATED = 5  # chosen from the suggestions of the address bar: a search
    START_PAGE = 6
    FORM_SUBMIT = 7
    RELOAD = 8


class _Qualifier(IntFlag):
    FROM_ADDRESS_BAR = 0x02000000
    CHAIN_START = 0x10000000
    CHAIN_END = 0x20000000


class DownloadState(IntEnum):
    """How a download ended."""

    COMPLETE = 1
    CANCELLED = 2
    INTERRUPTED = 4


class ChromiumHistory:
    """The history of one profile, as a person makes it. Ids of visits and downloads are what the methods return.

    Args:
        seed: Fixes what the browser draws at random, the identifiers of downloads.
        made: When the profile was made, aware.
        zero_deleted: Overwrite what is deleted, as the browsers do.
    """

    def __init__(self, seed: bytes, made: datetime, *, zero_deleted: bool = False) -> None:
        self._seed = seed
        self._database = Database(zero_deleted=zero_deleted)
        for sql in SCHEMA:
            self._database.create(sql)
        for key, value in (
            ("mmap_status", -1),
            ("version", VERSION),
            ("last_compatible_version", COMPATIBLE_VERSION),
            ("early_expiration_threshold", webkit_time(made - _DAYS_KEPT)),
        ):
            self._database.insert("meta", {"key": key, "value": value})
        self._pages: dict[str, int] = {}

    def fork(self) -> "ChromiumHistory":
        """Return an independent copy."""
        other = object.__new__(ChromiumHistory)
        other.__dict__.update(self.__dict__)
        other._database = self._database.fork()
        other._pages = dict(self._pages)
        return other

    def visit(
        self,
        url: str,
        title: str,
        at: datetime,
        *,
        how: Transition = Transition.LINK,
        from_visit: int = 0,
        stayed: timedelta = timedelta(0),
    ) -> int:
        """Open a page and return the id of the visit.

        Args:
            url: The whole address, percent-encoded.
            title: The title of the page.
            at: When, aware.
            how: How the person came to it.
            from_visit: The visit with the page that had the link; 0 for none.
            stayed: How long the page was open.

        Raises:
            SynthesisError: The address may be somebody's, or the time carries no zone.
        """
        origin(url)
        moment = webkit_time(at)
        typed = how in {Transition.TYPED, Transition.GENERATED}
        page = self._page(url, title, moment, typed=typed and how is Transition.TYPED)
        qualifiers = _Qualifier.CHAIN_START | _Qualifier.CHAIN_END
        if typed:
            qualifiers |= _Qualifier.FROM_ADDRESS_BAR
        return self._database.insert(
            "visits",
            {
                "url": page,
                "visit_time": moment,
                "from_visit": from_visit,
                "external_referrer_url": "",
                "transition": how | qualifiers,
                "segment_id": 0,
                "visit_duration": stayed // timedelta(microseconds=1),
                "incremented_omnibox_typed_score": how is Transition.TYPED,
                "opener_visit": 0,
                "originator_cache_guid": "",
                "originator_visit_id": 0,
                "originator_from_visit": 0,
                "originator_opener_visit": 0,
                "consider_for_ntp_most_visited": True,
            },
        )

    def search(self, url: str, title: str, at: datetime, *, terms: str) -> int:
        """Search from the address bar: a visit to the page of results, with the words that were typed.

        Raises:
            SynthesisError: As ``visit``.
        """
        visit = self.visit(url, title, at, how=Transition.GENERATED)
        row: dict[str, Value] = {
            "keyword_id": _DEFAULT_SEARCH_ENGINE,
            "url_id": self._pages[url],
            "term": terms,
            "normalized_term": " ".join(terms.lower().split()),
        }
        self._database.insert("keyword_search_terms", row)
        return visit

    def download(
        self,
        url: str,
        target_path: str,
        *,
        size_bytes: int,
        began: datetime,
        ended: datetime,
        state: DownloadState = DownloadState.COMPLETE,
        received_bytes: int | None = None,
        referrer: str = "",
        mime_type: str = "",
        opened: datetime | None = None,
        redirects: tuple[str, ...] = (),
    ) -> int:
        """Fetch a file and return the id of the download.

        Args:
            url: Where it was asked for; ``redirects`` are the addresses that led on, the last gave the file.
            target_path: Where it was put, with its drive.
            size_bytes: Its whole size.
            began: Aware.
            ended: Aware.
            state: How it ended.
            received_bytes: What had arrived by then; all of it if left out.
            referrer: The page that had the link.
            mime_type: What the server called it.
            opened: When it was opened from the browser, aware; None if it was not.
            redirects: See ``url``.

        Raises:
            SynthesisError: An address may be somebody's, a time carries no zone, or the end lies before the start.
        """
        chain = (url, *redirects)
        for address in (*chain, *([referrer] if referrer else [])):
            origin(address)
        check_duration(basename(target_path), began, ended)
        received = size_bytes if received_bytes is None else received_bytes
        current = target_path if state is DownloadState.COMPLETE else f"{target_path}.crdownload"
        number = self._database.insert(
            "downloads",
            {
                "guid": str(random_uuid(self._seed, f"download/{target_path}/{webkit_time(began)}")),
                "current_path": current,
                "target_path": target_path,
                "start_time": webkit_time(began),
                "received_bytes": received,
                "total_bytes": size_bytes,
                "state": state,
                "danger_type": 0,
                "interrupt_reason": 0 if state is DownloadState.COMPLETE else 40,  # 40: the user cancelled it
                "hash": b"",
                "end_time": webkit_time(ended),
                "opened": opened is not None,
                "last_access_time": webkit_time(opened) if opened else 0,
                "transient": False,
                "referrer": referrer,
                "site_url": origin(referrer or url).site,
                "embedder_download_data": "",
                "tab_url": referrer or url,
                "tab_referrer_url": "",
                "http_method": "",
                "by_ext_id": "",
                "by_ext_name": "",
                "by_web_app_id": "",
                "etag": "",
                "last_modified": "",
                "mime_type": mime_type,
                "original_mime_type": mime_type,
            },
        )
        for place, address in enumerate(chain):
            self._database.insert("downloads_url_chains", {"id": number, "chain_index": place, "url": address})
        return number

    def forget(self, url: str) -> None:
        """Delete a page from the history, with its visits and search terms; downloads stay.

        Raises:
            SynthesisError: The history has no such page.
        """
        if url not in self._pages:
            raise SynthesisError(f"the history has no page {url}", remedy="Forget a page that was visited before.")
        page = self._pages.pop(url)
        gone = [
            visit for visit in self._database.rowids("visits") if self._database.row("visits", visit)["url"] == page
        ]
        for visit in gone:
            self._database.delete("visits", visit)
        for term in self._database.rowids("keyword_search_terms"):
            if self._database.row("keyword_search_terms", term)["url_id"] == page:
                self._database.delete("keyword_search_terms", term)
        self._database.delete("urls", page)

    def forget_download(self, download: int) -> None:
        """Remove a download from the list; the file stays.

        Raises:
            SynthesisError: There is no such download.
        """
        self._database.delete("downloads", download)
        for link in self._database.find("downloads_url_chains", "id", download):
            self._database.delete("downloads_url_chains", link)

    def render(self) -> bytes:
        """Return the file ``History``."""
        return self._database.render()

    def _page(self, url: str, title: str, moment: int, *, typed: bool) -> int:
        """Count a visit to a page and return its id."""
        if url not in self._pages:
            row: dict[str, Value] = {"url": url, "title": title, "visit_count": 1, "typed_count": typed}
            row["last_visit_time"] = moment
            self._pages[url] = self._database.insert("urls", row)
            return self._pages[url]
        page = self._pages[url]
        changes: dict[str, Value] = {
            "title": title,
            "visit_count": self._database.number("urls", page, "visit_count") + 1,
            "typed_count": self._database.number("urls", page, "typed_count") + typed,
            "last_visit_time": max(moment, self._database.number("urls", page, "last_visit_time")),
        }
        self._database.update("urls", page, changes)
        return page


def webkit_time(moment: datetime) -> int:
    """Return an aware time in microseconds since 1601-01-01 UTC.

    Raises:
        SynthesisError: The time carries no zone.
    """
    return microseconds(moment, since=_EPOCH)
