"""Confirming a custody file: the pages that are handed out show the lines that the truth speaks of."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, statement, weigh
from labkit.verification.pages import read_page

_READER = "html.parser"
_FILE, _COPY = "custody-file.html", "custody-file-copy.html"
_LINE = "line-"
_SEAL = re.compile(r"S-[0-9]{6}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")


def confirm_custody_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the file: how many lines it and its earlier copy show, one after the other."""
    name = item.file(str(trace.facts["name"])).name
    counts = {"line_count": len(_lines(item, _FILE)), "copy_line_count": len(_lines(item, _COPY))}
    yield from weigh(trace, [Testimony(_READER, {"name": name, **counts})])
    for page in (_FILE, _COPY):
        last = max(_lines(item, page), default=0)
        yield statement(trace.id, f"({page}: last number)", _READER, len(_lines(item, page)), last)
        problems = read_page(item.file(page).read_bytes()).problems
        yield statement(trace.id, f"({page}: tags)", _READER, (), problems)


def confirm_planted(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a defect or a red herring: its lines are in the file, in order."""
    lines = trace.facts["lines"]
    shown = set(_lines(item, _FILE))
    seen: dict[str, Any] = {}
    if isinstance(lines, tuple):
        seen["lines"] = tuple(sorted(number for number in lines if number in shown))
    yield from weigh(trace, [Testimony(_READER, seen)])


def confirm_custody_line(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one line: its number, and the seal and the time that stand in it."""
    page = read_page(item.file(_FILE).read_bytes())
    lines = trace.facts["lines"]
    number = lines[0] if isinstance(lines, tuple) else 0
    text = page.texts.get(f"{_LINE}{number}", "")
    seen: dict[str, Any] = {"lines": (number,) if text else ()}
    if "seal_number" in trace.facts:
        found = _SEAL.findall(text)
        seen["seal_number"] = found[0] if found else None
    if "at_utc" in trace.facts:
        found = _TIME.findall(text)
        seen["at_utc"] = datetime.fromisoformat(found[0]).astimezone(UTC) if found else None
    yield from weigh(trace, [Testimony(_READER, seen)])


def confirm_break(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the first broken entry of an exhibit: it is there, and it lists the exhibit."""
    page = read_page(item.file(_FILE).read_bytes())
    exhibit, line = str(trace.facts["exhibit"]), trace.facts["first_line"]
    text = page.texts.get(f"{_LINE}{line}", "") if line else " ".join(page.texts.values())
    seen: dict[str, Any] = {"exhibit": exhibit if exhibit in text else None}
    yield from weigh(trace, [Testimony(_READER, seen)])


def _lines(item: BuiltItem, name: str) -> list[int]:
    ids = read_page(item.file(name).read_bytes()).attributes
    return [int(one.removeprefix(_LINE)) for one in ids if one.startswith(_LINE)]
