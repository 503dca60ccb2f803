"""Wrong answers that are right for somebody else. What comes out is for a person to look at, never a verdict.

Evidence is personal, so the right value of another trainee can hardly be found in one's own. Each such answer weighs
-log10(P), where P is the chance to hit it blindly: owners of the value / size of the value space. A digest is enough
alone; other values count when two or more together reach a chance of one in a million. Of tables the
texts in their cells are looked up, by column. Claims and rules are not: they are too many things at once for one
weight.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labkit.content.schemas import ClaimAnswer, DefectAnswer, Exercise, LogAnswer, TableAnswer, YaraAnswer
from labkit.errors import LabkitError
from labkit.grading.answers.contract import ExpectedAnswer, FormError
from labkit.grading.answers.offset_answer import Place
from labkit.grading.answers.region_answer import Region
from labkit.grading.expected import resolve, shown
from labkit.grading.forms import read_answer
from labkit.model.grading import Flag, Outcome, SubmissionResult, TaskResult
from labkit.model.truth import CaseTruth

FOREIGN_VALUE = "foreign-value"
SUM_WEIGHT = 6.0
SUM_ITEMS = 2
SINGLE_WEIGHT = 9.0  # one value that is found by chance once in a billion times: a digest, a serial number

# Mistakes that do not explain a value by the trainee's own evidence; all others do.
_VAGUE = frozenset({None, "CYR", "F-DIR", "O-BYTE"})


@dataclass(slots=True)
class _TaskValues:
    """The right values of one task over the class."""

    answers: dict[str, Any] = field(default_factory=dict)  # trainee -> answer as shown to them
    owners: dict[Any, list[str]] = field(default_factory=dict)  # value -> trainees for whom it is right


@dataclass(frozen=True, slots=True)
class _Match:
    task: str
    owners: tuple[str, ...]
    weight: float


class ValueIndex:
    """The right values of everybody in a class, to look up where a wrong answer comes from."""

    def __init__(self) -> None:
        self._tasks: dict[str, _TaskValues] = {}
        self._tables: dict[str, dict[str, TableAnswer]] = {}  # task -> trainee -> table as shown to them

    def add(self, trainee_id: str, exercises: Sequence[Exercise], truth: CaseTruth) -> None:
        """Take in the right values of one trainee. A task whose truth can not be resolved is left out."""
        for exercise in exercises:
            for task in exercise.tasks:
                if isinstance(task.answer, (LogAnswer, ClaimAnswer, DefectAnswer, YaraAnswer)):
                    continue
                try:
                    expected = resolve(task, truth)
                except LabkitError:
                    continue  # the runner reports it as broken
                if isinstance(task.answer, TableAnswer):
                    self._add_table(f"{exercise.slug}/{task.id}", trainee_id, shown(task, truth), expected)
                    continue
                values = self._tasks.setdefault(f"{exercise.slug}/{task.id}", _TaskValues())
                values.answers[trainee_id] = shown(task, truth)
                also = [known.value for known in expected.known if known.code == "H-ALG"]
                for value in dict.fromkeys(_key(task.answer, each) for each in (expected.right, *also)):
                    values.owners.setdefault(value, []).append(trainee_id)

    def _add_table(self, name: str, trainee_id: str, answer: TableAnswer, expected: ExpectedAnswer) -> None:
        self._tables.setdefault(name, {})[trainee_id] = answer
        for column in _text_columns(answer):
            values = self._tasks.setdefault(f"{name}/{column}", _TaskValues())
            values.answers[trainee_id] = answer.form(column)
            for value in dict.fromkeys(row[column].right for row in expected.rows):
                values.owners.setdefault(value, []).append(trainee_id)

    def foreign_values(self, trainee_id: str, result: SubmissionResult) -> tuple[Flag, ...]:
        """Return one flag for each wrong answer that is right for others, when together they weigh enough.

        ``values`` of a flag: task, owner (the one who explains most of the answers), owners (how many have the value),
        weight, and total_weight over all flags of this result.
        """
        matches = [match for task in result.tasks if (match := self._match(trainee_id, task)) is not None]
        matches += [match for task in result.tasks for match in self._cells(trainee_id, task)]
        total = sum(match.weight for match in matches)
        if not (
            (len(matches) >= SUM_ITEMS and total >= SUM_WEIGHT)
            or any(match.weight >= SINGLE_WEIGHT for match in matches)
        ):
            return ()
        explained = Counter(owner for match in matches for owner in match.owners)
        return tuple(
            Flag(
                kind=FOREIGN_VALUE,
                trainee_id=trainee_id,
                values={
                    "task": match.task,
                    "owner": min(match.owners, key=lambda owner: (-explained[owner], owner)),
                    "owners": len(match.owners),
                    "weight": round(match.weight, 1),
                    "total_weight": round(total, 1),
                },
            )
            for match in matches
        )

    def _match(self, trainee_id: str, task: TaskResult) -> _Match | None:
        values = self._tasks.get(task.task)
        if values is None or task.outcome not in (Outcome.WRONG, Outcome.PARTIAL) or task.mistake not in _VAGUE:
            return None
        answer = values.answers.get(trainee_id) or next(iter(values.answers.values()))
        try:
            value = _key(answer, read_answer(answer, task.given).value)
        except FormError:
            return None  # a long answer was cut when it was stored
        owners = tuple(sorted(owner for owner in values.owners.get(value, ()) if owner != trainee_id))
        if not owners:
            return None
        return _Match(task.task, owners, max(0.0, math.log10(_space(answer, value, values) / len(owners))))

    def _cells(self, trainee_id: str, task: TaskResult) -> Iterator[_Match]:
        """Yield the texts of a table that are right for others, wherever they stand in its column, and not for them."""
        tables = self._tables.get(task.task)
        if tables is None or task.outcome not in (Outcome.WRONG, Outcome.PARTIAL):
            return
        answer = tables.get(trainee_id) or next(iter(tables.values()))
        try:
            rows = read_answer(answer, task.given).value
        except FormError:
            return  # a long answer was cut when it was stored
        for column in _text_columns(answer):
            values = self._tasks[f"{task.task}/{column}"]
            for value in dict.fromkeys(row[column].value for row in rows if column in row):
                owners = tuple(sorted(values.owners.get(value, ())))
                if owners and trainee_id not in owners:
                    weight = math.log10(_space(answer.form(column), value, values) / len(owners))
                    yield _Match(task.task, owners, max(0.0, weight))


def _text_columns(answer: TableAnswer) -> list[str]:
    return [each.id for each in answer.columns if each.id != answer.key and answer.form(each.id).type == "TEXT"]


def _key(answer: Any, value: Any) -> Any:
    if isinstance(value, Place):
        return value.offset_bytes
    if isinstance(value, Region):
        return value.start_bytes
    if answer.type == "PATH" and not answer.case_sensitive:
        return value.casefold()
    return value


def _space(answer: Any, value: Any, values: _TaskValues) -> float:
    """Return how many values there are to choose from, as far as the class shows it; rather too few than too many."""
    if answer.type == "HASH":
        return float(16 ** len(value))
    if answer.type == "ENUM":
        return float(len(answer.options))
    numbers = [_number(each) for each in values.owners if isinstance(each, (int, datetime))]
    if len(numbers) > 1:
        low = min(numbers)
        step = math.gcd(*(number - low for number in numbers))
        return float((max(numbers) - low) // step + 1)
    if isinstance(value, str):
        return _texts(value, values)
    return float(len(values.owners))


def _texts(value: str, values: _TaskValues) -> float:
    """Return how many texts of that shape there are: at each place, as many as the class has characters there."""
    alike = [each for each in values.owners if isinstance(each, str) and len(each) == len(value)]
    shapes = math.prod(len(set(place)) for place in zip(*alike, strict=True))
    return float(max(shapes, len(values.owners)))


def _number(value: int | datetime) -> int:
    return int(value.timestamp()) if isinstance(value, datetime) else value
