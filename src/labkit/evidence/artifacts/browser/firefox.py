"""Histories of Firefox (``places.sqlite``): pages looked at and files fetched.

Source: Firefox source, toolkit/components/places (nsPlacesTables.h, nsINavHistoryService.idl) and
toolkit/components/downloads/DownloadHistory.sys.mjs.
"""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from labkit.evidence.artifacts.browser.database import opened_database
from labkit.evidence.artifacts.browser.deleted_pages import PageTable, deleted_pages
from labkit.evidence.artifacts.browser.kinds import DOWNLOAD, KINDS, VISIT
from labkit.evidence.artifacts.moments import from_unix_microseconds
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known, utc_text
from labkit.evidence.artifacts.source import Source
from labkit.evidence.isolation import alive

_BROWSER = "Firefox"
_TYPES = (
    "", "link", "typed", "bookmark", "embedded", "permanent redirection", "temporary redirection", "download", "frame",
    "reload",
)  # fmt: skip
_STATES = {0: "in progress", 1: "complete", 2: "failed", 3: "cancelled", 4: "paused"}
_GUID_CHARACTERS = 12
_VISITS = """
SELECT v.visit_date, v.visit_type, p.url, p.title, p.visit_count, p.typed, r.url AS referrer
FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id
LEFT JOIN moz_historyvisits b ON b.id = v.from_visit LEFT JOIN moz_places r ON r.id = b.place_id
ORDER BY v.visit_date, v.id
"""
_DOWNLOADS = """
SELECT p.url, a.content AS target, a.dateAdded, (SELECT m.content FROM moz_annos m JOIN moz_anno_attributes k
    ON k.id = m.anno_attribute_id WHERE m.place_id = a.place_id AND k.name = 'downloads/metaData') AS told
FROM moz_annos a JOIN moz_anno_attributes n ON n.id = a.anno_attribute_id JOIN moz_places p ON p.id = a.place_id
WHERE n.name = 'downloads/destinationFileURI' ORDER BY a.dateAdded, a.id
"""
_PAGES = PageTable(
    name="moz_places",
    last_visit="last_visit_date",
    moment=from_unix_microseconds,
    lives="SELECT 1 FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id "
    "WHERE p.url = ? AND v.visit_date = ?",
    typed=lambda row: {"typed": bool(row["typed"])},
    fits=lambda row: isinstance(row["guid"], str) and len(row["guid"]) == _GUID_CHARACTERS,
)


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    with opened_database(source) as database:
        for row in database.execute(_VISITS):
            alive()
            yield _visit(source, row)
        for row in database.execute(_DOWNLOADS):
            alive()
            yield _download(source, row)
        yield from deleted_pages(source, database, _PAGES, _BROWSER)


def _visit(source: Source, row: sqlite3.Row) -> ArtifactRecord:
    kind = row["visit_type"]
    details = known(
        time_of="visit",
        url=row["url"],
        title=row["title"],
        browser=_BROWSER,
        how=_TYPES[kind] if 0 < kind < len(_TYPES) else str(kind),
        referrer=row["referrer"],
        visit_count=row["visit_count"],
        typed=bool(row["typed"]),
    )
    at = from_unix_microseconds(row["visit_date"])
    return source.record(VISIT, at, f"looked at: {row['title'] or row['url']}", details)


def _download(source: Source, row: sqlite3.Row) -> ArtifactRecord:
    target = _windows_path(str(row["target"]))
    told = _told(row["told"])
    ended = told.get("endTime")
    state = told.get("state")
    details = known(
        time_of="note of the download",
        target_path=target,
        url=row["url"],
        browser=_BROWSER,
        ended_utc=utc_text(from_unix_microseconds(ended * 1000)) if isinstance(ended, int) else None,
        total_bytes=told.get("fileSize") if isinstance(told.get("fileSize"), int) else None,
        state=_STATES.get(state, str(state)) if isinstance(state, int) else None,
    )
    return source.record(DOWNLOAD, from_unix_microseconds(row["dateAdded"]), f"fetched: {target}", details)


def _windows_path(uri: str) -> str:
    r"""Return ``C:\Users\a.pdf`` for ``file:///C:/Users/a.pdf``; other addresses stay as they are."""
    path = unquote(uri.removeprefix("file:///"))
    return path.replace("/", "\\") if path[1:3] == ":/" else uri


def _told(text: Any) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


PARSER = ArtifactParser(name="browser", kinds=KINDS, patterns=("*/places.sqlite",), records=_records)
