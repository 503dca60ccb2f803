"""Readable text in memory: in physical order, or as a process sees its own memory.

In physical order a text that runs over the end of a page is cut off wherever its next page lies elsewhere. As a process
sees it, it is whole.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.errors import EvidenceError
from labkit.evidence.memory.blocks import blocks
from labkit.evidence.memory.physical import WINDOW_BYTES, PhysicalMemory
from labkit.evidence.memory.tasks import Task
from labkit.evidence.words import ENCODINGS, encoding_named

SHORTEST = 3  # shorter texts are found in any bytes
USUAL = ("ASCII", "UTF-16LE")
_LONGEST_BYTES = 4096  # a longer text goes on as another
_PLAIN = rb"[\t\x20-\x7e]"
_SPECIAL = {
    "ASCII": _PLAIN,
    "UTF-8": rb"(?:[\t\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})",
}
# The alphabets of UTF-16 by the upper half of a letter, and which lower halves each has.
_ALPHABETS = {0x00: (0x09, *range(0x20, 0x7F)), 0x04: range(0x60), 0x06: range(0x0C, 0x100)}
_LOW = bytes(sum(1 << bit for bit, low in enumerate(_ALPHABETS.values()) if value in low) for value in range(256))
_HIGH = bytes(sum(1 << bit for bit, high in enumerate(_ALPHABETS) if value == high) for value in range(256))
_Search = Callable[[bytes], Iterator[tuple[int, int]]]
_CODECS = {"ASCII": "ascii", **ENCODINGS}


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text: where it begins (a physical or a virtual address), its encoding, and what it says."""

    address: int
    encoding: str
    text: str


def encodings_named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the encodings that names stand for; the usual ones if there are none.

    Raises:
        EvidenceError: One of them is not known.
    """
    return tuple(dict.fromkeys("ASCII" if name.upper() == "ASCII" else encoding_named(name) for name in names)) or USUAL


def texts_in_memory(memory: PhysicalMemory, encodings: Sequence[str], shortest: int) -> Iterator[FoundText]:
    """Yield the texts of an image by physical address.

    Raises:
        EvidenceError: ``shortest`` is too small.
    """
    yield from _Finder(encodings, shortest).texts(memory.windows(_LONGEST_BYTES))


def texts_of_process(task: Task, encodings: Sequence[str], shortest: int) -> Iterator[FoundText]:
    """Yield the texts in the memory of a process by virtual address.

    Raises:
        EvidenceError: ``shortest`` is too small.
    """
    finder = _Finder(encodings, shortest)
    for block in blocks(task):
        yield from finder.texts([(block.virtual, block.data)], len(block.data))


class _Finder:
    def __init__(self, encodings: Sequence[str], shortest: int) -> None:
        if shortest < SHORTEST:
            raise EvidenceError(
                f"text of {shortest} characters is found in any bytes", remedy=f"Give --min {SHORTEST} or more."
            )
        self._searches: list[tuple[str, _Search]] = []
        for name in encodings:
            if name in ("UTF-16LE", "UTF-16BE"):
                self._searches += [(name, _wide(parity, name == "UTF-16BE", shortest)) for parity in (0, 1)]
            else:
                self._searches.append((name, _narrow(_letter(name), shortest)))

    def texts(self, windows: Iterable[tuple[int, bytes]], own_bytes: int = WINDOW_BYTES) -> Iterator[FoundText]:
        """Yield the texts that begin in the first bytes of each window; behind them begins the next one."""
        done = [0] * len(self._searches)  # up to where each search has got
        for address, data in windows:
            found = []
            for number, (name, search) in enumerate(self._searches):
                for start, end in search(data):
                    if start >= own_bytes:
                        break
                    begin = max(start, done[number] - address)
                    if begin < end:
                        done[number] = address + end
                        found.append(FoundText(address + begin, name, data[begin:end].decode(_CODECS[name], "replace")))
            yield from sorted(found, key=lambda one: one.address) if len(self._searches) > 1 else found


def _narrow(letter: bytes, shortest: int) -> _Search:
    """Return a search for runs of a letter of one or more bytes."""
    pattern = re.compile(b"%b{%d,%d}" % (letter, shortest, _LONGEST_BYTES), re.DOTALL)
    return lambda data: (match.span() for match in pattern.finditer(data))


def _wide(parity: int, big_endian: bool, shortest: int) -> _Search:
    """Return a search for runs of letters of two bytes that begin at even, or at odd, places.

    Both halves of each pair are turned into the set of alphabets that they can be of; a pair whose sets have one in
    common is a letter. Doing so for all pairs at once as one large number is much faster than a regular expression.
    """
    run = re.compile(b"[^\0]{%d,%d}" % (shortest, _LONGEST_BYTES // 2))

    def search(data: bytes) -> Iterator[tuple[int, int]]:
        first, second = data[parity::2], data[parity + 1 :: 2]
        low, high = (second, first) if big_endian else (first, second)
        letters = int.from_bytes(low.translate(_LOW), "little") & int.from_bytes(high.translate(_HIGH), "little")
        for match in run.finditer(letters.to_bytes(len(data) // 2 + 1, "little")):
            yield parity + 2 * match.start(), parity + 2 * match.end()

    return search


def _letter(encoding: str) -> bytes:
    """Return a pattern for one readable character."""
    if encoding in _SPECIAL:
        return _SPECIAL[encoding]
    readable = [value for value in range(256) if _is_readable(value, _CODECS[encoding])]
    return b"[" + b"".join(b"\\x%02x" % value for value in readable) + b"]"


def _is_readable(value: int, codec: str) -> bool:
    text = bytes([value]).decode(codec, "replace")
    return text == "\t" or (text.isprintable() and text != "\ufffd")
