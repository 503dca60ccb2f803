"""Readable text in raw bytes: UTF-8, UTF-16 in both byte orders, and Cyrillic in one byte a letter.

Text with one byte a letter has no mark that tells its encoding: a run of letters is read in each of the three that
were in use, and the reading with the more common Russian letters is taken, if it has enough of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SHORTEST = 3  # shorter runs are noise
# ASCII, and for UTF-16 the Cyrillic and Arabic letters besides.
_PATTERNS = {
    "utf-8": rb"(?:[\t\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){%d,}",
    "utf-16-le": rb"(?:[\t\x20-\x7e]\x00|[\x00-\x5f]\x04|[\x0c-\xff]\x06){%d,}",
    "utf-16-be": rb"(?:\x00[\t\x20-\x7e]|\x04[\x00-\x5f]|\x06[\x0c-\xff]){%d,}",
}
_PRINTABLE = re.compile(
    "[^\x00-\x08\x0a-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufffd]+"
)
_CYRILLIC = {"cp1251": "cp1251", "KOI8-R": "koi8-r", "cp866": "cp866"}
_COMMON = frozenset("оеаинтсрвлкмдпу")  # three of four letters of Russian text are among them
_COMMON_SHARE = 0.55
_SHORTEST_WORD = 4  # in letters; program code reads like shorter ones
_WORD = re.compile("[А-Яа-яЁё]+")
_LETTERS = re.compile(rb"[\x80-\xff][\x20-\x7e\x80-\xff]*[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Text:
    """A readable run: where it begins in the bytes that were searched, its encoding, and what it says."""

    offset_bytes: int
    encoding: str
    text: str


def printable_texts(data: bytes, shortest: int) -> tuple[Text, ...]:
    """Return the readable runs of at least ``shortest`` characters, in the order of their offsets.

    Bytes belong to one run: UTF-8 (and ASCII) comes before UTF-16, and that before text with one byte a letter.
    """
    taken: list[tuple[int, int]] = []
    found: list[Text] = []
    wide = [*_runs(data, "utf-16-le", "UTF-16LE", shortest), *_runs(data, "utf-16-be", "UTF-16BE", shortest)]
    # Read off by one byte, text in one byte order looks like somewhat shorter text in the other.
    wide.sort(key=lambda run: -len(run[2].text))
    sources = (_runs(data, "utf-8", "UTF-8", shortest), wide, _cyrillic(data, shortest))
    for source in sources:
        for start, end, text in source:
            if not any(start < high and low < end for low, high in taken):
                taken.append((start, end))
                found.append(text)
    return tuple(sorted(found, key=lambda text: text.offset_bytes))


def _runs(data: bytes, codec: str, name: str, shortest: int) -> Iterator[tuple[int, int, Text]]:
    for match in re.finditer(_PATTERNS[codec] % shortest, data, re.DOTALL):
        whole = match[0].decode(codec, "surrogateescape")
        for part in _PRINTABLE.finditer(whole):
            text = part[0]
            if len(text) >= shortest and text.replace("\t", " ").isprintable():
                start = match.start() + len(whole[: part.start()].encode(codec, "surrogateescape"))
                yield start, start + len(text.encode(codec)), Text(start, name, text)


def _cyrillic(data: bytes, shortest: int) -> Iterator[tuple[int, int, Text]]:
    for match in _LETTERS.finditer(data):
        readings = [(_score(text), name, text) for name, codec in _CYRILLIC.items() if (text := _read(match[0], codec))]
        if not readings:
            continue
        score, name, text = max(readings)
        longest_word = max(map(len, _WORD.findall(text)), default=0)
        if longest_word >= _SHORTEST_WORD and len(text) >= shortest and score >= _COMMON_SHARE:
            yield match.start(), match.end(), Text(match.start(), name, text)


def _read(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _score(text: str) -> float:
    """Return which share of the characters that are not ASCII are common small letters, first capitals included."""
    high = [letter for letter in text if not letter.isascii()]
    capitals_inside = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    return sum(letter.lower() in _COMMON for letter in high) / len(high) - capitals_inside / len(high)
