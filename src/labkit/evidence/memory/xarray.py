"""The kernel's growing array of pointers (include/linux/xarray.h): which number has which entry.

An entry whose two low bits are 10 is a node where it is larger than 4096, and a sibling where it is smaller: its number
belongs to the entry in an earlier slot of the node. An odd entry is a value: of a page, where it went.
"""

from collections.abc import Iterator

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.remarks import remark

_SLOT_BITS = 6
_SLOTS = 1 << _SLOT_BITS
_INTERNAL, _LOW_BITS = 2, 3
_SMALLEST_NODE = 4096
_LARGEST_SHIFT = 60


def xarray_entries(kernel: Kernel, head: int, what: str) -> Iterator[tuple[int, int, int]]:
    """Yield number, entry, and for how many numbers the entry stands, in order; empty numbers are left out.

    Args:
        kernel: The kernel.
        head: The value of ``xa_head``.
        what: What the array is called in remarks.
    """
    if not head:
        return
    if not _is_node(head):
        yield 0, head, 1
        return
    yield from _of_node(kernel, head - _INTERNAL, 0, _LARGEST_SHIFT + _SLOT_BITS, set(), what)


def _is_node(entry: int) -> bool:
    return entry & _LOW_BITS == _INTERNAL and entry > _SMALLEST_NODE


def _of_node(
    kernel: Kernel, address: int, base: int, below: int, seen: set[int], what: str
) -> Iterator[tuple[int, int, int]]:
    if address in seen:
        remark(f"{what} is damaged: the node at {address:#x} is met twice and read once")
        return
    seen.add(address)
    try:
        node = kernel.record("xa_node", address)
    except UnreadableError as error:
        remark(f"{what} has a gap: {error.message}")
        return
    shift = node.number("shift")
    if shift >= below or shift % _SLOT_BITS:
        remark(f"{what} is damaged: the node at {address:#x} can not stand where it does")
        return
    data = bytes(node["slots"])
    slots = [int.from_bytes(data[place : place + 8], "little") for place in range(0, _SLOTS * 8, 8)]
    number = 0
    while number < _SLOTS:
        entry, width = slots[number], 1
        while number + width < _SLOTS and slots[number + width] == number << 2 | _INTERNAL:
            width += 1
        if entry:
            first = base + (number << shift)
            if _is_node(entry):
                yield from _of_node(kernel, entry - _INTERNAL, first, shift, seen, what)
            elif entry & _LOW_BITS != _INTERNAL:
                yield first, entry, width << shift
        number += width
