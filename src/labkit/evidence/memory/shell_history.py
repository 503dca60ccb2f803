"""What was typed into bash: its history, as it lies in the memory of the shell.

Source: readline's history.h: an entry is three pointers, ``line``, ``timestamp``, ``data``; the timestamp is the text
``#`` and seconds since 1970. The history is an array of pointers to entries, in the order in which they were typed.
Both are found by what they are, without knowing the program: texts that are timestamps, pointers to them, and pointers
to those.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Container, Iterator
from dataclasses import dataclass

from labkit.evidence.memory.blocks import Block, blocks
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import printable
from labkit.evidence.memory.regions import regions
from labkit.evidence.memory.tasks import Task
from labkit.evidence.remarks import remark

_STAMP = re.compile(rb"#(\d{1,11})\0")
_WRITE = 2
_POINTER_BYTES = 8
_SECOND = 1_000_000_000
_LONGEST_LINE = 64 * 1024
_MOST_BYTES = 256 << 20
_FIRST_YEAR, _LAST_YEAR = 946_684_800, 4_102_444_800  # 2000 and 2100


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line that was typed, when, and the virtual address of the line."""

    task: Task
    time_ns: int
    line: str
    address: int


def is_bash(task: Task) -> bool:
    """Return whether a process calls itself bash."""
    return task.name.lstrip("-").startswith("bash")


def shell_history(task: Task) -> Iterator[HistoryEntry]:
    """Yield the history of a shell in the order in which it was typed; what is out of the order comes last."""
    if task.space is None:
        return
    found = _writable(task)
    stamps = {
        block.virtual + match.start(): int(match[1])
        for block in found
        for match in _STAMP.finditer(block.data)
        if _FIRST_YEAR <= int(match[1]) < _LAST_YEAR
    }
    entries: dict[int, tuple[int, int]] = {}  # where the entry is: where its line is, seconds
    for address, (line, stamp) in _pointers(found, stamps.keys()):
        if line:
            entries[address] = (line, stamps[stamp])
    order = {entry: place for place, entry in enumerate(_longest_row(_pointers(found, entries.keys())))}
    for entry in sorted(entries, key=lambda one: (order.get(one, len(order)), entries[one][1], one)):
        address, seconds = entries[entry]
        text = _text_at(task, address)
        if text is not None:
            yield HistoryEntry(task, seconds * _SECOND, text, address)


def _writable(task: Task) -> list[Block]:
    """Return the process's own data: what it can write and no file is behind."""
    spans = [
        (one.start, one.end) for one in regions(task) if one.record.number("vm_flags") & _WRITE and one.is_anonymous
    ]
    starts = [start for start, _ in spans]

    def inside(virtual: int) -> bool:
        number = bisect_right(starts, virtual) - 1
        return number >= 0 and virtual < spans[number][1]

    found: list[Block] = []
    left = _MOST_BYTES
    for block in blocks(task, lambda run: inside(run.virtual)):
        left -= len(block.data)
        if left < 0:
            remark(
                f"process {task.pid} has much memory: only the first {_MOST_BYTES} bytes are looked at for a history"
            )
            break
        found.append(block)
    return found


def _pointers(found: list[Block], wanted: Container[int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield where a wanted pointer stands behind another: the address of that, and the two values."""
    for block in found:
        count = len(block.data) // _POINTER_BYTES
        words = struct.unpack_from(f"<{count}Q", block.data)
        for number, word in enumerate(words):
            if word in wanted and number:
                yield block.virtual + (number - 1) * _POINTER_BYTES, (words[number - 1], word)


def _longest_row(pointers: Iterator[tuple[int, tuple[int, int]]]) -> list[int]:
    """Return the pointers of the longest row without a gap: the history itself, and not what else points to a line."""
    rows: list[list[int]] = [[]]
    before = 0
    for address, (_, pointer) in sorted(pointers):
        if address != before + _POINTER_BYTES:
            rows.append([])
        rows[-1].append(pointer)
        before = address
    return max(rows, key=len)


def _text_at(task: Task, address: int) -> str | None:
    """Return the text at an address of the process; None if it is not there or not readable."""
    space = task.space
    data = b""
    while space is not None and b"\0" not in data and len(data) < _LONGEST_LINE:
        try:
            data += space.read(address + len(data), 4096 - (address + len(data)) % 4096)
        except UnreadableError:
            break
    text = printable(data)
    return text if text and (b"\0" in data) else None
