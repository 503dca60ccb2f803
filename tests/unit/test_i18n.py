import re
from string import Formatter

import pytest

from labkit.i18n import LANGUAGES, messages, translator


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_every_language_has_every_message_with_the_same_values(language: str) -> None:
    english, other = messages("en"), messages(language)

    assert english.keys() == other.keys()
    for key, sentence in english.items():
        mine = [sentence] if isinstance(sentence, str) else sentence
        theirs = [other[key]] if isinstance(other[key], str) else other[key]
        assert all(theirs), f"{key} is empty in {language}"
        assert fields(mine[-1]) == fields(theirs[-1]), key


def test_a_russian_message_is_not_left_in_english() -> None:
    same = [
        key
        for key, sentence in messages("ru").items()
        if isinstance(sentence, str) and sentence == messages("en")[key] and re.search("[a-z]{4}", sentence)
    ]

    assert same == []


def test_plurals_follow_the_language() -> None:
    t = translator("ru")

    assert [t.plural("feedback.hints", number) for number in (1, 3, 11)] == [
        "Открыта 1 подсказка.",
        "Открыто 3 подсказки.",
        "Открыто 11 подсказок.",
    ]


def test_a_fraction_takes_the_form_of_two_and_its_own_spelling() -> None:
    worth = {
        language: [
            translator(language).plural("page.points", points, number=f"{points:g}") for points in (1, 2, 5, 0.75, 1.5)
        ]
        for language in ("en", "ru")
    }

    assert worth == {
        "en": ["1 point", "2 points", "5 points", "0.75 points", "1.5 points"],
        "ru": ["1 балл", "2 балла", "5 баллов", "0.75 балла", "1.5 балла"],
    }


def test_an_unknown_key_is_a_fault_and_an_unknown_language_is_english() -> None:
    with pytest.raises(KeyError, match="no such thing"):
        translator("en")("no such thing")
    assert translator("xx").language == "en"
    assert translator("en").direction == "ltr"
