"""Grading what came in: the latest attempt of each trainee, every case with its own truth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from labkit.cohort.classroom import Classroom
from labkit.cohort.inbox import named_by_place
from labkit.cohort.store import SubmissionRecord
from labkit.cohort.truths import TruthByCase
from labkit.content.schemas import Exercise
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.grading.peer_audit import NO_PEER, PeerLedger
from labkit.grading.runner import grade
from labkit.grading.yara_trial import SampleSets
from labkit.model.grading import Flag, Submission, SubmissionResult, TaskResult

IDENTITY_MISMATCH = "identity-mismatch"
SAME_KEY = "same-workspace-key"
SAME_ATTEMPT = "same-attempt"
CLOCK = "clock"
NEW_KEY = "new-workspace-key"
_CLOCK_TOLERANCE = timedelta(hours=26)  # zones set wrongly, and a day


def grade_submission(
    submission: Submission,
    exercises: Sequence[Exercise],
    truths: TruthByCase,
    *,
    ledger_genesis: str,
    sample_sets: Mapping[str, SampleSets],
    peer: PeerLedger = NO_PEER,
    overlay: Overlay = DEFAULT,
) -> SubmissionResult:
    """Grade one submission over all cases; results stand in the order of the exercises.

    ``sample_sets`` is what YARA rules are tried on, by case; a case without a YARA task needs none. ``peer`` is the
    colleague's ledger that was audited, ``overlay`` what the class adds to the rules of custody.
    """
    by_task: dict[str, TaskResult] = {}
    for case, truth in truths.items():
        mine = [exercise for exercise in exercises if exercise.case == case]
        result = grade(
            submission,
            mine,
            truth,
            ledger_genesis=ledger_genesis,
            sample_sets=sample_sets.get(case),
            peer=peer,
            overlay=overlay,
        )
        by_task |= {task.task: task for task in result.tasks}
    order = [f"{exercise.slug}/{task.id}" for exercise in exercises for task in exercise.tasks]
    return SubmissionResult(submission.sha256, submission.trainee_id, tuple(by_task[name] for name in order))


def latest_accepted(records: Iterable[SubmissionRecord]) -> dict[str, SubmissionRecord]:
    """Return the submission that counts for each trainee: the highest attempt, then the later time."""
    latest: dict[str, SubmissionRecord] = {}
    for record in sorted(records, key=lambda each: (each.attempt, each.submitted_at, each.sha256)):
        if record.status == "accepted" and record.trainee_id:
            latest[record.trainee_id] = record
    return latest


def arrival_flags(classroom: Classroom, records: Sequence[SubmissionRecord], *, now: datetime) -> list[Flag]:
    """Return what a person should look at in how submissions came in; contents are judged elsewhere."""
    accepted = [record for record in records if record.status == "accepted"]
    flags = [*_foreign_places(classroom, accepted), *_keys_of_several(accepted), *_double_attempts(accepted)]
    for record in accepted:
        at = datetime.fromisoformat(record.submitted_at)
        if at < classroom.created - _CLOCK_TOLERANCE or at > now.astimezone(UTC) + _CLOCK_TOLERANCE:
            flags.append(Flag(CLOCK, record.trainee_id, {"submitted_at": record.submitted_at, "source": record.source}))
    return flags


def _foreign_places(classroom: Classroom, records: Sequence[SubmissionRecord]) -> Iterable[Flag]:
    for record in records:
        place = named_by_place(record.source, classroom.trainees)
        if place is not None and place.trainee_id != record.trainee_id:
            values = {"place": place.trainee_id, "source": record.source}
            yield Flag(IDENTITY_MISMATCH, record.trainee_id, values)


def _keys_of_several(records: Sequence[SubmissionRecord]) -> Iterable[Flag]:
    owners: Mapping[str, set[str]] = defaultdict(set)
    used: Mapping[str, set[str]] = defaultdict(set)
    for record in records:
        owners[record.workspace_key].add(record.trainee_id)
        used[record.trainee_id].add(record.workspace_key)
    for trainees in sorted(sorted(group) for group in owners.values() if len(group) > 1):
        for trainee_id in trainees:
            others = ", ".join(other for other in trainees if other != trainee_id)
            yield Flag(SAME_KEY, trainee_id, {"others": others})
    for trainee_id, keys in sorted(used.items()):
        if len(keys) > 1:
            yield Flag(NEW_KEY, trainee_id, {"count": len(keys)})


def _double_attempts(records: Sequence[SubmissionRecord]) -> Iterable[Flag]:
    count: dict[tuple[str, int], int] = defaultdict(int)
    for record in records:
        count[record.trainee_id, record.attempt] += 1
    for (trainee_id, attempt), number in sorted(count.items()):
        if number > 1:
            yield Flag(SAME_ATTEMPT, trainee_id, {"attempt": attempt, "count": number})
