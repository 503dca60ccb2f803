"""The ledger as a frozen view: what its lines declare and record, and what is wrong with the lines themselves.

A ledger is UTF-8 text, one JSON object on a line. Two sorts of lines stand in one chain: declarations (case, person,
location, exhibit) and events; a third, ``recovered``, says that an unfinished last line was set aside. ``parse``
takes anybody's text and never raises for what is in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from labkit.custody import chain
from labkit.custody.chain import genesis
from labkit.custody.entries import decode
from labkit.custody.writing import MAX_LINE_BYTES, MAX_LINES, append, recover
from labkit.model.custody import Case, Entry, Event, Exhibit, Location, Person, Recovery
from labkit.strict_json import RefusedJsonError, read_object

__all__ = ["MAX_LINES", "Ledger", "Problem", "ProblemCode", "append", "genesis", "parse", "recover", "split_lines"]


class ProblemCode(StrEnum):
    """What is wrong with a line. The first group breaks the chain (CC-04), the second the form (CC-01)."""

    UNREADABLE = "unreadable"
    ALTERED = "altered"
    OTHER_PACK = "other-pack"
    DOES_NOT_FOLLOW = "does-not-follow"
    WRONG_NUMBER = "wrong-number"
    TOO_MANY = "too-many"

    UNKNOWN_TYPE = "unknown-type"
    UNFIT_FIELD = "unfit-field"
    UNKNOWN_FIELD = "unknown-field"

    TORN = "torn"  # an unfinished last line: power loss, held against nobody


CHAIN_CODES = frozenset(
    {
        ProblemCode.UNREADABLE,
        ProblemCode.ALTERED,
        ProblemCode.OTHER_PACK,
        ProblemCode.DOES_NOT_FOLLOW,
        ProblemCode.WRONG_NUMBER,
        ProblemCode.TOO_MANY,
    }
)
FORM_CODES = frozenset({ProblemCode.UNKNOWN_TYPE, ProblemCode.UNFIT_FIELD, ProblemCode.UNKNOWN_FIELD})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one line. ``line`` counts from 1; ``what`` names the field or the reason."""

    line: int
    code: ProblemCode
    what: str = ""


@dataclass(frozen=True)
class Ledger:
    """A frozen view of a ledger. Entries stand in the order of their lines.

    ``head`` is the digest of the last line that carries one; for an empty ledger it is the genesis digest.
    """

    genesis: str
    head: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    raw: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)  # the objects as they were read

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Return the declarations of the case; a sound ledger has one."""
        return tuple(entry for entry in self.entries if isinstance(entry, Case))

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Return the declared persons."""
        return tuple(entry for entry in self.entries if isinstance(entry, Person))

    @cached_property
    def locations(self) -> tuple[Location, ...]:
        """Return the declared places."""
        return tuple(entry for entry in self.entries if isinstance(entry, Location))

    @cached_property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """Return the declared exhibits, repeated declarations included."""
        return tuple(entry for entry in self.entries if isinstance(entry, Exhibit))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Return the events."""
        return tuple(entry for entry in self.entries if isinstance(entry, Event))

    @cached_property
    def recoveries(self) -> tuple[Recovery, ...]:
        """Return the lines that say that an unfinished line was set aside."""
        return tuple(entry for entry in self.entries if isinstance(entry, Recovery))

    def holds_head(self, known: str) -> bool:
        """Return whether an earlier head (64 digits, or its checkpoint code) is still a digest of this chain."""
        heads = (self.genesis, *(entry.event_hash for entry in self.entries))
        return any(chain.names_head(known, head) for head in heads)


def parse(lines: Iterable[str], *, genesis: str) -> Ledger:
    """Read a ledger. What can not be read becomes a ``Problem``; nothing in the lines makes this raise.

    At most 20,000 lines are looked at, and 16 KiB of each.

    Args:
        lines: The lines in order, with or without their line ends.
        genesis: The digest that the first line must name, see ``genesis``.
    """
    entries: list[Entry] = []
    raw: list[Mapping[str, Any]] = []
    problems: list[Problem] = []
    # What the next line must carry: the digest before it, and its number. Each is taken from the line above as it
    # states them, so that one damage is told once; None where that line can not be read.
    link: str | None = genesis
    turn: int | None = 1
    head = genesis
    for number, text, is_last in _numbered(lines):
        if number > MAX_LINES:
            problems.append(Problem(number, ProblemCode.TOO_MANY, str(MAX_LINES)))
            break
        try:
            data = read_object(text.rstrip("\r\n"), max_bytes=MAX_LINE_BYTES)
        except RefusedJsonError as refused:
            torn = is_last and _looks_torn(text)
            problems.append(Problem(number, ProblemCode.TORN if torn else ProblemCode.UNREADABLE, refused.code))
            link = turn = None
            continue
        problems += _chain_problems(data, number, link, turn)
        stated = data.get("event_hash")
        head = link = stated if isinstance(stated, str) else chain.entry_digest(data)
        turn = data["seq"] + 1 if isinstance(data.get("seq"), int) else None
        decoded = decode(data, seq=number)
        if decoded is None:
            problems.append(Problem(number, ProblemCode.UNKNOWN_TYPE, str(data.get("type", ""))[:40]))
            continue
        problems += [Problem(number, ProblemCode.UNFIT_FIELD, name) for name in decoded.unfit]
        problems += [Problem(number, ProblemCode.UNKNOWN_FIELD, name[:40]) for name in decoded.unknown]
        entries.append(decoded.entry)
        raw.append(data)
    return Ledger(genesis, head, tuple(entries), tuple(problems), tuple(raw))


def split_lines(content: bytes) -> tuple[str, ...]:
    """Return the lines of a ledger file with their ends.

    Only LF ends a line here. ``str.splitlines`` also stops at characters that may stand inside a text.
    """
    parts = content.decode("utf-8", "surrogateescape").split("\n")
    whole = tuple(f"{part}\n" for part in parts[:-1])
    return (*whole, parts[-1]) if parts[-1] else whole


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str, bool]]:
    """Yield (number from 1, text, whether it is the last); one empty text at the end is a line end, no line."""
    previous: str | None = None
    number = 0
    for line in lines:
        if previous is not None:
            number += 1
            yield number, previous, False
        previous = line
    if previous is not None and (previous.strip("\r\n") or previous.endswith("\n")):
        yield number + 1, previous, True


def _looks_torn(text: str) -> bool:
    """Return whether a last line is the beginning of a line whose rest was never written."""
    return not text.endswith("\n") and text.startswith("{") and not text.rstrip("\r\n").endswith("}")


def _chain_problems(data: Mapping[str, Any], number: int, link: str | None, turn: int | None) -> Iterator[Problem]:
    """Yield at most one problem, so that one damage is told once: the line itself, its link, its number."""
    if data.get("event_hash") != chain.entry_digest(data):
        yield Problem(number, ProblemCode.ALTERED)
    elif link is not None and data.get("prev_event_hash") != link:
        yield Problem(number, ProblemCode.OTHER_PACK if number == 1 else ProblemCode.DOES_NOT_FOLLOW)
    elif turn is not None and data.get("seq") != turn:
        yield Problem(number, ProblemCode.WRONG_NUMBER, str(data.get("seq"))[:40])
