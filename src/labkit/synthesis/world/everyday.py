"""Everyday texts: sentences of shopping lists, minutes and notes, in English, Russian and Persian."""

import re

from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list

_SLOT = re.compile(r"<(number|day|hour|name)>")
LANGUAGES = ("en", "ru", "fa")


def sentence(stream: Stream, language: str) -> str:
    """Return one everyday sentence."""
    return _SLOT.sub(lambda match: _slot(stream, match[1]), stream.pick(word_list(f"text_{language}")))


def paragraphs(stream: Stream, language: str, size_bytes: int) -> list[str]:
    """Return dated paragraphs of together at least ``size_bytes`` bytes in UTF-8."""
    found: list[str] = []
    total = 0
    while total < size_bytes:
        text = " ".join(sentence(stream, language) for _ in range(stream.between(1, 4)))
        found.append(text)
        total += len(text.encode()) + 1
    return found


def rows(stream: Stream, language: str, count: int) -> list[list[str]]:
    """Return ``count`` rows of a household or office table: number, item, quantity, price."""
    topics = word_list(f"topic_{language}")
    return [
        [
            str(number),
            stream.pick(topics),
            str(stream.between(1, 40)),
            f"{stream.between(2, 990)}.{stream.between(0, 99):02d}",
        ]
        for number in range(1, count + 1)
    ]


def _slot(stream: Stream, kind: str) -> str:
    if kind == "number":
        return str(stream.between(2, 480))
    if kind == "hour":
        return f"{stream.between(8, 20)}:{stream.between(0, 59):02d}"
    return stream.pick(word_list("day_en" if kind == "day" else "given"))
