"""The kernel's log: a ring that has gone round, texts that wrap, messages that are not whole."""

import struct

import pytest

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel_log import kernel_log
from labkit.evidence.timestamps import iso_text
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import TinyMemory

TYPES = {
    "atomic64_t": "counter:i64",
    "prb_data_blk_lpos": "begin:u64 next:u64",
    "prb_desc": "state_var:atomic64_t text_blk_lpos:prb_data_blk_lpos",
    "printk_info": "seq:u64 ts_nsec:u64 text_len:u16 level:u8",
    "prb_desc_ring": "count_bits:u32 descs:*prb_desc infos:*printk_info head_id:atomic64_t tail_id:atomic64_t",
    "prb_data_ring": "size_bits:u32 data:*",
    "printk_ringbuffer": "desc_ring:prb_desc_ring text_data_ring:prb_data_ring",
}
RING_BITS, TEXT_BITS = 2, 6


def ring(memory: TinyMemory, messages: list[tuple[int, int, bytes, int]], *, first: int) -> int:
    """A ring of 4 messages and 64 bytes of text; each message has its state, place, text and number."""
    size = {name: memory.size(name) for name in ("prb_desc", "printk_info")}
    descs = memory.new("page")
    infos, data = descs + 4 * size["prb_desc"], descs + 4 * (size["prb_desc"] + size["printk_info"])
    for _ in range(8):
        memory.new("page")
    for state, begin, text, number in messages:
        slot = number % 4
        end = begin + 8 + -(-len(text) // 8) * 8
        memory.put(descs + slot * size["prb_desc"], "prb_desc", state_var__counter=state << 62 | number)
        memory.put(descs + slot * size["prb_desc"], "prb_desc", text_blk_lpos__begin=begin, text_blk_lpos__next=end)
        memory.put(infos + slot * size["printk_info"], "printk_info", seq=number, ts_nsec=number * 10**9, level=5)
        memory.put(infos + slot * size["printk_info"], "printk_info", text_len=len(text))
        wraps = begin >> TEXT_BITS != end >> TEXT_BITS and end % 64
        place = 0 if wraps else begin % 64
        memory.write(data + place, struct.pack("<Q", number) + text)
    found = memory.new("printk_ringbuffer", desc_ring__count_bits=RING_BITS, desc_ring__descs=descs)
    memory.put(found, "printk_ringbuffer", desc_ring__infos=infos, text_data_ring__size_bits=TEXT_BITS)
    memory.put(found, "printk_ringbuffer", text_data_ring__data=data, desc_ring__tail_id__counter=first)
    memory.put(found, "printk_ringbuffer", desc_ring__head_id__counter=first + len(messages) - 1)
    memory.write(memory.variable("prb", 8), struct.pack("<Q", found))
    return found


def test_messages_of_a_ring_that_has_gone_round(opened: Opening, remarks: list[str]):
    memory = TinyMemory(TYPES)
    ring(
        memory, [(2, 64 + 24, b"hello", 6), (2, 64 + 48, b"wrapped text", 7), (1, 128 + 40, "да".encode(), 8)], first=6
    )
    found = list(kernel_log(opened(memory)))
    assert [(one.sequence, one.text, one.level) for one in found] == [
        (6, "hello", 5),
        (7, "wrapped text", 5),
        (8, "да", 5),
    ]
    assert iso_text(found[0].time_ns) == "2026-03-04T09:15:06Z"
    assert not remarks


def test_messages_that_are_not_whole_or_have_no_text(opened: Opening):
    memory = TinyMemory(TYPES)
    ring(memory, [(0, 0, b"reserved", 4), (3, 16, b"reusable", 5), (2, 33, b"", 6)], first=4)
    assert [(one.sequence, one.text) for one in kernel_log(opened(memory))] == [(6, "")]


def test_a_ring_of_an_impossible_size(opened: Opening):
    memory = TinyMemory(TYPES)
    memory.put(ring(memory, [], first=0), "printk_ringbuffer", desc_ring__count_bits=60)
    with pytest.raises(UnreadableError, match="no sound size"):
        list(kernel_log(opened(memory)))


def test_wild_numbers_and_places(opened: Opening, remarks: list[str]):
    memory = TinyMemory(TYPES)
    found = ring(memory, [(2, 0, b"hello", 4)], first=4)
    memory.put(found, "printk_ringbuffer", desc_ring__head_id__counter=1 << 40, text_data_ring__data=0x10)
    assert list(kernel_log(opened(memory))) == []
    assert "all of it is looked at" in remarks[0]
    assert any("a message of the kernel's log" in text for text in remarks)
