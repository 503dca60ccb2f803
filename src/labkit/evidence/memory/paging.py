"""Virtual addresses to physical ones, by the page tables of an x86-64 processor.

Source: Intel SDM volume 3, 4.5 (4-level and 5-level paging): table 4-15 and on for the entries, bit 0 present, bit 7
large page, bits 12 to 51 the address.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.isolation import alive
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.physical import PAGE_BYTES, PhysicalMemory
from labkit.evidence.remarks import remark

_SHIFTS = (48, 39, 30, 21, 12)
_LARGE_AT = (30, 21)  # pages of 1 GiB and of 2 MiB
_PRESENT, _WRITABLE, _USER, _LARGE = 1 << 0, 1 << 1, 1 << 2, 1 << 7
_ADDRESS = 0x000F_FFFF_FFFF_F000
_TABLE = struct.Struct("<512Q")
_ENTRY = struct.Struct("<Q")
_PAGE_SHIFT = 12
_NO_ENTRIES = bytes(PAGE_BYTES)
_LOWER_HALF = 256  # entries of the top table that are the process's own
_MOST_TIMES = 4  # as much as the whole memory is the most that one process can have of it
_MOST_BYTES = 64 << 20  # of one read; nothing that is read in one go is larger


@dataclass(frozen=True, slots=True)
class MappedRun:
    """Pages that are mapped in one piece: a page, or a large one."""

    virtual: int
    physical: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of virtual memory; ``missing`` are the offsets in them, from and to, that are not in the image (zeros)."""

    data: bytes
    missing: tuple[tuple[int, int], ...]


class AddressSpace:
    """Memory as a process or the kernel sees it. ``top`` is the physical address of the topmost page table."""

    def __init__(self, physical: PhysicalMemory, top: int, *, levels: int = 4) -> None:
        self.physical = physical
        self.top = top & _ADDRESS
        self._shifts = _SHIFTS[-levels:]
        self._lowest_unused = 1 << (self._shifts[0] + 8)  # bits from here on repeat the one below
        self._pages: dict[int, int] = {}

    def translate(self, virtual: int) -> int:
        """Return the physical address behind a virtual one.

        Raises:
            UnreadableError: It is not mapped, or a page table is not in the image.
        """
        page = self._pages.get(virtual >> _PAGE_SHIFT)
        if page is None:
            page = self._pages[virtual >> _PAGE_SHIFT] = self._walk(virtual)
        return page | virtual & (PAGE_BYTES - 1)

    def _walk(self, virtual: int) -> int:
        if not (0 <= virtual < self._lowest_unused or (1 << 64) - self._lowest_unused <= virtual < 1 << 64):
            raise UnreadableError(f"{virtual:#x} is no address that a program can have")
        table = self.top
        for shift in self._shifts:
            entry: int = _ENTRY.unpack(self.physical.read(table + (virtual >> shift & 511) * 8, 8))[0]
            if not entry & _PRESENT:
                raise UnreadableError(f"address {virtual:#x} is not mapped")
            table = entry & _ADDRESS
            if shift in _LARGE_AT and entry & _LARGE:
                inside = (1 << shift) - 1
                return table & ~inside | virtual & inside & ~(PAGE_BYTES - 1)
        return table

    def read(self, virtual: int, size_bytes: int) -> bytes:
        """Return the bytes at a virtual address, all of them.

        Raises:
            UnreadableError: Some of them are not mapped or not in the image.
        """
        inside = virtual & (PAGE_BYTES - 1)
        if inside + size_bytes <= PAGE_BYTES:
            return self.physical.read(self.translate(virtual), size_bytes)
        if size_bytes > _MOST_BYTES:
            raise UnreadableError(f"{size_bytes} bytes at {virtual:#x} can not be one object")
        parts = []
        while size_bytes > 0:
            part = min(size_bytes, PAGE_BYTES - (virtual & (PAGE_BYTES - 1)))
            parts.append(self.physical.read(self.translate(virtual), part))
            virtual += part
            size_bytes -= part
        return b"".join(parts)

    def read_what_is_there(self, virtual: int, size_bytes: int) -> Stretch:
        """Return the bytes at a virtual address, with zeros for what is not in the image."""
        parts: list[bytes] = []
        missing: list[tuple[int, int]] = []
        done = 0
        size_bytes = min(size_bytes, _MOST_BYTES)
        while done < size_bytes:
            part = min(size_bytes - done, PAGE_BYTES - (virtual + done & (PAGE_BYTES - 1)))
            try:
                parts.append(self.physical.read(self.translate(virtual + done), part))
            except UnreadableError:
                parts.append(bytes(part))
                if missing and missing[-1][1] == done:
                    missing[-1] = (missing[-1][0], done + part)
                else:
                    missing.append((done, done + part))
            done += part
        return Stretch(b"".join(parts), tuple(missing))

    def mapped(self) -> Iterator[MappedRun]:
        """Yield what the lower half maps, the process's own memory, in the order of virtual addresses.

        Only what is in the image is yielded. A page table that is met twice is looked at once: tables of one process
        are not shared, so that the second time is damage.
        """
        left = _MOST_TIMES * self.physical.size_bytes
        for run in self._mapped(self.top, 0, 0, set()):
            left -= run.size_bytes
            if left < 0:
                remark("page tables are damaged: they map more than there is; the rest is left out")
                return
            yield run

    def tables(self) -> Iterator[int]:
        """Yield the physical addresses of the page tables of the lower half."""
        seen: set[int] = set()
        for _ in self._mapped(self.top, 0, 0, seen):
            pass
        yield from sorted(seen)

    def _mapped(self, table: int, level: int, base: int, seen: set[int]) -> Iterator[MappedRun]:
        if table in seen:
            remark(f"the page table at physical address {table:#x} is met twice and read once")
            return
        seen.add(table)
        alive()
        try:
            data = self.physical.read(table, PAGE_BYTES)
        except UnreadableError as error:
            remark(f"a page table is missing: {error.message}")
            return
        if data == _NO_ENTRIES:
            return
        shift = self._shifts[level]
        entries = _TABLE.unpack(data)
        for number, entry in enumerate(entries if level else entries[:_LOWER_HALF]):
            if not entry & _PRESENT:
                continue
            virtual = base | number << shift
            address = entry & _ADDRESS
            if shift == _PAGE_SHIFT:
                if self.physical.has(address, PAGE_BYTES):
                    yield MappedRun(virtual, address, PAGE_BYTES)
            elif shift in _LARGE_AT and entry & _LARGE:
                yield from self._large(virtual, address & ~((1 << shift) - 1), 1 << shift)
            else:
                yield from self._mapped(address, level + 1, virtual, seen)

    def _large(self, virtual: int, physical: int, size_bytes: int) -> Iterator[MappedRun]:
        """Yield the parts of a large page that are in the image."""
        for run in self.physical.runs:
            start, end = max(physical, run.start), min(physical + size_bytes, run.end)
            if start < end:
                yield MappedRun(virtual + start - physical, start, end - start)
