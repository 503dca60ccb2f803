import re
from pathlib import Path

import pytest

from labkit.grading import mistakes
from labkit.grading.answers import TYPES
from labkit.grading.expected import resolve
from labkit.i18n import LANGUAGES, messages
from labkit.model.grading import Outcome

from .a_case import ALL, truth_of

ROOT = Path(__file__).resolve().parents[3]
_REMARK = r'"((?:close|set|multi|region|base|claim|yara|order)-[a-z-]+)"'
SOURCES = sorted((ROOT / "src" / "labkit" / "grading").rglob("*.py"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mistake_has_its_sentences_and_none_is_left_over(language: str) -> None:
    catalogue = messages(language)
    wanted = {key for kind in mistakes.MISTAKES.values() for key in (kind.message_key, kind.name_key)}

    assert {key for key in catalogue if key.startswith("mistake.")} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_and_every_code_in_the_grader_has_its_sentence(language: str) -> None:
    catalogue = messages(language)
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    codes = set(re.findall(r'"(form-[a-z-]+)"', text)) | set(re.findall(_REMARK, text))
    codes |= {"HINT-CYR", "other-algorithm", "also-skew", "date-right", "letter-for-digit", "too-long"}

    assert {key.removeprefix("notice.") for key in catalogue if key.startswith("notice.")} == codes
    assert {f"outcome.{outcome}" for outcome in Outcome} <= set(catalogue)
    assert {"detail.EVENT-MISSING", "detail.EVENT-DIGEST", "detail.BROKEN", "flag.foreign-value"} <= set(catalogue)


def test_names_are_a_few_words_and_feedback_says_what_to_do() -> None:
    for language in LANGUAGES:
        catalogue = messages(language)
        for kind in mistakes.MISTAKES.values():
            assert len(str(catalogue[kind.name_key])) <= 60, kind.code
            assert 60 <= len(str(catalogue[kind.message_key])) <= 320, kind.code
            assert "{" not in str(catalogue[kind.message_key]), kind.code


def test_derived_mistakes_are_in_the_registry() -> None:
    derived = {known.code for task in ALL.values() for known in resolve(task, truth_of()).known}

    assert derived <= set(mistakes.MISTAKES)
    assert len(derived) > 12


def test_solve_it_ids_have_their_form() -> None:
    ids = [each for kind in mistakes.MISTAKES.values() for each in kind.solve_it]

    assert all(re.fullmatch(r"DF[TW]-1[0-9]{3}", each) for each in ids)


def test_the_page_for_authors_is_the_registry() -> None:
    names = {key: str(sentence) for key, sentence in messages("en").items()}

    page = (ROOT / "docs" / "author" / "mistakes.md").read_text(encoding="utf-8")
    assert page == mistakes.mistakes_page(names)


def test_the_page_on_answer_types_has_every_type_and_every_derived_mistake() -> None:
    page = (ROOT / "docs" / "author" / "answer-types.md").read_text(encoding="utf-8")
    missing = [name for name in TYPES if f"## {name}" not in page]
    missing += [
        kind.code
        for kind in mistakes.MISTAKES.values()
        if kind.found_by is not mistakes.FoundBy.EXERCISE and f"`{kind.code}`" not in page
    ]

    assert missing == []
