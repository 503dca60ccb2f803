"""Which clusters and which MFT records are taken, and who was given each last.

Both maps keep one character for each: free, taken, or free but kept back. They become $Bitmap and $MFT:$BITMAP.
"""

from array import array
from collections.abc import Iterator

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.nodes import HOLE, Extent, Extents
from labkit.synthesis.medium import SECTOR_BYTES

FREE, TAKEN, KEPT_BACK = b"0", b"1", b"2"
NOBODY = 0
_BITS_PER_SECTOR = SECTOR_BYTES * 8
_LAST_SEQUENCE = 0xFFFF
_AS_BITS = bytes.maketrans(KEPT_BACK, FREE)


class ClusterMap:
    """The clusters of a volume, with next-fit allocation outside of the MFT zone.

    A search for free clusters begins behind the cluster that was allocated last and goes round at the end. A part of
    the volume behind the MFT, the zone, is given to files only when all else is full (Linux-NTFS, "NTFS
    Documentation", "Concepts: MFT Zone").
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._state = bytearray(FREE * count)
        self._writers = array("I", bytes(4 * count))
        self._changed: set[int] = set(range(-(-count // _BITS_PER_SECTOR)))  # sectors of the bitmap
        self.free_count = count
        self.hint = 0  # where the next search begins

    def fork(self) -> "ClusterMap":
        """Return an independent copy."""
        copy = object.__new__(ClusterMap)
        copy.__dict__.update(self.__dict__)
        copy._state, copy._writers = self._state[:], self._writers[:]
        copy._changed = set(self._changed)
        return copy

    def require(self, count: int) -> None:
        """Refuse to go on when fewer than ``count`` clusters are free.

        Raises:
            SynthesisError: The volume is full.
        """
        if count > self.free_count:
            raise SynthesisError(
                f"the volume is full: {count} clusters may be needed and {self.free_count} are free",
                remedy="Make the volume larger, or the files of the story smaller or fewer.",
            )

    def allocate(self, count: int, owner: int, *, near: int | None = None, pieces: int = 1, unit: int = 1) -> Extents:
        """Take ``count`` free clusters for node ``owner``, beginning at ``near`` if it is given and free.

        Args:
            count: How many clusters.
            owner: The node that gets them.
            near: Where to go on, such as right behind the last cluster of a file.
            pieces: In how many fragments at least.
            unit: Which clusters stay together as long as there is a place: those of one index block, of one record.

        Raises:
            SynthesisError: Fewer than ``count`` clusters are free.
        """
        self.require(count)
        if near is None and pieces == 1:
            first, length = self._next_free(count, unit)
            if length == count:
                self.take(first, count, owner)
                self.hint = first + count
                return ((first, count),)
        goes_on = 0
        if near is not None and near < self.count and self._state[near] == FREE[0]:
            goes_on, self.hint = self.hint, near
        taken: list[Extent] = []
        pieces = min(pieces, count)
        for piece in range(pieces):
            wanted = count // pieces + (piece < count % pieces)
            if piece:
                self.hint += 1  # leaves a gap, so that the next one is a fragment of its own
            while wanted:
                first, length = self._next_free(wanted, unit)
                self.take(first, length, owner)
                if taken and sum(taken[-1]) == first:
                    taken[-1] = (taken[-1][0], taken[-1][1] + length)
                else:
                    taken.append((first, length))
                self.hint = first + length
                wanted -= length
        # A file that grows in its place does not draw the search back to where others were deleted.
        self.hint = max(self.hint, goes_on)
        return tuple(taken)

    def take(self, first: int, count: int, owner: int) -> None:
        """Give the clusters from ``first`` on to node ``owner``; they have to be free."""
        self._state[first : first + count] = TAKEN * count
        self._writers[first : first + count] = array("I", (owner,)) * count
        self.free_count -= count
        self._touch(first, count)

    def release(self, extents: Extents) -> None:
        """Free clusters. What stands in them stays."""
        for first, count in extents:
            if first != HOLE:
                self._state[first : first + count] = FREE * count
                self.free_count += count
                self._touch(first, count)

    def keep_back(self, first: int, count: int) -> None:
        """Make the free clusters from ``first`` on the MFT zone."""
        part = self._state[first : first + count]
        self._state[first : first + count] = part.replace(FREE, KEPT_BACK)

    def grow_at(self, cluster: int, count: int, owner: int) -> int:
        """Take up to ``count`` clusters of the MFT zone from ``cluster`` on for ``owner``; return how many it were."""
        part = self._state[cluster : cluster + count].translate(_AS_BITS)
        length = len(part) - len(part.lstrip(FREE))
        if length:
            self.take(cluster, length, owner)
        return length

    def rewind(self) -> None:
        """Let the next search begin at the lowest free cluster, as after a new mount."""
        self.hint = 0

    def writer(self, cluster: int) -> int:
        """Return the node that was given ``cluster`` last, freed since or not; ``NOBODY`` if it was never used."""
        return self._writers[cluster]

    def is_free(self, first: int, count: int) -> bool:
        """Tell whether the clusters exist and are all free."""
        part = self._state[first : first + count]
        return first >= 0 and len(part) == count and TAKEN not in part

    def is_untouched(self, first: int, count: int) -> bool:
        """Tell whether the clusters exist, are free and never belonged to anybody."""
        return self.is_free(first, count) and not any(self._writers[first : first + count])

    def free(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters."""
        taken = TAKEN[0]
        return tuple(number for number, state in enumerate(self._state) if state != taken)

    def quiet_place(self, count: int) -> int | None:
        """Return where ``count`` untouched clusters begin in the middle of the longest untouched stretch."""
        unused = bytes(
            1 if state != TAKEN[0] and writer == NOBODY else 0
            for state, writer in zip(self._state, self._writers, strict=True)
        )
        best, best_length, position = -1, 0, 0
        for stretch in unused.split(b"\0"):
            if len(stretch) > best_length:
                best, best_length = position, len(stretch)
            position += len(stretch) + 1
        return best + (best_length - count) // 2 if best_length >= count else None

    def changed_bitmap(self) -> Iterator[tuple[int, bytes]]:
        """Yield (offset in bytes, bytes) for the sectors of $Bitmap that changed since the last call.

        Bits behind the last cluster are set, up to a multiple of 64.
        """
        for sector in sorted(self._changed):
            first = sector * _BITS_PER_SECTOR
            yield sector * SECTOR_BYTES, _packed(self._state[first : first + _BITS_PER_SECTOR], rest=TAKEN)
        self._changed.clear()

    def _next_free(self, wanted: int, unit: int) -> Extent:
        pattern = FREE * unit
        first = self._state.find(pattern, self.hint)
        if first < 0:
            first = self._state.find(pattern)
        if first < 0 and KEPT_BACK in self._state:  # all but the MFT zone is full
            self._state = self._state.translate(_AS_BITS)
            first = self._state.find(pattern)
        if first < 0:
            return self._next_free(wanted, 1)
        if self._state.startswith(FREE * wanted, first):
            return first, wanted
        window = self._state[first : first + wanted]
        length = len(window) - len(window.lstrip(FREE))
        return first, length - length % unit or length

    def _touch(self, first: int, count: int) -> None:
        begin, end = first // _BITS_PER_SECTOR, (first + count - 1) // _BITS_PER_SECTOR
        if begin == end:
            self._changed.add(begin)
        else:
            self._changed.update(range(begin, end + 1))


class RecordMap:
    """The records of the MFT: which are in use, their sequence numbers, and which node each was given to last.

    The lowest free record is taken first (Carrier, "File System Forensic Analysis", chapter 12). One that was freed
    is kept back until the next mount, or until no other is left.
    """

    def __init__(self) -> None:
        self._state = bytearray()
        self._fresh = self._kept_back = 0  # how many are free, and how many kept back
        self._search_from = 0  # no free record lies before
        self._sequences = array("H")
        self._owners = array("I")
        self._changed: set[int] = set()  # sectors of the bitmap

    def fork(self) -> "RecordMap":
        """Return an independent copy."""
        copy = object.__new__(RecordMap)
        copy.__dict__.update(self.__dict__)
        copy._state, copy._sequences, copy._owners = self._state[:], self._sequences[:], self._owners[:]
        copy._changed = set(self._changed)
        return copy

    @property
    def count(self) -> int:
        """How many records the MFT has."""
        return len(self._state)

    @property
    def free_counts(self) -> tuple[int, int]:
        """How many records are free, and how many are kept back."""
        return self._fresh, self._kept_back

    def add(self, count: int) -> None:
        """Let the MFT have ``count`` more records."""
        self._changed.update(range(self.count // _BITS_PER_SECTOR, (self.count + count - 1) // _BITS_PER_SECTOR + 1))
        self._state += FREE * count
        self._fresh += count
        self._sequences.extend((1,) * count)
        self._owners.extend((NOBODY,) * count)

    def next_free(self, first: int) -> int:
        """Return the lowest free record from ``first`` on, which all searches have in common; -1 if there is none."""
        number = self._state.find(FREE, max(first, self._search_from))
        self._search_from = number if number >= 0 else len(self._state)
        return number

    def next_kept_back(self, first: int) -> int:
        """Return the lowest record from ``first`` on that is kept back; there has to be one."""
        return self._state.index(KEPT_BACK, first)

    def take(self, number: int, owner: int, sequence: int | None = None) -> None:
        """Mark one record as in use."""
        if self._state[number] == FREE[0]:
            self._fresh -= 1
        else:
            self._kept_back -= 1
        self._state[number] = TAKEN[0]
        self._owners[number] = owner
        if sequence is not None:
            self._sequences[number] = sequence
        self._changed.add(number // _BITS_PER_SECTOR)

    def release(self, number: int) -> None:
        """Free a record: its sequence number goes up by one, and never becomes 0."""
        self._state[number : number + 1] = KEPT_BACK
        self._kept_back += 1
        sequence = self._sequences[number]
        self._sequences[number] = 1 if sequence == _LAST_SEQUENCE else sequence + 1
        self._changed.add(number // _BITS_PER_SECTOR)

    def rewind(self) -> None:
        """Let what was kept back be given again, as after a new mount."""
        self._state = self._state.translate(_AS_BITS)
        self._fresh, self._kept_back = self._fresh + self._kept_back, 0
        self._search_from = 0

    def owner(self, number: int) -> int:
        """Return the node that was given a record last; ``NOBODY`` if there was none."""
        return self._owners[number]

    def sequence(self, number: int) -> int:
        """Return the sequence number that a record states, in use or not."""
        return self._sequences[number]

    def changed_bitmap(self) -> Iterator[tuple[int, bytes]]:
        """Yield (offset in bytes, bytes) for the sectors of $MFT:$BITMAP that changed since the last call."""
        for sector in sorted(self._changed):
            first = sector * _BITS_PER_SECTOR
            yield sector * SECTOR_BYTES, _packed(self._state[first : first + _BITS_PER_SECTOR], rest=FREE)
        self._changed.clear()


def _packed(states: bytearray, *, rest: bytes) -> bytes:
    """Return states as bits, the lowest first, filled up with ``rest`` to a multiple of 64."""
    size = -(-len(states) // 64) * 64
    digits = states.translate(_AS_BITS).ljust(size, rest)
    digits.reverse()
    return int(digits, 2).to_bytes(size // 8, "little")
