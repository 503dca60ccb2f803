"""SET: unordered tokens. Credit is F1: what is missing and what is too much both cost."""

import re
from collections.abc import Iterator

from labkit.content.schemas import SetAnswer
from labkit.grading.answers.contract import (
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    judge,
    unfit,
)
from labkit.grading.answers.int_answer import SECTOR_BYTES, UNIT_PERCENT
from labkit.grading.normalise import token, words
from labkit.grading.numerals import whole_number

_SEPARATORS = re.compile(r"[,;\n\r\u060c\u061b]")  # the last two: Arabic comma and semicolon
_RANGE = re.compile(r"([^\s.]{1,40}?) ?(?:-|\.\.\.?|…) ?([^\s.]{1,40})")
_MAX_TOKENS = 4096
_QUOTES = "\"'`«»\u201c\u201d"


def right_value(raw: object, answer: SetAnswer) -> frozenset[str] | frozenset[int]:
    """Return the tokens in the form that is compared.

    Raises:
        ContentError: Not a list, an empty list, or numbers and texts mixed up.
    """
    if isinstance(raw, (list, tuple)) and raw:
        if answer.tokens == "int" and all(isinstance(each, int) for each in raw):
            return frozenset(raw)
        if answer.tokens != "int" and all(isinstance(each, str) for each in raw):
            found = frozenset(_fold(each, answer) for each in raw)
            if answer.tokens != "text" or not any(" " in each for each in found):
                return found
    raise unfit(raw, f"a list of tokens ({answer.tokens}; phrase where a token holds spaces)")


def parse(text: str, answer: SetAnswer) -> Given[frozenset[str] | frozenset[int]]:
    """Return the tokens; they are separated by commas, semicolons or line ends, words and numbers also by spaces.

    Numbers may be given as ranges with both ends: ``2048-2051``. Names may stand with their directory.

    Raises:
        FormError: No token, a token that is no number where numbers are asked for, or too many of them.
    """
    if answer.tokens == "int":
        numbers, notices = _numbers(text)
        return Given(frozenset(numbers), spelling(frozenset(numbers), answer), notices)
    pieces = _SEPARATORS.split(text)
    if answer.tokens == "text":
        pieces = [word for piece in pieces for word in words(piece).split()]
    found = frozenset(_fold(piece, answer) for piece in pieces) - {""}
    if not found:
        raise _empty()
    return Given(found, spelling(found, answer))


def spelling(value: frozenset[str] | frozenset[int], answer: SetAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return ", ".join(str(each) for each in sorted(value))


def _numbers(text: str) -> tuple[set[int], tuple[str, ...]]:
    numbers: set[int] = set()
    remarks: tuple[str, ...] = ()
    for line in _SEPARATORS.split(text):
        plain = token(line)
        spread = _RANGE.fullmatch(plain)
        for piece in [plain] if spread else plain.split():
            ends = [whole_number(end, "form-set") for end in (spread.groups() if spread else (piece,))]
            first, last = ends[0][0], ends[-1][0]
            if last < first:
                raise FormError(
                    f"the range {plain!r} ends before it begins",
                    remedy="Write the smaller number first, for example 2048-2051.",
                    code="form-set",
                )
            if last - first >= _MAX_TOKENS or len(numbers) > _MAX_TOKENS:
                raise FormError(
                    f"more than {_MAX_TOKENS} numbers",
                    remedy="List single numbers, for example 100, 101, 205.",
                    code="form-set",
                )
            numbers.update(range(first, last + 1))
            remarks = remarks or ends[0][1]
    if not numbers:
        raise _empty()
    return numbers, remarks


def known_values(answer: SetAnswer, right: frozenset[str] | frozenset[int], source: Source) -> Iterator[KnownValue]:
    """Yield, for numbers, all of them given in bytes instead of sectors."""
    if answer.tokens == "int":
        yield KnownValue("O-UNIT", frozenset(int(each) * SECTOR_BYTES for each in right), UNIT_PERCENT)


def compare(given: Given[frozenset[str] | frozenset[int]], answer: SetAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for exactly the right tokens, the credit of a recognised mistake, else F1 in percent."""
    verdict = judge(given.value, expected)
    if verdict is not None:
        return verdict
    hits = len(given.value & expected.right)
    if not hits:
        return WRONG
    notices = ("set-extra",) if given.value - expected.right else ()
    if expected.right - given.value:
        notices = ("set-missing", *notices)
    f1_percent = 200 * hits // (len(given.value) + len(expected.right))
    return Verdict(max(f1_percent, 1), notices=notices)


def _fold(piece: str, answer: SetAnswer) -> str:
    quotes = _QUOTES if answer.tokens == "name" else _QUOTES + "."
    plain = words(words(piece).strip(quotes))
    if answer.tokens == "name":
        plain = plain.replace("\\", "/").rpartition("/")[2]
    return plain.casefold()


def _empty() -> FormError:
    return FormError(
        "the answer holds no token",
        remedy="List them with commas between, for example: red, green, blue.",
        code="form-set",
    )
