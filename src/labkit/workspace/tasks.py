"""The public part of the tasks: what a trainee may know of them, and how a task is named on the command line."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from labkit.canonical import canonical_json
from labkit.errors import AnswerError, WorkspaceError
from labkit.workspace.folder import Workspace
from labkit.workspace.records import read_json

TASKS = "tasks.json"
_SUGGESTIONS = 4
_START_AGAIN = "Start the pack again into a new folder; your answers stay in the old one."


@dataclass(frozen=True, slots=True)
class PublicTask:
    """One task as it is handed out, in the trainee's language.

    ``answer`` holds the type and what its form needs (algorithm, unit, base, options ...), never what is right.
    ``verifier`` is set for practice only: what a right answer can be recognised by.
    """

    exercise: str
    exercise_title: str
    lab: str
    id: str
    number: int
    heading: str
    text: str
    points: float
    mode: str
    answer: Mapping[str, Any]
    verifier: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Return ``exercise/task``, the name everywhere."""
        return f"{self.exercise}/{self.id}"

    @property
    def is_ledger(self) -> bool:
        """Return whether the custody ledger itself is the answer."""
        return bool(self.answer.get("type") == "LOG")


def tasks_bytes(tasks: Sequence[PublicTask]) -> bytes:
    """Return the file tasks.json of a pack."""
    return canonical_json([asdict(task) for task in tasks])


def read_tasks(workspace: Workspace) -> tuple[PublicTask, ...]:
    """Return the tasks of a workspace in the order of the course.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    entries = read_json(workspace.kit / TASKS, list, remedy=_START_AGAIN)
    try:
        return tuple(PublicTask(**entry) for entry in entries)
    except TypeError:
        raise WorkspaceError(f"{TASKS} does not have the form that labkit writes", remedy=_START_AGAIN) from None


def find_task(tasks: Sequence[PublicTask], typed: str) -> PublicTask:
    """Return the task that somebody means: ``exercise/task``, ``task``, or the unambiguous beginning of either.

    Raises:
        AnswerError: No task or several are meant; the remedy names what may have been meant.
    """
    wanted = "/".join(part.strip() for part in typed.strip().replace("_", "-").lower().split("/"))
    for matches in (
        [task for task in tasks if task.name == wanted],
        [task for task in tasks if task.id == wanted],
        [task for task in tasks if wanted and _begins(task, wanted)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AnswerError(
                f"{typed!r} may mean {len(matches)} tasks",
                remedy=f"Write more of the name: {_some([task.name for task in matches])}.",
            )
    names = [name for task in tasks for name in (task.name, task.id)]
    close = [
        task.name
        for name in difflib.get_close_matches(wanted, names, n=_SUGGESTIONS)
        for task in tasks
        if name in (task.name, task.id)
    ]
    raise AnswerError(
        f"there is no task {typed!r}",
        remedy=f"Did you mean {_some(list(dict.fromkeys(close)))}?" if close else "labkit status lists all tasks.",
    )


def tasks_of(tasks: Sequence[PublicTask], typed: str) -> tuple[PublicTask, ...]:
    """Return the tasks of the lab or exercise that somebody means: number or name of a lab, or the name of an exercise.

    The beginning of a name will do, also of several.

    Raises:
        AnswerError: No lab and no exercise goes by that name; the remedy lists them.
    """
    wanted = typed.strip().replace("_", "-").lower()
    number = re.fullmatch(r"l?(\d{1,2})", wanted)
    if number:
        wanted = f"{int(number[1]):02d}-"
    for matches in (
        [task for task in tasks if wanted in (task.lab, task.exercise)],
        [
            task
            for task in tasks
            if wanted and (task.lab.startswith(wanted) or task.lab.partition("-")[2].startswith(wanted))
        ],
        [task for task in tasks if wanted and task.exercise.startswith(wanted)],
    ):
        if matches:
            return tuple(matches)
    names = dict.fromkeys(name for task in tasks for name in (task.lab.partition("-")[0], task.exercise))
    raise AnswerError(
        f"there is no lab and no exercise {typed!r}",
        remedy=f"Use the number of a lab or the name of an exercise: {', '.join(names)}.",
    )


def _begins(task: PublicTask, wanted: str) -> bool:
    exercise, slash, rest = wanted.partition("/")
    if slash:
        return task.exercise.startswith(exercise) and task.id.startswith(rest)
    return task.id.startswith(wanted) or task.exercise.startswith(wanted)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SUGGESTIONS])
    return shown if len(names) <= _SUGGESTIONS else f"{shown}, ..."
