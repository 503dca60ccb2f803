"""TEXT: a word, a name or a short text."""

from collections.abc import Iterator

from labkit.content.schemas import TextAnswer
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
from labkit.grading.normalise import unlike, words

LOOKALIKE_PERCENT = 50
_QUOTES = "\"'`«»\u201c\u201d"


def right_value(raw: object, answer: TextAnswer) -> str:
    """Return a text in the form that is compared.

    Raises:
        ContentError: It is no text, or nothing is left of it.
    """
    found = _fold(str(raw)) if isinstance(raw, (str, int)) and not isinstance(raw, bool) else ""
    if found:
        return found
    raise unfit(raw, "a text")


def parse(text: str, answer: TextAnswer) -> Given[str]:
    """Return the text with single spaces, without upper case, quotation marks around it and hidden characters.

    Raises:
        FormError: Nothing is left of it.
    """
    found = _fold(text)
    if not found:
        raise FormError("the answer holds no text", remedy="Write the word or the name alone.", code="form-text")
    return Given(found, found)


def spelling(value: str, answer: TextAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return value


def known_values(answer: TextAnswer, right: str, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: texts of typical mistakes are named by the exercise."""
    yield from ()


def compare(given: Given[str], answer: TextAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the text, the credit of a recognised mistake, 50 where it only looks equal, else 0."""
    verdict = judge(given.value, expected)
    if verdict is not None:
        return verdict
    return Verdict(LOOKALIKE_PERCENT, "CYR") if unlike(given.value) == unlike(expected.right) else WRONG


def _fold(text: str) -> str:
    plain, shorter = words(text).casefold(), ""
    while plain != shorter:  # marks may stand around one another
        plain, shorter = words(plain.strip(_QUOTES)).casefold(), plain
    return plain
