"""The class at a glance: heat map, mistakes by name, histogram; as one HTML page, CSV and JSON."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal

from markupsafe import Markup, escape

from labkit.grading.result_record import task_values
from labkit.i18n import Translator, translator
from labkit.model.grading import Flag, Outcome, SubmissionResult, TaskResult
from labkit.model.people import Trainee
from labkit.reports.pages import number
from labkit.reports.pages import render as render_page
from labkit.reports.sentences import MARKS, flag, mistake_name

# A cell that begins with one of these is a formula to a spreadsheet (OWASP ASVS 4.0.3, requirement 5.3.10; CWE-1236).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_TOP_ANSWERS = 15
NOBODY = "?"  # the id in a row for a file that can not be told to be anybody's
_HISTOGRAM_BINS = 10


@dataclass(frozen=True, slots=True)
class TaskColumn:
    """One task of the course. ``label`` is short enough for a column head, such as ``L03·4``.

    The second exercise of a lab has ``L03b·1`` and so on.
    """

    task: str
    title: str
    max_points: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One trainee: graded, missing (nothing handed in) or refused (with the reason)."""

    trainee: Trainee
    status: Literal["graded", "missing", "refused"]
    result: SubmissionResult | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClassResults:
    """Everything that the report is made from."""

    class_name: str
    course_title: str
    tasks: tuple[TaskColumn, ...]
    rows: tuple[Row, ...]
    flags: tuple[Flag, ...] = ()
    pass_percent: int = 60


def render(results: ClassResults, language: str) -> str:
    """Return the class report as one self-contained HTML page."""
    t = translator(language)
    graded = sorted(_graded(results), key=lambda pair: (-_percent(pair[1]), pair[0].trainee_id))
    percents = [_percent(result) for _, result in graded]
    titles = {column.task: column for column in results.tasks}
    return render_page(
        "class_report.html.j2",
        t,
        class_name=results.class_name,
        course_title=results.course_title,
        numbers=_numbers(t, results, percents),
        refused=[row for row in results.rows if row.status == "refused"],
        groups=[
            (lab, len(list(members))) for lab, members in groupby(results.tasks, key=lambda column: _parts(column)[0])
        ],
        columns=[
            {
                "short": _parts(column)[1],
                "label": _label(column),
                "title": column.title,
                "mean": _mean(_credits(graded, column.task)),
            }
            for column in results.tasks
        ],
        heat=[_heat_row(t, results, trainee, result) for trainee, result in graded],
        mean=_mean(percents),
        mistakes=_mistakes(t, graded, titles),
        answers=_answers(t, results, graded, titles),
        histogram=histogram(t, percents),
        custody=_custody(t, graded),
        flags=[flag(t, item) for item in results.flags],
    )


def class_csv(results: ClassResults) -> str:
    """Return one line for each trainee. Cells that a spreadsheet would run as a formula are defused."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["trainee_id", "name", "username", "idnumber", "email", "group", "status", "points", "max_points", "percent"]
        + [safe_cell(column.task) for column in results.tasks]
        + ["reason"]
    )
    for row in results.rows:
        by_task = {task.task: task for task in row.result.tasks} if row.result else {}
        person = row.trainee
        names = [person.trainee_id, person.name, person.username, person.id_number, person.email, person.group]
        total: list[str] = ["", "", ""]
        if row.result:
            percent = f"{_percent(row.result):.2f}"
            total = [number(row.result.points), number(row.result.max_points), percent]
        points = [number(by_task[column.task].points) if column.task in by_task else "" for column in results.tasks]
        writer.writerow([safe_cell(name) for name in names] + [row.status, *total, *points, safe_cell(row.reason)])
    return out.getvalue()


def class_json(results: ClassResults) -> str:
    """Return codes and values, no sentences: for other programs."""
    rows: list[dict[str, Any]] = []
    for row in results.rows:
        entry: dict[str, Any] = {"trainee": asdict(row.trainee), "status": row.status, "reason": row.reason}
        if row.result:
            entry |= {
                "submission_sha256": row.result.submission_sha256,
                "points": row.result.points,
                "max_points": row.result.max_points,
                "tasks": [task_values(task) for task in row.result.tasks],
            }
        rows.append(entry)
    document = {
        "schema": "labkit-class-report/1",
        "class": results.class_name,
        "course": results.course_title,
        "pass_percent": results.pass_percent,
        "tasks": [asdict(column) for column in results.tasks],
        "rows": rows,
        "flags": [
            {"kind": item.kind, "trainee_id": item.trainee_id, "values": dict(item.values)} for item in results.flags
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula (also behind leading spaces)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS) else text


def histogram(t: Translator, percents: list[float]) -> Markup:
    """Return the distribution of scores as inline SVG with a text alternative."""
    counts = [0] * _HISTOGRAM_BINS
    for percent in percents:
        counts[min(int(percent * _HISTOGRAM_BINS // 100), _HISTOGRAM_BINS - 1)] += 1
    tallest = max([*counts, 1])
    bar, gap, height = 56, 6, 140
    width = _HISTOGRAM_BINS * (bar + gap)
    parts = []
    for position, count in enumerate(counts):
        x = position * (bar + gap)
        size = round(height * count / tallest)
        label = f"{position * 10}–{position * 10 + (10 if position == _HISTOGRAM_BINS - 1 else 9)}"
        parts.append(
            f'<rect x="{x}" y="{height - size + 16}" width="{bar}" height="{size}" fill="#2b6cb0"/>'
            f'<text x="{x + bar // 2}" y="{height - size + 12}" text-anchor="middle">{count or ""}</text>'
            f'<text x="{x + bar // 2}" y="{height + 32}" text-anchor="middle">{label}</text>'
        )
    words = "; ".join(f"{position * 10} %: {count}" for position, count in enumerate(counts) if count)
    alternative = escape(f"{t('class.histogram')}. {words}")
    return Markup(  # noqa: S704 - made of numbers and one escaped sentence
        f'<svg viewBox="0 0 {width} {height + 40}" width="{width}" height="{height + 40}" role="img" '
        f'aria-label="{alternative}" direction="ltr">{"".join(parts)}</svg>'
    )


def _numbers(t: Translator, results: ClassResults, percents: list[float]) -> list[tuple[str, str]]:
    passed = sum(percent >= results.pass_percent for percent in percents)
    counts = Counter(row.status for row in results.rows)
    return [
        (t("class.number.trainees"), str(sum(row.trainee.trainee_id != NOBODY for row in results.rows))),
        (t("class.number.graded"), str(counts["graded"])),
        (t("class.number.missing"), str(counts["missing"])),
        (t("class.number.refused"), str(counts["refused"])),
        (t("class.number.passed"), str(passed)),
        (t("class.number.mean"), f"{_mean(percents)} %"),
    ]


def _heat_row(t: Translator, results: ClassResults, trainee: Trainee, result: SubmissionResult) -> dict[str, Any]:
    by_task = {task.task: task for task in result.tasks}
    cells = []
    for column in results.tasks:
        task = by_task.get(column.task)
        if task is None:
            cells.append({"shade": "hx", "text": "", "title": column.title, "code": ""})
            continue
        words = [column.title, t(f"outcome.{task.outcome}")]
        if task.mistake:
            words.append(mistake_name(t, task.mistake))
        cells.append(
            {
                "shade": _shade(task),
                "text": MARKS[task.outcome] if task.outcome is not Outcome.PARTIAL else str(task.credit_percent),
                "title": " · ".join(words),
                "code": task.mistake or "",
            }
        )
    return {
        "trainee_id": trainee.trainee_id,
        "name": trainee.name,
        "cells": cells,
        "percent": round(_percent(result)),
    }


def _mistakes(
    t: Translator, graded: list[tuple[Trainee, SubmissionResult]], titles: dict[str, TaskColumn]
) -> list[dict[str, Any]]:
    """Return one row for each named mistake: how often, by how many trainees, in which tasks.

    In a table each mistake of its cells counts once.
    """
    tasks: dict[str, Counter[str]] = defaultdict(Counter)
    who: dict[str, set[str]] = defaultdict(set)
    for trainee, result in graded:
        for task in result.tasks:
            for code in _named(task):
                tasks[code][task.task] += 1
                who[code].add(trainee.trainee_id)
    return [
        {
            "name": mistake_name(t, code),
            "code": code,
            "tasks": [_label(titles[task]) if task in titles else task for task in sorted(where, key=_order(titles))],
            "trainees": len(who[code]),
            "count": where.total(),
            "feedback": t(f"mistake.{code}") if t.has(f"mistake.{code}") else "",
        }
        for code, where in sorted(tasks.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


def _named(task: TaskResult) -> set[str]:
    in_cells = {str(item.values["mistake"]) for item in task.details if "mistake" in item.values}
    return in_cells | ({task.mistake} if task.mistake else set())


def _answers(
    t: Translator, results: ClassResults, graded: list[tuple[Trainee, SubmissionResult]], titles: dict[str, TaskColumn]
) -> list[dict[str, Any]]:
    """Return the most frequent wrong answers: those of one mistake count together, others by what was written."""
    foreign = {(item.trainee_id, item.values.get("task")) for item in results.flags if item.kind == "foreign-value"}
    counts: Counter[tuple[str, str, str]] = Counter()
    example: dict[tuple[str, str, str], str] = {}
    for trainee, result in graded:
        for task in result.tasks:
            if task.outcome not in (Outcome.WRONG, Outcome.PARTIAL) or not task.given:
                continue
            if task.mistake:
                kind, value = mistake_name(t, task.mistake), ""
            elif (trainee.trainee_id, task.task) in foreign:
                kind, value = t("class.mistake.foreign"), ""
            else:
                kind, value = t("class.mistake.unknown"), task.given
            counts[task.task, kind, value] += 1
            example.setdefault((task.task, kind, value), task.given)
    order = _order(titles)
    rows = sorted(counts.items(), key=lambda item: (-item[1], order(item[0][0]), item[0]))
    return [
        {
            "label": _label(titles[key[0]]) if key[0] in titles else "",
            "title": titles[key[0]].title if key[0] in titles else key[0],
            "given": example[key],
            "count": count,
            "name": key[1],
        }
        for key, count in rows[:_TOP_ANSWERS]
    ]


def _order(titles: dict[str, TaskColumn]) -> Callable[[str], int]:
    place = {task: number for number, task in enumerate(titles)}
    return lambda task: place.get(task, len(place))


def _custody(t: Translator, graded: list[tuple[Trainee, SubmissionResult]]) -> list[dict[str, Any]]:
    """Return what was found in ledgers. Details of other answers have no name among rules and events."""
    who: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for trainee, result in graded:
        for task in result.tasks:
            for item in task.details:
                who[item.code].add(trainee.trainee_id)
                times[item.code] += 1
    rows = []
    for code, count in sorted(times.items(), key=lambda item: (-item[1], item[0])):
        names = (f"custody.rule.{code}.name", f"class.event.{code}")
        sentence = next((t(name) for name in names if t.has(name)), None)
        if sentence:
            rows.append({"code": code, "sentence": sentence, "trainees": len(who[code]), "count": count})
    return rows


def _graded(results: ClassResults) -> list[tuple[Trainee, SubmissionResult]]:
    return [(row.trainee, row.result) for row in results.rows if row.result is not None]


def _credits(graded: list[tuple[Trainee, SubmissionResult]], task: str) -> list[float]:
    return [
        100 * found.points / found.max_points for _, result in graded for found in result.tasks if found.task == task
    ]


def _percent(result: SubmissionResult) -> float:
    return 100 * result.points / result.max_points if result.max_points else 0.0


def _mean(values: list[float]) -> int | str:
    return round(sum(values) / len(values)) if values else "–"


def _label(column: TaskColumn) -> str:
    return column.label or column.task


def _parts(column: TaskColumn) -> tuple[str, str]:
    """Return lab and number of a label such as ``L03·4``; the whole label is the number where there is no lab."""
    lab, dot, place = _label(column).rpartition("·")
    return (lab, place) if dot else ("", place)


def _shade(task: TaskResult) -> str:
    percent = 100 * task.points / task.max_points
    if task.outcome in (Outcome.MISSING, Outcome.BLOCKED, Outcome.BROKEN):
        return "hx"
    for limit, shade in ((100, "h5"), (75, "h4"), (50, "h3"), (25, "h2")):
        if percent >= limit:
            return shade
    return "h1" if percent > 0 else "h0"
