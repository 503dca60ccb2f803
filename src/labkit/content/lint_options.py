"""Lint rules on lists of options: what is right and what is a mistake in an ENUM, a MULTI, an ORDER or a CLAIM."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from labkit.content.lint_links import KnownCase
from labkit.errors import SynthesisError

if TYPE_CHECKING:
    from labkit.content.schemas import Cell, Choices, Citation, Expected, OrderAnswer, Task

    Graded = Task | Cell | Citation  # what has an answer and its mistakes

Finding = tuple[str, str, str]  # key inside the task, code, message


def options_fit(part: "Graded", case: KnownCase | None) -> Iterator[Finding]:
    """Yield what is wrong with the options of one answer, with what is right among them, and with its mistakes."""
    from labkit.content.schemas import Choices, OrderAnswer

    answer = part.answer
    if not isinstance(answer, Choices):
        return
    right = _values(answer, case)
    yield from _right_ones(answer, right)
    if isinstance(answer, OrderAnswer) and right:
        yield from _order(answer, list(map(str, right)))
    options = [option.id for option in answer.options]
    for where, values, varies in _wrong_choices(part, case):
        for value in values:
            if value not in options:
                yield where, "LK231", f"{value!r} is not among the options {', '.join(options)}"
        if not varies and _is_right(answer, values, right):
            yield where, "LK231", f"{', '.join(map(str, values))} is what is right"


def _right_ones(answer: "Choices", right: Sequence[object]) -> Iterator[Finding]:
    options = [option.id for option in answer.options]
    for name in dict.fromkeys(options):
        if options.count(name) > 1:
            yield "answer.options", "LK212", f"the id {name!r} is used {options.count(name)} times"
    for value in right:
        if value not in options:
            where = "answer.value" if answer.truth is None else "answer.truth"
            yield where, "LK230", f"gives {value!r}, which is not among the options {', '.join(options)}"


def _is_right(answer: "Choices", values: Sequence[object], right: Sequence[object]) -> bool:
    """Return whether the options of a mistake are what is right; in an ORDER, whether they stand in the right order."""
    from labkit.content.schemas import OrderAnswer

    if not isinstance(answer, OrderAnswer):
        return set(values) == set(right)
    if not answer.ties_are_neighbours(list(map(str, right))):
        return False  # LK234 has said so
    ranks = answer.ranks(list(map(str, right)))
    places = [ranks[str(value)] for value in values if value in ranks]
    return places == sorted(places)


def _order(answer: "OrderAnswer", right: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the right order itself."""
    options = [option.id for option in answer.options]
    if sorted(right) != sorted(options):
        yield "answer", "LK234", f"the right order {', '.join(right)} does not name each option once"
    elif not answer.ties_are_neighbours(right):
        yield "answer.ties", "LK234", "options of a tie do not stand together in the right order, or in two ties"
    elif list(right) == options:
        yield "answer.options", "LK235", "stand in the right order; whoever copies the list has solved the task"


def _wrong_choices(part: "Graded", case: KnownCase | None) -> Iterator[tuple[str, Sequence[object], bool]]:
    """Yield (key, options, whether they vary): a fact may for another trainee be another option."""
    from labkit.content.schemas import ClaimAnswer

    for number, mistake in enumerate(part.mistakes, start=1):
        yield f"mistakes[{number}]", _values(mistake, case), mistake.truth is not None
    if isinstance(part.answer, ClaimAnswer):
        yield from (("answer.over", [name], False) for name in part.answer.over)


def _values(expected: "Expected", case: KnownCase | None) -> list[object]:
    """Return the options that are named; none where the truth is not known."""
    found: list[object] = []
    values = [expected.value] if expected.truth is None else [_value(each, case) for each in expected.references]
    for value in values:
        found += value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return found


def _value(reference: str, case: KnownCase | None) -> object:
    if case is None:
        return None
    try:
        return case.truth.fact(reference)
    except SynthesisError:
        return None
