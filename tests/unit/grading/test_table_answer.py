import json

import pytest
from pydantic import ValidationError

from labkit.content.schemas import Task
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve, right_spelling
from labkit.grading.forms import check_form
from labkit.grading.mistakes import MISTAKES
from labkit.i18n import translator
from labkit.model.grading import Detail, Outcome
from labkit.reports.sentences import detail

from .a_case import TABLE, a_task, fact, result_of, truth_of, verdict

TRUTH = truth_of()
PHOTO, FILE = (int(str(fact(f"{name}.offset_bytes"))) for name in ("photo", "file"))
FIRST = f"1;{PHOTO} bytes;ntfs;2026-03-03T09:35:20Z;Бета-07"
SECOND = f"2;{FILE} bytes;fat;2026-03-06T11:02:44Z;none"
COLUMN = {"id": "a", "title": {"en": "A"}, "answer": {"type": "TEXT"}}
HEAD = "number;start;type;born;label"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\n{FIRST}\n{SECOND}",
        f"{FIRST}\n{SECOND}",
        f"{SECOND}\r\n{FIRST}\r\n",
        f"{HEAD}\n{FIRST}\n{SECOND}".replace(";", "\t"),
        f"{HEAD}\n{FIRST}\n{SECOND}".replace(";", " | "),
        f"{HEAD}\n{FIRST}\n{SECOND}".replace(";", ", "),
        f"{HEAD}\n{FIRST}\n{SECOND}".replace(";", "؛"),
        f"\ufeff№;Начало;Тип;Made;Label on KF-06\n\n{FIRST}\n{SECOND};;\n",
        f"{FIRST};\n{SECOND}".replace("1;", "۱;").replace("2;", "٢;"),
        f"{FIRST}\n{SECOND}".replace("ntfs", "2").replace("fat", "а"),
        f"{FIRST}\n{SECOND}".replace(";", ",").replace("ntfs", '"NTFS, смета.xlsx"'),
    ],
)  # fmt: skip
def test_a_table_is_read_as_people_write_it(text: str) -> None:
    assert result_of(TABLE, text).credit_percent == 100


def test_a_table_may_be_a_list_of_objects() -> None:
    rows = [
        {"number": 1, "start": f"{PHOTO} bytes", "type": "ntfs", "born": "2026-03-03T09:35:20Z", "Метка": "бета-07"},
        {"number": 2, "start": f"{FILE} bytes", "type": "fat", "born": "2026-03-06T11:02:44Z", "label": None},
    ]
    found = verdict(TABLE, json.dumps(rows))

    assert found.credit_percent == 87
    assert found.details == (Detail("TABLE-CELL", {"row": "2", "column": "label"}),)


def test_each_cell_is_compared_by_its_own_type() -> None:
    text = (
        f"1;{PHOTO} sectors;ntfs;2026-03-03T14:35:20Z;Gamma\n"
        f"2;{int(str(fact('file.volume_offset_bytes')))} bytes of the partition;;2026-03-06T11:02:44Z;none"
    )
    found = verdict(TABLE, text)

    # of 8 cells: 50 + 100 + 40 + 0, and 100 + 0 + 100 + 100
    assert found.credit_percent == 490 // 8
    assert [(item.values["row"], item.values["column"], item.values.get("mistake")) for item in found.details] == [
        ("1", "start", "O-UNIT"),
        ("1", "born", "T-1"),
        ("1", "label", "H-OTHER"),
        ("2", "type", None),
    ]
    assert found.mistake == "O-UNIT"
    assert found.notices == ("base-stated",)


def test_the_most_frequent_mistake_stands_for_the_table() -> None:
    text = f"1;{PHOTO} bytes;ntfs;2026-03-03T14:35:20Z;Gamma\n2;{FILE} bytes;fat;2026-03-06T16:02:44Z;none"

    assert verdict(TABLE, text).mistake == "T-1"


def test_a_row_too_many_costs_and_a_missing_one_is_counted_without_being_told() -> None:
    extra = verdict(TABLE, f"{FIRST}\n{SECOND}\n3;1 byte;fat;2026-03-06T11:02:44Z;none")
    missing = verdict(TABLE, FIRST)
    twice = verdict(TABLE, f"{FIRST}\n{FIRST}\n{SECOND}")

    assert (extra.credit_percent, extra.details) == (66, (Detail("TABLE-EXTRA", {"row": "3"}),))
    assert (missing.credit_percent, missing.details) == (50, (Detail("TABLE-MISSING", {"count": 1}),))
    assert (twice.credit_percent, twice.details) == (66, (Detail("TABLE-EXTRA", {"row": "1"}),))
    assert verdict(TABLE, "7;1 byte;fat;2026-03-06T11:02:44Z;none").credit_percent == 0


def a_table_by_place() -> Task:
    columns = [
        {"id": "start", "title": {"en": "Start"}, "answer": {"type": "INT", "unit": "sectors"}},
        {"id": "name", "title": {"en": "Name"}, "answer": {"type": "TEXT"}},
    ]
    rows = [{"start": 2048, "name": "a"}, {"start": 2048 * 512, "name": "b"}]
    return a_task(type="TABLE", key="start", columns=columns, rows=rows)


def test_a_key_that_is_a_known_mistake_finds_its_row_after_the_right_keys() -> None:
    table = a_table_by_place()
    found = verdict(table, f"{2048 * 512}\ta\n{2048 * 512 * 512}\tb".replace("\t", ";"))
    one = verdict(table, f"{2048 * 512};b")

    assert one.credit_percent == 50
    assert one.details == (Detail("TABLE-MISSING", {"count": 1}),)
    # the first key is right for row b, so its name is wrong; the second key is then left without a row of its own
    assert found.credit_percent == 0


def test_a_wrong_unit_in_the_key_halves_its_row() -> None:
    found = verdict(a_table_by_place(), f"{2048 * 512 * 512};b")

    assert (found.credit_percent, found.mistake) == (25, "O-UNIT")
    assert found.details[0] == Detail(
        "TABLE-CELL-MISTAKE", {"row": "536870912", "column": "start", "mistake": "O-UNIT"}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number;start;size\n1;2 bytes;3", "'size' is not a column"),
        ("number;start;number\n1;2 bytes;3", "stands twice"),
        ("number;start", "no row"),
        (";;\n", "no row"),
        (f"{FIRST};more", "has 6 cells; the table has 5"),
        ("start;type\n5 bytes;fat", "nothing in the column number"),
        ("\n".join(["1;2 bytes"] * 201), "more than 200 rows"),
        ("1;2 bytes;fat;yesterday", "row 1, column born: .* not a time"),
        ("1\n2;2", "row 2, column start: the answer names no unit"),
        ('[{"number": 1}', "not-json"),
        ('[{"number": 1}], "x": [1]', "is not a list of rows"),
        ('[{"number": 1.5}]', "not-a-whole-number"),
        ('[{"number": 1, "№": 2}]', "stands twice"),
        ('[{"number": true}]', "neither a text"),
        ("[5]", "is not an object"),
        ("[" * 50 + "]" * 50, "too-deep"),
        ('[{"number": 1, "number": 2}]', "duplicate-key"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        check_form(TABLE, text)

    assert caught.value.remedy


def test_an_unreadable_cell_is_told_by_row_and_column_in_both_languages() -> None:
    found = result_of(TABLE, f"{FIRST}\n2;5 bytes;fat;1404-12-19T14:05:00Z;x")

    assert (found.outcome, found.mistake) == (Outcome.UNREADABLE, "T-JAL")
    assert found.details[0] == Detail("TABLE-UNREADABLE", {"row": 2, "column": "born"})
    for language, words in (("en", "row 2, column born"), ("ru", "строка 2, столбец born")):
        sentences = [detail(translator(language), item) for item in found.details]
        assert words in sentences[0]
        assert "2026-03-10" in sentences[1]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_details_are_sentences_with_the_name_of_the_mistake(language: str) -> None:
    t = translator(language)
    found = verdict(TABLE, f"{FIRST.replace('Бета-07', 'Gamma')}\n9;1 byte;fat;2026-03-06T11:02:44Z;none")
    sentences = [detail(t, item) for item in found.details]

    assert t(MISTAKES["H-OTHER"].name_key) in sentences[0]
    assert len(set(sentences)) == 3
    assert not any("{" in sentence for sentence in sentences)


def test_the_right_rows_never_stand_in_what_a_trainee_is_told() -> None:
    found = verdict(TABLE, "8;1 byte;fat;2026-03-06T11:02:44Z;none")

    assert str(PHOTO) not in str(found.details)
    assert right_spelling(TABLE, TRUTH).splitlines()[1].startswith("1\t")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "size"}, "none of the columns"),
        ({"rows": []}, "at least 1"),
        ({"rows": [{"a": 1}]}, "does not have exactly the columns"),
        ({"rows": [{"a": 1, "b": {"truth": "no reference"}}]}, "truth"),
        ({"rows": [{"a": 1, "b": {"truth": "usb:file.label", "unit": "bytes"}}]}, "unit"),
        ({"rows": [{"a": {"value": 1, "truth": "usb:file.label"}, "b": "x"}]}, "exactly one"),
        ({"rows": [{"a": 1, "b": "x", "c": 3}]}, "look at c"),
        (
            {
                "columns": [{"id": "a", "title": {"en": "A"}, "answer": {"type": "TEXT"}} for _ in "12"],
                "rows": [{"a": 1}],
            },
            "same id",
        ),
    ],
)
def test_a_table_that_is_written_wrongly_is_refused(changes: dict[str, object], message: str) -> None:
    columns = [
        {"id": "a", "title": {"en": "A"}, "answer": {"type": "INT", "unit": "count"}},
        {"id": "b", "title": {"en": "B"}, "answer": {"type": "TEXT"}},
    ]
    whole = {"type": "TABLE", "key": "a", "columns": columns, "rows": [{"a": 1, "b": "x"}]}

    assert a_task(**whole)
    with pytest.raises(ValidationError, match=message):
        a_task(**{**whole, **changes})


def test_a_table_has_no_mistakes_of_its_own() -> None:
    with pytest.raises(ValidationError, match="into its cells"):
        a_task([{"code": "O-UNIT", "value": 1}], **TABLE.answer.model_dump())


def test_facts_that_a_cell_refers_to_are_those_of_its_row() -> None:
    rows = resolve(TABLE, TRUTH).rows

    assert rows[0]["start"].right == PHOTO
    assert any(known.code == "O-BASE" for known in rows[1]["start"].known)
