"""Lint rules on tasks: references to the truth, options, literal values, points, mistake codes."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.content.codes import Problem
from labkit.content.lint_links import KnownCase, exercise_file
from labkit.content.lint_options import Finding, options_fit
from labkit.errors import SynthesisError
from labkit.model.truth import FACTS

if TYPE_CHECKING:
    from labkit.content.schemas import Cell, Citation, Exercise, Expected, Mistake, Task

    Graded = Task | Cell | Citation  # what has an answer and its mistakes

POINTS_OF_AN_EXERCISE = 100
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64}
# answer type -> (type of the fact, how a message names it); several facts that make a list are its members
_FACT_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "HASH": (str, "a digest"),
    "INT": (int, "a whole number"),
    "OFFSET": (int, "a whole number of bytes"),
    "INODE": (int, "a whole number"),
    "PATH": (str, "a path"),
    "TIME": (datetime, "a time"),
    "ENUM": (str, "the id of an option"),
    "TEXT": (str, "a text"),
    "MULTI": ((tuple, str), "ids of options"),
    "CLAIM": ((tuple, str), "ids of options"),
    "ORDER": (tuple, "ids of options in their order"),
    "NUMBERED": ((int, tuple), "a number or several"),
    "SET": (tuple, "several values"),
}
_WRONG: Mapping[str, tuple[type | tuple[type, ...], str]] = {  # what a mistake may be beyond that
    "TEXT": ((str, tuple), "a text, or several that are the same mistake"),
    "INT": ((int, tuple), "a whole number, or several that are the same mistake"),
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


_MEMBERS: Mapping[str, tuple[type, ...]] = {
    "REGION": (int,), "MULTI": (str,), "CLAIM": (str,), "ORDER": (str,), "SET": (str, int), "NUMBERED": (int, tuple),
}  # fmt: skip
_PAIR = 2


def parts(task: "Task") -> Iterator[tuple[str, "Graded"]]:
    """Yield everything in a task that has an answer of its own, with the key before its keys.

    That is the task itself, the places of a CLAIM, and in its stead the cells of a TABLE.
    """
    from labkit.content.schemas import ClaimAnswer, TableAnswer

    if not isinstance(task.answer, TableAnswer):
        yield "", task
    if isinstance(task.answer, ClaimAnswer):
        cited = [(n, each) for n, each in enumerate(task.answer.citations, start=1) if each.place is not None]
        yield from ((f"answer.citations[{n}].place", each) for n, each in cited)
    for number, row in enumerate(task.answer.rows if isinstance(task.answer, TableAnswer) else (), start=1):
        for column, cell in row.items():
            yield f"answer.rows[{number}].{column}", cell


def _task(
    task: "Task", exercise: "Exercise", case: KnownCase | None, mistake_is_known: Callable[[str], bool]
) -> Iterator[Finding]:
    if case is not None:
        for where, reference in references(task):
            yield from _reference(where, reference, exercise, case)
    for where, item in _named_items(task):
        if item not in exercise.items:
            yield where, "LK141", f"{item!r} is an item that the exercise does not list in items"
    for prefix, part in parts(task):
        for key, code, message in _part(part, case, mistake_is_known):
            yield _key(prefix, key), code, message


def _named_items(task: "Task") -> Iterator[tuple[str, str]]:
    """Yield (key inside the task, item) where an answer names an item and not a fact of it."""
    from labkit.content.schemas import DefectAnswer, LogAnswer

    if isinstance(task.answer, DefectAnswer) and task.answer.item is not None:
        yield "answer.item", task.answer.item
    if isinstance(task.answer, LogAnswer) and task.answer.story is not None:
        yield "answer.story", task.answer.story


def _key(prefix: str, key: str) -> str:
    """Return a key of a part as it stands in the file: a cell has no table ``answer`` of its own there."""
    return f"{prefix}.{key.removeprefix('answer.')}" if prefix else key


def _part(part: "Graded", case: KnownCase | None, mistake_is_known: Callable[[str], bool]) -> Iterator[Finding]:
    from labkit.content.schemas import Expected, YaraAnswer

    if isinstance(part.answer, Expected):
        yield from _expected("answer", part.answer, part, case, mistake=False)
    if isinstance(part.answer, YaraAnswer):
        for key, reference in _references(part):
            if reference is not None and not reference.endswith(".sample_set"):
                yield key, "LK142", f"YARA needs facts that name a set of samples (sample_set); here is {reference!r}"
    for number, mistake in enumerate(part.mistakes, start=1):
        where = f"mistakes[{number}]"
        if not mistake_is_known(mistake.code):
            yield f"{where}.code", "LK233", f"{mistake.code} has no sentence mistake.{mistake.code} in the catalogues"
        yield from _expected(where, mistake, part, case, mistake=True)
    yield from options_fit(part, case)


def references(task: "Task") -> Iterator[tuple[str, str]]:
    """Yield (key inside the task, reference) for every reference to the truth."""
    for prefix, part in parts(task):
        for key, reference in _references(part):
            if reference is not None:
                yield _key(prefix, key), reference


def _references(part: "Graded") -> Iterator[tuple[str, str | None]]:
    from labkit.content.schemas import (
        Expected,
        InodeAnswer,
        IntAnswer,
        LogAnswer,
        OffsetAnswer,
        RegionAnswer,
        YaraAnswer,
    )

    answer = part.answer
    if isinstance(answer, Expected):
        yield from (("answer.truth", reference) for reference in answer.references)
    if isinstance(answer, (OffsetAnswer, RegionAnswer)):
        yield "answer.base_start", answer.base_start
    if isinstance(answer, IntAnswer):
        yield "answer.cluster_bytes", answer.cluster_bytes
    if isinstance(answer, InodeAnswer):
        yield "answer.parent", answer.parent
        yield "answer.previous", answer.previous
    if isinstance(answer, YaraAnswer):
        yield from ((f"answer.{name}", getattr(answer, name)) for name in ("positives", "mutated", "clean"))
    if isinstance(answer, LogAnswer):
        for number, event in enumerate(answer.events, start=1):
            yield f"answer.events[{number}].hash_truth", event.hash_truth
            yield f"answer.events[{number}].truth", event.truth and f"{event.truth}.event_type"
    for number, mistake in enumerate(part.mistakes, start=1):
        yield from ((f"mistakes[{number}].truth", reference) for reference in mistake.references)


def _reference(where: str, reference: str, exercise: "Exercise", case: KnownCase) -> Iterator[Finding]:
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
    where: str, expected: "Expected", part: "Graded", case: KnownCase | None, *, mistake: bool
) -> Iterator[Finding]:
    if isinstance(expected.truth, list) or (expected.truth is not None and part.answer.type == "REGION"):
        yield from _facts_fit(f"{where}.truth", expected.references, part)
    elif expected.truth is not None:
        yield from _fact_fits(f"{where}.truth", expected.truth, part, case, mistake=mistake)
    else:
        message = _literal_misfit(expected, part, mistake=mistake)
        if message:
            yield f"{where}.value", "LK232", message


def _fact_fits(
    where: str, reference: str, part: "Graded", case: KnownCase | None, *, mistake: bool
) -> Iterator[Finding]:
    from labkit.content.schemas import HashAnswer

    if part.answer.type not in _FACT_TYPES or reference.startswith("var:"):
        return
    wanted, words = (_WRONG if mistake else {}).get(part.answer.type, _FACT_TYPES[part.answer.type])
    fact = reference.rpartition(".")[2]
    if fact not in FACTS:
        return  # LK140 has said so
    if not issubclass(FACTS[fact][0], wanted):
        yield where, "LK142", f"{part.answer.type} needs {words}; {fact} is {FACTS[fact][1]}"
    elif isinstance(part.answer, HashAnswer):
        algorithm = fact.removeprefix("stored_").removeprefix("stated_").removeprefix("stream_").partition("_")[0]
        if algorithm not in _DIGITS:
            yield where, "LK142", f"HASH needs a digest; {fact} is {FACTS[fact][1]}"
        elif algorithm != part.answer.algorithm and not mistake:
            yield where, "LK142", f"the task asks for {part.answer.algorithm}; {fact} is another algorithm"
    elif part.answer.type == "PATH" and case is not None and not mistake:
        try:
            value = str(case.truth.fact(reference))
        except SynthesisError:
            return
        if not value.startswith("/"):
            yield where, "LK142", f"PATH needs a path from the root of its volume; {fact} gives {value!r}"


def _facts_fit(where: str, references: tuple[str, ...], part: "Graded") -> Iterator[Finding]:
    kind = part.answer.type
    if kind not in _MEMBERS:
        yield where, "LK142", f"{kind} needs one fact, not a list"
        return
    if kind == "REGION" and len(references) != _PAIR:
        yield (
            where,
            "LK142",
            f"REGION needs two facts, where it begins and its length in bytes; here are {len(references)}",
        )
    for reference in references:
        fact = reference.rpartition(".")[2]
        if fact in FACTS and FACTS[fact][0] not in _MEMBERS[kind]:
            yield where, "LK142", f"{kind} can not be made from {fact}, which is {FACTS[fact][1]}"


def _literal_misfit(expected: "Expected | Mistake", part: "Graded", *, mistake: bool) -> str:
    """Return what is wrong with a literal value, or nothing. An ENUM is compared with its options elsewhere."""
    from labkit.content.schemas import HashAnswer

    value, answer = expected.value, part.answer
    checks: Mapping[str, bool] = {
        "INT": isinstance(value, int),
        "OFFSET": isinstance(value, int),
        "REGION": isinstance(value, list) and len(value) == _PAIR and all(isinstance(each, int) for each in value),
        "INODE": isinstance(value, int),
        "PATH": isinstance(value, str) and value.startswith("/"),
        "TIME": isinstance(value, str) and _is_moment(value),
        "ENUM": isinstance(value, str),
        "TEXT": isinstance(value, (str, int)),
        "MULTI": isinstance(value, str) or _are_texts(value),
        "CLAIM": isinstance(value, str) or _are_texts(value),
        "ORDER": _are_texts(value),
        "NUMBERED": all(isinstance(each, int) for each in (value if isinstance(value, list) else [value])),
        "SET": isinstance(value, list) and bool(value),
    }
    if isinstance(answer, HashAnswer):
        lengths = set(_DIGITS.values()) if mistake else {_DIGITS[answer.algorithm]}
        fits = isinstance(value, str) and re.fullmatch("[0-9a-f]+", value) and len(value) in lengths
        return "" if fits else f"{value!r} is not a digest in lower-case hexadecimal digits"
    return "" if checks.get(answer.type, True) else f"{value!r} does not fit an answer of type {answer.type}"


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
