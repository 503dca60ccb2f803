import csv
import io
import json

import pytest

from labkit.grading.story_match import CREDIT_PERCENT, INVENTED
from labkit.i18n import translator
from labkit.model.grading import Detail, Flag, Outcome, SubmissionResult, TaskResult
from labkit.model.people import Trainee
from labkit.reports.class_report import (
    NOBODY,
    ClassResults,
    Row,
    TaskColumn,
    class_csv,
    class_json,
    histogram,
    render,
    safe_cell,
)


def a_result(trainee_id: str, first: Outcome, mistake: str | None = None, given: str = "abc") -> SubmissionResult:
    credit = 100 if first is Outcome.CORRECT else 0
    return SubmissionResult(
        submission_sha256=trainee_id * 8,
        trainee_id=trainee_id,
        tasks=(
            TaskResult("ex/one", first, credit, credit / 10, 10, given=given, mistake=mistake),
            TaskResult("ex/log", Outcome.PARTIAL, 50, 5, 10, details=(Detail("CC-06", {"exhibit": "KF-06"}),)),
        ),
    )


def a_class(**changes: object) -> ClassResults:
    values = {
        "class_name": "Spring <2026>",
        "course_title": "First steps",
        "tasks": (TaskColumn("ex/one", "Hash the disk", 10, "L03·1"), TaskColumn("ex/log", "Custody log", 10, "L03·2")),
        "rows": (
            Row(Trainee("T01", "Ann =Lee", "en"), "graded", a_result("T01", Outcome.CORRECT)),
            Row(
                Trainee("T02", "Борис", "ru"), "graded", a_result("T02", Outcome.WRONG, "H-CONT", "<script>x</script>")
            ),
            Row(Trainee("T03", "=HYPERLINK(1)", "ru"), "missing", None),
            Row(Trainee("T04", "Dora", "en"), "refused", None, "the archive is damaged"),
        ),
        "flags": (
            Flag(
                "foreign-value",
                "T02",
                {"task": "ex/one", "owner": "T01", "owners": 1, "weight": 77.1, "total_weight": 77.1},
            ),
        ),
    }
    return ClassResults(**(values | changes))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_shows_everybody_and_escapes_what_trainees_wrote(language: str) -> None:
    page = render(a_class(), language)

    assert f'<html lang="{language}" dir="ltr">' in page
    for text in ("T01", "T02", "T04", "Борис", "the archive is damaged", "L03·1", "Spring &lt;2026&gt;", "H-CONT"):
        assert text in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_best_trainee_stands_on_top_of_the_heat_map() -> None:
    page = render(a_class(), "en")
    heat = page[page.index('class="heat"') :]

    assert heat.index("T01") < heat.index("T02")


def test_a_class_in_which_nobody_handed_in_still_has_a_report() -> None:
    page = render(a_class(rows=(Row(Trainee("T03", "C", "en"), "missing", None),), flags=()), "en")

    assert "Nothing stands out." in page
    assert "No named mistake was made." in page


def test_the_csv_has_one_line_for_each_trainee_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(class_csv(a_class()))))

    assert [row["trainee_id"] for row in rows] == ["T01", "T02", "T03", "T04"]
    assert rows[0]["percent"] == "75.00"
    assert rows[1]["ex/one"] == "0"
    assert rows[2]["name"] == "'=HYPERLINK(1)"
    assert rows[2]["points"] == ""


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "  =1", "＝1", "\0"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ann", "a=b", "2026-03-10"])
def test_an_ordinary_cell_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_the_json_holds_codes_and_values() -> None:
    document = json.loads(class_json(a_class()))

    assert document["rows"][1]["tasks"][0]["mistake"] == "H-CONT"
    assert document["rows"][1]["tasks"][1]["details"] == [{"code": "CC-06", "values": {"exhibit": "KF-06"}}]
    assert document["flags"][0]["kind"] == "foreign-value"


def test_the_histogram_counts_every_score_once() -> None:
    picture = histogram(translator("en"), [0, 5, 99, 100, 100])

    assert "0 %: 2; 90 %: 3" in picture
    assert picture.count("<rect") == 10


def test_a_file_of_nobody_is_not_counted_as_a_trainee() -> None:
    nobody = Row(Trainee(NOBODY, "stray.labsub", "en"), "refused", None, "the pack is not of this class")

    page = render(a_class(rows=(*a_class().rows, nobody)), "en")

    assert "stray.labsub" in page
    assert '<strong><bdi dir="ltr">4</bdi></strong>trainees' in page


def test_the_mistakes_of_a_table_count_cell_by_cell_but_each_once() -> None:
    cells = [("1", "O-UNIT"), ("2", "O-UNIT"), ("2", "T-1")]
    details = tuple(
        Detail("TABLE-CELL-MISTAKE", {"row": row, "column": "start", "mistake": code}) for row, code in cells
    )
    task = TaskResult("ex/one", Outcome.PARTIAL, 40, 4, 10, given="1;2", mistake="O-UNIT", details=details)
    row = Row(Trainee("T01", "Ann", "en"), "graded", SubmissionResult("a" * 64, "T01", (task,)))
    page = render(a_class(rows=(row,), flags=()), "en")

    for code in ("O-UNIT", "T-1"):
        name = translator("en")(f"mistake.{code}.name")
        assert f'{name}<span class="code" dir="ltr">{code}</span></td><td>1</td><td>1</td>' in page


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("code", [*CREDIT_PERCENT, INVENTED, "EVENT-COUNTERSIGNED"])
def test_what_was_found_in_a_ledger_is_named_for_the_trainer(language: str, code: str) -> None:
    logged = TaskResult("ex/log", Outcome.PARTIAL, 50, 5, 10, details=(Detail(code, {"exhibit": "KF-06"}),))
    row = Row(Trainee("T01", "Ann", "en"), "graded", SubmissionResult("a" * 64, "T01", (logged,)))

    page = render(a_class(rows=(row,), flags=()), language)

    assert f">{code}<" in page
    assert f"<td>{code}<" not in page


def test_what_other_answers_lack_is_no_finding_in_a_ledger() -> None:
    details = (Detail("TABLE-CELL", {"row": "hn-01", "column": "entry"}), Detail("DEFECT-CURE", {"lines": "58"}))
    table = TaskResult("ex/log", Outcome.PARTIAL, 50, 5, 10, details=details)
    row = Row(Trainee("T01", "Ann", "en"), "graded", SubmissionResult("a" * 64, "T01", (table,)))
    page = render(a_class(rows=(row,), flags=()), "en")

    assert "TABLE-CELL" not in page
    assert "DEFECT-CURE" not in page
    assert "Findings in custody ledgers" not in page
