import pytest

from labkit.content.brief import GENERAL, cut, fill, hint_items, placeholders, read_brief, read_guide, read_hints
from labkit.content.reader import load_library
from labkit.errors import ContentError
from tests.unit.content.small_library import SmallLibrary


def test_a_brief_has_title_introduction_and_one_text_for_each_task(content: SmallLibrary) -> None:
    brief = read_brief(load_library(content.root), "prints", "en")

    assert brief.title == "Prints"
    assert brief.introduction.startswith("The officer is {officer}.")
    assert [(task.number, task.heading) for task in brief.tasks] == [(1, "The medium"), (2, "The choice")]
    assert "## 9. nor this one" in brief.tasks[0].text_markdown


def test_the_footnote_belongs_to_the_whole_text_and_not_to_the_last_task(content: SmallLibrary) -> None:
    brief = read_brief(load_library(content.root), "prints", "en")

    assert "reviewed" not in brief.tasks[1].text_markdown
    assert brief.introduction.endswith("reviewed by a practitioner.")


def test_a_language_that_is_not_there_falls_back_to_english(content: SmallLibrary) -> None:
    library = load_library(content.root)

    assert read_brief(library, "prints", "ru").title == "Отпечатки"
    assert read_brief(library, "prints", "fa").title == "Prints"
    assert read_guide(library, "00-prints", "fa").startswith("# Guide")


def test_hints_come_by_task_with_what_is_indented_under_them(content: SmallLibrary) -> None:
    hints = read_hints(load_library(content.root), "prints", "en")

    assert hints == {
        GENERAL: ("Read the question.",),
        1: ("Box or content?", "Look at the size.\n\nMore about it."),
        2: ("Look again.",),
    }


def test_a_task_without_hints_has_none(content: SmallLibrary) -> None:
    content.change("exercises/prints/hints.en.md", "\n## 2. The choice\n\n- Look again.\n", "")

    assert read_hints(load_library(content.root), "prints", "en")[2] == ()


def test_a_brief_whose_headings_do_not_follow_the_tasks_is_refused(content: SmallLibrary) -> None:
    content.change("exercises/prints/brief.en.md", "## 2. The choice", "## 4. The choice")

    with pytest.raises(ContentError, match="one numbered heading for each task") as caught:
        read_brief(load_library(content.root), "prints", "en")

    assert "'## 2. ...'" in caught.value.remedy


def test_a_hint_for_no_task_is_refused(content: SmallLibrary) -> None:
    content.change("exercises/prints/hints.en.md", "## 2. The choice", "## 7. The choice")

    with pytest.raises(ContentError, match=r"'7\. The choice' that no task has") as caught:
        read_hints(load_library(content.root), "prints", "en")

    assert "Copy the heading" in caught.value.remedy


def test_a_missing_text_and_a_text_in_another_encoding_are_errors(content: SmallLibrary) -> None:
    library = load_library(content.root)
    (content.root / "labs/00-prints/guide.ru.md").write_bytes("# Руководство\n".encode("cp1251"))

    with pytest.raises(ContentError, match="is not UTF-8 at byte 2") as caught:
        read_guide(library, "00-prints", "ru")
    assert "UTF-8" in caught.value.remedy

    content.remove("labs/00-prints/guide.en.md")
    with pytest.raises(ContentError, match=r"00-prints/guide.en.md is missing") as caught:
        read_guide(library, "00-prints", "en")
    assert "labkit author lint" in caught.value.remedy


def test_only_known_names_in_braces_are_filled() -> None:
    values = {"name": "a {case}", "case": "NV-1"}

    assert fill("{name} and `{case}`", values) == "a {case} and `NV-1`"
    assert (
        fill("{{name}} {unknown} { name } {} awk '{print $1}'", values)
        == "{name} {unknown} { name } {} awk '{print $1}'"
    )


def test_placeholders_are_listed_once_and_escaped_ones_are_not() -> None:
    assert placeholders("{a} {b_1} {a} {{c}} {D} {1x}") == ("a", "b_1")


def test_a_hash_sign_inside_a_code_fence_is_no_heading() -> None:
    document = cut("# T\n\n~~~\n## 1. no\n```\n## 2. no\n~~~\n\n## 1. Yes\n\ntext\n")

    assert [section.heading for section in document.sections] == ["1. Yes"]
    assert document.introduction.startswith("~~~")


def test_lines_outside_of_hints_are_told_apart() -> None:
    items, outside = hint_items("stray\n- one\n  more\n\n  still\n* two\nstray again")

    assert items == ("one\nmore\n\nstill", "two")
    assert outside == ("stray", "stray again")
