"""A custody file that is still being written: its lines in order, each with a key by which the story knows it.

Source of the line format: docs/developer/custody-rules.md, "A line" (custody/1): canonical JSON and LF, each line with
the digest of the line before it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from labkit.canonical import canonical_json

SCHEMA = "custody/1"
Line = dict[str, Any]


class Draft:
    """Lines of a ledger, not yet numbered. A key names a line as long as it is there."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._before: dict[str, Line] = {}  # what overwritten lines said when an earlier copy was made

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __getitem__(self, key: str) -> Line:
        return self._lines[key]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all lines in order."""
        return tuple(self._lines)

    def add(self, key: str, line: Line, *, after: str | None = None) -> None:
        """Add a line at the end, or behind the line with the key ``after``."""
        if key in self._lines:
            raise ValueError(f"a custody file has one line {key}")
        if after is None:
            self._lines[key] = line
            return
        keys = list(self._lines)
        keys.insert(keys.index(after) + 1, key)
        self._lines[key] = line
        self._lines = {one: self._lines[one] for one in keys}

    def remove(self, key: str) -> None:
        """Take a line out."""
        del self._lines[key]

    def overwrite(self, key: str, **fields: Any) -> None:
        """Change a line after an earlier copy of the file was made; the copy keeps what it said."""
        self._before[key] = dict(self._lines[key])
        self._lines[key] |= fields

    def events(self, exhibit: str | None = None) -> Iterator[tuple[str, Line]]:
        """Yield key and line of every event, or of those that list an exhibit."""
        for key, line in self._lines.items():
            if "event_at" in line and (exhibit is None or exhibit in line["exhibits"]):
                yield key, line

    def numbers(self, keys: Iterable[str]) -> tuple[int, ...]:
        """Return the numbers (``seq``, from 1) that lines have, ascending."""
        places = {key: number for number, key in enumerate(self._lines, start=1)}
        return tuple(sorted(places[key] for key in keys))

    def sealed(self, binding: str) -> bytes:
        """Return the file: every line numbered and chained to the one before it.

        A ``tested_event`` or ``corrects_event`` that is a key becomes the number of that line.

        Args:
            binding: What ties the file to the case that it was handed out with.
        """
        return b"".join(self._chained(binding, self._lines))

    def earlier_copy(self, binding: str, until: str) -> bytes:
        """Return the file as it was when the line with the key ``until`` was the last one."""
        keys = list(self._lines)
        kept = {key: self._before.get(key, self._lines[key]) for key in keys[: keys.index(until) + 1]}
        return b"".join(self._chained(binding, kept))

    def _chained(self, binding: str, kept: Mapping[str, Line]) -> Iterator[bytes]:
        places = {key: number for number, key in enumerate(self._lines, start=1)}
        previous = hashlib.sha256(f"{SCHEMA}\n{binding}".encode()).hexdigest()
        for key, line in kept.items():
            whole = {
                **_with_numbers(line, places),
                "schema": SCHEMA,
                "seq": places[key],
                "prev_event_hash": previous,
            }
            previous = hashlib.sha256(canonical_json(whole)).hexdigest()
            yield canonical_json(whole | {"event_hash": previous}) + b"\n"


def _with_numbers(line: Line, places: Mapping[str, int]) -> Line:
    changed = dict(line)
    blocker = line.get("write_block")
    if blocker and blocker.get("tested_event") in places:
        changed["write_block"] = blocker | {"tested_event": places[blocker["tested_event"]]}
    if line.get("corrects_event") in places:
        changed["corrects_event"] = places[line["corrects_event"]]
    return changed


def moved(text: str, **by: float) -> str:
    """Return a time of the file, later by so much (``minutes=160``), with the same offset."""
    return (datetime.fromisoformat(text) + timedelta(**by)).isoformat()
