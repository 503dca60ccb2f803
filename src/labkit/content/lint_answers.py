"""Lint rules on tasks: references to the truth, options, literal values, points, mistake codes."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.content.codes import Problem
from labkit.content.lint_links import KnownCase, exercise_file
from labkit.errors import SynthesisError
from labkit.model.truth import FACTS

if TYPE_CHECKING:
    from labkit.content.schemas import Exercise, Expected, Mistake, Task

POINTS_OF_AN_EXERCISE = 100
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64}
# answer type -> (type of the fact, how a message names it)
_FACT_TYPES: Mapping[str, tuple[type, str]] = {
    "HASH": (str, "a digest"),
    "INT": (int, "a whole number"),
    "OFFSET": (int, "a whole number of bytes"),
    "INODE": (int, "a whole number"),
    "PATH": (str, "a path"),
    "TIME": (datetime, "a time"),
    "ENUM": (str, "the id of an option"),
    "SET": (tuple, "several values"),
}


def lint_answers(
    folder: str, exercise: "Exercise", case: KnownCase | None, mistake_is_known: Callable[[str], bool]
) -> Iterator[Problem]:
    """Yield what is wrong in the tasks of one exercise. ``case`` is None where the case can not be built."""
    path = exercise_file(folder)

    def problem(key: str, code: str, message: str) -> Problem:
        return Problem(path, key, code, message)

    total = sum(task.points for task in exercise.tasks)
    if total != POINTS_OF_AN_EXERCISE:
        yield problem("tasks", "LK170", f"the points add up to {total:g}, not to {POINTS_OF_AN_EXERCISE}")
    ids = [task.id for task in exercise.tasks]
    for name in dict.fromkeys(ids):
        if ids.count(name) > 1:
            yield problem("tasks", "LK212", f"the id {name!r} is used {ids.count(name)} times")
    for number, task in enumerate(exercise.tasks, start=1):
        key = f"tasks[{number}]"
        for where, code, message in _task(task, exercise, case, mistake_is_known):
            yield problem(f"{key}.{where}", code, message)


_Finding = tuple[str, str, str]  # key inside the task, code, message


def _task(
    task: "Task", exercise: "Exercise", case: KnownCase | None, mistake_is_known: Callable[[str], bool]
) -> Iterator[_Finding]:
    from labkit.content.schemas import Expected

    answer = task.answer
    if case is not None:
        for where, reference in references(task):
            yield from _reference(where, reference, exercise, case)
    if isinstance(answer, Expected):
        yield from _expected("answer", answer, task, case, mistake=False)
    for number, mistake in enumerate(task.mistakes, start=1):
        where = f"mistakes[{number}]"
        if not mistake_is_known(mistake.code):
            yield f"{where}.code", "LK233", f"{mistake.code} has no sentence mistake.{mistake.code} in the catalogues"
        yield from _expected(where, mistake, task, case, mistake=True)
    yield from _options(task, case)


def references(task: "Task") -> Iterator[tuple[str, str]]:
    """Yield (key inside the task, reference) for every reference to the truth."""
    from labkit.content.schemas import InodeAnswer, LogAnswer, OffsetAnswer

    answer = task.answer
    found: list[tuple[str, str | None]] = [("answer.truth", getattr(answer, "truth", None))]
    if isinstance(answer, OffsetAnswer):
        found.append(("answer.base_start", answer.base_start))
    if isinstance(answer, InodeAnswer):
        found += [("answer.parent", answer.parent), ("answer.previous", answer.previous)]
    if isinstance(answer, LogAnswer):
        found += [(f"answer.events[{n}].hash_truth", event.hash_truth) for n, event in enumerate(answer.events, 1)]
    found += [(f"mistakes[{n}].truth", mistake.truth) for n, mistake in enumerate(task.mistakes, start=1)]
    for key, reference in found:
        if reference is not None:
            yield key, reference


def _reference(where: str, reference: str, exercise: "Exercise", case: KnownCase) -> Iterator[_Finding]:
    try:
        case.truth.fact(reference)
    except SynthesisError:
        yield where, "LK140", f"case {exercise.case} plants no {reference!r}{_near(reference, case)}"
    item = reference.partition(":")[0]
    if item != "var" and item not in exercise.items:
        yield where, "LK141", f"{reference!r} is in item {item!r}, which the exercise does not list in items"


def _near(reference: str, case: KnownCase) -> str:
    import difflib

    near = difflib.get_close_matches(reference, list(case.truth.references()), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _expected(
    where: str, expected: "Expected", task: "Task", case: KnownCase | None, *, mistake: bool
) -> Iterator[_Finding]:
    if expected.truth is not None:
        yield from _fact_fits(f"{where}.truth", expected.truth, task, case, mistake=mistake)
    else:
        message = _literal_misfit(expected, task, mistake=mistake)
        if message:
            yield f"{where}.value", "LK232", message


def _fact_fits(
    where: str, reference: str, task: "Task", case: KnownCase | None, *, mistake: bool
) -> Iterator[_Finding]:
    from labkit.content.schemas import HashAnswer

    if task.answer.type not in _FACT_TYPES or reference.startswith("var:"):
        return
    wanted, words = _FACT_TYPES[task.answer.type]
    fact = reference.rpartition(".")[2]
    if fact not in FACTS:
        return  # LK140 has said so
    if FACTS[fact][0] is not wanted:
        yield where, "LK142", f"{task.answer.type} needs {words}; {fact} is {FACTS[fact][1]}"
    elif isinstance(task.answer, HashAnswer):
        stored_or_plain = fact.removeprefix("stored_").partition("_")[0]
        if stored_or_plain not in _DIGITS:
            yield where, "LK142", f"HASH needs a digest; {fact} is {FACTS[fact][1]}"
        elif stored_or_plain != task.answer.algorithm and not mistake:
            yield where, "LK142", f"the task asks for {task.answer.algorithm}; {fact} is another algorithm"
    elif task.answer.type == "PATH" and case is not None and not mistake:
        try:
            value = str(case.truth.fact(reference))
        except SynthesisError:
            return
        if not value.startswith("/"):
            yield where, "LK142", f"PATH needs a path from the root of its volume; {fact} gives {value!r}"


def _literal_misfit(expected: "Expected | Mistake", task: "Task", *, mistake: bool) -> str:
    """Return what is wrong with a literal value, or nothing. An ENUM is compared with its options elsewhere."""
    from labkit.content.schemas import HashAnswer

    value, answer = expected.value, task.answer
    checks: Mapping[str, bool] = {
        "INT": isinstance(value, int),
        "OFFSET": isinstance(value, int),
        "INODE": isinstance(value, int),
        "PATH": isinstance(value, str) and value.startswith("/"),
        "TIME": isinstance(value, str) and _is_moment(value),
        "ENUM": isinstance(value, str),
        "SET": isinstance(value, list) and bool(value),
    }
    if isinstance(answer, HashAnswer):
        lengths = set(_DIGITS.values()) if mistake else {_DIGITS[answer.algorithm]}
        fits = isinstance(value, str) and re.fullmatch("[0-9a-f]+", value) and len(value) in lengths
        return "" if fits else f"{value!r} is not a digest in lower-case hexadecimal digits"
    return "" if checks.get(answer.type, True) else f"{value!r} does not fit an answer of type {answer.type}"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _options(task: "Task", case: KnownCase | None) -> Iterator[_Finding]:
    from labkit.content.schemas import EnumAnswer

    answer = task.answer
    if not isinstance(answer, EnumAnswer):
        return
    options = [option.id for option in answer.options]
    for name in dict.fromkeys(options):
        if options.count(name) > 1:
            yield "answer.options", "LK212", f"the id {name!r} is used {options.count(name)} times"
    right = answer.value if answer.truth is None else _value(answer.truth, case)
    if right is not None and right not in options:
        where = "answer.value" if answer.truth is None else "answer.truth"
        yield where, "LK230", f"gives {right!r}, which is not among the options {', '.join(options)}"
    for number, mistake in enumerate(task.mistakes, start=1):
        value = mistake.value if mistake.truth is None else _value(mistake.truth, case)
        if value is not None and (value not in options or (value == right and mistake.truth is None)):
            why = "is the right answer" if value == right else f"is not among the options {', '.join(options)}"
            yield f"mistakes[{number}]", "LK231", f"{value!r} {why}"


def _value(reference: str, case: KnownCase | None) -> object:
    if case is None:
        return None
    try:
        return case.truth.fact(reference)
    except SynthesisError:
        return None
