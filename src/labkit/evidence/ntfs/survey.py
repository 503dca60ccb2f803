"""A first pass over all records: which are in use, and whose children the others were."""

from array import array
from collections.abc import Callable

from labkit.evidence.ntfs.fixups import mended
from labkit.evidence.ntfs.record import Record, record_in
from labkit.evidence.ntfs.records import IN_USE, MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError

_FREE = bytes(not flag & IN_USE for flag in range(256))  # 1 for flags of a record that is not in use
_MOST_KEPT = 4096
_USED = bytes(flag & IN_USE for flag in range(256))


class Survey:
    """What a walk has to know of all records. ``asked`` gives a record that is whole but not plain, or None.

    Attributes:
        flags: Of each record, as stored: those of a damaged one mean nothing.
        kept: What some of the free records say, as far as that may take memory.
        unallocated: The numbers of records that are free and still hold a file.
        children: Of those: directory and its sequence to their numbers.
    """

    def __init__(self, table: MasterFileTable, asked: Callable[[int], Record | None]) -> None:
        self.flags = bytearray()
        self.unallocated = array("Q")
        self.kept: dict[int, Record] = {}
        self.children: dict[tuple[int, int], list[int]] = {}
        step = table.record_bytes
        for first, stored in table.stretches():
            flags = stored[22::step]
            self.flags += flags
            free = flags.translate(_FREE)
            at = free.find(1)
            while at >= 0:
                whole = mended(stored[at * step : (at + 1) * step])
                if whole is not None:
                    self._note(first + at, whole, asked)
                at = free.find(1, at + 1)

    def unnamed(self, named: bytearray) -> list[int]:
        """Return the numbers of records in use that are not ``named``, which has a 1 for each that is."""
        used = int.from_bytes(self.flags.translate(_USED), "little")
        rest = (used & ~int.from_bytes(named, "little")).to_bytes(len(self.flags), "little")
        found = []
        at = rest.find(1)
        while at >= 0:
            found.append(at)
            at = rest.find(1, at + 1)
        return found

    def _note(self, number: int, whole: bytes, asked: Callable[[int], Record | None]) -> None:
        record: Record | None
        plain = True
        try:
            record = record_in(whole, 0, len(whole))
        except DamagedError:
            record, plain = asked(number), False
        if record is None or record.base or not record.used:
            return
        self.unallocated.append(number)
        if plain and len(self.kept) < _MOST_KEPT:
            self.kept[number] = record
        for parent, sequence, _ in record.names:
            children = self.children.setdefault((parent, sequence), [])
            if not children or children[-1] != number:
                children.append(number)
