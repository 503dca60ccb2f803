"""The answer book as a page and as a table."""

import csv
import io
import re
from html import unescape

from labkit.grading.answer_key import Key
from labkit.model.people import Trainee
from labkit.reports.answer_book import Answers, answer_csv, answer_page
from labkit.reports.class_report import TaskColumn

TASKS = (
    TaskColumn("a/size", "The size", 5, "L00·1"),
    TaskColumn("a/place", "The place", 5, "L00·2"),
    TaskColumn("a/choice", "What it is", 5, "L00·3"),
    TaskColumn("a/labels", "Labels", 5, "L00·4"),
    TaskColumn("a/rule", "A rule", 5, "L00·5"),
)
KEYS = {
    "a/size": Key("4096"),
    "a/place": Key("8192 bytes disk", also="0x2000"),
    "a/choice": Key("differ", titles=({"en": "They differ", "ru": "Различаются"},)),
    "a/labels": Key(rows=(("exhibit", "serial"), ("KF-01", "=1+1"), ("KF-02", "<b>"))),
    "a/rule": Key(judged_by="rule"),
}
ANSWERS = (
    Answers(Trainee("T01", "Nadia Marlow", "en"), KEYS),
    Answers(Trainee("T02", "=Тимур", "ru"), {"a/size": Key("512")}),
)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_has_a_section_for_each_trainee_and_says_what_is_right() -> None:
    page = answer_page("Spring", "First steps", TASKS, ANSWERS, "en")
    text = text_of(page.partition("<main")[2])

    assert page.count('<section class="person"') == 2
    assert "L00·1 The size 4096" in text
    assert "8192 bytes disk (0x2000)" in text
    assert "differ They differ" in text
    assert "exhibit serial KF-01 =1+1 KF-02 <b>" in text
    assert "There is no one right rule" in text
    assert "For the trainer alone" in text
    assert "<b>" not in page.partition("<main")[2].replace("<bdi>", "")


def test_the_page_speaks_the_language_of_the_trainer() -> None:
    text = text_of(answer_page("Spring", "First steps", TASKS, ANSWERS, "ru"))

    assert "Книга ответов" in text
    assert "Различаются" in text


def test_the_table_has_a_row_for_each_answer_and_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(answer_csv(TASKS, ANSWERS))))

    assert rows[0] == ["trainee_id", "name", "task", "answer"]
    assert ["T01", "Nadia Marlow", "a/labels", "exhibit; serial\nKF-01; =1+1\nKF-02; <b>"] in rows
    assert rows[-1] == ["T02", "'=Тимур", "a/size", "512"]
