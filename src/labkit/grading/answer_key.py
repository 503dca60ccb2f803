"""What is right in one task for one trainee, as a person reads it. For the trainer's eyes alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.content.schemas import (
    Cell,
    Choices,
    ClaimAnswer,
    DefectAnswer,
    LogAnswer,
    OffsetAnswer,
    RegionAnswer,
    TableAnswer,
    Task,
    TextAnswer,
    YaraAnswer,
)
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import ExpectedAnswer
from labkit.grading.expected import raw_value, resolve, shown, with_variables
from labkit.model.truth import CaseTruth

_EVENT_HEAD = ("event", "exhibits", "at_utc", "from", "to", "by", "digest")
_PARTS = re.compile(r"[,;]")
_PLACES = re.compile(r"\b\d{4,}\b(?= bytes|,? length)")  # of an offset, of a start; and lengths


@dataclass(frozen=True, slots=True)
class Key:
    """The right answer of a task: a text, or rows whose first one has the heads.

    ``titles`` are what the options behind the text say, by language; ``also`` has places as tools print them, in
    hexadecimal. Where there is no one right answer all are empty, and ``judged_by`` says by what it is judged: ``rule``
    (YARA) or ``colleague`` (the ledger that is audited).
    """

    text: str = ""
    titles: tuple[Mapping[str, str], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    judged_by: str = ""
    also: str = ""


def answer_key(task: Task, truth: CaseTruth) -> Key:
    """Return what is right.

    Raises:
        ContentError: A value does not fit the answer type.
        SynthesisError: The truth does not hold a fact that the task refers to.
    """
    answer = task.answer
    if isinstance(answer, YaraAnswer) or (isinstance(answer, DefectAnswer) and answer.colleague):
        return Key(judged_by="rule" if isinstance(answer, YaraAnswer) else "colleague")
    if isinstance(answer, TextAnswer):
        return Key(_as_it_stands(answer, truth))
    if isinstance(answer, TableAnswer):
        return Key(rows=tuple(_table(answer, truth)))
    expected = resolve(task, truth)
    if isinstance(answer, LogAnswer):
        return Key(rows=(_EVENT_HEAD, *_events(expected)))
    text = TYPES[answer.type].spelling(expected.right, answer)
    if isinstance(answer, DefectAnswer):
        return Key(rows=tuple(tuple(line.split("\t")) for line in text.splitlines()))
    if isinstance(answer, ClaimAnswer):
        text = text.replace(expected.right.exhibit, with_variables(answer.citations[0].exhibit, truth))
    is_place = isinstance(answer, (OffsetAnswer, RegionAnswer, ClaimAnswer))
    return Key(text, tuple(_titles(text, shown(task, truth))), also=_hexadecimal(text) if is_place else "")


def _table(answer: TableAnswer, truth: CaseTruth) -> Iterator[tuple[str, ...]]:
    yield tuple(column.id for column in answer.columns)
    for row in answer.rows:
        yield tuple(_cell(row[column.id], truth) if column.id in row else "" for column in answer.columns)


def _cell(cell: Cell, truth: CaseTruth) -> str:
    answer: Any = cell.answer
    if isinstance(answer, TextAnswer):
        return _as_it_stands(answer, truth)
    kind = TYPES[answer.type]
    return kind.spelling(kind.right_value(raw_value(answer, truth), answer), answer)


def _as_it_stands(answer: TextAnswer, truth: CaseTruth) -> str:
    """Return a text as it stands in the evidence, capital letters and all."""
    raw = raw_value(answer, truth)
    return " / ".join(map(str, raw)) if isinstance(raw, tuple) else str(raw)


def _events(expected: ExpectedAnswer) -> Iterator[tuple[str, ...]]:
    for event in expected.events:
        corrects = f" ({event.corrects})" if event.corrects else ""
        yield event.type + corrects, event.exhibit or "", "", "", "", "", event.digest or ""
    for told in expected.story.asked:
        digests = ", ".join(sorted(told.digests))
        yield (
            told.type, ", ".join(told.exhibits), _iso(told.at_utc), told.giver, told.receiver, told.by, digests,
        )  # fmt: skip


def _titles(text: str, answer: object) -> Iterator[Mapping[str, str]]:
    if isinstance(answer, Choices):
        by_id = {option.id: option.title for option in answer.options}
        yield from (by_id[part.strip()] for part in _PARTS.split(text) if part.strip() in by_id)


def _hexadecimal(text: str) -> str:
    return ", ".join(f"{int(number):#x}" for number in _PLACES.findall(text))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
