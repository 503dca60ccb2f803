"""Pages that were deleted from a history and whose rows still stand in free parts of its database."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.evidence.artifacts.browser.freed_rows import FreedRow, freed_rows
from labkit.evidence.artifacts.browser.kinds import VISIT, looks_like_address
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known
from labkit.evidence.artifacts.source import Source


@dataclass(frozen=True, slots=True)
class PageTable:
    """How a family of browsers keeps its pages, with their addresses in the column ``url``.

    ``lives`` is a statement that finds a visit by address and stored time; ``typed`` says how often, or whether, an
    address was typed; ``fits`` tells a row of the table from what looks like one by chance.
    """

    name: str
    last_visit: str  # the column
    moment: Callable[[int], datetime | None]  # from what that column stores
    lives: str
    typed: Callable[[Mapping[str, Any]], Mapping[str, Value]]
    fits: Callable[[Mapping[str, Any]], bool] = lambda _row: True


def deleted_pages(
    source: Source, database: sqlite3.Connection, table: PageTable, browser: str
) -> Iterator[ArtifactRecord]:
    """Yield the last visit of each page whose row was deleted, and that no visit in the history tells.

    Args:
        source: The file of the history.
        database: The same, open.
        table: Its table of pages.
        browser: The name of the browser.
    """
    told: set[tuple[str, int]] = set()  # a row may have been moved, and then stands in two free places
    with source.opened() as file:
        for freed in freed_rows(file, database, table.name):
            row = freed.values
            stored = row[table.last_visit] or 0
            at = table.moment(stored)
            if at is None or not looks_like_address(row["url"]) or not table.fits(row):
                continue
            key = row["url"], stored
            if key not in told and not database.execute(table.lives, key).fetchone():
                told.add(key)
                yield _record(source, at, freed, table.typed(row), browser)


def _record(source: Source, at: datetime, freed: FreedRow, typed: Mapping[str, Value], browser: str) -> ArtifactRecord:
    row = freed.values
    details = known(
        time_of="last visit",
        url=row["url"],
        title=row["title"],
        browser=browser,
        visit_count=row["visit_count"],
        **typed,
        found="in free space of the database: the row was deleted",
    )
    what = f"looked at, deleted from the history: {row['title'] or row['url']}"
    return source.record(VISIT, at, what, details, offset_bytes=freed.offset_bytes, recovered=True)
