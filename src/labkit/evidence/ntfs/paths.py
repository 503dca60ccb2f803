"""From the number of a directory to its path, by the parents that the records name."""

from collections.abc import Callable
from functools import lru_cache

from labkit.evidence.ntfs.record import Record

ROOT = 5
_DEEPEST = 1000  # directories; more is a circle


class DirectoryPaths:
    """Paths of directories. ``record`` gives the record of a number; None where it can not be read."""

    def __init__(self, record: Callable[[int], Record | None]) -> None:
        self._record = record
        self._cached = lru_cache(maxsize=4096)(self._found)

    def path(self, number: int, sequence: int) -> str | None:
        """Return the path of a live directory, empty for the root; None where its record is another's now."""
        return self._cached(number, sequence)

    def _found(self, number: int, sequence: int) -> str | None:
        names: list[str] = []
        while number != ROOT:
            record = self._record(number) if len(names) < _DEEPEST else None
            if record is None or not record.in_use or record.sequence != sequence or not record.names:
                return None
            number, sequence, text = record.names[-1]
            names.append(text)
        return "".join(f"/{name}" for name in reversed(names))
