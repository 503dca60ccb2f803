"""One directory as a row of 32-byte slots: where a new name goes, what a deleted name leaves."""

from array import array
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_entries import DELETED_MARK, ENTRY_BYTES

MOST_SLOTS = 65536  # 2 MiB, "FAT32 File System Specification" 1.03, section "FAT Directory Structure"
_FREE = b"\0"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the slots of one name stand: long-name slots first, the short entry last."""

    directory_id: int
    slot: int  # the first of them
    count: int
    tag: int  # unlike that of any other name that stood in this directory

    @property
    def short_slot(self) -> int:
        """The slot of the short entry."""
        return self.slot + self.count - 1


class DirectoryTable:
    """The slots of one directory. A new name takes the first run of free slots that is long enough.

    Slots of deleted names are free and are reused, as the Linux and Windows drivers do.
    """

    def __init__(self, size_bytes: int, *, fixed: bool) -> None:
        self.data = bytearray(size_bytes)
        self.fixed = fixed  # the root directory of FAT12 and FAT16 can not grow
        self.names: dict[str, int] = {}  # name_key of long name and alias -> node id
        self.changed = True
        self._taken = bytearray(size_bytes // ENTRY_BYTES)
        self._tags = array("I", bytes(4 * len(self._taken)))
        self._last_tag = 0

    def fork(self) -> "DirectoryTable":
        """Return an independent copy."""
        copy = object.__new__(DirectoryTable)
        copy.__dict__.update(self.__dict__)
        copy.data, copy.names = self.data[:], dict(self.names)
        copy._taken, copy._tags = self._taken[:], self._tags[:]
        return copy

    def missing_bytes(self, count: int) -> int:
        """Return by how many bytes the directory must grow before ``count`` slots fit in.

        Raises:
            SynthesisError: It can not grow that far.
        """
        if self._taken.find(_FREE * count) >= 0:
            return 0
        missing = count - self._free_at_end()
        if self.fixed:
            raise SynthesisError(
                f"the root directory is full: it has {len(self._taken)} entries and can not grow on this kind of FAT",
                remedy="Put files into directories, shorten their names, or take FAT32.",
            )
        if len(self._taken) + missing > MOST_SLOTS:
            raise SynthesisError(
                f"the directory is full: FAT allows {MOST_SLOTS} entries, and a long name takes several",
                remedy="Spread the files over several directories.",
            )
        return missing * ENTRY_BYTES

    def grow(self, size_bytes: int) -> None:
        """Add ``size_bytes`` of empty slots at the end."""
        self.data += bytes(size_bytes)
        self._taken += bytes(size_bytes // ENTRY_BYTES)
        self._tags.extend(array("I", bytes(4 * (size_bytes // ENTRY_BYTES))))

    def place(self, directory_id: int, slots: bytes) -> Placement:
        """Write the slots of one name into the first free run; ``missing_bytes`` has made sure that there is one."""
        count = len(slots) // ENTRY_BYTES
        slot = self._taken.find(_FREE * count)
        self._last_tag += 1
        self._taken[slot : slot + count] = b"\1" * count
        self._tags[slot : slot + count] = array("I", (self._last_tag,)) * count
        self.data[slot * ENTRY_BYTES : (slot + count) * ENTRY_BYTES] = slots
        self.changed = True
        return Placement(directory_id, slot, count, self._last_tag)

    def rewrite(self, slot: int, entry: bytes) -> None:
        """Replace the entry in ``slot``."""
        self.data[slot * ENTRY_BYTES : (slot + 1) * ENTRY_BYTES] = entry
        self.changed = True

    def erase(self, placement: Placement) -> None:
        """Mark the slots of a name as deleted: the first byte becomes 0xE5, the rest stays."""
        for slot in range(placement.slot, placement.slot + placement.count):
            self.data[slot * ENTRY_BYTES] = DELETED_MARK
            self._taken[slot] = 0
        self.changed = True

    def holds(self, placement: Placement, slot: int) -> bool:
        """Tell whether ``slot`` of a name was not given to another name since."""
        return self._tags[slot] == placement.tag

    def _free_at_end(self) -> int:
        return len(self._taken) - len(self._taken.rstrip(_FREE))
