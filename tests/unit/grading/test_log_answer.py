from pathlib import Path
from typing import get_args

import pytest

from labkit.content.schemas import Exercise
from labkit.custody import ledger
from labkit.custody.overlay import names, parse_overlay
from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.answers.log_answer import right_value
from labkit.grading.forms import check_form
from labkit.grading.runner import grade
from labkit.grading.samples import render_custody
from labkit.i18n import translator
from labkit.model.grading import Outcome, TaskResult

from .a_case import a_submission, a_task, an_exercise, truth_of

LOG = a_task(
    type="LOG",
    events=[
        {"type": "acquired", "exhibit": "{exhibit_usb}", "hash_truth": "usb:file.sha256"},
        {"type": "verified", "exhibit": "{exhibit_usb}", "hash_truth": "usb:file.sha256"},
    ],
    leave_out=["CC-24"],
)
GENESIS = ledger.genesis("pack")
DECLARED = """
[[entries]]
type = "case"
case_id = "NV-1"
[[entries]]
type = "person"
person_id = "P-1"
name = "Lena Orav"
role = "examiner"
[[entries]]
type = "location"
loc_id = "LAB"
kind = "lab"
tz = "Asia/Almaty"
[[entries]]
type = "exhibit"
exhibit_no = "KF-02"
kind = "medium"
description = "red stick"
[[entries]]
type = "exhibit"
exhibit_no = "KF-06"
root_exhibit_no = "KF-02"
derived_from = ["KF-02"]
kind = "image"
description = "its image"
"""
EVENT = """
[[entries]]
type = "{type}"
event_at = "2026-03-11T09:4{minute}:00+05:00"
location = "LAB"
exhibits = ["KF-06"]
actor = "P-1"
purpose = "examination of KF-02"
tool = {{ name = "LabImager", version = "4.2" }}
write_block = {{ kind = "{block}", id = "WB-07" }}
hash = [{{ alg = "{alg}", value = "{value}", of = "media", stage = "image" }}]
"""
GOOD = {"block": "hw", "alg": "SHA-256", "value": "{usb:file.sha256}"}


def an_event(kind: str, minute: int, **changed: str) -> str:
    return EVENT.format(type=kind, minute=minute, **{**GOOD, **changed})


def graded(tmp_path: Path, *events: str, genesis: str = GENESIS, tail: tuple[str, ...] = ()) -> TaskResult:
    (tmp_path / "custody.toml").write_text(DECLARED + "".join(events), encoding="utf-8")
    lines = render_custody(tmp_path, truth_of(), genesis=genesis)
    submission = a_submission({}, custody_lines=(*lines, *tail))
    return grade(submission, [an_exercise({"log": LOG})], truth_of(), ledger_genesis=GENESIS).tasks[0]


def test_a_whole_ledger_earns_full_marks(tmp_path: Path) -> None:
    found = graded(tmp_path, an_event("acquired", 0), an_event("verified", 5))

    assert (found.outcome, found.details) == (Outcome.CORRECT, ())


def test_a_rule_costs_unless_the_exercise_leaves_it_out(tmp_path: Path) -> None:
    asked = LOG.model_copy(update={"answer": LOG.answer.model_copy(update={"leave_out": []})})
    (tmp_path / "custody.toml").write_text(DECLARED + an_event("acquired", 0) + an_event("verified", 5), "utf-8")
    lines = render_custody(tmp_path, truth_of(), genesis=GENESIS)
    submission = a_submission({}, custody_lines=lines)

    found = grade(submission, [an_exercise({"log": asked})], truth_of(), ledger_genesis=GENESIS).tasks[0]

    assert (found.credit_percent, [item.code for item in found.details]) == (97, ["CC-24"])


def test_a_task_may_count_some_rules_alone(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text(DECLARED + an_event("acquired", 0) + an_event("verified", 5), "utf-8")
    lines = render_custody(tmp_path, truth_of(), genesis=GENESIS)
    asked = LOG.model_copy(update={"answer": LOG.answer.model_copy(update={"leave_out": [], "only": ["CC-04"]})})

    def found(*lines: str) -> TaskResult:
        submission = a_submission({}, custody_lines=lines)
        return grade(submission, [an_exercise({"log": asked})], truth_of(), ledger_genesis=GENESIS).tasks[0]

    assert found(*lines).credit_percent == 100  # CC-24 is not asked for
    changed = found(*(line.replace("red stick", "red stack") for line in lines))
    assert {item.code for item in changed.details} == {"CC-04"}
    assert changed.credit_percent < 100


def test_an_exercise_may_ask_for_what_a_country_adds(tmp_path: Path) -> None:
    seized = an_event("seized", 0).replace('["KF-06"]', '["KF-02"]')
    (tmp_path / "custody.toml").write_text(DECLARED + seized, "utf-8")
    submission = a_submission({}, custody_lines=render_custody(tmp_path, truth_of(), genesis=GENESIS))

    def rules(overlay: str) -> set[str]:
        answer = LOG.answer.model_copy(update={"overlay": overlay})
        task = LOG.model_copy(update={"answer": answer})
        [found] = grade(submission, [an_exercise({"log": task})], truth_of(), ledger_genesis=GENESIS).tasks
        return {item.code for item in found.details}

    assert rules("attesting-witness") - rules("default") == {"CC-33"}
    assert set(get_args(type(LOG.answer).model_fields["overlay"].annotation)) == set(names())


def test_what_a_class_adds_counts_unless_the_exercise_names_another_country(tmp_path: Path) -> None:
    seized = an_event("seized", 0).replace('["KF-06"]', '["KF-02"]')
    (tmp_path / "custody.toml").write_text(DECLARED + seized, "utf-8")
    submission = a_submission({}, custody_lines=render_custody(tmp_path, truth_of(), genesis=GENESIS))
    of_class = parse_overlay("own", "attesting_witnesses = 1")

    def rules(overlay: str) -> set[str]:
        task = LOG.model_copy(update={"answer": LOG.answer.model_copy(update={"overlay": overlay})})
        [found] = grade(
            submission, [an_exercise({"log": task})], truth_of(), ledger_genesis=GENESIS, overlay=of_class
        ).tasks
        return {item.code for item in found.details}

    assert "CC-33" in rules("default")
    assert "CC-33" not in rules("legacy-digests")


def test_a_missing_event_costs_its_share_and_is_named(tmp_path: Path) -> None:
    found = graded(tmp_path, an_event("acquired", 0))

    assert (found.outcome, found.credit_percent) == (Outcome.PARTIAL, 50)
    assert found.details[0].code == "EVENT-MISSING"
    assert "verified" in translator("en")("detail.EVENT-MISSING", **found.details[0].values)


def test_an_event_without_its_digest_counts_half(tmp_path: Path) -> None:
    weak = an_event("verified", 5, alg="MD5", value="{usb:file.md5}")
    found = graded(tmp_path, an_event("acquired", 0), weak)

    assert found.credit_percent == 75
    assert [item.code for item in found.details] == ["EVENT-DIGEST"]
    assert translator("ru")("detail.EVENT-DIGEST", **found.details[0].values)


def test_a_broken_rule_is_a_detail_with_values_and_costs(tmp_path: Path) -> None:
    found = graded(tmp_path, an_event("acquired", 0, block="none"), an_event("verified", 5))

    assert found.credit_percent == 80
    assert found.details[0].code == "CC-23"
    assert found.details[0].values["seq"] == 6


def test_work_on_the_master_has_a_name(tmp_path: Path) -> None:
    found = graded(tmp_path, an_event("acquired", 0), an_event("verified", 5), an_event("analysed", 8))

    assert (found.outcome, found.mistake) == (Outcome.PARTIAL, "C-ORIG")


def test_a_changed_line_costs_and_a_foreign_ledger_earns_nothing(tmp_path: Path) -> None:
    events = (an_event("acquired", 0), an_event("verified", 5))
    altered = graded(tmp_path, *events, tail=('{"type":"case","seq":9}\n',))
    foreign = graded(tmp_path, *events, genesis=ledger.genesis("another pack"))

    assert altered.credit_percent == 72
    assert "CC-04" in {item.code for item in altered.details}
    assert (foreign.outcome, foreign.credit_percent) == (Outcome.WRONG, 0)


def test_no_ledger_is_a_missing_answer() -> None:
    submission = a_submission({"log": "see the paper form"})

    found = grade(submission, [an_exercise({"log": LOG})], truth_of(), ledger_genesis=GENESIS).tasks[0]

    assert found.outcome is Outcome.MISSING


def test_a_ledger_is_not_typed() -> None:
    with pytest.raises(FormError, match="in the custody ledger") as caught:
        check_form(LOG, "all done")
    assert "custody add" in caught.value.remedy
    with pytest.raises(ContentError, match="lists events"):
        right_value("x", LOG.answer)


def test_a_ledger_of_noise_is_told_in_a_bounded_number_of_details() -> None:
    submission = a_submission({}, custody_lines=("x\n",) * 5000)

    found = grade(submission, [an_exercise({"log": LOG})], truth_of(), ledger_genesis=GENESIS).tasks[0]

    assert (found.outcome, len(found.details)) == (Outcome.WRONG, 40)


def test_a_bonus_that_the_ledger_does_not_touch_is_left_out_and_not_wrong(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text(
        DECLARED + an_event("acquired", "0").replace("KF-06", "T-9"), encoding="utf-8"
    )
    submission = a_submission({}, custody_lines=render_custody(tmp_path, truth_of(), genesis=GENESIS))
    exercise = an_exercise({"log": LOG})
    bonus = exercise.model_copy(update={"bonus_points": 5})

    def outcome(of: Exercise) -> Outcome:
        return grade(submission, [of], truth_of(), ledger_genesis=GENESIS).tasks[0].outcome

    assert outcome(exercise) is Outcome.WRONG
    assert outcome(bonus) is Outcome.MISSING
