"""Values that fill every corner of a page."""

from labkit.content.reader import Library
from labkit.content.scenario import load_case
from labkit.model.grading import Detail, Outcome, SubmissionResult, TaskResult
from labkit.synthesis.variables import draw_variables
from labkit.synthesis.variables import public_names as public_names_of


def public_names() -> dict[str, str]:
    """Return the public variables of one trainee."""
    case = load_case("kestrel")
    values = draw_variables(case, b"web")
    return {name: values[name] for name in public_names_of(case)}


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
                    details=(Detail("CC-04", {"seq": 4}),) if outcome is Outcome.PARTIAL else (),
                    hints_used=len(tasks) % 4,
                )
            )
    return SubmissionResult("0" * 64, "T01", tuple(tasks))
