"""A Linux kernel in an image: its variables and structures, by name and address.

Most of the kernel's memory is reached without page tables: the kernel itself lies in one piece, and all physical memory
is mapped in order from ``page_offset_base`` on (Documentation/x86/x86_64/mm.rst). Where that fails, page tables decide.
"""

import struct
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.paging import AddressSpace
from labkit.evidence.memory.physical import PAGE_BYTES, PhysicalMemory
from labkit.evidence.memory.placement import START_KERNEL_MAP, Placement, place_kernel
from labkit.evidence.memory.symbol_table import StructType, SymbolTable

_POINTER = struct.Struct("<Q")
_KERNEL_HALF = 1 << 63
_PAGE_OFFSET = 0xFFFF_8880_0000_0000  # where physical memory is mapped without randomisation
_VMEMMAP = 0xFFFF_EA00_0000_0000
_LARGEST_OBJECT = 1 << 20
_MOST_TEXT = 4096


class KernelSpace(AddressSpace):
    """The kernel's half of virtual memory."""

    def __init__(self, memory: PhysicalMemory, symbols: SymbolTable, placement: Placement) -> None:
        self.page_offset = _variable(memory, symbols, placement, "page_offset_base", _PAGE_OFFSET)
        five = _variable(memory, symbols, placement, "__pgtable_l5_enabled", 0) & 0xFFFF_FFFF
        self.levels = 5 if five == 1 else 4
        super().__init__(memory, placement.physical(symbols.address("init_top_pgt")), levels=self.levels)
        self._image = START_KERNEL_MAP + placement.virtual_shift
        self._image_end = placement.virtual(symbols.address("_end")) if symbols.has("_end") else self._image
        self._to_physical = placement.physical_shift - START_KERNEL_MAP - placement.virtual_shift

    def translate(self, virtual: int) -> int:
        """Return the physical address behind a virtual one.

        Raises:
            UnreadableError: It is not mapped, or a page table is not in the image.
        """
        address = virtual - self.page_offset
        if 0 <= address < self.physical.end:
            return address
        if self._image <= virtual < self._image_end:
            return virtual + self._to_physical
        return super().translate(virtual)


class Record:
    """A structure in memory. ``record["field"]`` is an int or bytes; ``"a.b"`` is a field of a field."""

    __slots__ = ("address", "data", "kernel", "layout")

    def __init__(self, kernel: "Kernel", layout: StructType, address: int, data: bytes) -> None:
        self.kernel = kernel
        self.layout = layout
        self.address = address
        self.data = data

    def __getitem__(self, name: str) -> Any:
        return self.layout.field(name).value(self.data)

    def number(self, name: str) -> int:
        """Return an integer, an enumeration or a pointer."""
        found = self.layout.field(name).value(self.data)
        if not isinstance(found, int):
            raise UnreadableError(f"{self.layout.name}.{name} is no number in this kernel")
        return found

    def place(self, name: str) -> int:
        """Return the virtual address of a field."""
        return self.address + self.layout.offset(name)

    def text(self, name: str) -> str:
        """Return what an array of characters says."""
        return printable(bytes(self[name]))

    def follow(self, name: str, type_name: str | None = None) -> "Record":
        """Return the structure that a pointer points to.

        Raises:
            UnreadableError: The pointer is null or wild, or what it points to is not in the image.
        """
        target = type_name or self.layout.field(name).target
        if target is None:
            raise UnreadableError(f"{self.layout.name}.{name} points to no structure")
        return self.kernel.record(target, self.number(name))

    def inner(self, name: str, type_name: str | None = None) -> "Record":
        """Return a structure that is part of this one."""
        field = self.layout.field(name)
        layout = self.kernel.symbols.struct(type_name or field.target or "")
        start = field.offset_bytes
        return Record(self.kernel, layout, self.address + start, self.data[start : start + layout.size_bytes])


class Kernel:
    """A kernel in an image. Use it in a ``with`` block; the image is closed after it."""

    def __init__(self, memory: PhysicalMemory, symbols: SymbolTable) -> None:
        self.memory = memory
        self.symbols = symbols
        self.placement = place_kernel(memory, symbols)
        self.space = KernelSpace(memory, symbols, self.placement)
        self._page_bytes = symbols.struct("page").size_bytes if symbols.has_struct("page") else 0
        self._pages_at = _variable(memory, symbols, self.placement, "vmemmap_base", _VMEMMAP)

    @classmethod
    def open(cls, image: Path, symbols: SymbolTable) -> "Kernel":
        """Open an image with the symbol table of its kernel.

        Raises:
            EvidenceError: The image can not be read, or the kernel is not in it.
        """
        memory = PhysicalMemory(image)
        try:
            return cls(memory, symbols)
        except BaseException:
            memory.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.memory.close()

    def address(self, symbol: str) -> int:
        """Return the virtual address of a variable."""
        return self.placement.virtual(self.symbols.address(symbol))

    def variable(self, symbol: str, type_name: str | None = None) -> Record:
        """Return a variable that is a structure."""
        return self.record(type_name or self.symbols.type_of(symbol), self.address(symbol))

    def record(self, type_name: str, address: int) -> Record:
        """Return the structure at a virtual address.

        Raises:
            UnreadableError: It is no address of the kernel, or not in the image.
        """
        layout = self.symbols.struct(type_name)
        if address < _KERNEL_HALF:
            raise UnreadableError(f"{address:#x} is no address of a {type_name}")
        if layout.size_bytes > _LARGEST_OBJECT:
            raise self.symbols.damaged(f"a {type_name} is too large")
        return Record(self, layout, address, self.space.read(address, layout.size_bytes))

    def pointer(self, address: int) -> int:
        """Return the 8 bytes at a virtual address of the kernel as a number."""
        (value,) = _POINTER.unpack(self.read(address, 8))
        return int(value)

    def read(self, address: int, size_bytes: int) -> bytes:
        """Return bytes at a virtual address of the kernel.

        Raises:
            UnreadableError: It is no address of the kernel, or not in the image.
        """
        if address < _KERNEL_HALF:
            raise UnreadableError(f"{address:#x} is no address of the kernel")
        return self.space.read(address, size_bytes)

    def text(self, address: int, most_bytes: int = _MOST_TEXT) -> str:
        """Return the text at a virtual address of the kernel, up to its zero byte.

        Raises:
            UnreadableError: Its first byte is not in the image.
        """
        found = b""
        while len(found) < most_bytes and b"\0" not in found:
            part = min(most_bytes - len(found), PAGE_BYTES - (address + len(found)) % PAGE_BYTES, 256)
            found += self.read(address + len(found), part)
        return printable(found)

    def page_frame(self, page: int) -> int:
        """Return the physical address of the page that a ``struct page`` describes.

        Raises:
            UnreadableError: There is no such page in the image.
        """
        number, rest = divmod(page - self._pages_at, self._page_bytes or 1)
        if rest or not self.memory.has(number * PAGE_BYTES, PAGE_BYTES):
            raise UnreadableError(f"{page:#x} describes no page of the image")
        return number * PAGE_BYTES

    def page_descriptor(self, physical: int) -> Record:
        """Return the ``struct page`` of a physical address.

        Raises:
            UnreadableError: It is not in the image.
        """
        return self.record("page", self._pages_at + physical // PAGE_BYTES * self._page_bytes)

    def user_space(self, top: int) -> AddressSpace:
        """Return the memory of a process from the physical address of its topmost page table."""
        return AddressSpace(self.memory, top, levels=self.space.levels)


def printable(data: bytes) -> str:
    """Return the text before the first zero byte; bytes that are no UTF-8 are shown as escapes."""
    return data.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _variable(memory: PhysicalMemory, symbols: SymbolTable, placement: Placement, name: str, default: int) -> int:
    """Return a variable of 8 bytes, read where it lies physically; the default if the kernel has none."""
    if not symbols.has(name):
        return default
    try:
        (value,) = _POINTER.unpack(memory.read(placement.physical(symbols.address(name)), 8))
    except UnreadableError:
        return default
    return int(value)
