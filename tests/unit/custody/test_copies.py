"""Copies of ledgers: whole ones are read, everything odd is refused with a code."""

import hashlib
import json
from typing import Any

import pytest

from labkit.canonical import canonical_json
from labkit.custody import copies
from labkit.custody.copies import Card, RefusedCopyError, is_of_class, read_card, read_copy, write_copy
from labkit.custody.ledger import ProblemCode
from labkit.custody.signing import new_key, public_key
from tests.small_class import KEYS, NOW
from tests.unit.custody.story import DECLARED, GENESIS, chained, event, lines_of

LINES = lines_of(chained((*DECLARED, event("photographed", "09:12", "KF-02", location="SCENE"))))
KEY = new_key()


def a_card(trainee_id: str = "T01", **changes: str) -> Card:
    fields = {
        "class_name": "Spring",
        "pack_id": KEYS.pack_id("c", trainee_id),
        "trainee_id": trainee_id,
        "trainee_name": "Nadia",
    }
    card = Card(**(fields | changes))
    return Card(**(fields | changes), signature=KEYS.sign(card.to_bytes()).hex())


def a_ledger() -> bytes:
    return "".join(LINES).encode()


def a_copy(content: bytes | None = None) -> bytes:
    return write_copy(a_card(), GENESIS, a_ledger() if content is None else content, private_key=KEY, made_at=NOW)


def code_of(data: bytes) -> str:
    with pytest.raises(RefusedCopyError) as refused:
        read_copy(data)
    assert refused.value.remedy
    return refused.value.code


def resigned(data: bytes, key: str = KEY, **changes: Any) -> bytes:
    """The copy with another cover, signed anew: what somebody makes who knows the format."""
    head, _, content = data.partition(b"\n")
    cover = {**json.loads(head), **changes}
    cover.pop("signature", None)
    cover = {name: value for name, value in cover.items() if value is not None}
    signature = copies._sign(key, cover)
    return canonical_json({**cover, "signature": signature}) + b"\n" + content


def test_a_copy_comes_out_as_it_went_in() -> None:
    copy = read_copy(a_copy())

    assert copy.content == a_ledger()
    assert (copy.owner, copy.maker) == (a_card(), a_card())
    assert copy.workspace_key == public_key(KEY)
    assert copy.ledger.problems == ()
    assert copy.sha256 == hashlib.sha256(a_copy()).hexdigest()
    assert is_of_class(copy, KEYS.public_key)


def test_an_empty_ledger_can_be_given_so_that_keys_become_known() -> None:
    assert read_copy(a_copy(b"")).ledger.entries == ()


def test_a_copy_holds_no_private_key() -> None:
    assert KEY.encode() not in a_copy()
    assert bytes.fromhex(KEY) not in a_copy()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}",
        b"[]\n",
        b"not json\n",
        b'{"schema": 1}\n',
        b"\xff\xfe\n",
        b"PK\x03\x04",
        b"[" * 5000 + b"\n",
        b'{"a":NaN}\n',
    ],
)
def test_what_is_no_copy_is_said_to_be_none(data: bytes) -> None:
    assert code_of(data) == "copy-no-copy"


def test_a_later_form_is_told_apart_from_damage() -> None:
    assert code_of(b'{"schema":"labkit-ledger-copy/2"}\n') == "copy-other-schema"


def test_a_huge_file_is_not_looked_at() -> None:
    assert code_of(bytes(copies.MAX_BYTES + 1)) == "copy-too-large"
    with pytest.raises(RefusedCopyError) as refused:
        a_copy(a_ledger() * (copies.MAX_BYTES // len(a_ledger()) + 1))
    assert refused.value.code in ("copy-too-large", "copy-unreadable")


@pytest.mark.parametrize("place", ["cover", "ledger", "cut", "more"])
def test_a_copy_that_was_changed_on_the_way_is_noticed(place: str) -> None:
    data = a_copy()
    changed = {
        "cover": data.replace(b"Nadia", b"Dania", 1),
        "ledger": data[:-40] + bytes([data[-40] ^ 1]) + data[-39:],
        "cut": data[: data.rstrip(b"\n").rfind(b"\n") + 1],
        "more": data + data[data.rstrip(b"\n").rfind(b"\n") + 1 :],
    }[place]
    assert changed != data
    assert code_of(changed) == "copy-changed"


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": None},
        {"maker": {}},
        {"owner": {**a_card().to_values(), "trainee_id": "../../T01"}},
        {"owner": {**a_card().to_values(), "trainee_name": "a\u202eb"}},
        {"owner": {**a_card().to_values(), "trainee_name": "x" * 1000}},
        {"owner": {**a_card().to_values(), "more": "1"}},
        {"genesis": "0"},
        {"genesis": 7},
        {"workspace_key": "g" * 64},
        {"ledger_sha256": ["0" * 64]},
        {"made_at": "yesterday"},
        {"made_at": "2026-03-10T09:00:00"},
        {"extra": "1"},
    ],
)
def test_a_cover_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    assert code_of(resigned(a_copy(), **changes)) == "copy-no-copy"


def test_who_signs_with_another_key_than_the_cover_names_is_refused() -> None:
    assert code_of(resigned(a_copy(), new_key())) == "copy-changed"


@pytest.mark.parametrize("line", [b"{broken\n", b"\xff\n", b'{"type":"nonsense"}\n', b"[1]\n"])
def test_a_ledger_with_a_line_that_is_none_is_neither_given_nor_taken(line: bytes) -> None:
    content = a_ledger() + line
    with pytest.raises(RefusedCopyError) as refused:
        a_copy(content)
    assert refused.value.code == "copy-unreadable"
    assert str(len(LINES) + 1) in refused.value.message

    head, _, _ = a_copy().partition(b"\n")
    forged = resigned(head + b"\n" + content, ledger_sha256=hashlib.sha256(content).hexdigest())
    assert code_of(forged) == "copy-unreadable"


def test_a_broken_chain_is_told_and_not_refused() -> None:
    lines = list(LINES)
    del lines[3]

    problems = read_copy(a_copy("".join(lines).encode())).ledger.problems

    assert problems[0].code is ProblemCode.DOES_NOT_FOLLOW


def test_a_card_of_another_class_is_seen() -> None:
    other = Card(**{**a_card().to_values(), "signature": "0" * 128})
    data = write_copy(other, GENESIS, a_ledger(), private_key=KEY, made_at=NOW)

    assert not is_of_class(read_copy(data), KEYS.public_key)


def test_a_card_that_was_changed_is_not_of_the_class() -> None:
    data = resigned(a_copy(), maker={**a_card().to_values(), "trainee_name": "Somebody"})

    assert not is_of_class(read_copy(data), KEYS.public_key)


def test_what_is_no_card_is_none() -> None:
    assert read_card(None) is None
    assert read_card([]) is None
    assert read_card({**a_card().to_values(), "signature": 5}) is None
    assert read_card(a_card().to_values()) == a_card()
