"""MULTI: several of a list of options. What is chosen too much takes away as much as a hit gives."""

import re
from collections.abc import Iterator, Sequence

from labkit.content.schemas import Choices, MultiAnswer, Option
from labkit.grading.answers.contract import (
    RIGHT,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.answers.enum_answer import option_meant

# Tried one after the other, because a title may hold commas and spaces itself.
_SEPARATORS = (re.compile(r"[;\n\r\u061b]"), re.compile(r"[,\u060c]"), re.compile(r"\s+"))
_MOST_PIECES = 200


def right_value(raw: object, answer: Choices) -> frozenset[str]:
    """Return the ids of options; one id alone will do.

    Raises:
        ContentError: There is none, or an id that no option has.
    """
    ids = [raw] if isinstance(raw, str) else raw
    if isinstance(ids, (list, tuple)) and ids and all(isinstance(each, str) for each in ids):
        found = frozenset(ids)
        if found <= {option.id for option in answer.options}:
            return found
    raise unfit(raw, f"some of the options {', '.join(option.id for option in answer.options)}")


def parse(text: str, answer: MultiAnswer) -> Given[frozenset[str]]:
    """Return the ids of the options that are meant, each by id, title, number or letter, with commas between.

    Raises:
        FormError: A piece that is none of the options.
    """
    found, notices = options_meant(text, answer.options)
    return Given(found, spelling(found, answer), notices)


def options_meant(text: str, options: Sequence[Option]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids of the options that are meant, and remarks.

    Raises:
        FormError: No option at all, or a piece that is none.
    """
    found, notices = options_named(text, options)
    return frozenset(found), notices


def options_named(text: str, options: Sequence[Option]) -> tuple[list[str], tuple[str, ...]]:
    """Return the ids of the options in the order in which they are named, as often as they are, and remarks.

    Raises:
        FormError: No option at all, or a piece that is none.
    """
    found, notices = _pieces(text, options, 0)
    if not found:
        raise FormError("the answer names no option", remedy=_remedy(options), code="form-multi")
    return found, notices


def _pieces(text: str, options: Sequence[Option], level: int) -> tuple[list[str], tuple[str, ...]]:
    found: list[str] = []
    notices: tuple[str, ...] = ()
    pieces = [piece for piece in _SEPARATORS[level].split(text) if piece.strip()]
    if len(pieces) > _MOST_PIECES:
        raise FormError("the answer names too many options", remedy=_remedy(options), code="form-multi")
    for piece in pieces:
        try:
            one = option_meant(piece, options)
        except FormError:
            if level + 1 == len(_SEPARATORS):
                raise FormError(
                    f"{piece[:40]!r} is none of the options", remedy=_remedy(options), code="form-multi"
                ) from None
            more, remarks = _pieces(piece, options, level + 1)
        else:
            more, remarks = [one.value], one.notices
        found += more
        notices = notices or remarks
    return found, notices


def _remedy(options: Sequence[Option]) -> str:
    return f"Write those that you choose, with commas between: {', '.join(option.id for option in options)}."


def spelling(value: frozenset[str], answer: Choices) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return ", ".join(option.id for option in answer.options if option.id in value)


def known_values(answer: MultiAnswer, right: frozenset[str], source: Source) -> Iterator[KnownValue]:
    """Yield nothing: which options are typical mistakes is said by the exercise."""
    yield from ()


def compare(given: Given[frozenset[str]], answer: MultiAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return (hits - false) / right ones in percent, rounded down, at least 0.

    A known mistake is named where exactly its options were chosen (then its credit is the least that is given), or
    where none of its options is right and all of them were chosen.
    """
    chosen, right = given.value, expected.right
    if chosen == right:
        return RIGHT
    hits, false = len(chosen & right), len(chosen - right)
    credit_percent = max(100 * (hits - false) // len(right), 0)
    notices = (("multi-missing",) if right - chosen else ()) + (("multi-extra",) if false else ())
    for known in expected.known:
        if known.value == chosen:
            return Verdict(max(credit_percent, known.credit_percent), known.code, notices)
    shown = (known for known in expected.known if known.value <= chosen and not known.value & right)
    return Verdict(credit_percent, next((known.code for known in shown), None), notices)
