"""NUMBERED, as the place of a CLAIM: lines of a custody file or a log, objects of a picture, by their numbers.

Whoever names one of the right numbers and no other is right; each other number takes its share.
"""

import re
from collections.abc import Iterable, Iterator

from labkit.content.schemas import NumberedPlace
from labkit.grading.answers.contract import RIGHT, ExpectedAnswer, FormError, Given, KnownValue, Source, Verdict, unfit
from labkit.grading.normalise import token

_MOST_NUMBERS = 100
_SEPARATORS = re.compile(r"[,;\n\u060c\u061b]| and | и ")
_WORD = (
    r"(?:lines?|entry|entries|objects?|items?|sectors?|rows?|numbers?|nos?|"
    r"строк[аиу]?|стр|запис[ьи]|объект[аы]?|предмет[аы]?|пункт[аы]?|сектор[аы]?|номера?|п|№)"
)
_PIECE = re.compile(rf"(?:{_WORD}[ .:-]*)?([0-9]{{1,9}})(?: ?- ?([0-9]{{1,9}}))?")


def right_value(raw: object, answer: NumberedPlace) -> frozenset[int]:
    """Return the numbers, any of which will do.

    Raises:
        ContentError: No number, or something else among them.
    """
    found = list(_flat(raw))
    if found and all(isinstance(each, int) for each in found):
        return frozenset(each for each in found if isinstance(each, int))
    raise unfit(raw, "a number, or several")


def _flat(raw: object) -> Iterator[object]:
    for each in raw if isinstance(raw, (list, tuple)) else (raw,):
        yield from each if isinstance(each, (list, tuple)) else (each,)


def parse(text: str, answer: NumberedPlace) -> Given[frozenset[int]]:
    """Return the numbers: ``line 40``, ``entries 40, 42-44``, ``object-7``, ``строка 12``.

    Raises:
        FormError: Something that is no number, or too many of them.
    """
    pieces = [piece for each in _SEPARATORS.split(token(text).lower()) if (piece := each.strip())]
    found: set[int] = set()
    for piece in pieces:
        match = _PIECE.fullmatch(piece)
        if match is None:
            raise _unreadable(piece)
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + _MOST_NUMBERS:
            raise _unreadable(piece)
        found.update(range(first, last + 1))
    if not found or len(found) > _MOST_NUMBERS:
        raise _unreadable(text)
    return Given(frozenset(found), spelling(found, answer))


def _unreadable(piece: str) -> FormError:
    return FormError(
        f"{piece[:40]!r} is not the number of a line or an object",
        remedy="Write it like line 40, lines 40-42 or object 7.",
        code="form-claim",
    )


def spelling(value: Iterable[int], answer: NumberedPlace) -> str:
    """Return the one spelling of a value."""
    return f"no. {', '.join(map(str, sorted(value)))}"


def known_values(answer: NumberedPlace, right: frozenset[int], source: Source) -> Iterator[KnownValue]:
    """Yield nothing: which other lines are typical mistakes is not known."""
    yield from ()


def compare(given: Given[frozenset[int]], answer: NumberedPlace, expected: ExpectedAnswer) -> Verdict:
    """Return the share of the named numbers that are right ones, in percent, rounded down."""
    hits = len(given.value & expected.right)
    return RIGHT if hits == len(given.value) else Verdict(100 * hits // len(given.value))
