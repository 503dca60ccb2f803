"""One submission to one result: every task on its own, so that a fault of ours in one leaves the others alone."""

import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.content.schemas import DefectAnswer, Exercise, LogAnswer, Task
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.grading import peer_audit
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import ExpectedAnswer, FormError, Given, Verdict
from labkit.grading.answers.log_answer import read_ledger, says_nothing
from labkit.grading.expected import resolve, shown
from labkit.grading.forms import read_answer
from labkit.grading.normalise import printable
from labkit.grading.peer_audit import NO_PEER, PeerLedger
from labkit.grading.score import points
from labkit.grading.yara_trial import SampleSets
from labkit.model.grading import Detail, Outcome, Submission, SubmissionResult, TaskResult
from labkit.model.truth import CaseTruth

_FULL_PERCENT = 100
_MOST_HINTS = 99  # what a submission claims beyond this is noise


def grade(
    submission: Submission,
    exercises: Sequence[Exercise],
    truth: CaseTruth,
    *,
    ledger_genesis: str,
    sample_sets: SampleSets | None = None,
    peer: PeerLedger = NO_PEER,
    overlay: Overlay = DEFAULT,
) -> SubmissionResult:
    """Grade every task of the exercises, in order. The same input gives the same result.

    A task that fails through our fault ends as ``BROKEN`` with full points, whatever was answered.

    Args:
        submission: What was handed in; nothing in it is trusted.
        exercises: Exercises of one case.
        truth: The truth of that case for this trainee.
        ledger_genesis: What the first line of the custody ledger must follow, see ``custody.ledger.genesis``.
        sample_sets: What YARA rules are tried on; without it a YARA task ends as ``BROKEN``.
        peer: The colleague's ledger that was audited; without it such an audit ends as ``BLOCKED``.
        overlay: What the class adds to the rules of custody.
    """
    results = []
    for exercise in exercises:
        for task in exercise.tasks:
            name = f"{exercise.slug}/{task.id}"
            given = submission.answers.get(name, "")
            hints_used = min(max(submission.hints_used.get(name, 0), 0), _MOST_HINTS)
            try:
                # first: what we can not grade is broken even unanswered
                expected = replace(resolve(task, truth, sample_sets), overlay=overlay)
                outcome, verdict = _grade_task(task, expected, given, submission, truth, ledger_genesis, peer)
                if exercise.bonus_points is not None and _is_left_out(task, expected, submission, ledger_genesis):
                    outcome, verdict = Outcome.MISSING, Verdict(0)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not cost a mark, of whatever kind it is
                outcome = Outcome.BROKEN
                verdict = Verdict(_FULL_PERCENT, details=(Detail("BROKEN", _fault(error)),))
            worth = exercise.points_of(task)
            graded = exercise.mode == "graded" and outcome is not Outcome.BROKEN
            results.append(
                TaskResult(
                    task=name,
                    outcome=outcome,
                    credit_percent=verdict.credit_percent,
                    points=points(worth, verdict.credit_percent, hints_used=hints_used, graded=graded),
                    max_points=worth,
                    given=printable(given),
                    mistake=verdict.mistake,
                    notices=verdict.notices,
                    details=verdict.details,
                    hints_used=hints_used,
                    is_bonus=exercise.bonus_points is not None,
                )
            )
    return SubmissionResult(submission.sha256, submission.trainee_id, tuple(results))


def _grade_task(
    task: Task,
    expected: ExpectedAnswer,
    text: str,
    submission: Submission,
    truth: CaseTruth,
    ledger_genesis: str,
    peer: PeerLedger,
) -> tuple[Outcome, Verdict]:
    answer = shown(task, truth)
    given: Given[Any]
    if isinstance(answer, LogAnswer):
        ledger = read_ledger(submission.custody_lines, genesis=ledger_genesis)
        if ledger is None:
            return Outcome.MISSING, Verdict(0)
        given = Given(ledger, "")
    elif not text.strip():
        return Outcome.MISSING, Verdict(0)
    elif _is_audit(answer) and peer.ledger is None:
        return Outcome.BLOCKED, Verdict(0, details=(Detail(peer.fault, {"colleague": peer.owner}),))
    else:
        try:
            given = read_answer(answer, text)
        except FormError as error:
            return Outcome.UNREADABLE, Verdict(0, error.mistake, (error.code,), _what_is_unreadable(error))
    if _is_audit(answer):
        verdict = peer_audit.compare(given, answer, peer, expected.overlay)
    else:
        verdict = TYPES[answer.type].compare(given, answer, expected)
    notices = (*given.notices, *verdict.notices)
    return _outcome(verdict), Verdict(verdict.credit_percent, verdict.mistake, notices, verdict.details)


def _is_left_out(task: Task, expected: ExpectedAnswer, submission: Submission, ledger_genesis: str) -> bool:
    """Return whether the ledger does not touch the task at all: who leaves a bonus out has answered nothing wrongly."""
    if not isinstance(task.answer, LogAnswer):
        return False
    ledger = read_ledger(submission.custody_lines, genesis=ledger_genesis)
    return ledger is not None and says_nothing(ledger, expected.events)


def _is_audit(answer: object) -> bool:
    return isinstance(answer, DefectAnswer) and answer.colleague


def _what_is_unreadable(error: FormError) -> tuple[Detail, ...]:
    details = [Detail("TABLE-UNREADABLE", error.cell)] if error.cell else []
    if error.mistake and error.values:
        details.append(Detail(error.mistake, error.values))
    return tuple(details)


def _fault(error: Exception) -> dict[str, str | int]:
    """Return what broke and where, without the message: it may hold the right answer, and trainees see details."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return {"error": type(error).__name__, "where": where}


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.credit_percent == _FULL_PERCENT:
        return Outcome.CORRECT
    return Outcome.PARTIAL if verdict.credit_percent else Outcome.WRONG
