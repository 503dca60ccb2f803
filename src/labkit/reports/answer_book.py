"""The answer book of a class: what is right in each task, for each trainee. It is for the trainer alone."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labkit.grading.answer_key import Key
from labkit.i18n import translator
from labkit.model.people import Trainee
from labkit.reports.class_report import TaskColumn, safe_cell
from labkit.reports.pages import render, translated

CSV_HEAD = ("trainee_id", "name", "task", "answer")


@dataclass(frozen=True, slots=True)
class Answers:
    """One trainee and what is right for them, by the name of the task."""

    trainee: Trainee
    keys: Mapping[str, Key]


def answer_page(
    class_name: str, course_title: str, tasks: Sequence[TaskColumn], answers: Sequence[Answers], language: str
) -> str:
    """Return the book as a page: a section for each trainee, which begins on a new sheet when it is printed."""
    t = translator(language)
    people = [
        {
            "trainee": each.trainee,
            "tasks": [
                {
                    "label": task.label,
                    "title": task.title,
                    "key": each.keys[task.task],
                    "titles": [translated(title, t.language) for title in each.keys[task.task].titles],
                }
                for task in tasks
                if task.task in each.keys
            ],
        }
        for each in answers
    ]
    return render("answer_book.html.j2", t, class_name=class_name, course_title=course_title, people=people)


def answer_csv(tasks: Sequence[TaskColumn], answers: Sequence[Answers]) -> str:
    """Return one row for each trainee and task. Cells that a spreadsheet would run as a formula are defused."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_HEAD)
    for each in answers:
        for task in tasks:
            if task.task in each.keys:
                cells = (each.trainee.trainee_id, each.trainee.name, task.task, plain_text(each.keys[task.task]))
                writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def plain_text(key: Key) -> str:
    """Return a right answer as one text; rows stand below each other, their cells with semicolons between."""
    return key.text or "\n".join("; ".join(row) for row in key.rows)
