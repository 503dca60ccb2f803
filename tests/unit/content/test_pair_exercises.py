"""Exercises for pairs: what their schema takes, and what of it a trainee may know."""

from typing import Any

import pytest
from pydantic import ValidationError

from labkit.content.public_form import public_form, task_of_form
from labkit.content.reader import load_library
from labkit.content.schemas import DefectAnswer, Exercise

AUDIT = load_library().exercise("peer-audit")
ANSWER = AUDIT.tasks[0].answer.model_dump()


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        DefectAnswer.model_validate({**ANSWER, **changes})
    return str(error.value)


def test_a_custody_file_is_that_of_an_item_or_of_a_colleague() -> None:
    assert "name an item, or say colleague" in refused(item="records")
    assert "name an item, or say colleague" in refused(colleague=False)
    assert "only the ledger of a colleague is read by rules" in refused(item="records", colleague=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"category": "nothing"}, "category has nothing"),
        ({"consequences": ["weight", "doom"]}, "consequences has doom"),
        ({"cures": ["magic"]}, "cures has magic"),
    ],
)
def test_what_a_rule_means_is_said_in_the_words_of_the_lists(changes: dict[str, Any], message: str) -> None:
    meaning = {"category": "seal", "consequences": ["weight"], "cures": ["statements"], **changes}
    assert message in refused(rules={"CC-12": meaning})


def test_a_rule_is_named_by_its_code() -> None:
    meaning = {"category": "seal", "consequences": ["weight"], "cures": ["statements"]}
    assert "CC-1" in refused(rules={"CC-1": meaning})


def test_a_trainee_does_not_learn_what_the_rules_mean() -> None:
    form = public_form(AUDIT.tasks[0].answer, "en", {})

    assert set(form) == {"type", "colleague", "categories", "consequences", "cures"}
    answer = task_of_form("flaws", 8, form).answer
    assert isinstance(answer, DefectAnswer)
    assert answer.colleague
    assert answer.rules == {}


def test_a_bonus_is_shared_out_by_the_points_of_its_tasks() -> None:
    assert [AUDIT.points_of(task) for task in AUDIT.tasks] == [8, 2]


def test_exercises_for_pairs_are_known_by_what_they_ask() -> None:
    exercises = load_library().exercises
    assert {slug for slug, exercise in exercises.items() if exercise.is_for_pairs} == {"pair-handover", "peer-audit"}
    assert all(exercises[slug].bonus_points for slug in ("pair-handover", "peer-audit"))
    assert isinstance(AUDIT, Exercise)
