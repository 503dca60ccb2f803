"""Answers in the words of the reader: how a place was understood, and what is missing in one that can not be read."""

from collections.abc import Mapping

import pytest

from labkit.grading.answers.contract import FormError
from labkit.i18n import translator
from labkit.usecases.answer_words import in_words, refusal
from labkit.workspace.tasks import PublicTask
from tests.small_class import OPTIONS, a_task

TABLE = {
    "type": "TABLE",
    "columns": [{"id": "kind", "title": "Kind", "form": {"type": "ENUM", "options": OPTIONS}}],
}


def task(answer: Mapping[str, object]) -> PublicTask:
    return a_task("exam", "place", 1, answer)


@pytest.mark.parametrize(
    ("kind", "understood", "english"),
    [
        ("OFFSET", "1048576 bytes disk", "byte 1048576 (sector 2048), counted from the beginning of the disk"),
        ("OFFSET", "1048577 bytes disk", "byte 1048577, counted from the beginning of the disk"),
        ("OFFSET", "512 bytes file", "byte 512, counted from the beginning of the file"),
        ("OFFSET", "512 bytes memory", "byte 512, counted as a virtual address in memory"),
        (
            "REGION",
            "start 512, length 1024 bytes partition",
            "from byte 512 on, 1024 bytes (sectors 1 to 2), counted from the beginning of the partition",
        ),
        (
            "REGION",
            "start 512, length 7 bytes disk",
            "from byte 512 on, 7 bytes, counted from the beginning of the disk",
        ),
    ],
)
def test_a_place_is_said_with_its_base_and_its_sectors(kind: str, understood: str, english: str) -> None:
    assert in_words(task({"type": kind}), "x", understood, translator("en")) == english
    russian = in_words(task({"type": kind}), "x", understood, translator("ru"))
    assert russian.startswith(("байт ", "начиная с байта "))
    assert ("секторы 1–2" in russian) == ("sectors 1 to 2" in english)


def test_another_answer_is_said_as_it_is_compared_but_for_its_letter_case() -> None:
    t = translator("en")

    assert in_words(task({"type": "PATH"}), "/Docs/A.txt", "/docs/a.txt", t) == "/Docs/A.txt"
    assert in_words(task({"type": "HASH"}), "AB CD", "abcd", t) == "abcd"


def test_what_can_not_be_read_is_said_in_the_readers_language() -> None:
    error = FormError("the answer names no unit", remedy="Write it.", code="form-offset-unit")
    place = task({"type": "OFFSET"})

    russian = refusal(error, place, translator("ru"))

    assert refusal(error, place, translator("en")) is error
    assert russian.message == "Не указана единица: байты или секторы?"
    assert russian.remedy.startswith("Форма ответа: число с единицей")
    assert (russian.heads[0], russian.exit_code) == ("Ошибка", 10)


def test_the_options_and_the_cell_of_a_table_are_named() -> None:
    error = FormError("x", remedy="y", code="form-enum", cell={"row": 2, "column": "kind"})

    refused = refusal(error, task(TABLE), translator("ru"))

    assert refused.message.startswith("Строка 2, столбец kind. ")
    assert refused.remedy.endswith(": agree, differ")


def test_a_fault_that_no_catalogue_names_stays_as_it_is() -> None:
    error = FormError("the answer is too long", remedy="Write less.", code="nameless")

    assert refusal(error, task({"type": "INT"}), translator("ru")) is error
