"""Every exercise, with every sample of its author, for many trainees: full marks and scores as declared."""

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from labkit.content.reader import Library, load_library
from labkit.content.scenario import load_case
from labkit.content.schemas import LogAnswer, Task, YaraAnswer
from labkit.grading.answer_key import answer_key
from labkit.grading.expected import resolve, right_spelling
from labkit.grading.forms import check_form
from labkit.grading.runner import grade
from labkit.grading.samples import samples, try_exercise
from labkit.grading.similarity import ValueIndex
from labkit.model.grading import Outcome, Submission, SubmissionResult
from labkit.model.truth import CaseTruth
from labkit.synthesis.build import derive_truth
from labkit.synthesis.samples.rule_samples import RuleSamples

SEEDS = int(os.environ.get("LABKIT_SEEDS", "20"))
LIBRARY: Library = load_library()
EXERCISES = sorted(LIBRARY.exercises)
pytestmark = pytest.mark.timeout(1800)  # to play the story of a disk and to digest its 1 GiB takes seconds each time


@cache
def truth_of(case: str, item: str, number: int) -> CaseTruth:
    return derive_truth(load_case(case), seed_of(number), items=(item,))


def seed_of(number: int) -> bytes:
    return hashlib.sha256(f"content test {number}".encode()).digest()


@cache
def sample_sets_of(case: str, number: int) -> RuleSamples:
    """What YARA rules of one trainee are tried on."""
    return RuleSamples(load_case(case), seed_of(number), b"shared by the class")


def truths(exercise_slug: str) -> list[CaseTruth]:
    """The truths of the items that an exercise uses, each item played once for all exercises."""
    exercise = LIBRARY.exercises[exercise_slug]
    found = []
    for number in range(SEEDS):
        parts = [truth_of(exercise.case, item, number) for item in exercise.items]
        items = {item: truth for part in parts for item, truth in part.items.items()}
        found.append(replace(parts[0], items=items))
    return found


@pytest.mark.seeds
@pytest.mark.parametrize("exercise_slug", EXERCISES)
def test_exemplar_and_attempts_score_as_declared(exercise_slug: str) -> None:
    names = {sample.name for sample in samples(LIBRARY.root / "exercises" / exercise_slug)}

    for number, truth in enumerate(truths(exercise_slug)):
        sample_sets = sample_sets_of(LIBRARY.exercises[exercise_slug].case, number)
        reports = try_exercise(LIBRARY, exercise_slug, truth, sample_sets=sample_sets)
        assert {report.sample for report in reports} == names
        assert {report.sample: report.problems for report in reports if report.problems} == {}, f"seed {number}"
    assert "exemplar" in names
    assert len(names) >= 5


@pytest.mark.seeds
@pytest.mark.parametrize("exercise_slug", EXERCISES)
def test_a_declared_mistake_is_not_the_right_answer(exercise_slug: str) -> None:
    for task in LIBRARY.exercises[exercise_slug].tasks:
        if isinstance(task.answer, YaraAnswer):
            continue  # nothing can be declared
        expected = [resolve(task, truth) for truth in truths(exercise_slug)]
        for number, mistake in enumerate(task.mistakes):  # the declared ones come first
            right = [each.known[number].value == each.right for each in expected]
            # an identical pair of files may make one of several declared wrong objects the right one
            assert not all(right), f"{task.id}: {mistake.code} {mistake.truth or mistake.value}"


@pytest.mark.seeds
@pytest.mark.parametrize("exercise_slug", EXERCISES)
def test_right_answers_have_the_form_that_is_asked_for(exercise_slug: str) -> None:
    for task in LIBRARY.exercises[exercise_slug].tasks:
        if _has_a_right_text(task):
            for truth in truths(exercise_slug):
                spelling = right_spelling(task, truth)
                assert check_form(task, spelling) == spelling


@pytest.mark.seeds
@pytest.mark.skipif(SEEDS < 20, reason="a small class does not show how many values there are to choose from")
def test_one_attempt_handed_to_a_colleague_is_noticed() -> None:
    index = ValueIndex()
    for exercise_slug in EXERCISES:
        for number, truth in enumerate(truths(exercise_slug)):
            index.add(f"t-{number:02}", [LIBRARY.exercises[exercise_slug]], truth)

    for exercise_slug in EXERCISES:
        if LIBRARY.exercises[exercise_slug].is_for_pairs:
            continue  # nothing in it is personal to the trainee who answers
        own, other = truths(exercise_slug)[:2]
        exemplar = try_exercise(LIBRARY, exercise_slug, own)[0].result
        assert index.foreign_values("t-00", exemplar) == ()
        copied = _graded_with(exercise_slug, answers_of=own, truth=other)
        owners = {flag.values["owner"] for flag in index.foreign_values("t-01", copied)}
        assert owners == {"t-00"}, exercise_slug


@pytest.mark.parametrize("exercise_slug", EXERCISES)
def test_what_the_answer_book_says_earns_full_marks(exercise_slug: str) -> None:
    truth = truths(exercise_slug)[0]
    exercise = LIBRARY.exercises[exercise_slug]
    keys = {f"{exercise_slug}/{task.id}": answer_key(task, truth) for task in exercise.tasks}
    answers = {name: key.text or "\n".join(map("\t".join, key.rows)) for name, key in keys.items()}
    submission = Submission("p", "t-01", 1, datetime(2026, 3, 12, tzinfo=UTC), answers, (), (), {}, "a" * 64)
    result = grade(submission, [exercise], truth, ledger_genesis="0" * 64)

    told = {f"{exercise_slug}/{task.id}" for task in exercise.tasks if _has_a_right_text(task)}
    assert {task.task for task in result.tasks if task.task in told and task.outcome is not Outcome.CORRECT} == set()
    for task in exercise.tasks:
        key = keys[f"{exercise_slug}/{task.id}"]
        assert bool(key.text or len(key.rows) > 1) != bool(key.judged_by), task.id


def _has_a_right_text(task: Task) -> bool:
    """What is right in a ledger, in the audit of a colleague's, and as a rule, is not in the truth of the case."""
    return not isinstance(task.answer, (LogAnswer, YaraAnswer)) and not getattr(task.answer, "colleague", False)


def _graded_with(exercise_slug: str, *, answers_of: CaseTruth, truth: CaseTruth) -> SubmissionResult:
    exercise = LIBRARY.exercises[exercise_slug]
    answers = {
        f"{exercise_slug}/{task.id}": right_spelling(task, answers_of)
        for task in exercise.tasks
        if _has_a_right_text(task)
    }
    submission = Submission("p", "t-01", 1, datetime(2026, 3, 12, tzinfo=UTC), answers, (), (), {}, "a" * 64)
    return grade(submission, [exercise], truth, ledger_genesis="0" * 64)
