"""The tree in which the kernel keeps ranges of numbers, such as the parts of a process's memory (Linux 6.1 and on).

Source: include/linux/maple_tree.h, lib/maple_tree.c: a node is 256 bytes, so that the low byte of a pointer to it is
free: bits 3 to 6 say of what type it is, and in the root bit 1 that it is a node. Slot i of a node is for the numbers
from pivot i-1, exclusive, to pivot i; where a pivot is zero or there is none, to the end of the node.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.remarks import remark

_NODE_BYTES = 256
_TYPE_SHIFT, _TYPE_MASK = 3, 0xF
_LOW_BITS, _ROOT_NODE, _SMALLEST_NODE = 3, 2, 4096
_LEAF, _RANGE, _ARANGE = 1, 2, 3  # maple_leaf_64, maple_range_64, maple_arange_64
_LAYOUTS = {_LEAF: "maple_range_64", _RANGE: "maple_range_64", _ARANGE: "maple_arange_64"}
_DEEPEST = 32
_LAST = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class _Place:
    """A node and the numbers that it is for, both inclusive."""

    entry: int
    first: int
    last: int
    depth: int


def maple_entries(kernel: Kernel, root: int, what: str) -> Iterator[int]:
    """Yield the entries of a tree in the order of their numbers.

    Args:
        kernel: The kernel.
        root: The value of ``ma_root``.
        what: What the tree is called in remarks.
    """
    if not root:
        return
    if root & _LOW_BITS != _ROOT_NODE or root <= _SMALLEST_NODE:
        yield root
        return
    seen: set[int] = set()
    waiting = [_Place(root, 0, _LAST, 0)]
    while waiting:
        place = waiting.pop()
        address = place.entry & ~(_NODE_BYTES - 1)
        kind = place.entry >> _TYPE_SHIFT & _TYPE_MASK
        if address in seen or place.depth > _DEEPEST or kind not in _LAYOUTS:
            remark(f"{what} is damaged: the node at {address:#x} can not stand where it does")
            continue
        seen.add(address)
        try:
            node = kernel.record(_LAYOUTS[kind], address)
        except UnreadableError as error:
            remark(f"{what} has a gap: {error.message}")
            continue
        found = list(_slots(node, place, what))
        if kind == _LEAF:
            yield from (slot.entry for slot in found)
        else:
            waiting += reversed(found)


def _slots(node: Record, place: _Place, what: str) -> Iterator[_Place]:
    """Yield the slots of a node that hold something, with the numbers that they are for."""
    pivots, slots = _words(node, "pivot"), _words(node, "slot")
    first = place.first
    for number, entry in enumerate(slots):
        last = pivots[number] if number < len(pivots) else place.last
        if not last and number:
            last = place.last
        if last > place.last or last < first:
            remark(f"{what} is damaged: the node at {node.address:#x} has numbers that are not its own")
            return
        if entry:
            yield _Place(entry, first, last, place.depth + 1)
        if last == place.last:
            return
        first = last + 1


def _words(node: Record, field: str) -> list[int]:
    data = bytes(node[field])
    return [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data) - 7, 8)]
