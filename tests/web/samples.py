"""Values that fill every corner of a page."""

from collections import defaultdict

from labkit.content.reader import Library
from labkit.model.grading import Detail, Outcome, SubmissionResult, TaskResult


class _Anything(defaultdict):
    def __missing__(self, key: str) -> str:
        return f"«{key}»"

    def __contains__(self, key: object) -> bool:
        return True


def public_names() -> dict[str, str]:
    """Return a stand-in for every public variable."""
    return _Anything()


def a_graded_course(library: Library, course: str) -> SubmissionResult:
    """Return results that show every outcome in turn."""
    outcomes = list(Outcome)
    tasks = []
    for exercise in library.exercises_of(course):
        for task in exercise.tasks:
            outcome = outcomes[len(tasks) % len(outcomes)]
            credit = {Outcome.CORRECT: 100, Outcome.BROKEN: 100, Outcome.PARTIAL: 50}.get(outcome, 0)
            tasks.append(
                TaskResult(
                    f"{exercise.slug}/{task.id}",
                    outcome,
                    credit,
                    task.points * credit / 100,
                    task.points,
                    given="0123456789abcdef" * 4,
                    mistake="H-CONT" if outcome in (Outcome.WRONG, Outcome.PARTIAL) else None,
                    details=(Detail("CC-04", {}),) if outcome is Outcome.PARTIAL else (),
                    hints_used=len(tasks) % 4,
                )
            )
    return SubmissionResult("0" * 64, "T01", tuple(tasks))
