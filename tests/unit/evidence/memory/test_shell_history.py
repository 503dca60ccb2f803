"""Shell history by its structure: entries, their order, and what is left of others."""

import struct

from labkit.evidence.memory.shell_history import is_bash, shell_history
from labkit.evidence.memory.tasks import processes
from labkit.evidence.timestamps import iso_text
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_holdings import area
from tests.unit.evidence.memory.tiny_memory import PAGE, TinyMemory

HEAP = 0x90_0000


def shell(memory: TinyMemory, content: bytes) -> None:
    """A bash whose heap of two pages, far apart in physical memory, holds some bytes."""
    task = memory.task(7, "-bash")
    _, top = memory.memory_of(task, mm_mt__ma_root=area(memory, HEAP, HEAP + 2 * PAGE), map_count=1)
    content = content.ljust(2 * PAGE, b"\0")
    second = memory.frame(content[PAGE:])
    memory.frame()
    memory.map(top, HEAP, memory.frame(content[:PAGE]))
    memory.map(top, HEAP + PAGE, second)


def heap(entries: list[tuple[bytes, bytes]], order: list[int]) -> bytes:
    """Lines, timestamps, entries and the array of entries, as the allocator of a program lays them out."""
    data, places = bytearray(64), []
    for line, stamp in entries:
        pointers = []
        for text in (line, stamp):
            pointers.append(HEAP + len(data))
            data += (text + b"\0").ljust(-(-(len(text) + 1) // 16) * 16, b"\xee")
        places.append(HEAP + len(data))
        data += struct.pack("<QQQQ", *pointers, 0, 0x21)
    data += struct.pack(f"<Q{len(order)}QQ", 0x71, *(places[number] for number in order), 0)
    return bytes(data)


def lines(opened: Opening, memory: TinyMemory) -> list[tuple[str | None, str]]:
    (task,) = processes(opened(memory))
    assert is_bash(task)
    return [(iso_text(entry.time_ns), entry.line) for entry in shell_history(task)]


def test_lines_in_the_order_of_the_history(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    entries = [(b"second", b"#1773115973"), (b"first", b"#1773115972"), ("третья".encode(), b"#1773115970")]
    shell(memory, heap(entries, [1, 0, 2]))
    assert lines(opened, memory) == [
        ("2026-03-10T04:12:52Z", "first"),
        ("2026-03-10T04:12:53Z", "second"),
        ("2026-03-10T04:12:50Z", "третья"),
    ]
    assert not remarks


def test_an_entry_that_is_not_in_the_history_any_more_comes_last(opened: Opening):
    memory = TinyMemory()
    shell(memory, heap([(b"deleted", b"#1773115000"), (b"kept", b"#1773115972")], [1]))
    assert [line for _, line in lines(opened, memory)] == ["kept", "deleted"]


def test_a_line_over_the_end_of_a_page(opened: Opening):
    memory = TinyMemory()
    content = heap([(b"x" * 6000, b"#1773115972")], [0])
    shell(memory, content)
    assert lines(opened, memory) == [("2026-03-10T04:12:52Z", "x" * 6000)]


def test_texts_that_are_no_times_and_wild_lines(opened: Opening):
    memory = TinyMemory()
    data = heap([(b"a", b"#12"), (b"b", b"#99999999999"), (b"c", b"#1773115972")], [0, 1, 2])
    pointer = struct.pack("<Q", HEAP + data.index(b"c\0"))
    shell(memory, data.replace(pointer, struct.pack("<Q", 0xDEAD_0000)))
    assert lines(opened, memory) == []


def test_a_process_without_memory(opened: Opening):
    memory = TinyMemory()
    memory.task(7, "bash")
    assert lines(opened, memory) == []
