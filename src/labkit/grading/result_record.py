"""A result as plain JSON values and back: codes and values only, no sentences."""

from collections.abc import Mapping
from typing import Any

from labkit.model.grading import Detail, Outcome, SubmissionResult, TaskResult


def task_values(task: TaskResult) -> dict[str, Any]:
    """Return one task's result as JSON values."""
    return {
        "task": task.task,
        "outcome": task.outcome.value,
        "credit_percent": task.credit_percent,
        "points": task.points,
        "max_points": task.max_points,
        "given": task.given,
        "mistake": task.mistake,
        "notices": list(task.notices),
        "details": [{"code": detail.code, "values": dict(detail.values)} for detail in task.details],
        "hints_used": task.hints_used,
        "is_bonus": task.is_bonus,
    }


def result_values(result: SubmissionResult) -> dict[str, Any]:
    """Return a whole result as JSON values."""
    return {
        "submission_sha256": result.submission_sha256,
        "trainee_id": result.trainee_id,
        "tasks": [task_values(task) for task in result.tasks],
    }


def read_result(values: Mapping[str, Any]) -> SubmissionResult:
    """Return the result that ``result_values`` wrote."""
    return SubmissionResult(
        values["submission_sha256"], values["trainee_id"], tuple(_read_task(task) for task in values["tasks"])
    )


def _read_task(values: Mapping[str, Any]) -> TaskResult:
    details = tuple(Detail(detail["code"], detail["values"]) for detail in values["details"])
    plain = {name: values[name] for name in ("task", "credit_percent", "points", "max_points", "given", "mistake")}
    return TaskResult(
        **plain,
        outcome=Outcome(values["outcome"]),
        notices=tuple(values["notices"]),
        details=details,
        hints_used=values["hints_used"],
        is_bonus=values.get("is_bonus", False),
    )
