"""Whose the bytes of a file are, if it is a memory image that can be read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.opening import find_symbols
from labkit.evidence.memory.ownership import MemoryOwner, Ownership
from labkit.evidence.memory.physical import PhysicalMemory
from labkit.usecases.memory import shipped_symbols

OwnerAt = Callable[[int], MemoryOwner | None]
_SIZES_BYTES = range(4 << 20, 1 << 38)  # no kernel is in less; what is larger is a disk that nobody knows
_SIGN = b"Linux version "


def _nobody(_offset: int) -> None:
    return None


@contextmanager
def memory_owners(path: Path, tell: Callable[[str], None]) -> Iterator[OwnerAt]:
    """Yield a function from offsets in a file to owners; one that knows none where the file is no memory image.

    Args:
        path: The file.
        tell: Is told why owners are not known, where the file holds a Linux kernel.
    """
    if path.stat().st_size not in _SIZES_BYTES:
        yield _nobody
        return
    try:
        memory = PhysicalMemory(path)
    except EvidenceError:
        yield _nobody
        return
    with memory:
        yield _owners(memory, tell)


def _owners(memory: PhysicalMemory, tell: Callable[[str], None]) -> OwnerAt:
    if next(memory.find(_SIGN), None) is None:
        return _nobody
    try:
        ownership = Ownership(Kernel(memory, find_symbols(memory, None, shipped_symbols())))
    except EvidenceError as error:
        tell(f"as a memory image, {memory.path.name} can not be read: {error.message}")
        return _nobody

    def owner(offset: int) -> MemoryOwner | None:
        physical = memory.address_of(offset)
        return None if physical is None else ownership.at(physical)

    return owner
