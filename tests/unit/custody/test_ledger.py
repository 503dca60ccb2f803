import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.custody.chain import checkpoint, genesis
from labkit.custody.ledger import MAX_LINES, ProblemCode, parse, split_lines
from labkit.custody.rules import check, remarks
from tests.unit.custody.story import CASE, CLEAN, DECLARED, GENESIS, chained, event, ledger_of, lines_of


def codes(lines: list[str], begins: str = GENESIS) -> list[tuple[int, str]]:
    return [(one.line, one.code.value) for one in parse(lines, genesis=begins).problems]


def is_found_by_the_chain(lines: list[str], begins: str = GENESIS, **more: object) -> bool:
    found = check(parse(lines, genesis=begins), **more)  # type: ignore[arg-type]
    return any(one.rule == "CC-04" and one.severity == "F" for one in found)


def test_a_sound_ledger_is_read_whole() -> None:
    ledger = ledger_of(*CLEAN)

    assert ledger.problems == ()
    assert (len(ledger.entries), len(ledger.events)) == (len(CLEAN), len(CLEAN) - len(DECLARED))
    assert ledger.head == chained(CLEAN)[-1]["event_hash"]
    assert ledger.cases[0].case_id == "NV-2026-0417"
    assert ledger.people[1].name == "Анна Реет"
    assert [one.exhibit_no for one in ledger.exhibits] == ["KF-02", "KF-06", "KF-06-W1", "T-1"]
    assert ledger.events[2].seq == len(DECLARED) + 3
    assert ledger.events[2].event_at is not None
    assert ledger.events[2].event_at.utc is not None
    assert ledger.events[2].event_at.utc.isoformat() == "2026-03-10T04:10:00+00:00"


def test_an_empty_ledger_is_read_and_breaks_no_rule() -> None:
    ledger = parse([], genesis=GENESIS)

    assert (ledger.entries, ledger.problems, ledger.head) == ((), (), GENESIS)
    assert check(ledger) == ()
    assert remarks(ledger) == ()


def test_the_genesis_digest_depends_on_the_pack() -> None:
    assert len(genesis("a")) == 64
    assert genesis("a") != genesis("b")


# --- the chain -------------------------------------------------------------------------------------------------


def test_an_edited_entry_is_found() -> None:
    objects = chained(CLEAN)
    objects[14]["bag_no_after"] = "B-999"

    assert codes(lines_of(objects)) == [(15, "altered")]
    assert is_found_by_the_chain(lines_of(objects))


def test_an_edited_entry_with_a_new_digest_of_its_own_is_found_at_the_next_line() -> None:
    objects = chained(CLEAN)
    edited = chained([*CLEAN[:14], {**CLEAN[14], "bag_no_after": "B-999"}])[14]

    assert codes(lines_of([*objects[:14], edited, *objects[15:]])) == [(16, "does-not-follow")]


def test_a_deleted_line_is_found() -> None:
    objects = chained(CLEAN)

    assert codes(lines_of(objects[:14] + objects[15:]))[0] == (15, "does-not-follow")
    assert is_found_by_the_chain(lines_of(objects[:14] + objects[15:]))


def test_exchanged_lines_are_found() -> None:
    objects = chained(CLEAN)
    objects[13], objects[14] = objects[14], objects[13]

    assert codes(lines_of(objects))[0] == (14, "does-not-follow")
    assert is_found_by_the_chain(lines_of(objects))


def test_an_inserted_line_is_found_even_with_a_fitting_link() -> None:
    objects = chained(CLEAN)
    inserted = chained([*CLEAN[:14], event("photographed", "09:12")])[14]

    assert codes(lines_of([*objects[:14], inserted, *objects[14:]]))[0] == (16, "does-not-follow")


def test_a_ledger_grafted_from_another_pack_is_found() -> None:
    lines = lines_of(chained(CLEAN, genesis=genesis("another pack")))

    assert codes(lines) == [(1, "other-pack")]
    assert is_found_by_the_chain(lines)


def test_a_wrong_number_is_found() -> None:
    objects = chained(CLEAN[:3])
    fresh = {key: value for key, value in objects[2].items() if key != "event_hash"} | {"seq": 7}
    text = json.dumps(fresh, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fresh["event_hash"] = hashlib.sha256(text.encode()).hexdigest()

    assert codes(lines_of([*objects[:2], fresh])) == [(3, "wrong-number")]


@pytest.mark.parametrize("known", ["digest", "code", "code as typed"])
def test_a_cut_tail_is_found_only_by_who_knows_an_earlier_head(known: str) -> None:
    objects = chained(CLEAN)
    head = objects[-1]["event_hash"]
    typed = {"digest": head, "code": checkpoint(head), "code as typed": checkpoint(head).replace("-", "").lower()}
    cut = lines_of(objects[:-1])

    assert not is_found_by_the_chain(cut)
    assert is_found_by_the_chain(cut, known_heads=[typed[known]])
    assert not is_found_by_the_chain(lines_of(objects), known_heads=[typed[known]])


def test_a_full_rewrite_is_found_only_by_who_knows_an_earlier_head() -> None:
    head = chained(CLEAN)[-1]["event_hash"]
    rewritten = lines_of(chained([*CLEAN[:14], {**CLEAN[14], "bag_no_after": "B-999"}, *CLEAN[15:]]))

    assert not is_found_by_the_chain(rewritten)
    assert is_found_by_the_chain(rewritten, known_heads=[head])


def test_a_longer_ledger_still_holds_an_earlier_head() -> None:
    head = chained(CLEAN[:12])[-1]["event_hash"]

    assert not is_found_by_the_chain(lines_of(chained(CLEAN)), known_heads=[head, GENESIS])


def test_other_spacing_in_a_line_is_no_damage() -> None:
    spaced = [json.dumps(one, indent=None, separators=(" , ", " : ")) + "\r\n" for one in chained(CLEAN)]

    assert codes(spaced) == []


# --- hostile text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not-json"),
        ("", "not-json"),
        ("[1]", "not-an-object"),
        ('{"seq":NaN}', "not-a-whole-number"),
        ('{"seq":1e999}', "not-a-whole-number"),
        ('{"seq":1.5}', "not-a-whole-number"),
        ('{"seq":' + "9" * 5000 + "}", "not-a-whole-number"),
        ('{"seq":1,"seq":1}', "duplicate-key"),
        ('{"note":"\\ud800"}', "not-text"),
        ('{"note":"a\\u0000b"}', "not-text"),
        ('{"note":"\udcff"}', "not-text"),
        ('{"a":' + "[" * 7000 + "]" * 7000 + "}", "too-deep"),
        ('{"a":' + "[" * 7000, "too-deep"),
        ('{"note":"' + "x" * 17_000 + '"}', "too-long"),
        ('{"note":"' + "щ" * 9_000 + '"}', "too-long"),
    ],
)
def test_an_odd_line_becomes_a_problem_and_the_rest_is_read(line: str, reason: str) -> None:
    objects = chained(CLEAN)
    lines = [*lines_of(objects[:14]), line + "\n", *lines_of(objects[14:])]

    ledger = parse(lines, genesis=GENESIS)

    assert [(one.line, one.code, one.what) for one in ledger.problems] == [(15, ProblemCode.UNREADABLE, reason)]
    assert len(ledger.entries) == len(CLEAN)
    assert is_found_by_the_chain(lines)


def test_brackets_inside_a_text_are_no_depth() -> None:
    ledger = ledger_of({**CASE, "note": '[{"' * 100})

    assert ledger.problems == ()


def test_lines_after_the_limit_are_not_read() -> None:
    ledger = parse(("{}\n" for _ in range(10**9)), genesis=GENESIS)

    assert (ledger.problems[-1].line, ledger.problems[-1].code) == (MAX_LINES + 1, ProblemCode.TOO_MANY)


@pytest.mark.parametrize(
    ("entry", "code", "what"),
    [
        ({"type": "vanished"}, "unknown-type", "vanished"),
        ({"type": 7}, "unknown-type", "7"),
        ({}, "unknown-type", ""),
        ({**CASE, "case_id": 5}, "unfit-field", "case_id"),
        ({**CASE, "colour": "red"}, "unknown-field", "colour"),
        ({**CASE, "schema": "custody/9"}, "unfit-field", "schema"),
        (event("sealed", "09:00", seal_after="S-1"), "unfit-field", "seal_after"),
        (event("sealed", "09:00", seal_after=[{"state": "melted"}]), "unfit-field", "seal_after"),
        (event("sealed", "09:00", seal_after=[{"colour": "red"}]), "unfit-field", "seal_after"),
        (event("sealed", "2026-02-30T10:00:00+05:00"), "unfit-field", "event_at"),
        (event("sealed", "20260310T100000+0500"), "unfit-field", "event_at"),
        (event("sealed", "0001-01-01T00:00:00+05:00"), "unfit-field", "event_at"),
        (event("sealed", "09:00", changed_evidence="yes"), "unfit-field", "changed_evidence"),
        (event("sealed", "09:00", corrects_event=True), "unfit-field", "corrects_event"),
        (event("sealed", "09:00", note="x" * 5_000), "unfit-field", "note"),
        (event("sealed", "09:00", witnesses=["P"] * 101), "unfit-field", "witnesses"),
        (event("sealed", "09:00", location=["SCENE"]), "unfit-field", "location"),
    ],
)
def test_a_field_that_does_not_fit_is_named(entry: dict[str, object], code: str, what: str) -> None:
    ledger = ledger_of(entry)

    assert [(one.code.value, one.what) for one in ledger.problems] == [(code, what)]


def test_a_field_that_does_not_fit_leaves_the_rest_of_the_event() -> None:
    ledger = ledger_of(event("sealed", "09:00", seal_after="S-1", location="SCENE"))

    assert (ledger.events[0].location, ledger.events[0].seal_after) == ("SCENE", ())


# The machine may be busy; how fast examples are made is not what these tests are about.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(st.lists(st.text(alphabet=st.characters(), max_size=60), max_size=8))
def test_no_text_makes_reading_or_checking_fail(lines: list[str]) -> None:
    check(parse(lines, genesis=GENESIS))


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text("aZ5-: \u202e", max_size=8)
    | st.sampled_from(["KF-02", "P1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["alg", "number", "kind"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_KEYS = sorted({key for entry in CLEAN for key in entry} | {"corrects_event", "read_errors", "authority", "seq"})


_CHANGES = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=3)


@relaxed
@given(st.lists(st.tuples(st.sampled_from(CLEAN), _CHANGES), max_size=6))
def test_no_value_makes_reading_or_checking_fail(changes: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    ledger = parse(lines_of(chained([{**entry, **changed} for entry, changed in changes])), genesis=GENESIS)

    check(ledger)
    remarks(ledger)


# --- line ends and an unfinished last line ---------------------------------------------------------------------


def test_lines_end_at_line_feeds_only() -> None:
    objects = chained([{**CASE, "note": "one\u2028two\u0085three"}, event("identified", "09:00")])
    content = "".join(lines_of(objects)).encode()

    lines = split_lines(content)

    assert len(lines) == 2
    assert codes(list(lines)) == []
    assert split_lines(b"") == ()
    assert split_lines(b"a\nb") == ("a\n", "b")


def test_lines_without_line_ends_are_taken_too() -> None:
    lines = [line.rstrip("\n") for line in lines_of(chained(CLEAN))]

    assert codes(lines) == []
    assert codes([*lines, ""]) == []


@pytest.mark.parametrize("kept_characters", [1, 40, 200])
def test_an_unfinished_last_line_is_no_tampering(kept_characters: int) -> None:
    lines = lines_of(chained(CLEAN))
    lines[-1] = lines[-1][:kept_characters]
    ledger = parse(lines, genesis=GENESIS)

    assert [(one.line, one.code) for one in ledger.problems] == [(len(lines), ProblemCode.TORN)]
    assert check(ledger) == ()
    assert [one.code for one in remarks(ledger)] == ["torn"]
    assert ledger.head == chained(CLEAN)[-2]["event_hash"]


def test_a_finished_last_line_that_is_no_json_is_damage() -> None:
    lines = lines_of(chained(CLEAN))
    lines[-1] = lines[-1][:40] + "\n"

    assert codes(lines) == [(len(lines), "unreadable")]
