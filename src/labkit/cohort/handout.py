"""The public part of tasks and hints, in one trainee's language, and the verifiers of practice.

What a trainee may know of an answer is taken out of it by ``content.public_form``.
"""

from collections.abc import Mapping
from pathlib import Path

from labkit.cohort.keys import ClassKeys
from labkit.content.brief import GENERAL, fill, read_brief, read_hints
from labkit.content.public_form import public_form
from labkit.content.reader import Library
from labkit.content.schemas import (
    ClaimAnswer,
    DefectAnswer,
    Exercise,
    IntAnswer,
    LogAnswer,
    OffsetAnswer,
    OrderAnswer,
    RegionAnswer,
    TableAnswer,
    Task,
    TimeAnswer,
    YaraAnswer,
)
from labkit.errors import AnswerError, ContentError
from labkit.grading.forms import check_form
from labkit.grading.samples import EXEMPLAR, render_answers
from labkit.model.truth import CaseTruth
from labkit.workspace.tasks import PublicTask
from labkit.workspace.verifier import make_verifier


def public_tasks(
    library: Library,
    course: str,
    language: str,
    public_variables: Mapping[str, str],
    truths: Mapping[str, CaseTruth],
    keys: ClassKeys,
    pack_id: str,
) -> tuple[PublicTask, ...]:
    """Return the tasks of a course as they are handed out to one trainee, in order."""
    labs = {slug: lab.slug for lab in library.labs_of(course) for slug in lab.exercises}
    tasks = []
    for exercise in library.exercises_of(course):
        brief = read_brief(library, exercise.slug, language)
        right = _right_answers(library, exercise, truths[exercise.case])
        for task, text in zip(exercise.tasks, brief.tasks, strict=True):
            name = f"{exercise.slug}/{task.id}"
            verifier = None
            if task.id in right:
                verifier = make_verifier(right[task.id], keys.verifier_salt(pack_id, name))
            tasks.append(
                PublicTask(
                    exercise=exercise.slug,
                    exercise_title=brief.title,
                    lab=labs[exercise.slug],
                    id=task.id,
                    number=text.number,
                    heading=fill(text.heading, public_variables),
                    text=fill(text.text_markdown, public_variables),
                    points=exercise.points_of(task),
                    mode=exercise.mode,
                    answer=public_form(task.answer, language, public_variables),
                    verifier=verifier,
                )
            )
    return tuple(tasks)


def public_hints(
    library: Library, course: str, language: str, public_variables: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return the hints of every task by its name; hints for a whole exercise stand before those of its first task."""
    hints = {}
    for exercise in library.exercises_of(course):
        texts = read_hints(library, exercise.slug, language)
        for number, task in enumerate(exercise.tasks, start=1):
            mine = (*(texts.get(GENERAL, ()) if number == 1 else ()), *texts[number])
            hints[f"{exercise.slug}/{task.id}"] = tuple(fill(text, public_variables) for text in mine)
    return hints


def _right_answers(library: Library, exercise: Exercise, truth: CaseTruth) -> dict[str, str]:
    """Return the right answers of practice in canonical spelling, where there is one single spelling; else nothing.

    Raises:
        ContentError: The exemplar of the exercise does not have the form of its own tasks.
    """
    if exercise.mode != "formative":
        return {}
    folder: Path = library.root / "exercises" / exercise.slug / "trainer" / EXEMPLAR
    exemplar = render_answers(folder, truth)
    try:
        return {
            task.id: check_form(task, exemplar[task.id])
            for task in exercise.tasks
            if task.id in exemplar and _has_one_spelling(task)
        }
    except AnswerError as error:
        raise ContentError(
            f"the exemplar of {exercise.slug} has an answer of the wrong form: {error.message}",
            remedy=f"Correct it; 'labkit author try {exercise.slug}' grades it.",
        ) from error


def _has_one_spelling(task: Task) -> bool:
    answer = task.answer
    if isinstance(answer, (LogAnswer, RegionAnswer, TableAnswer, ClaimAnswer, DefectAnswer, YaraAnswer)) or (
        isinstance(answer, OffsetAnswer) and answer.base_start
    ):
        return False  # a region may be a little off, a place may be counted from another base
    if isinstance(answer, OrderAnswer) and answer.ties:
        return False
    return not (
        (isinstance(answer, IntAnswer) and answer.tolerance) or (isinstance(answer, TimeAnswer) and answer.tolerance_s)
    )
