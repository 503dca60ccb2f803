"""The feedback page of one trainee, in their language. It names mistakes and never shows the right answer."""

from collections.abc import Mapping

from labkit.content.brief import fill, read_brief
from labkit.content.reader import Library
from labkit.content.schemas import Exercise
from labkit.grading.score import hint_cost_percent
from labkit.i18n import translator
from labkit.model.grading import SubmissionResult, TaskResult
from labkit.model.people import Trainee
from labkit.reports.pages import number, render, translated
from labkit.reports.sentences import MARKS, detail, feedback


def render_feedback(
    library: Library,
    course_slug: str,
    trainee: Trainee,
    result: SubmissionResult,
    language: str,
    public_variables: Mapping[str, str] | None = None,
) -> str:
    """Return the page: score, then every task with its outcome and what to do next time."""
    t = translator(language)
    course = library.courses[course_slug]
    by_task = {task.task: task for task in result.tasks}
    exercises = []
    for exercise in library.exercises_of(course_slug):
        brief = read_brief(library, exercise.slug, t.language)
        rows = []
        for task, text in zip(exercise.tasks, brief.tasks, strict=True):
            graded = by_task.get(f"{exercise.slug}/{task.id}")
            if graded is None:
                continue
            rows.append(
                {
                    "heading": f"{text.number}. {fill(text.heading, public_variables or {})}",
                    "outcome": graded.outcome.value,
                    "mark": MARKS[graded.outcome],
                    "points": number(graded.points),
                    "max_points": number(graded.max_points),
                    "given": graded.given,
                    "sentences": feedback(t, graded),
                    "details": [detail(t, item) for item in graded.details],
                    "hints_used": graded.hints_used,
                    "hints_cost": hint_cost_percent(graded.hints_used) if _costs(exercise, graded) else 0,
                }
            )
        if rows:
            mine = [by_task[f"{exercise.slug}/{task.id}"] for task in exercise.tasks]
            exercises.append(
                {
                    "title": brief.title,
                    "is_bonus": exercise.bonus_points is not None,
                    "tasks": rows,
                    "points": number(sum(task.points for task in mine)),
                    "max_points": number(sum(task.max_points for task in mine)),
                }
            )
    percent = round(100 * result.points / result.max_points) if result.max_points else 0
    passed = bool(result.max_points) and 100 * result.points >= course.pass_percent * result.max_points
    return render(
        "feedback.html.j2",
        t,
        trainee=trainee,
        course_title=translated(course.title, t.language),
        percent=percent,
        points=number(result.points),
        max_points=number(result.max_points),
        verdict=t("feedback.passed" if passed else "feedback.not_passed", percent=course.pass_percent),
        exercises=exercises,
    )


def _costs(exercise: Exercise, graded: TaskResult) -> bool:
    """Tell whether hints took points: in graded exercises, where there were any to take."""
    return exercise.mode == "graded" and graded.points > 0
