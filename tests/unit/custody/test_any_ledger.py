"""Whatever stands in a ledger, the rules read it, and everything they say can be said; so it is with what leaves."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.cli.custody_bars import bars
from labkit.custody.case_export import case_bundle
from labkit.custody.ledger import Ledger
from labkit.custody.overlay import overlay
from labkit.custody.rules import check, remarks
from labkit.custody.scoring import score
from labkit.custody.table import from_csv, to_csv
from labkit.custody.wording import cure, sentence
from labkit.i18n import LANGUAGES, translator
from labkit.model.custody import (
    AuthorityKind,
    EventType,
    ExhibitKind,
    HashOf,
    HashStage,
    LocationKind,
    PowerState,
    Role,
    SealState,
    WriteBlockKind,
)
from labkit.reports.custody_pages import ledger_form
from labkit.reports.custody_picture import picture
from tests.unit.custody.story import assert_it_can_be_said, ledger_of

NAMES = st.sampled_from(["P1", "P2", "STORE", "SCENE", "KF-02", "KF-06", "", "%s", "<b>", "=1+1", "ф | ы"])
EXHIBITS = st.sampled_from(["KF-01", "KF-02", "KF-06", "", "%x", "a; b"])
TEXTS = st.sampled_from(
    ["", "work", "examination", "court", "isolation", "%(reason)s", "\x1b[2J", "B-1", "switched off"]
)
TIMES = st.builds(
    "2026-03-{:02d}T{:02d}:{:02d}:00{}".format,
    st.integers(9, 12),
    st.integers(0, 23),
    st.sampled_from([0, 7, 15, 30, 59]),
    st.sampled_from(["+05:00", "+05:00", "+06:00", "Z", ""]),
)
NUMBERS = st.integers(0, 40)


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=3)


def one_of(choices: Any) -> st.SearchStrategy[str]:
    return st.sampled_from([choice.value for choice in choices])


SEALS = some(record(number=st.sampled_from(["S-1", "S-2", ""]), state=one_of(SealState)))
HASHES = some(
    record(
        alg=st.sampled_from(["MD5", "SHA256", "CRC", ""]), value=st.sampled_from(["0" * 32, "a" * 64, "x", ""]),
        of=one_of(HashOf), stage=one_of(HashStage), computed_at=TIMES, exhibit=EXHIBITS,
    )
)  # fmt: skip
EVENT = st.fixed_dictionaries(
    {"type": one_of(EventType)},
    optional={
        "event_at": TIMES, "recorded_at": TIMES, "location": NAMES, "exhibits": some(EXHIBITS), "actor": NAMES,
        "released_by": NAMES, "received_by": NAMES, "purpose": TEXTS, "authority_ref": NAMES, "seal_before": SEALS,
        "seal_after": SEALS, "bag_no_before": TEXTS, "bag_no_after": TEXTS, "hash": HASHES, "changed_evidence":
        st.booleans(), "change_description": TEXTS, "justification": TEXTS, "competence_ref": TEXTS,
        "tool": record(name=TEXTS, version=TEXTS),
        "write_block": record(kind=one_of(WriteBlockKind), id=TEXTS, tested_event=NUMBERS),
        "read_errors": some(record(lba=NUMBERS, count=NUMBERS)), "witnesses": some(NAMES),
        "observed": some(record(exhibit=EXHIBITS, serial=TEXTS, capacity_bytes=NUMBERS, sectors=NUMBERS)),
        "signatures": some(record(person=NAMES, method=st.sampled_from(["paper", "ed25519"]), over=TEXTS, value=TEXTS)),
        "transport": record(carrier=NAMES, tracking_no=TEXTS, escort=some(NAMES)), "corrects_event": NUMBERS,
        "attachments": some(record(name=TEXTS, sha256=TEXTS)), "note": TEXTS,
        "tz": st.sampled_from(["Asia/Almaty", "?"]),
    },
)  # fmt: skip
DECLARATION = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("case")},
        optional={
            "case_id": TEXTS,
            "authority": some(record(auth_id=NAMES, kind=one_of(AuthorityKind), valid_from=TIMES, valid_to=TIMES,
                                     scope_items=some(NAMES))),
            "protocol_items": some(record(exhibit_no=EXHIBITS, serial=TEXTS)),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("person")},
        optional={"person_id": NAMES, "name": TEXTS, "role": one_of(Role), "specimen_signature": TEXTS,
                  "joined_at": TIMES, "left_at": TIMES},
    ),
    st.fixed_dictionaries(
        {"type": st.just("location")},
        optional={"loc_id": NAMES, "kind": one_of(LocationKind), "tz": st.sampled_from(["Asia/Almaty", "Mars"]),
                  "access_list": some(NAMES), "site": TEXTS, "map_km": st.tuples(NUMBERS, NUMBERS).map(list)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("exhibit")},
        optional={"exhibit_no": EXHIBITS, "root_exhibit_no": EXHIBITS, "derived_from": some(EXHIBITS),
                  "kind": one_of(ExhibitKind), "description": TEXTS, "serial": TEXTS, "capacity_bytes": NUMBERS,
                  "sector_size": NUMBERS, "power_state_at_seizure": one_of(PowerState), "radio": st.booleans(),
                  "clock_reference": TIMES, "clock_observed": TEXTS, "photo_refs": some(TEXTS)},
    ),
)  # fmt: skip
LEDGERS = st.lists(st.one_of(DECLARATION, EVENT, EVENT), max_size=14).map(lambda lines: ledger_of(*lines))


@settings(max_examples=60, deadline=None)
@given(LEDGERS, LEDGERS)
def test_the_rules_read_any_ledger_and_what_they_find_can_be_said(ledger: Ledger, earlier: Ledger) -> None:
    found = check(ledger, overlay=overlay("attesting-witness"), snapshot=earlier, files=[], known_heads=["ABCDE-FGHIJ"])

    for one in found:
        if one.seq is not None and one.events:
            assert_it_can_be_said(one)
        for language in LANGUAGES:
            assert sentence(translator(language), one.rule, one.values)
            assert cure(translator(language), one.rule)
    assert 0 <= score(found) <= 100
    remarks(ledger)


@settings(max_examples=30, deadline=None)
@given(LEDGERS)
def test_any_ledger_can_be_drawn_printed_and_exported(ledger: Ledger) -> None:
    t = translator("ru")

    drawn = picture(ledger, t) + ledger_form(ledger, t, overlay("default")) + "".join(bars(ledger, t, plain=False))
    assert "\x1b" not in drawn
    assert "<b>P" not in drawn
    assert case_bundle(ledger)["@type"] == "uco-core:Bundle"
    table = to_csv(ledger)
    if table.strip():
        assert len(list(from_csv(table))) == len(ledger.entries)
