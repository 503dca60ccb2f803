"""Where a memory image is believed: what the reader reads of it, and the types and symbols that it asks for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from labkit.evidence.memory.physical import PAGE_BYTES, PhysicalMemory
from labkit.evidence.memory.symbol_table import SymbolTable

WORD_BYTES = 8


class Believed:
    """Stretches of the image by their size, and words in them that point into the kernel."""

    def __init__(self) -> None:
        self.stretches: set[tuple[int, int]] = set()
        self.types: set[str] = set()
        self.symbols: set[str] = set()
        self.groups: list[list[tuple[int, int]]] = []
        self.pointers: list[int] = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is read within the block."""
        with (
            _before(PhysicalMemory, "read", lambda memory, address, size: self.stretches.add((address, size))),
            _before(SymbolTable, "has_struct", lambda table, name: self.types.add(name)),
            _before(SymbolTable, "_declared", lambda table, name: self.types.add(name)),
            _before(SymbolTable, "constants", lambda table, name: self.types.add(name)),
            _before(SymbolTable, "has", lambda table, name: self.symbols.add(name)),
            _before(SymbolTable, "_symbol", lambda table, name: self.symbols.add(name)),
        ):
            yield

    def sort(self, data: Any) -> None:
        """Group what was noted: words, small and large structures, whole pages; each group is drawn alike often."""
        inside = sorted((at, size) for at, size in self.stretches if 0 <= at < at + size <= len(data))
        bounds = (WORD_BYTES, 256, PAGE_BYTES - 1, len(data))
        sizes = [range(low + 1, high + 1) for low, high in zip((0, *bounds), bounds, strict=False)]
        self.groups = [group for some in sizes if (group := [one for one in inside if one[1] in some])]
        for at, size in inside:
            if WORD_BYTES <= size < PAGE_BYTES:
                words = range(-(-at // WORD_BYTES) * WORD_BYTES, at + size - WORD_BYTES + 1, WORD_BYTES)
                self.pointers += [word for word in words if data[word + 6] == data[word + 7] == 0xFF]


@contextmanager
def _before(owner: type, name: str, note: Callable[..., None]) -> Iterator[None]:
    """Call ``note`` before each call of a method."""
    method = getattr(owner, name)

    @wraps(method)
    def noted(*arguments: Any) -> Any:
        note(*arguments)
        return method(*arguments)

    setattr(owner, name, noted)
    try:
        yield
    finally:
        setattr(owner, name, method)
