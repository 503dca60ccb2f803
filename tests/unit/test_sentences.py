"""English sentences of errors and remarks, said in the language of the reader."""

import re

import pytest

from labkit.i18n import LANGUAGES, say
from labkit.i18n.sentences import Pattern, Sayings, sayings
from tests.spoken import spoken

OTHERS = [language for language in LANGUAGES if language != "en"]
_VALUE = re.compile(r"\{(\w+)(:d)?\}")
_TOKENS = re.compile(r"⟦.*?⟧", re.DOTALL)


@pytest.mark.parametrize(
    ("template", "sentence", "values"),
    [
        ("there is no file {path}", "there is no file a b.raw", {"path": "a b.raw"}),
        ("{file}: {problem}", "a.E01: chunk 7: damaged", {"file": "a.E01", "problem": "chunk 7: damaged"}),
        ("{count} of {all} bytes", "3 of 40 bytes", {"count": "3", "all": "40"}),
        ("{path} or {path}.E01", "a or a.E01", {"path": "a"}),
        ("{path} or {path}.E01", "a or b.E01", None),
        ("there is no file {path}", "there is no folder x", None),
        ("{count} of {all} bytes", "3 bytes of 40", None),
        ("{one} and {other} and", "a and", None),
        ("{count:d} bytes", "40 bytes", {"count": "40"}),
        ("{count:d} bytes", "no bytes", None),
        ("the disk is full", "the disk is full", {}),
        ("the disk is full", "the disk is full.", None),
    ],
)
def test_a_sentence_is_found_by_the_words_around_its_values(
    template: str, sentence: str, values: dict[str, str] | None
) -> None:
    assert Pattern(template).values_of(sentence) == values


def test_the_entry_with_the_most_words_counts_and_values_are_said_too() -> None:
    language = Sayings(
        {
            "{file}: {problem}": "{file} -- {problem}",
            "{file}: chunk {number} is damaged": "{number} IN {file}",
            "the table ends early": "THE END",
            "table": "NEVER",
        }
    )

    assert language.say("a.E01: chunk 7 is damaged") == "7 IN a.E01"
    assert language.say("a.E01: the table ends early") == "a.E01 -- THE END"
    assert language.say("a.E01: table") == "a.E01 -- table", "one word may be a name"
    assert language.say("what nobody wrote") == "what nobody wrote"
    assert language.say("{file}: {problem}") == "{file} -- {problem}"


def test_heads_come_first_and_lists_are_said_part_by_part() -> None:
    language = Sayings(
        {
            "Warning: {text}": "ALAS, {text}",
            "{path} can not be read: {error}": "{path} BAD: {error}",
            "row {number:d}: {what}": "{number}. {what}",
            "{text} is no date": "NO DATE {text}",
            "{path} is there; nothing was written": "{path} STAYS",
            "it stopped: {error}; {safe}": "STOPPED ({error}) -- {safe}",
            "{count:d} sectors are safe": "{count} SAFE",
            "{name}: {problem}": "{name}: {problem}",
        }
    )

    assert language.say("Warning: a.raw can not be read: x") == "ALAS, a.raw BAD: x"
    assert language.say("row 2: 'x' is no date; row 7: 'y' is no date") == "2. NO DATE 'x'; 7. NO DATE 'y'"
    assert language.say("a is there; nothing was written") == "a STAYS"
    assert language.say("it stopped: no cable; 7 sectors are safe") == "STOPPED (no cable) -- 7 SAFE"
    assert language.say("one thing; another") == "one thing; another"


def test_a_hostile_value_costs_no_time() -> None:
    language = Sayings({"{a}: {b}: {c}: {d} ends": "{a}{b}{c}{d}", "x": "y"})

    assert language.say(": " * 3900) == ": " * 3900
    assert language.say("x" * 9000) == "x" * 9000


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_every_error_and_remark_of_the_trainees_part(language: str) -> None:
    """A new sentence needs its translations: add it to ``locale/<language>/sentences.po``."""
    words = sayings(language)
    unsaid = []
    for place, sentence in spoken():
        if not re.search("[A-Za-z]", _TOKENS.sub("", sentence)):
            continue  # values alone
        found = words.match(sentence)
        if found is None or not all(_TOKENS.fullmatch(value) for value in found[1].values()):
            unsaid.append(f"{place}: {sentence}")

    assert unsaid == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_values_and_are_translations(language: str) -> None:
    for template, translation in sayings(language).translations.items():
        assert translation, template
        words, values = _VALUE.sub("", template), {value[0] for value in _VALUE.findall(template)}
        assert values == {value[0] for value in _VALUE.findall(translation)}, template
        assert translation != template or not re.search("[a-z]{4}", words), template


def test_what_a_language_lacks_stays_english() -> None:
    assert say("there is no file x.raw", "en") == "there is no file x.raw"
    assert say("there is no file x.raw", "tlh") == "there is no file x.raw"
    assert say("there is no file x.raw", "ru") != "there is no file x.raw"
