"""Which numbered units of a volume are in use (blocks, clusters, inodes), and who was given each last.

Kept here for the file systems that say so with a bitmap: ext4 and exFAT.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import sub

from labkit.errors import SynthesisError

NOBODY = 0
_FREE, _USED = b"0", b"1"  # as digits, so that a stretch of them is a number that becomes a bitmap at once


class SpaceMap:
    """Units ``first`` to ``end`` (not included), in pages of ``page_units``: what one bitmap on the medium covers.

    The search for free units is next fit: it begins behind the unit that was allocated last and goes round at the end,
    so what is freed is not reused at once.
    """

    def __init__(self, first: int, end: int, *, page_units: int, unit_name: str) -> None:
        self.first, self.end = first, end
        self.free_count = end - first
        self.used_end = first  # no unit from here on was ever allocated
        self._page_units = page_units
        self._unit_name = unit_name
        self._used = bytearray(_FREE * (end - first))
        self._writers = array("I", bytes(4 * (end - first)))
        self._cursor = first  # where the next search begins
        self._changed = set(range(self.page_count))

    @property
    def page_count(self) -> int:
        """How many pages there are; the last can be shorter."""
        return -(-(self.end - self.first) // self._page_units)

    def fork(self) -> "SpaceMap":
        """Return an independent copy."""
        copy = object.__new__(SpaceMap)
        copy.__dict__.update(self.__dict__)
        copy._used, copy._writers = self._used[:], self._writers[:]
        copy._changed = set(self._changed)
        return copy

    # -- taking and giving back -----------------------------------------------------------------------------------

    def require(self, count: int) -> None:
        """Refuse to go on when fewer than ``count`` units are free.

        Raises:
            SynthesisError: The volume is full.
        """
        if count > self.free_count:
            raise SynthesisError(
                f"the volume is full: {count} {self._unit_name} are needed and {self.free_count} are free",
                remedy="Make the volume larger, or the files of the story smaller or fewer.",
            )

    def allocate(self, count: int, owner: int) -> tuple[int, ...]:
        """Give ``count`` free units to node ``owner``, next fit.

        Raises:
            SynthesisError: Fewer than ``count`` units are free.
        """
        self.require(count)
        taken: list[int] = []
        while len(taken) < count:
            start = self.next_free(self._cursor)
            position = start - self.first
            wanted = count - len(taken)
            stop = self._used.find(_USED, position, position + wanted)
            length = (stop if stop >= 0 else min(position + wanted, len(self._used))) - position
            self.take(start, length, owner)
            taken.extend(range(start, start + length))
            self._cursor = start + length
            self.used_end = max(self.used_end, self._cursor)
        return tuple(taken)

    def take(self, start: int, count: int, owner: int) -> None:
        """Give the ``count`` free units from ``start`` to node ``owner``."""
        position = start - self.first
        self._used[position : position + count] = _USED * count
        self._writers[position : position + count] = array("I", (owner,)) * count
        self.free_count -= count
        self._touch(position, count)

    def release(self, units: Sequence[int]) -> None:
        """Free ``units``. What stands in them stays, and so does the knowledge of who had them."""
        for start, count in runs(units):
            position = start - self.first
            self._used[position : position + count] = _FREE * count
            self._touch(position, count)
        self.free_count += len(units)

    def rewind(self, *, after: int | None = None) -> None:
        """Let the next search begin at the lowest unit, or behind ``after``."""
        self._cursor = self.first if after is None else after + 1

    # -- looking --------------------------------------------------------------------------------------------------

    def next_free(self, start: int) -> int:
        """Return the first free unit from ``start``, going round at the end; at least one must be free."""
        found = self._used.find(_FREE, max(start - self.first, 0))
        return self.first + (found if found >= 0 else self._used.find(_FREE))

    def is_free(self, unit: int) -> bool:
        """Tell whether ``unit`` is free."""
        return self._used[unit - self.first] == _FREE[0]

    def writer(self, unit: int) -> int:
        """Return the node that was given ``unit`` last, freed since or not; ``NOBODY`` if there is none."""
        return self._writers[unit - self.first]

    def is_untouched(self, unit: int) -> bool:
        """Tell whether ``unit`` is free and never belonged to a node."""
        return self.is_free(unit) and self.writer(unit) == NOBODY

    def free(self) -> tuple[int, ...]:
        """Return the numbers of all free units."""
        return tuple(unit for unit, mark in enumerate(self._used, self.first) if mark == _FREE[0])

    def free_in(self, page: int) -> int:
        """Return how many units of ``page`` are free."""
        return self._used.count(_FREE, page * self._page_units, (page + 1) * self._page_units)

    # -- bitmaps --------------------------------------------------------------------------------------------------

    def bitmap(self, page: int) -> bytes:
        """Return the bits of ``page``, lowest unit in the lowest bit; bits behind the last unit are 0."""
        digits = self._used[page * self._page_units : (page + 1) * self._page_units]
        return int(digits[::-1], 2).to_bytes(-(-self._page_units // 8), "little")

    def changed_pages(self) -> list[int]:
        """Return the pages that changed since the last call, in order."""
        pages = sorted(self._changed)
        self._changed.clear()
        return pages

    def _touch(self, position: int, count: int) -> None:
        if count:
            self._changed.update(range(position // self._page_units, (position + count - 1) // self._page_units + 1))


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, count) for each stretch of consecutive ``numbers``."""
    steps = map(sub, numbers[1:], numbers)
    starts = [0, *(position for position, step in enumerate(steps, 1) if step != 1), len(numbers)]
    for start, end in pairwise(starts):
        if end > start:
            yield numbers[start], end - start
