"""ENUM: one of a list of options, by its id, its title, its number or its letter in the order shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from labkit.content.schemas import Column, EnumAnswer, Option
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
from labkit.grading.normalise import HEX_LOOKALIKES, token, words
from labkit.grading.numerals import HINT_CYR

Titled = TypeVar("Titled", Option, Column)


def right_value(raw: object, answer: EnumAnswer) -> str:
    """Return the id of an option.

    Raises:
        ContentError: No option has it.
    """
    if isinstance(raw, str) and any(option.id == raw for option in answer.options):
        return raw
    raise unfit(raw, f"one of the options {', '.join(option.id for option in answer.options)}")


def filled(options: Sequence[Titled], variables: Mapping[str, str]) -> list[Titled]:
    """Return options or columns with ``{variables}`` of their titles filled in, to be typed as they were shown."""
    shown_options = []
    for option in options:
        titles = {}
        for language, title in option.title.items():
            shown = title
            for name, value in variables.items():
                shown = shown.replace(f"{{{name}}}", value)
            titles[language] = shown
        shown_options.append(option.model_copy(update={"title": titles}))
    return shown_options


def parse(text: str, answer: EnumAnswer) -> Given[str]:
    """Return the id of the option that is meant.

    Raises:
        FormError: No option is meant, or a title that several options share.
    """
    return option_meant(text, answer.options)


def option_meant(text: str, options: Sequence[Option]) -> Given[str]:
    """Return the id of the option that is meant by its id, its title, its number from 1 or its letter from a.

    Raises:
        FormError: No option is meant, or a title that several options share.
    """
    typed = words(text).casefold()
    by_id = {option.id: option.id for option in options}
    if typed in by_id:
        return Given(typed, typed)
    titled = [
        option.id for option in options if any(words(title).casefold() == typed for title in option.title.values())
    ]
    if len(set(titled)) == 1:
        return Given(titled[0], titled[0])
    place = token(text).strip(" .()[]")
    letter = HEX_LOOKALIKES.get(place, place).lower()
    for number, option in enumerate(options, start=1):
        if place == str(number) or (len(letter) == 1 and letter == chr(ord("a") + number - 1)):
            return Given(option.id, option.id, (HINT_CYR,) if place in HEX_LOOKALIKES else ())
    raise FormError(
        f"{text[:40]!r} is none of the options",
        remedy=f"Write one of them: {', '.join(by_id)}.",
        code="form-enum",
    )


def spelling(value: str, answer: EnumAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return value


def known_values(answer: EnumAnswer, right: str, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: which options are typical mistakes is said by the exercise."""
    yield from ()


def compare(given: Given[str], answer: EnumAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the right option, the credit of a recognised mistake, else 0."""
    return judge(given.value, expected) or WRONG
