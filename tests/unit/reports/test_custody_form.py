"""The printed form of a ledger tells everything that the ledger does: its reader may have nothing but the paper."""

import re
from html import unescape
from typing import Any

import pytest

from labkit.custody.overlay import overlay
from labkit.i18n import LANGUAGES, translator
from labkit.reports.custody_pages import COLUMNS, ledger_form
from labkit.reports.guides import custody_form
from tests.unit.custody.story import CLEAN, DECLARED, MEDIA, event, ledger_of
from tests.unit.custody.test_whole_record import AT, WHOLE

NOT_PRINTED = {"event_id", "tz", "map_km", "over"}  # of no use on paper, or said by something else
TERMS = {"kind", "role", "power_state_at_seizure", "state", "of", "stage", "method", "value"}  # in words, or cut


def printed(*entries: dict[str, Any], language: str = "en") -> str:
    """The text of the page, without the picture and the state at its end."""
    page = ledger_form(ledger_of(*entries), translator(language), overlay("default"))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<svg")[0].partition("<main")[2])).split())


def marked(value: Any, path: str) -> Any:
    """The value with a text of its own in every place where a person writes freely."""
    if isinstance(value, dict):
        return {key: inside if key in TERMS else marked(inside, f"{path}-{key}") for key, inside in value.items()}
    if isinstance(value, list):
        return [marked(one, f"{path}-{number}") for number, one in enumerate(value)]
    free = isinstance(value, str) and value not in (AT, MEDIA) and not path.endswith(("exhibit_no", "exhibits-0"))
    return f"x{path}x" if free else value


def texts(value: Any, name: str = "") -> list[str]:
    if name in NOT_PRINTED | TERMS:
        return []
    if isinstance(value, dict):
        return [text for key, inside in value.items() for text in texts(inside, key)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one, name)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("kind", WHOLE)
def test_whatever_a_person_wrote_stands_on_the_form(kind: str) -> None:
    entry = marked(WHOLE[kind], kind)
    page = printed({"type": kind, **entry}, WHOLE["exhibit"] | {"type": "exhibit", "exhibit_no": "KF-02"})

    missing = [text for text in texts(entry) if text not in page and text not in (AT, MEDIA)]
    assert missing == []


def test_witnesses_transport_and_what_was_done_to_the_source_are_told_in_both_languages() -> None:
    page = printed(*CLEAN, language="ru")

    assert "Присутствовали / Witnesses : P2 Анна Реет" in page
    assert "Перевозка / Transport : Northline, NL-4471" in page
    assert "Блокиратор записи / Write blocker : аппаратный WB-3 · Проверен в строке" in page.replace(
        " Проверен", " · Проверен"
    )
    assert "(от носителя)" in page


def test_a_late_line_says_when_it_was_entered_and_a_line_of_the_moment_does_not() -> None:
    assert "Entered" not in printed(*DECLARED, event("identified", "09:02"))
    late = {**event("identified", "09:02"), "recorded_at": "2026-03-10T18:00:00+05:00"}
    assert "Entered / Внесено : 2026-03-10T18:00:00+05:00" in printed(*DECLARED, late)


def test_a_correction_that_names_no_exhibit_stands_on_the_sheet_of_the_line_that_it_corrects() -> None:
    wrong = event("identified", "09:02", "KF-02")
    first, second = (
        {"type": "corrected", "event_at": AT, "actor": "P1", "corrects_event": len(DECLARED) + number, "note": note}
        for number, note in ((1, "it was the red one"), (2, "no: the blue one"))
    )
    page = printed(*DECLARED, wrong, first, second)

    sheet = page.partition("KF-02")[2].partition("KF-06 Номер объекта")[0]
    assert "it was the red one" in sheet
    assert "no: the blue one" in sheet
    assert page.count("it was the red one") == 1
    declared = {"type": "corrected", "event_at": AT, "actor": "P1", "corrects_event": 9, "note": "a blue stick"}
    assert "a blue stick" in printed(*DECLARED, declared).partition("KF-06 Номер объекта")[0]


def test_what_is_about_no_declared_exhibit_has_a_sheet_of_its_own() -> None:
    page = printed(*DECLARED, event("identified", "09:02", "KF-99", note="never declared"))

    assert "never declared" in page.partition("Entries about no exhibit of this ledger")[2]
    assert "Entries about no exhibit" not in printed(*CLEAN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_of_the_record_has_a_word(language: str) -> None:
    from labkit.model import custody as m

    page = printed(
        *({"type": "person", "person_id": f"P{role}", "role": role.value} for role in m.Role),
        *({"type": "location", "loc_id": f"L{kind}", "kind": kind.value} for kind in m.LocationKind),
        *(
            {"type": "exhibit", "exhibit_no": f"X{state}", "power_state_at_seizure": state.value}
            for state in m.PowerState
        ),
        *({"type": "verified", "hash": [{"of": of.value}]} for of in m.HashOf),
        *({"type": "acquired", "write_block": {"kind": kind.value}} for kind in m.WriteBlockKind),
        {"type": "case", "authority": [{"auth_id": f"W{kind}", "kind": kind.value} for kind in m.AuthorityKind]},
        language=language,
    )

    t = translator(language)
    for group, choices in (
        ("role", m.Role), ("place", m.LocationKind), ("power", m.PowerState), ("digest", m.HashOf),
        ("blocker", m.WriteBlockKind), ("permit", m.AuthorityKind),
    ):  # fmt: skip
        for choice in choices:
            assert t(f"form.{group}.{choice.value}") in page


def test_the_blank_form_has_the_columns_of_the_printed_ledger_in_their_order() -> None:
    page = custody_form(translator("en"))
    heads = [unescape(re.sub(r"<[^>]+>.*", "", head)) for head in re.findall(r'<th scope="col">(.*?)</th>', page)]

    own = translator("en")("form.ledger.who")  # on paper, whoever releases, receives or signs
    assert heads == [translator("en")(key) for key in COLUMNS if translator("en")(key) != own]
