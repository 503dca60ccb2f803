"""What grading says, in codes and values; sentences are made when they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How one task ended. ``WRONG`` and ``PARTIAL`` may carry a mistake code, ``UNREADABLE`` where the slip has one."""

    CORRECT = "correct"
    PARTIAL = "partial"
    WRONG = "wrong"
    MISSING = "missing"
    UNREADABLE = "unreadable"  # a matter of form; costs no attempt
    BLOCKED = "blocked"  # an earlier step failed
    BROKEN = "broken"  # our fault; never costs a mark


@dataclass(frozen=True, slots=True)
class Detail:
    """One finding inside a task, such as a custody rule broken at an event. ``values`` fill its sentence."""

    code: str
    values: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The outcome of one task. ``task`` is ``exercise/task``; points are rounded to 1/100."""

    task: str
    outcome: Outcome
    credit_percent: int
    points: float
    max_points: float
    given: str = ""
    mistake: str | None = None
    notices: tuple[str, ...] = ()  # codes of remarks that cost nothing (HINT-CYR, ...)
    details: tuple[Detail, ...] = ()
    hints_used: int = 0
    is_bonus: bool = False  # adds to what was earned and not to what can be earned


@dataclass(frozen=True, slots=True)
class Submission:
    """What one trainee handed in, at one time; immutable. Everything in it is hostile until proven otherwise."""

    pack_id: str
    trainee_id: str
    attempt: int
    submitted_at_utc: datetime
    answers: Mapping[str, str]  # "exercise/task" -> text as typed
    custody_lines: tuple[str, ...]
    examination_lines: tuple[str, ...]
    hints_used: Mapping[str, int]  # "exercise/task" -> hints opened
    sha256: str  # of the archive as received
    peer_copy: bytes = b""  # the copy of a colleague's ledger, as it came


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """All results of one submission."""

    submission_sha256: str
    trainee_id: str
    tasks: tuple[TaskResult, ...]

    @property
    def points(self) -> float:
        """Return the points earned; tasks that broke through our fault count as earned.

        A bonus makes good what is missing elsewhere; it does not lead beyond what can be earned.
        """
        return min(round(sum(task.points for task in self.tasks), 2), self.max_points)

    @property
    def max_points(self) -> float:
        """Return the points that could be earned without any bonus."""
        return round(sum(task.max_points for task in self.tasks if not task.is_bonus), 2)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something for a person to look at; never a verdict. ``kind`` is a code, ``values`` fill its sentence."""

    kind: str
    trainee_id: str
    values: Mapping[str, str | int | float]
