"""The custody file of another case: what it holds, that it is personal, and that eight defects stand together."""

import json
from collections import Counter
from typing import Any

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.records.breaks import first_breaks
from labkit.synthesis.records.cast import draw_cast
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.phrases import in_russian
from labkit.synthesis.records.planting import CATEGORIES, CONSEQUENCES, CURES, DEFECTS, DRAWN, compatible, drawn, plant
from labkit.synthesis.records.story import clean_file
from labkit.synthesis.streams import Stream


def file_of(seed: bytes, *defects: str) -> tuple[Draft, dict[str, tuple[int, ...]]]:
    stream = Stream(seed, "custody")
    cast = draw_cast(stream)
    draft = clean_file(cast, stream)
    return draft, {one.id: one.events for one in plant(draft, cast, stream, defects)}


def lines(draft: Draft) -> list[dict[str, Any]]:
    return [json.loads(line) for line in draft.sealed("case").splitlines()]


def test_a_clean_file_has_people_places_exhibits_and_many_events() -> None:
    kinds = Counter(line["type"] for line in lines(file_of(b"1")[0]))
    assert kinds["person"] == 12
    assert kinds["location"] == 9
    assert kinds["exhibit"] == 11
    assert sum(count for kind, count in kinds.items() if kind not in ("case", "person", "location", "exhibit")) >= 42


def test_the_same_seed_gives_the_same_file_and_another_seed_another() -> None:
    assert file_of(b"1", "D07")[0].sealed("case") == file_of(b"1", "D07")[0].sealed("case")
    assert len({file_of(b"%d" % number)[0].sealed("case") for number in range(20)}) == 20


def test_lines_are_numbered_and_refer_to_numbers() -> None:
    found = lines(file_of(b"2")[0])
    assert [line["seq"] for line in found] == list(range(1, len(found) + 1))
    tested = [line["write_block"]["tested_event"] for line in found if "tested_event" in line.get("write_block", {})]
    assert [found[number - 1]["purpose"].split(":")[0].split(" WB")[0] for number in tested] == [
        "test of the write blocker",
        "test of the write blocker",
    ]
    (correction,) = (line for line in found if line["type"] == "corrected")
    assert found[correction["corrects_event"] - 1]["type"] == "checked_out"


def test_an_earlier_copy_holds_what_was_overwritten_later() -> None:
    draft, events = file_of(b"3", "D28")
    earlier = [json.loads(line) for line in draft.earlier_copy("case", "correction").splitlines()]
    now = lines(draft)
    (number,) = events["D28"]
    assert earlier[number - 1]["condition_after"] != now[number - 1]["condition_after"]
    assert [one["type"] for one in earlier] == [one["type"] for one in now[: len(earlier)]]
    assert [
        n for n, one in enumerate(earlier, 1) if one.get("condition_after") != now[n - 1].get("condition_after")
    ] == [number]


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_changes_the_file_and_names_its_lines(name: str) -> None:
    clean = lines(file_of(b"4")[0])
    draft, events = file_of(b"4", name)
    planted = lines(draft)
    assert [_told(line) for line in clean] != [_told(line) for line in planted]
    assert events[name]
    assert max(events[name]) <= len(planted)


def _told(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in ("event_hash", "prev_event_hash")}


def test_every_defect_has_a_category_consequences_and_a_cure() -> None:
    for defect in DEFECTS.values():
        assert defect.category in CATEGORIES
        assert defect.consequences
        assert set(defect.consequences) <= CONSEQUENCES.keys()
        assert defect.cure in CURES
        assert defect.difficulty in DRAWN
    assert {defect.category for defect in DEFECTS.values()} == set(CATEGORIES)


def test_everybody_gets_eight_defects_of_the_same_difficulty() -> None:
    seen: set[str] = set()
    for number in range(300):
        chosen = drawn(Stream(b"%d" % number, "defects"))
        seen |= set(chosen)
        assert Counter(DEFECTS[name].difficulty for name in chosen) == Counter(DRAWN)
        assert all(compatible(chosen[:place], name) for place, name in enumerate(chosen))
        draft, events = file_of(b"%d" % number, *chosen)
        assert all(events[name] for name in chosen)
        assert len(lines(draft)) > 80
    assert seen == set(DEFECTS)


def test_red_herrings_stand_beside_the_defects() -> None:
    herrings = file_of(b"5")[1]
    assert herrings.keys() == {
        "late-note", "new-seal", "other-container", "clocks-changed", "read-errors", "correction", "smudged"
    }  # fmt: skip
    assert all(herrings.values())


@pytest.mark.parametrize("defects", [("D99",), ("D15", "D16"), ("D27", "D01"), ("D22", "D17")])
def test_what_can_not_be_planted_is_refused(defects: tuple[str, ...]) -> None:
    with pytest.raises(SynthesisError, match="can not be planted"):
        file_of(b"6", *defects)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_breaks_the_record_of_an_exhibit_in_one_of_its_own_entries(name: str) -> None:
    draft, planted = file_of(b"5", name)
    written = {line["seq"]: line for line in lines(draft)}

    broken = {exhibit: line for exhibit, line in first_breaks(draft, [name]).items() if line}

    assert bool(broken) is (name not in ("D11", "D32"))  # no exhibit; nothing done to it
    for exhibit, line in broken.items():
        assert exhibit in " ".join(written[line]["exhibits"]), exhibit
        assert line in planted[name] or name == "D13", exhibit


def test_the_first_of_several_breaks_counts_and_a_sound_exhibit_has_none() -> None:
    draft, planted = file_of(b"6", "D01", "D05", "D23")

    assert first_breaks(draft, ["D05", "D01", "D23"]) == {
        "HN-01": 0, "HN-02": 0, "HN-03": 0, "HN-04": planted["D01"][1],
    }  # fmt: skip
    assert set(first_breaks(draft, ())) == {"HN-01", "HN-02", "HN-03", "HN-04"}


@pytest.mark.parametrize("seed", [b"5", b"6", b"7"])
def test_what_was_typed_in_the_evening_stands_in_the_order_of_typing(seed: bytes) -> None:
    days = [line["recorded_at"][:10] for line in lines(file_of(seed, "D27")[0]) if "event_at" in line]
    assert len(set(days)) > 5
    assert days == sorted(days)


_WRITTEN = (
    "purpose", "note", "justification", "change_description", "competence_ref", "condition_after", "description",
    "condition", "address_fictional", "org", "power_state_at_seizure",
)  # fmt: skip


@pytest.mark.parametrize("name", [None, *DEFECTS])
def test_everything_that_people_wrote_is_there_in_russian(name: str | None) -> None:
    draft = file_of(b"8", *filter(None, [name]))[0]
    for line in lines(draft):
        case_texts = [item["description"] for item in line.get("protocol_items", ())]
        case_texts += [one[key] for one in line.get("authority", ()) for key in ("issuer", "scope_text")]
        carrier = line.get("transport", {}).get("carrier")
        for text in [*(line[key] for key in _WRITTEN if key in line), *case_texts, *filter(None, [carrier])]:
            if not text.startswith("sha256sum "):  # a command, the same in every language
                assert in_russian(text), text
