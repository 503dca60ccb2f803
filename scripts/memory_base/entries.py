"""Entries of the patch map (``docs/developer/memory-base.md``): where in the image which value goes."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


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


TIME_SIZES = {"s64": 8, "-s64": 8, "ns64": 8, "-ns64": 8, "s32": 4, "decimal": 10, "iso": 19}


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """A wall-clock time that moves with the story."""

    at: int
    form: str

    @property
    def size_bytes(self) -> int:
        """Return how many bytes of the image belong to it."""
        return TIME_SIZES[self.form]

    def line(self) -> dict[str, object]:
        """Return the entry as an object of the file."""
        return {"at": self.at, "time": "time_shift", "as": self.form}


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


def json_lines(entries: Iterable[Entry]) -> bytes:
    """Return the file of the patch map, not packed."""
    return "".join(json.dumps(entry.line(), separators=(",", ":")) + "\n" for entry in entries).encode()
