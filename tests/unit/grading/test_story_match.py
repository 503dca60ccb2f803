"""A custody ledger is compared with what really happened: every way to tell it wrongly has its own name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from labkit.custody import ledger
from labkit.errors import ContentError
from labkit.grading.expected import resolve
from labkit.grading.runner import grade
from labkit.i18n import LANGUAGES, translator
from labkit.model.grading import Outcome, TaskResult
from labkit.model.truth import CaseTruth, GroundTruth, Trace

from .a_case import a_submission, a_task, an_exercise

GENESIS = ledger.genesis("pack")
DIGEST = "ab" * 32
OFFICER, CUSTODIAN, COURIER = "Lena Orav", "Ilya Marr", "Tom Rask"


def _event(hour: int, minute: int, kind: str, *exhibits: str, **facts: Any) -> dict[str, Any]:
    at_utc = datetime(2026, 3, 10, hour - 5, minute, tzinfo=UTC)
    return {"event_type": kind, "at_utc": at_utc, "exhibits": exhibits, **facts}


TRACES: dict[str, dict[str, Any]] = {
    "stick": _event(10, 42, "seized", "KF-02", by=OFFICER),
    "phone": _event(11, 21, "seized", "KF-03", by=OFFICER),
    "closed": _event(11, 44, "sealed", "KF-02", "KF-03", by=OFFICER),
    "given": _event(12, 34, "received", "KF-02", "KF-03", by=CUSTODIAN, giver=OFFICER, receiver=CUSTODIAN),
    "checked": _event(13, 8, "verified", "KF-02", by=CUSTODIAN, sha256=DIGEST),
    "exhibit-kf-02": {"exhibit": "KF-02", "seal_number": "S-100", "bag_number": "B-1"},
    "exhibit-kf-03": {"exhibit": "KF-03", "seal_number": "S-2?0", "bag_number": "B-2"},
    "smudged-seal": {
        "exhibit": "KF-03", "seal_number": "S-2?0",
        "guesses": tuple(f"S-2{digit}0" for digit in range(10)),
    },
    "arrived": {"event_type": "noted", "at_utc": datetime(2026, 3, 10, 5, tzinfo=UTC)},
}  # fmt: skip
TRUTH = CaseTruth(
    "tern", {"stick": "KF-02"}, {"room": GroundTruth("room", {n: Trace(n, "x", None, f) for n, f in TRACES.items()})}
)
# What the little story gives no reason to write down.
BESIDE = ["CC-06", "CC-07", "CC-08", "CC-09", "CC-12", "CC-17", "CC-20", "CC-26", "CC-32", "CC-41", "CC-43"]
TASK = a_task(type="LOG", story="room", leave_out=BESIDE)
EVENTS = 5

Entry = dict[str, Any]
DECLARED: list[Entry] = [
    {"type": "case", "case_id": "NV-1"},
    *(
        {"type": "person", "person_id": f"P-{number}", "name": name, "role": "custodian"}
        for number, name in enumerate((OFFICER, CUSTODIAN, COURIER), start=1)
    ),
    {"type": "location", "loc_id": "ROOM", "kind": "other", "tz": "Asia/Almaty"},
    {"type": "exhibit", "exhibit_no": "KF-02", "kind": "medium", "description": "red stick"},
    {"type": "exhibit", "exhibit_no": "KF-03", "kind": "medium", "description": "phone"},
]


def an_entry(kind: str, clock: str, *exhibits: str, by: str = "P-1", **fields: Any) -> Entry:
    at = f"2026-03-10T{clock}:00+05:00"
    return {
        "type": kind, "event_at": at, "location": "ROOM", "exhibits": list(exhibits), "actor": by,
        "purpose": "evidence of case NV-1", **fields,
    }  # fmt: skip


def closed(exhibit: str, seal: str, bag: str, clock: str = "11:44") -> Entry:
    return an_entry("sealed", clock, exhibit, seal_after=[{"number": seal}], bag_no_after=bag)


def whole() -> dict[str, Entry]:
    verified = [{"alg": "SHA-256", "value": DIGEST, "of": "media", "stage": "verify"}]
    return {
        "stick": an_entry("seized", "10:42", "KF-02"),
        "phone": an_entry("seized", "11:21", "KF-03"),
        "closed-02": closed("KF-02", "S-100", "B-1"),
        "closed-03": closed("KF-03", "S-2?0", "B-2"),
        "given": an_entry("received", "12:34", "KF-02", "KF-03", by="P-2", released_by="P-1", received_by="P-2"),
        "checked": an_entry(
            "verified", "13:08", "KF-02", by="P-2", hash=verified, tool={"name": "sum", "version": "9"}
        ),
    }


def graded(tmp_path: Path, entries: Mapping[str, Entry] | list[Entry], task: Any = TASK) -> TaskResult:
    path = tmp_path / "custody.jsonl"
    path.touch()
    listed = list(entries.values()) if isinstance(entries, Mapping) else entries
    now = datetime(2026, 3, 10, 5, tzinfo=UTC)
    for entry in [*DECLARED, *listed]:
        fields = dict(entry)
        stated = fields.pop("recorded_at", None) or fields.get("event_at")
        now = datetime.fromisoformat(stated) if stated else now
        now = now if now.tzinfo else now.replace(tzinfo=UTC)
        ledger.append(path, fields, genesis=GENESIS, recorded_at=now)
    submission = a_submission({}, custody_lines=ledger.split_lines(path.read_bytes()))
    return grade(submission, [an_exercise({"log": task})], TRUTH, ledger_genesis=GENESIS).tasks[0]


def told(result: TaskResult) -> list[tuple[str, str]]:
    """Return code and exhibit of what was found, and that it can be said in every language."""
    for language in LANGUAGES:
        for detail in result.details:
            if detail.code.startswith("EVENT-"):
                sentence = translator(language)(f"detail.{detail.code}", **detail.values)
                assert str(detail.values["exhibit"]) in sentence
                assert "{" not in sentence
    return [(detail.code, str(detail.values.get("exhibit"))) for detail in result.details]


def test_a_ledger_that_tells_the_story_earns_full_marks(tmp_path: Path) -> None:
    found = graded(tmp_path, whole())

    assert told(found) == []
    assert (found.outcome, found.mistake) == (Outcome.CORRECT, None)


def test_an_omitted_event_earns_nothing(tmp_path: Path) -> None:
    entries = whole()
    del entries["checked"]

    found = graded(tmp_path, entries)

    assert told(found) == [("EVENT-MISSING", "KF-02")]
    assert found.credit_percent == 100 * (EVENTS - 1) // EVENTS


def test_an_event_of_two_exhibits_that_is_told_of_one_is_half_omitted(tmp_path: Path) -> None:
    entries = whole()
    del entries["closed-03"]

    found = graded(tmp_path, entries)

    assert ("EVENT-MISSING", "KF-03") in told(found)
    assert found.credit_percent == 90


@pytest.mark.parametrize("kind", ["stored", "unsealed"])
def test_an_invented_event_counts_as_one_with_nothing_right(tmp_path: Path, kind: str) -> None:
    entries = list(whole().values())
    fields = {"seal_before": [{"number": "S-100"}], "purpose": "examination", "witnesses": ["P-3"]}
    more = fields if kind == "unsealed" else {}
    task = a_task(type="LOG", story="room", leave_out=[*BESIDE, "CC-13"])
    entries.insert(4, an_entry(kind, "12:05", "KF-02", **more))

    found = graded(tmp_path, entries, task)

    assert told(found) == [("EVENT-INVENTED", "KF-02")]
    assert (found.credit_percent, found.mistake) == (100 * EVENTS // (EVENTS + 1), "C-INVENT")


def test_what_completes_an_event_or_comes_after_the_story_is_not_invented(tmp_path: Path) -> None:
    entries = list(whole().values())
    entries.insert(4, an_entry("released", "12:33", "KF-02", "KF-03", released_by="P-1"))
    entries.insert(2, an_entry("packaged", "11:40", "KF-02", bag_no_after="B-1"))
    entries.insert(2, an_entry("photographed", "11:30", "KF-02"))
    entries.append(an_entry("stored", "17:20", "KF-02", by="P-2"))

    assert told(graded(tmp_path, entries)) == []


def test_a_late_line_is_left_to_the_rule_that_asks_for_it(tmp_path: Path) -> None:
    entries = whole()
    entries["checked"]["recorded_at"] = "2026-03-10T18:00:00+05:00"

    silent = graded(tmp_path, entries)

    assert [code for code, _ in told(silent)] == ["CC-11"]
    assert (silent.credit_percent, silent.mistake) == (97, "C-AFTER")


def test_a_late_line_that_says_so_costs_nothing(tmp_path: Path) -> None:
    entries = whole()
    entries["checked"] |= {"recorded_at": "2026-03-10T18:00:00+05:00", "note": "written in the evening from my notes"}

    assert graded(tmp_path, entries).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("clock", "code", "percent"), [("10:20", "EVENT-BACKDATED", 25), ("11:02", "EVENT-TIME", 50), ("10:46", "", 100)]
)
def test_a_time_is_compared_with_what_happened(tmp_path: Path, clock: str, code: str, percent: int) -> None:
    entries = whole()
    entries["stick"] = an_entry("seized", clock, "KF-02")

    found = graded(tmp_path, entries)

    assert told(found) == ([(code, "KF-02")] if code else [])
    assert found.credit_percent == (100 * (EVENTS - 1) + percent) // EVENTS
    assert (found.mistake == "C-BACK") is (code == "EVENT-BACKDATED")


def test_a_time_without_an_offset_can_not_be_right(tmp_path: Path) -> None:
    entries = whole()
    entries["stick"] |= {"event_at": "2026-03-10T10:42:00", "recorded_at": "2026-03-10T10:42:00+05:00"}

    assert ("EVENT-TIME", "KF-02") in told(graded(tmp_path, entries))


def test_one_entry_for_two_events_tells_the_nearer_one(tmp_path: Path) -> None:
    entries = whole()
    del entries["stick"]
    entries["phone"] = an_entry("seized", "11:21", "KF-02", "KF-03")

    found = graded(tmp_path, entries)

    assert told(found) == [("EVENT-MERGED", "KF-02")]
    assert found.credit_percent == 85


@pytest.mark.parametrize(
    ("seal", "bag", "code", "percent", "mistake"),
    [
        ("S-100", "B-2", "EVENT-BAG", 50, None),
        ("S-101", "B-1", "EVENT-SEAL", 50, None),
        ("s-100 ", "b-1", "", 100, None),
    ],
)
def test_bag_and_seal_are_those_of_the_picture(
    tmp_path: Path, seal: str, bag: str, code: str, percent: int, mistake: str | None
) -> None:
    entries = whole()
    entries["closed-02"] = closed("KF-02", seal, bag)

    found = graded(tmp_path, entries)

    assert told(found) == ([(code, "KF-02")] if code else [])
    assert (found.credit_percent, found.mistake) == ((100 * (EVENTS - 1) + (100 + percent) // 2) // EVENTS, mistake)


def test_bag_and_seal_may_stand_in_two_entries(tmp_path: Path) -> None:
    entries = list(whole().values())
    entries[2] = an_entry("sealed", "11:44", "KF-02", seal_after=[{"number": "S-100"}])
    entries.insert(2, an_entry("packaged", "11:41", "KF-02", bag_no_after="B-1"))

    assert told(graded(tmp_path, entries)) == []


def test_a_digit_that_nobody_can_read_must_not_be_filled_in(tmp_path: Path) -> None:
    entries = whole()
    entries["closed-03"] = closed("KF-03", "S-270", "B-2")

    found = graded(tmp_path, entries)

    assert told(found) == [("EVENT-GUESSED", "KF-03")]
    assert (found.credit_percent, found.mistake) == (92, "C-GUESS")  # (4 x 100 + (100 + 25) / 2) / 5


def test_a_receipt_with_the_seal_of_another_exhibit_is_noticed(tmp_path: Path) -> None:
    entries = list(whole().values())
    people = {"by": "P-2", "released_by": "P-1", "received_by": "P-2"}
    entries[4:5] = [
        an_entry("received", "12:34", "KF-02", seal_before=[{"number": "S-2?0"}], bag_no_before="B-2", **people),
        an_entry("received", "12:34", "KF-03", seal_before=[{"number": "S-2?0"}], bag_no_before="B-2", **people),
    ]

    found = graded(tmp_path, entries, a_task(type="LOG", story="room", leave_out=[*BESIDE, "CC-15"]))

    assert told(found) == [("EVENT-SEAL", "KF-02"), ("EVENT-BAG", "KF-02")]
    assert found.credit_percent == 95


def test_a_wrong_digest_is_noticed(tmp_path: Path) -> None:
    entries = whole()
    entries["checked"]["hash"] = [{"alg": "SHA-256", "value": "cd" * 32, "of": "media", "stage": "verify"}]

    found = graded(tmp_path, entries)

    assert told(found) == [("EVENT-DIGEST", "KF-02")]
    assert found.credit_percent == 90


@pytest.mark.parametrize(("field", "entry"), [("received_by", "given"), ("released_by", "given"), ("actor", "stick")])
def test_another_person_is_noticed(tmp_path: Path, field: str, entry: str) -> None:
    entries = whole()
    entries[entry][field] = "P-3"

    found = graded(tmp_path, entries)

    assert {code for code, _ in told(found)} == {"EVENT-PERSON"}
    assert found.credit_percent == 95


def test_a_correction_counts_and_the_wrong_line_does_not(tmp_path: Path) -> None:
    entries = list(whole().values())
    entries[3] = closed("KF-03", "S-270", "B-2")
    line = len(DECLARED) + 4
    note = {"corrects_event": line, "note": "the third digit can not be read"}
    entries.append(an_entry("corrected", "13:20", "KF-03", seal_after=[{"number": "S-2?0"}], **note))

    assert told(graded(tmp_path, entries)) == []


def test_a_time_is_corrected_by_a_line_of_the_same_type(tmp_path: Path) -> None:
    entries = list(whole().values())
    entries[0] = an_entry("seized", "10:24", "KF-02")
    note = {"corrects_event": len(DECLARED) + 1, "note": "digits of the minute turned round"}
    entries.append(an_entry("seized", "10:42", "KF-02", **note))

    assert told(graded(tmp_path, entries)) == []


def test_events_can_be_asked_for_one_by_one(tmp_path: Path) -> None:
    events = [
        {"truth": "room:stick"},
        {"truth": "room:closed", "exhibit": "{stick}"},
        {"truth": "room:phone", "type": "photographed"},
    ]
    task = a_task(type="LOG", events=events, leave_out=BESIDE)
    entries = list(whole().values())
    entries.insert(1, an_entry("photographed", "11:21", "KF-03"))

    assert told(graded(tmp_path, entries, task)) == []
    assert told(graded_again(tmp_path, list(whole().values()), task)) == [("EVENT-MISSING", "KF-03")]


def graded_again(tmp_path: Path, entries: list[Entry], task: Any) -> TaskResult:
    folder = tmp_path / "again"
    folder.mkdir()
    return graded(folder, entries, task)


def test_a_correction_can_be_asked_for_by_what_it_corrects(tmp_path: Path) -> None:
    task = a_task(
        type="LOG", events=[{"type": "corrected", "exhibit": "KF-02", "corrects": "verified"}], leave_out=BESIDE
    )
    entries = list(whole().values())
    note = "the tool was version 8"
    wrong = an_entry("corrected", "13:20", "KF-02", corrects_event=len(DECLARED) + 1, note=note)
    right = an_entry("corrected", "13:20", "KF-02", corrects_event=len(DECLARED) + 6, note=note)

    assert told(graded(tmp_path, [*entries, wrong], task)) == [("EVENT-MISSING", "KF-02")]
    assert told(graded_again(tmp_path, [*entries, right], task)) == []


@pytest.mark.parametrize("where", [{"story": "attic"}, {"events": [{"truth": "room:arrived"}]}])
def test_a_story_that_is_not_there_is_an_error_of_the_exercise(where: dict[str, Any]) -> None:
    with pytest.raises(ContentError, match="tells no event") as caught:
        resolve(a_task(type="LOG", **where), TRUTH)
    assert "event_type" in caught.value.remedy


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "name a story"),
        ({"events": [{"exhibit": "KF-02"}]}, "name a type"),
        ({"events": [{"type": "sealed", "corrects": "seized"}]}, "only a type"),
        ({"events": [{"truth": "room:stick.at_utc"}]}, "pattern"),
    ],
)
def test_a_task_says_which_events_it_asks_for(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        a_task(type="LOG", **answer)


def with_trace(name: str, facts: dict[str, Any]) -> CaseTruth:
    traces = {n: Trace(n, "x", None, f) for n, f in {**TRACES, name: facts}.items()}
    return CaseTruth("tern", {"stick": "KF-02"}, {"room": GroundTruth("room", traces)})


@pytest.mark.parametrize(
    ("clock", "fault"), [("10:49", "EVENT-SKEW"), ("10:50", "EVENT-SKEW"), ("10:55", "EVENT-TIME")]
)
def test_the_clock_of_the_device_is_told_from_any_other_time(
    clock: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "TRUTH", with_trace("clocks", {"clock_offset_s": 433}))
    entries = {**whole(), "stick": an_entry("seized", clock, "KF-02")}

    result = graded(tmp_path, entries)

    assert [detail.code for detail in result.details if detail.code.startswith("EVENT-")] == [fault]
    assert result.mistake == ("T-SKEW" if fault == "EVENT-SKEW" else None)
    assert result.credit_percent == 90


def test_a_touch_that_nobody_wrote_down_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched = _event(11, 2, "live_action", "KF-02", by=OFFICER)
    monkeypatch.setitem(globals(), "TRUTH", with_trace("touched", touched))

    result = graded(tmp_path, whole())

    assert told(result) == [("EVENT-MISSING", "KF-02")]
    assert result.mistake == "C-LIVE"
