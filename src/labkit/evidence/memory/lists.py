"""The linked lists of the kernel (include/linux/types.h, list.h): walked with an eye on damage.

A list that is broken is walked from its other end too, so that only what lies between two breaks is lost.
"""

from collections.abc import Iterator

from labkit.evidence.isolation import alive
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.remarks import remark

_MOST_ENTRIES = 1 << 20
_NEXT, _PREVIOUS = 0, 8


def entries(kernel: Kernel, head: int, type_name: str, member: str, what: str) -> Iterator[Record]:
    """Yield the structures of a ``struct list_head``.

    Args:
        kernel: The kernel.
        head: Virtual address of the head, which belongs to no entry.
        type_name: What the entries are.
        member: The field that links them.
        what: What the list is called in remarks.
    """
    offset = kernel.symbols.struct(type_name).offset(member)
    seen = {head}
    for towards, ends_well in ((_NEXT, True), (_PREVIOUS, False)):
        try:
            address = kernel.pointer(head + towards)
            while address not in seen and len(seen) < _MOST_ENTRIES:
                record = kernel.record(type_name, address - offset)
                following = kernel.pointer(address + towards)
                seen.add(address)
                alive()
                yield record
                address = following
        except UnreadableError as error:
            remark(f"{what} is broken: {error.message}")
            continue
        if address == head and ends_well:
            return
        if address != head and ends_well:
            remark(f"{what} runs in a circle behind {address:#x}")


def hash_list(kernel: Kernel, first: int, type_name: str, member: str, what: str) -> Iterator[Record]:
    """Yield the structures of a ``struct hlist_head``, from the value of its ``first``."""
    offset = kernel.symbols.struct(type_name).offset(member)
    seen: set[int] = set()
    try:
        while first and first not in seen and len(seen) < _MOST_ENTRIES:
            seen.add(first)
            yield kernel.record(type_name, first - offset)
            first = kernel.pointer(first)
    except UnreadableError as error:
        remark(f"{what} is broken: {error.message}")
        return
    if first:
        remark(f"{what} runs in a circle behind {first:#x}")
