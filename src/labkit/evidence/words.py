"""A word as the bytes that it can be on a medium: in several encodings, with capital and small letters.

Each letter of a word becomes, in one encoding, the set of byte strings that stand for it. To find all of them in one
go, bytes that stand for one another are folded to one (``bytes.translate``), the folded word is searched for, and each
candidate is looked at again with the exact bytes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.errors import EvidenceError

# The names that people use, and Python's. The order decides which name a hit gets where encodings agree.
ENCODINGS = {
    "UTF-8": "utf-8",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "cp1251": "cp1251",
    "KOI8-R": "koi8-r",
    "cp866": "cp866",
    "cp1256": "cp1256",
    "ISO-8859-1": "iso-8859-1",
}


@dataclass(frozen=True, slots=True)
class Needle:
    """One word in one encoding, always of ``size_bytes`` bytes."""

    word: str
    encoding: str
    size_bytes: int
    exact: re.Pattern[bytes]
    letters: tuple[frozenset[bytes], ...]


def encoding_named(name: str) -> str:
    """Return the name of an encoding as ``ENCODINGS`` has it, whatever its case and hyphens.

    Raises:
        EvidenceError: It is not one of them.
    """
    plain = name.lower().replace("-", "").replace("_", "")
    for known in ENCODINGS:
        if known.lower().replace("-", "") == plain:
            return known
    raise EvidenceError(
        f"{name!r} is not an encoding that labkit searches in", remedy=f"Choose among {', '.join(ENCODINGS)}."
    )


def needles(words: Iterable[str], encodings: Sequence[str] = (), *, case: bool = False) -> tuple[Needle, ...]:
    """Return what to look for: each word in each encoding that can write it, the same bytes once.

    Args:
        words: The words; each of at least one character.
        encodings: Names of ``ENCODINGS``; all if empty.
        case: Whether capital and small letters count as different.

    Raises:
        EvidenceError: There is no word, a word is empty, or no encoding can write it.
    """
    found: dict[bytes, Needle] = {}
    chosen = [encoding_named(name) for name in encodings] or list(ENCODINGS)
    for word in words:
        if not word:
            raise EvidenceError("an empty word is everywhere", remedy="Give a word of at least one character.")
        possible = [needle for name in chosen if (needle := _needle(word, name, case=case)) is not None]
        if not possible:
            raise EvidenceError(
                f"{word!r} can not be written in {', '.join(chosen)}", remedy="Leave --encoding out, or add UTF-8."
            )
        for needle in possible:
            found.setdefault(needle.exact.pattern, needle)
    if not found:
        raise EvidenceError("there is no word to look for", remedy="Give one or more words behind IMAGE.")
    return tuple(found.values())


class Finder:
    """Finds needles in pieces of a medium."""

    def __init__(self, wanted: Sequence[Needle]) -> None:
        self.longest_bytes = max(needle.size_bytes for needle in wanted)
        self._groups: list[tuple[bytes | None, list[tuple[bytes, Needle]]]] = []
        by_encoding: dict[str, list[Needle]] = {}
        for needle in wanted:
            by_encoding.setdefault(needle.encoding, []).append(needle)
        for group in by_encoding.values():
            table = _folding(group)
            folded = [(b"".join(min(letter) for letter in needle.letters).translate(table), needle) for needle in group]
            self._groups.append((None if table == bytes(range(256)) else table, folded))

    def find(self, data: bytes) -> Iterator[tuple[int, int, Needle]]:
        """Yield (start, end, needle) of each hit, in the order of their starts."""
        found = []
        for table, group in self._groups:
            folded_data = data if table is None else data.translate(table)
            for folded, needle in group:
                position = folded_data.find(folded)
                while position >= 0:
                    if needle.exact.match(data, position):
                        found.append((position, position + needle.size_bytes, needle))
                    position = folded_data.find(folded, position + 1)
        return iter(sorted(found, key=lambda hit: hit[:2]))


def _needle(word: str, encoding: str, *, case: bool) -> Needle | None:
    letters = []
    for letter in word:
        forms = {letter} if case else {letter, letter.lower(), letter.upper(), letter.title()}
        encoded = _encoded(letter, encoding)
        if encoded is None:
            return None
        variants = {_encoded(form, encoding) for form in forms if len(form) == 1}
        # A capital letter of another length (few have one) would make hits of different lengths; it is left out.
        same = frozenset(v for v in variants if v is not None and len(v) == len(encoded))
        letters.append(same)
    pattern = b"".join(b"(?:" + b"|".join(map(re.escape, sorted(letter))) + b")" for letter in letters)
    size = sum(len(next(iter(letter))) for letter in letters)
    return Needle(word, encoding, size, re.compile(pattern, re.DOTALL), tuple(letters))


def _encoded(letter: str, encoding: str) -> bytes | None:
    try:
        return letter.encode(ENCODINGS[encoding])
    except UnicodeEncodeError:
        return None


def _folding(group: Iterable[Needle]) -> bytes:
    """Return a table that maps all bytes that can stand for one another to one of them."""
    table = list(range(256))
    for needle in group:
        for letter in needle.letters:
            for position in zip(*letter, strict=True):
                lowest = min(table[byte] for byte in position)
                joined = {table[byte] for byte in position}
                table = [lowest if value in joined else value for value in table]
    return bytes(table)
