"""Finds every copy of a placeholder in an image: whole ones, fragments, and those that run over two separate pages.

A fragment counts from six characters on; below that nobody could tell what it was.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from memory_base.entries import ValueEntry
from memory_base.tokens import BASE_KEY, SHORT, TOKENS, Token, encoded_config

PAGE = 4096
_RUN = re.compile(rb"[a-z0-9%@=]{3,}")
ENCODED = "encoded_config"


@dataclass(frozen=True, slots=True)
class Copy:
    """Characters ``begin`` to ``end`` of a token from ``at`` on, counted in characters of what was searched."""

    at: int
    token: str
    begin: int
    end: int

    @property
    def whole(self) -> bool:
        """Return whether all of the token is there."""
        return self.end - self.begin == TOKENS[self.token].width


def _grams() -> dict[bytes, tuple[str, int]]:
    found: dict[bytes, tuple[str, int]] = {}
    for token in _long_texts():
        text = token.placeholder.encode()
        for place in range(len(text) - SHORT + 1):
            gram = text[place : place + SHORT]
            if gram in found:
                raise ValueError(f"{token.name} and {found[gram][0]} have placeholders that look alike")
            found[gram] = (token.name, place)
    return found


def _long_texts() -> list[Token]:
    return [token for token in TOKENS.values() if token.text and not token.template and token.width >= SHORT]


_GRAMS = _grams()
_SHORT_TEXTS = [token for token in TOKENS.values() if token.text and token.width < SHORT]
_SHORT = {
    token.name: re.compile(
        (b"(?<=203\\.0\\.113\\.)" if token.name == "relay_octet" else b"") + re.escape(token.placeholder.encode())
    )
    for token in _SHORT_TEXTS
}


def copies(data: bytes) -> Iterator[Copy]:
    """Yield all copies in ``data``, one byte for each character."""
    for run in _RUN.finditer(data):
        text, place = run[0], 0
        while place <= len(text) - SHORT:
            known = _GRAMS.get(text[place : place + SHORT])
            if known is None:
                place += 1
                continue
            name, begin = known
            whole = TOKENS[name].placeholder.encode()
            length = SHORT
            while (
                begin + length < len(whole) and text[place + length : place + length + 1] == whole[begin + length :][:1]
            ):
                length += 1
            yield Copy(run.start() + place, name, begin, begin + length)
            place += length
    for name, pattern in _SHORT.items():
        for match in pattern.finditer(data):
            yield Copy(match.start(), name, 0, TOKENS[name].width)


def entries_in(image: bytes) -> Iterator[ValueEntry]:
    """Yield an entry for each copy that lies in one piece, in whatever encoding."""
    for copy in copies(image):
        yield ValueEntry(copy.at, copy.token, "text", copy.begin, copy.end)
    for odd in (0, 1):
        every_second = image[odd::2]
        between = image[1 - odd :: 2]
        for copy in copies(every_second):
            length = copy.end - copy.begin
            attributes = set(between[copy.at + odd : copy.at + odd + length])
            if len(attributes) == 1:  # anything else is chance
                form = "utf-16-le" if attributes == {0} else "cells"
                yield ValueEntry(2 * copy.at + odd, copy.token, form, copy.begin, copy.end)
    blob, place = encoded_config(), -1
    while (place := image.find(blob, place + 1)) >= 0:
        yield ValueEntry(place, ENCODED, "text", 0, len(blob))


def straddling(image: bytes, neighbours: Iterable[tuple[int, int]]) -> Iterator[ValueEntry]:
    """Yield the entries for copies that run from one page into another one that lies elsewhere.

    ``neighbours`` are physical addresses of two pages that follow each other for a process or in a file.
    """
    blob = encoded_config()
    reach = max(token.width for token in _long_texts()) + len("203.0.113.")
    for first, second in neighbours:
        tail, head = image[first + PAGE - reach : first + PAGE], image[second : second + reach]
        if any(tail) and any(head):
            for copy in copies(tail + head):
                if copy.at < reach < copy.at + copy.end - copy.begin:
                    length = reach - copy.at
                    yield ValueEntry(first + PAGE - length, copy.token, "text", copy.begin, copy.begin + length)
                    yield ValueEntry(second, copy.token, "text", copy.begin + length, copy.end)
            place = (image[first + PAGE - len(blob) + 1 : first + PAGE] + image[second : second + len(blob) - 1]).find(
                blob
            )
            if place >= 0:
                length = len(blob) - 1 - place
                yield ValueEntry(first + PAGE - length, ENCODED, "text", 0, length)
                yield ValueEntry(second, ENCODED, "text", length, len(blob))


def encoded_residues(image: bytes, mapped: Iterable[ValueEntry]) -> list[int]:
    """Return where the encoded second relay still stands outside of the entries for the encoded configuration."""
    ranges = [(entry.at, entry.at + entry.size_bytes) for entry in mapped if entry.token == ENCODED]
    wanted = bytes(byte ^ BASE_KEY for byte in TOKENS["spare_name"].placeholder.encode())[:SHORT]
    found, place = [], -1
    while (place := image.find(wanted, place + 1)) >= 0:
        if not any(begin <= place < end for begin, end in ranges):
            found.append(place)
    return found
