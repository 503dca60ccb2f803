"""DEFECT: what naming flaws earns, what accusing the innocent costs, and what is said about each row."""

from typing import Any

import pytest

from labkit.content.public_form import public_form, task_of_form
from labkit.content.schemas import Task
from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError, Verdict
from labkit.grading.answers.defect_answer import compare
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form, read_answer
from labkit.model.truth import CaseTruth, GroundTruth, Trace


def options(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "title": {"en": f"the {name}", "ru": f"по-русски {name}"}} for name in names]


TASK = Task.model_validate(
    {
        "id": "audit",
        "points": 60,
        "answer": {
            "type": "DEFECT",
            "item": "records",
            "categories": options("possession", "seal", "digest", "time"),
            "consequences": options("authenticity", "integrity", "weight"),
            "cures": options("statements", "compare-photo", "new-digest"),
        },
    }
)


def defect(name: str, lines: tuple[int, ...], category: str, consequences: tuple[str, ...], cure: str) -> Trace:
    facts = {"defect": name, "lines": lines, "category": category, "consequences": consequences, "cure": cure}
    return Trace(name, "defect", None, facts)


TRACES = (
    defect("D01", (12, 13), "possession", ("authenticity", "integrity"), "statements"),
    defect("D07", (20, 21), "seal", ("authenticity", "integrity"), "compare-photo"),
    defect("D17", (40, 41), "digest", ("integrity",), "new-digest"),
    Trace("late", "red_herring", None, {"option": "late-note", "lines": (30,)}),
)
TRUTH = CaseTruth("kite", {}, {"records": GroundTruth("records", {trace.id: trace for trace in TRACES})})
ROW_1 = "12, 13; possession; authenticity, integrity; statements"
ROW_2 = "21; seal; integrity, authenticity; compare-photo"
ROW_3 = "40-41; digest; integrity; new-digest"


def verdict(*rows: str) -> Verdict:
    return compare(read_answer(TASK.answer, "\n".join(rows)), TASK.answer, resolve(TASK, TRUTH))  # type: ignore[arg-type]


def codes(found: Verdict) -> list[str]:
    return [detail.code for detail in found.details]


def test_all_flaws_with_consequences_and_cures_earn_everything() -> None:
    found = verdict(ROW_1, ROW_2, ROW_3)
    assert (found.credit_percent, found.mistake, codes(found)) == (100, None, [])


@pytest.mark.parametrize(
    "row",
    [
        "12–13; the possession; the authenticity, the integrity; the statements",
        "۱۲, ۱۳; 1; 1, 2; 1",
        "13,12;по-русски possession;по-русски authenticity, по-русски integrity;по-русски statements",
        "lines\tcategory\tconsequences\tcure\n12 13\tpossession\tauthenticity integrity\tstatements",
    ],
)
def test_rows_may_be_written_in_several_ways(row: str) -> None:
    assert check_form(TASK, row) == check_form(TASK, ROW_1)


def test_what_was_missed_is_counted_and_not_told() -> None:
    found = verdict(ROW_1)
    # F1 = 2 / (2 + 2 missed) = 0.5; consequences and cure for one of three
    assert found.credit_percent == 30 + 8 + 5
    assert [(detail.code, detail.values) for detail in found.details] == [("DEFECT-MISSED", {"count": 2})]


def test_accusing_what_the_file_explains_costs_and_is_explained() -> None:
    found = verdict(ROW_1, ROW_2, ROW_3, "30; time; weight; statements")
    assert found.credit_percent == 91  # F1 = 6 / 7
    assert found.mistake == "D-HERRING"
    assert codes(found) == ["DEFECT-HERRING-late-note"]


def test_accusing_what_is_in_order_costs_and_has_a_name() -> None:
    found = verdict(ROW_1, ROW_2, ROW_3, "50; time; weight; statements")
    assert (found.credit_percent, found.mistake, codes(found)) == (91, "D-NONE", ["DEFECT-NONE"])


def test_the_right_lines_under_another_kind_are_no_find() -> None:
    found = verdict(ROW_1, ROW_2, "40, 41; seal; integrity; new-digest")
    assert found.mistake == "D-KIND"
    assert codes(found) == ["DEFECT-KIND", "DEFECT-MISSED"]
    assert found.credit_percent == int(60 * 4 / 6 + 25 * 2 / 3 + 15 * 2 / 3)


def test_a_row_that_lists_half_the_file_names_nothing() -> None:
    found = verdict("1-100; possession; authenticity; statements")
    assert found.credit_percent == 0
    assert "DEFECT-KIND" in codes(found)


def test_naming_a_flaw_in_two_rows_counts_once_and_costs_nothing() -> None:
    assert verdict(ROW_1, ROW_2, ROW_3, "12; possession; weight; statements").credit_percent == 100


def test_consequences_are_worth_by_agreement_and_the_cure_by_itself() -> None:
    found = verdict("12, 13; possession; authenticity; new-digest", ROW_2, ROW_3)
    assert found.credit_percent == int(60 + 25 * 2.5 / 3 + 15 * 2 / 3)
    assert codes(found) == ["DEFECT-CONSEQUENCES"]
    assert codes(verdict("12; possession; integrity, authenticity; new-digest", ROW_2, ROW_3)) == ["DEFECT-CURE"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("12; possession; authenticity", "nothing in the column cure"),
        ("the seal; possession; authenticity; statements", "names no line"),
        ("12; possessions!; authenticity; statements", "none of the options"),
        ("12; possession, seal; authenticity; statements", "more than one choice"),
        ("12; possession; bad luck; statements", "none of the options"),
    ],
)
def test_what_can_not_be_read_says_which_row_and_how_to_write_it(row: str, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        read_answer(TASK.answer, f"{ROW_1}\n{row}")
    assert caught.value.message.startswith("row 2")
    assert caught.value.cell == {"row": 2, "column": "–"}
    assert caught.value.remedy


def test_an_item_without_defects_is_a_fault_of_the_exercise() -> None:
    with pytest.raises(ContentError, match="no planted defects"):
        resolve(TASK, CaseTruth("kite", {}, {}))


def test_the_trainee_gets_the_lists_and_not_the_item() -> None:
    form = public_form(TASK.answer, "ru", {})
    assert "item" not in form
    assert form["cures"][0] == {"id": "statements", "title": "по-русски statements"}
    again = task_of_form("audit", 60, form)
    assert check_form(again, ROW_1) == check_form(TASK, ROW_1)
