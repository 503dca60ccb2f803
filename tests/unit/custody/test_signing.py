"""Countersigned receipts: who signed what, and that a hostile ledger costs no more than it should."""

from typing import Any

import pytest

from labkit.custody import signing
from labkit.custody.ledger import Ledger, parse
from labkit.custody.signing import countersigned, new_key, public_key, sign
from tests.unit.custody.story import DECLARED, GENESIS, chained, event, lines_of

KEY = new_key()
RELEASE = event("released", "10:00", "KF-02", by="P1", released_by="P1", location="SCENE", purpose="to the store")
PEOPLE = tuple(
    {**one, "specimen_signature": public_key(KEY)} if one.get("person_id") == "P3" else one for one in DECLARED
)
LINE = len(PEOPLE) + 1


def receipt(over: str, *, person: str = "P3", key: str = KEY, **fields: Any) -> dict[str, Any]:
    signature = {"person": person, "method": "ed25519", "over": over, "value": sign(key, over)}
    return event("received", "10:02", "KF-02", by="P3", received_by="P3", location="STORE", **fields) | {
        "signatures": [signature]
    }


def ledger_of(*events: dict[str, Any]) -> Ledger:
    return parse(lines_of(chained((*PEOPLE, *events))), genesis=GENESIS)


HASH = ledger_of(RELEASE).events[0].event_hash


def test_a_receipt_is_countersigned_by_the_receivers_key_over_the_release() -> None:
    assert countersigned(ledger_of(RELEASE, receipt(HASH))) == {LINE + 1}


@pytest.mark.parametrize(
    "other",
    [
        receipt("0" * 64),
        receipt(HASH, person="P1"),
        receipt(HASH, key=new_key()),
        {**receipt(HASH), "received_by": "P1"},
        {**receipt(HASH), "type": "stored"},
        {**receipt(HASH), "signatures": [{"person": "P3", "method": "paper", "over": HASH}]},
    ],
    ids=["no release", "another person", "another key", "the giver", "no receipt", "paper"],
)
def test_what_is_not_signed_by_the_receiver_over_a_release_is_not(other: dict[str, Any]) -> None:
    assert countersigned(ledger_of(RELEASE, other)) == frozenset()


def test_a_release_below_the_receipt_is_not_answered_by_it() -> None:
    assert countersigned(ledger_of(receipt(HASH), RELEASE)) == frozenset()


def test_no_more_signatures_are_checked_than_is_reasonable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "MOST_SIGNATURES", 3)
    checked = []
    monkeypatch.setattr(signing, "fits", lambda *_: checked.append(1) or True)

    assert len(countersigned(ledger_of(RELEASE, *(receipt(HASH) for _ in range(10))))) == 3
    assert len(checked) == 3
