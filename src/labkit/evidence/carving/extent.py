"""How far the structure of some content holds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Confidence(StrEnum):
    """What the walk through the structure found."""

    COMPLETE = "complete"  # the structure holds to its own end
    PARTIAL = "partial"  # it holds up to the end that is given, and breaks off there
    HEADER_ONLY = "header only"  # nothing behind the header could be read


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes for which a structure holds, counted from its beginning, and why it ends there.

    ``parts`` are the beginnings of its own parts that look like a file of the same kind (members of a ZIP).
    """

    kind: str
    size_bytes: int
    confidence: Confidence
    reason: str
    parts: frozenset[int] = frozenset()


class Source(Protocol):
    """Bytes that can be read anywhere; a read gives fewer bytes only at the end."""

    size_bytes: int

    def read(self, offset_bytes: int, size_bytes: int, /) -> bytes:
        """Return bytes from ``offset_bytes``."""


class BreakOffError(Exception):
    """A structure does not go on behind ``position``. Stays inside the module that walks."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(why)
        self.position = position
        self.why = why


# (source, where the content begins) -> how far its structure holds; None where it is no such content at all.
Walk = Callable[[Source, int], Extent | None]


def complete(kind: str, size_bytes: int, reason: str, parts: frozenset[int] = frozenset()) -> Extent:
    """Return the extent of a structure that holds to its end."""
    return Extent(kind, size_bytes, Confidence.COMPLETE, reason, parts)


def partial(kind: str, size_bytes: int, reason: str, parts: frozenset[int] = frozenset()) -> Extent:
    """Return the extent of a structure that breaks off."""
    return Extent(kind, size_bytes, Confidence.PARTIAL, reason, parts)


def header_only(kind: str, size_bytes: int, reason: str) -> Extent:
    """Return the extent of a header that nothing readable follows."""
    return Extent(kind, size_bytes, Confidence.HEADER_ONLY, reason)
