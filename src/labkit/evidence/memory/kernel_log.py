"""The kernel's own log (what ``dmesg`` shows), from its ring buffer.

Source: kernel/printk/printk_ringbuffer.h (Linux 5.10 and on): descriptors go round in ``descs``, what belongs to each
in ``infos``, texts in ``text_data_ring``; the two upper bits of ``state_var`` say whether a message is whole. A text
that does not fit at the end of the ring begins at its start.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.isolation import alive
from labkit.evidence.memory.clock import read_clock
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.remarks import remark

_STATE_SHIFT = 62
_COMMITTED, _FINALIZED = 1, 2
_ID_MASK = (1 << _STATE_SHIFT) - 1
_NO_TEXT = 1  # the lowest bit of a text's place: it has none
_ID_BYTES = 8  # before each text stands the number of its descriptor
_MOST_BITS = 20
_LARGEST_RING_BITS = 30


@dataclass(frozen=True, slots=True)
class LogMessage:
    """A message: its number, when, how serious (0 to 7), and the virtual address of its text."""

    sequence: int
    time_ns: int
    since_start_ns: int
    level: int
    text: str
    address: int


def kernel_log(kernel: Kernel) -> Iterator[LogMessage]:
    """Yield the messages that are whole, the oldest first.

    Raises:
        UnreadableError: The ring buffer is damaged.
        EvidenceError: This kernel has another kind of log.
    """
    ring = kernel.record("printk_ringbuffer", kernel.pointer(kernel.address("prb")))
    bits = ring.number("desc_ring.count_bits")
    size_bits = ring.number("text_data_ring.size_bits")
    if not 0 < bits <= _MOST_BITS or not 0 < size_bits <= _LARGEST_RING_BITS:
        raise UnreadableError("the ring buffer of the kernel's log has no sound size")
    first = ring.number("desc_ring.tail_id.counter") & _ID_MASK
    last = ring.number("desc_ring.head_id.counter") & _ID_MASK
    count = (last - first & _ID_MASK) + 1
    if count > 1 << bits:
        remark("the ring buffer of the kernel's log is damaged: all of it is looked at")
        count = 1 << bits
    clock = read_clock(kernel)
    for number in range(first, first + count):
        alive()
        try:
            message = _message(kernel, ring, number & _ID_MASK, (1 << bits) - 1, size_bits)
        except UnreadableError as error:
            remark(f"a message of the kernel's log: {error.message}")
            continue
        if message is not None:
            info, address, text = message
            since = info.number("ts_nsec")
            level = info.number("level")
            yield LogMessage(info.number("seq"), clock.since_start(since), since, level, text, address)


def _message(kernel: Kernel, ring: Record, number: int, mask: int, size_bits: int) -> tuple[Record, int, str] | None:
    """Return what belongs to a descriptor, where its text is, and the text; None if it is not whole or not this one."""
    descriptors = kernel.symbols.struct("prb_desc").size_bytes
    infos = kernel.symbols.struct("printk_info").size_bytes
    descriptor = kernel.record("prb_desc", ring.number("desc_ring.descs") + (number & mask) * descriptors)
    state = descriptor.number("state_var.counter") & (1 << 64) - 1
    if state & _ID_MASK != number or state >> _STATE_SHIFT not in (_COMMITTED, _FINALIZED):
        return None
    info = kernel.record("printk_info", ring.number("desc_ring.infos") + (number & mask) * infos)
    begin, end = descriptor.number("text_blk_lpos.begin"), descriptor.number("text_blk_lpos.next")
    if begin & _NO_TEXT:
        return info, 0, ""
    size = 1 << size_bits
    if begin >> size_bits != end >> size_bits and end % size:  # it did not fit at the end
        begin = 0
    address = ring.number("text_data_ring.data") + begin % size + _ID_BYTES
    length = min(info.number("text_len"), size)
    return info, address, kernel.read(address, length).decode("utf-8", "backslashreplace")
