"""Entries of the patch map (``docs/developer/memory-base.md``): where in the image which value goes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class ValueEntry:
    """Characters ``begin`` to ``end`` of a token stand at physical byte ``at``, encoded ``form``."""

    at: int
    token: str
    form: str
    begin: int
    end: int

    @property
    def size_bytes(self) -> int:
        """Return how many bytes of the image belong to it."""
        return (self.end - self.begin) * (1 if self.form == "text" else 2)

    def line(self) -> dict[str, object]:
        """Return the entry as an object of the file."""
        return {"at": self.at, "token": self.token, "as": self.form, "from": self.begin, "to": self.end}


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """A token stands here as a number."""

    at: int
    token: str
    form: str

    @property
    def size_bytes(self) -> int:
        """Return how many bytes of the image belong to it."""
        return 1 if self.form == "u8" else 2

    def line(self) -> dict[str, object]:
        """Return the entry as an object of the file."""
        return {"at": self.at, "token": self.token, "as": self.form}


TIME_STEP_BYTES = 16  # of struct timespec64: an inode has three of them in a row
TIME_SIZES = {"s64": 8, "-s64": 8, "ns64": 8, "-ns64": 8, "s32": 4, "decimal": 10, "iso": 19}


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """A wall-clock time that moves with the story; or ``count`` of them, 16 bytes from one to the next."""

    at: int
    form: str
    count: int = 1

    @property
    def size_bytes(self) -> int:
        """Return how many bytes of the image belong to it, those between the times included."""
        return TIME_SIZES[self.form] + TIME_STEP_BYTES * (self.count - 1)

    def line(self) -> dict[str, object]:
        """Return the entry as an object of the file."""
        several: dict[str, object] = {"count": self.count} if self.count > 1 else {}
        return {"at": self.at, "time": "time_shift", "as": self.form} | several


@dataclass(frozen=True, slots=True)
class ChoiceEntry:
    """Bytes that change if this option of a choice was drawn."""

    at: int
    choice: str
    option: str
    old: bytes
    new: bytes

    @property
    def size_bytes(self) -> int:
        """Return how many bytes of the image belong to it."""
        return len(self.new)

    def line(self) -> dict[str, object]:
        """Return the entry as an object of the file."""
        return asdict(self) | {"old": self.old.hex(), "new": self.new.hex()}


Entry = ValueEntry | NumberEntry | TimeEntry | ChoiceEntry


class OverlapError(ValueError):
    """Two entries claim the same bytes."""


def sorted_entries(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries by place, each once.

    Raises:
        OverlapError: Two of them overlap that are not options of one choice.
    """
    ordered = sorted(set(entries), key=lambda entry: (entry.at, str(entry.line())))
    before: Entry | None = None
    for entry in ordered:
        if before is not None and entry.at < before.at + before.size_bytes and not _alternatives(before, entry):
            raise OverlapError(f"two entries overlap: {before.line()} and {entry.line()}")
        before = entry
    return ordered


def _alternatives(one: Entry, other: Entry) -> bool:
    return (
        isinstance(one, ChoiceEntry)
        and isinstance(other, ChoiceEntry)
        and one.choice == other.choice
        and one.option != other.option
    )


def grouped(times: Iterable[TimeEntry]) -> Iterator[TimeEntry]:
    """Join times in seconds that follow each other like those of an inode."""
    row: list[TimeEntry] = []
    for entry in sorted(set(times), key=lambda one: one.at):
        follows = row and entry.form == row[0].form == "s64" and entry.at == row[-1].at + TIME_STEP_BYTES
        if row and not follows:
            yield replace(row[0], count=len(row))
            row = []
        row.append(entry)
    if row:
        yield replace(row[0], count=len(row))


def json_lines(entries: Iterable[Entry]) -> bytes:
    """Return the file of the patch map, not packed."""
    return "".join(json.dumps(entry.line(), separators=(",", ":")) + "\n" for entry in entries).encode()
