"""The content of files in the units of a volume: writing, reading, and text where no file has any."""

from collections.abc import Callable, Sequence
from itertools import chain

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.space import SpaceMap, runs
from labkit.synthesis.medium import Medium


class ContentArea:
    """The units of ``space`` on ``medium``. ``offset_of`` says where a unit begins, from byte 0 of the medium.

    Writing fills up with zeros to a multiple of ``padding_bytes``: what the driver writes at once.
    """

    def __init__(
        self, medium: Medium, space: SpaceMap, *, unit_bytes: int, padding_bytes: int, offset_of: Callable[[int], int]
    ) -> None:
        self._medium = medium
        self._space = space
        self._unit_bytes = unit_bytes
        self._padding_bytes = padding_bytes
        self._offset_of = offset_of

    def fork(self, medium: Medium, space: SpaceMap) -> "ContentArea":
        """Return the same on another medium and another map."""
        return ContentArea(
            medium,
            space,
            unit_bytes=self._unit_bytes,
            padding_bytes=self._padding_bytes,
            offset_of=self._offset_of,
        )

    def units_for(self, size_bytes: int) -> int:
        """Return how many units hold ``size_bytes``."""
        return -(-size_bytes // self._unit_bytes)

    def write(self, units: Sequence[int], position: int, data: bytes) -> None:
        """Write ``data`` at byte ``position`` of the content that lies in ``units``."""
        padded = data + bytes(-(position + len(data)) % self._padding_bytes) if data else b""
        index, within = divmod(position, self._unit_bytes)
        done = 0
        for first, count in runs(units[index:]):
            size = count * self._unit_bytes - within
            self._medium.write(self._offset_of(first) + within, padded[done : done + size])
            done += size
            within = 0

    def read(self, units: Sequence[int], size_bytes: int) -> bytes:
        """Return the first ``size_bytes`` of what lies in ``units``."""
        parts = [self._medium.read(self._offset_of(first), count * self._unit_bytes) for first, count in runs(units)]
        return b"".join(parts)[:size_bytes]

    def write_slack(self, path: str, units: Sequence[int], size_bytes: int, data: bytes) -> int:
        """Put ``data`` right behind the content of the file at ``path``. Return where, on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        used = size_bytes % self._unit_bytes
        room = self._unit_bytes - used if used and units else 0
        if not 0 < len(data) <= room:
            raise SynthesisError(
                f"{path} has {room} bytes of slack, and {len(data)} are to be written there",
                remedy="Take another host file, larger clusters or a shorter text.",
            )
        offset_bytes = self._offset_of(units[-1]) + used
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def write_unallocated(self, data: bytes, *, first: int | None) -> int:
        """Put ``data`` at the start of free units that never held anything. Return where, on the medium.

        Without ``first`` it goes a little behind the used area, so that a few later files do not overwrite it.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        count = max(self.units_for(len(data)), 1)
        if first is None:
            first = self._quiet_place(count)
        if not data or first is None or not self._is_blank(first, count):
            raise SynthesisError(
                f"{len(data)} bytes can not be put into unallocated space"
                + ("" if first is None else f" at cluster {first}"),
                remedy="Give some bytes, and clusters that are free and never held anything, or a larger volume.",
            )
        self._medium.write(self._offset_of(first), data)
        return self._offset_of(first)

    def _is_blank(self, first: int, count: int) -> bool:
        if first < self._space.first or first + count > self._space.end:
            return False
        units = range(first, first + count)
        return all(map(self._space.is_untouched, units)) and not any(self.read(units, count * self._unit_bytes))

    def _quiet_place(self, count: int) -> int | None:
        space = self._space
        end = space.end - count + 1
        ahead = min(space.used_end + max(16, (space.end - space.first) // 64), end)
        starts = chain(range(ahead, end), range(space.first, ahead))
        return next((start for start in starts if self._is_blank(start, count)), None)
