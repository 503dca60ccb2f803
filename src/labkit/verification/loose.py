"""Loose files, comparisons of them, and moments: what needs no image to be confirmed."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.zones import zone as zone_named

# The truth writes a moment in English; briefs show the ISO form.
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_LOCAL_TEXT = re.compile(r"(?P<hour>\d\d?):(?P<minute>\d\d) on (?P<day>\d\d?) (?P<month>\w+) (?P<year>\d{4})")
_PAIR = 2


def confirm_plain_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a loose file."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    facts: dict[str, Any] = {
        "name": path.name,
        "size_bytes": path.stat().st_size,
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "sha256_with_newline": hashlib.sha256(data + b"\n").hexdigest(),
    }
    yield from weigh(trace, [Testimony("hashlib", facts)])


def confirm_comparison(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of two files that are equal, or that differ in exactly one byte."""
    value = trace.facts["names"]
    names = tuple(str(name) for name in value) if isinstance(value, tuple) else ()
    one, other = (item.file(name).read_bytes() for name in names)
    places = [place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right]
    facts: dict[str, Any] = {}
    if "file_offset_bytes" in trace.facts or "offset_bytes" in trace.facts:
        single = len(places) == 1 and len(one) == len(other)
        found: object = places[0] if single else Unreadable(f"{len(places)} bytes differ")
        facts = {"names": names if single else (), "offset_bytes": found, "file_offset_bytes": found}
    else:
        facts["names"] = _equal_pair(item, names)
    yield from weigh(trace, [Testimony("bytes compared", facts)])


def _equal_pair(item: BuiltItem, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the only two loose files that are equal, in the order of ``names`` where they are those."""
    loose = [str(trace.facts["name"]) for trace in item.truth.traces.values() if trace.kind == "plain_file"]
    content = {name: item.file(name).read_bytes() for name in {*loose, *names}}
    pairs = [pair for pair in combinations(sorted(content), _PAIR) if content[pair[0]] == content[pair[1]]]
    if len(pairs) != 1:
        return ()
    return names if set(pairs[0]) == set(names) else pairs[0]


def confirm_moment(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:  # noqa: ARG001 - same shape as all
    """Yield confirmations of a local time that was noted without its zone."""
    text, zone = str(trace.facts["local_text"]), str(trace.facts["zone"])
    facts: dict[str, Any] = {}
    match = _LOCAL_TEXT.fullmatch(text)
    try:
        local = _written(match) if match else datetime.fromisoformat(text)
        moment = local.replace(tzinfo=zone_named(zone)).astimezone(UTC)
        agrees = moment == trace.facts["at_utc"]
        facts = {"at_utc": moment, "local_text": text if agrees else Unreadable(f"in UTC this is {moment.isoformat()}")}
    except ValueError as error:
        facts = {"local_text": Unreadable(str(error))}
    yield from weigh(trace, [Testimony("zoneinfo", facts)])


def _written(match: re.Match[str]) -> datetime:
    month = _MONTHS.index(match["month"]) + 1
    return datetime(int(match["year"]), month, int(match["day"]), int(match["hour"]), int(match["minute"]))  # noqa: DTZ001
