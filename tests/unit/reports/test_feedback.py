import pytest

from labkit.content.reader import load_library
from labkit.model.grading import Outcome, SubmissionResult, TaskResult
from labkit.model.people import Trainee
from labkit.reports.feedback import render_feedback

GRADED, PRACTICE = "image-and-verify/raw-sha256", "fingerprints/sha256-a"


def page(language: str, points: float, hints_used: int, name: str = GRADED) -> str:
    library = load_library()
    course = "first-steps"
    tasks = tuple(
        TaskResult(f"{exercise.slug}/{task.id}", Outcome.MISSING, 0, 0, task.points)
        for exercise in library.exercises_of(course)
        for task in exercise.tasks
    )
    opened = TaskResult(name, Outcome.CORRECT, 100, points, 20, hints_used=hints_used)
    result = SubmissionResult("0" * 64, "T01", tuple(opened if task.task == name else task for task in tasks))
    return render_feedback(library, course, Trainee("T01", "Ann", language), result, language)


@pytest.mark.parametrize(
    ("language", "points", "hints_used", "said"),
    [
        ("en", 16, 3, "3 hints opened. Together they cost 20 % of the points"),
        ("ru", 18, 2, "Открыто 2 подсказки. Вместе они снизили баллы, заработанные за это задание, на 10 %."),
    ],
)
def test_feedback_says_what_hints_cost(language: str, points: float, hints_used: int, said: str) -> None:
    assert said in page(language, points, hints_used)


def test_hints_that_took_nothing_are_not_said_to_cost() -> None:
    assert "3 hints opened.</p>" in page("en", 0, 3)
    assert "3 hints opened.</p>" in page("en", 20, 3, PRACTICE)
    assert "hint" not in page("en", 20, 1).partition("<main>")[2]
