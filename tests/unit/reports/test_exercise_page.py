from dataclasses import dataclass
from pathlib import Path

import pytest

from labkit.content.reader import Library
from labkit.content.schemas import Exercise
from labkit.i18n import translator
from labkit.reports.guides import exercise_page
from tests.unit.grading.a_case import ALL, an_exercise, truth_of


@dataclass(frozen=True)
class Page:
    exercise: Exercise
    library: Library


@pytest.fixture
def page(tmp_path: Path) -> Page:
    exercise = an_exercise(ALL)
    folder = tmp_path / "exercises" / "tern"
    folder.mkdir(parents=True)
    for language in ("en", "ru"):
        tasks = "".join(f"## {n}. {name}\n\nText.\n\n" for n, name in enumerate(ALL, start=1))
        (folder / f"brief.{language}.md").write_text(f"# Tern\n\n{tasks}---\n\nEnd.\n", encoding="utf-8")
    return Page(exercise, Library(tmp_path, {}, {}, {"tern": exercise}))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_says_how_each_answer_is_written(page: Page, language: str) -> None:
    t = translator(language)
    html = exercise_page(page.library, page.exercise, t, truth_of().variables)

    for task in page.exercise.tasks:
        assert t(f"answer.form.{task.answer.type}").split(",")[0] in html


def test_a_page_shows_the_columns_of_a_table_and_the_options_of_a_choice(page: Page) -> None:
    html = exercise_page(page.library, page.exercise, translator("ru"), truth_of().variables)

    assert '<code dir="ltr">born</code></td><td>Создан</td>' in html
    assert '<code dir="ltr">ntfs</code> NTFS' in html
    assert '<code dir="ltr">neighbour</code> Ноутбук соседа' in html
    assert "Бета-07" not in html


def test_points_are_counted_as_people_count(page: Page) -> None:
    first, *others = page.exercise.tasks
    tasks = (first.model_copy(update={"points": 1}), *others)
    exercise = page.exercise.model_copy(update={"tasks": tasks})
    bonus = exercise.model_copy(update={"bonus_points": 10.0})

    html = {
        language: exercise_page(page.library, exercise, translator(language), truth_of().variables)
        for language in ("en", "ru")
    }

    assert ">1 point · " in html["en"]
    assert ">10 points · " in html["en"]
    assert ">1 балл · " in html["ru"]
    assert ">10 баллов · " in html["ru"]
    assert " bonus points · " in exercise_page(page.library, bonus, translator("en"), truth_of().variables)
