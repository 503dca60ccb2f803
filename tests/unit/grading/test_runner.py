import pytest

from labkit.grading import runner
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import right_spelling
from labkit.grading.forms import check_form
from labkit.grading.runner import grade
from labkit.i18n import translator
from labkit.model.grading import Outcome

from .a_case import ALL, GENESIS, HASH, PATH, TIME, a_submission, a_task, an_exercise, fact, result_of, truth_of


def test_the_canonical_right_answers_earn_full_marks_and_spell_themselves() -> None:
    truth = truth_of("b")
    answers = {name: right_spelling(task, truth) for name, task in ALL.items()}

    result = grade(a_submission(answers), [an_exercise(ALL)], truth, ledger_genesis=GENESIS)

    assert {task.outcome for task in result.tasks} == {Outcome.CORRECT}
    assert (result.points, result.max_points) == (10 * len(ALL), 10 * len(ALL))
    assert [task.task for task in result.tasks] == [f"tern/{name}" for name in ALL]
    assert all(check_form(ALL[name], text) == text for name, text in answers.items())


def test_outcomes_follow_the_credit() -> None:
    assert result_of(HASH, str(fact("file.md5"))).outcome is Outcome.PARTIAL
    assert result_of(HASH, "9" * 64).outcome is Outcome.WRONG
    assert result_of(HASH, " \n").outcome is Outcome.MISSING
    assert result_of(HASH, "\u200f").outcome is Outcome.UNREADABLE


def test_an_unreadable_answer_says_why_in_codes_and_costs_its_points() -> None:
    found = result_of(HASH, "О" * 64)
    converted = result_of(TIME, "1404-12-12T10:00Z")

    assert (found.outcome, found.mistake, found.notices, found.points) == (
        Outcome.UNREADABLE, "CYR", ("letter-for-digit",), 0,
    )  # fmt: skip
    assert converted.details[0].values == {"gregorian": "2026-03-03T10:00:00Z"}
    assert result_of(PATH, "x" * 20_000).notices == ("too-long",)


def test_every_code_of_a_result_has_a_sentence() -> None:
    t = translator("ru")
    for found in (result_of(HASH, "О" * 64), result_of(TIME, "1404-12-12T10:00Z"), result_of(HASH, "x")):
        assert all(t.has(f"notice.{code}") for code in found.notices)
        assert all(t(f"detail.{item.code}", **item.values) for item in found.details)
        assert t.has(f"outcome.{found.outcome}")


def test_what_was_given_is_kept_short_and_safe() -> None:
    assert result_of(HASH, "\x1b[2J" + "z" * 900).given == "\ufffd[2J" + "z" * 496


def test_hints_cost_where_the_exercise_is_graded() -> None:
    exercise = an_exercise({"hash": HASH})
    practice = an_exercise({"hash": HASH}, mode="formative")
    submission = a_submission({"hash": str(fact("file.sha256"))}, hints_used={"hash": 3})

    graded = grade(submission, [exercise], truth_of(), ledger_genesis=GENESIS).tasks[0]
    assert (graded.points, graded.credit_percent, graded.hints_used) == (8, 100, 3)
    assert grade(submission, [practice], truth_of(), ledger_genesis=GENESIS).points == 10


def test_a_task_that_we_broke_earns_full_points_and_leaves_the_others_alone() -> None:
    broken = a_task(type="PATH", truth="usb:file.no_such_fact")
    exercise = an_exercise({"broken": broken, "path": PATH})
    submission = a_submission({"path": "/wrong"}, hints_used={"broken": 4})

    first, second = grade(submission, [exercise], truth_of(), ledger_genesis=GENESIS).tasks

    assert (first.outcome, first.points, first.credit_percent) == (Outcome.BROKEN, 10, 100)
    assert first.details[0].values["error"] == "SynthesisError"
    assert second.outcome is Outcome.WRONG


def test_a_broken_task_does_not_tell_the_right_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(fact("file.path"))

    monkeypatch.setattr(runner, "read_answer", fail)
    found = result_of(PATH, "/x/y")

    assert found.outcome is Outcome.BROKEN
    assert str(fact("file.name")) not in repr(found)
    assert translator("en")("detail.BROKEN", **found.details[0].values).startswith("Grading this task failed (Runtime")


def test_answers_to_no_task_are_passed_over() -> None:
    result = grade(a_submission({"nothing": "1"}), [an_exercise({"path": PATH})], truth_of(), ledger_genesis=GENESIS)

    assert [task.outcome for task in result.tasks] == [Outcome.MISSING]


def test_a_form_error_is_an_answer_error_with_exit_code_ten() -> None:
    with pytest.raises(FormError) as caught:
        check_form(PATH, " ")

    assert caught.value.exit_code == 10
