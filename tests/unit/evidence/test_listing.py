"""Lines of JSON: what a JSON reader gets back is the row, whatever the name."""

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labkit.evidence.listing import json_lines, json_text
from labkit.evidence.rows import Row, decoded
from labkit.model.entry_type import EntryType

UTC_READER: Any = SimpleNamespace(volume=SimpleNamespace(number=3), time_basis="utc", zone="UTC")
LOCAL_READER: Any = SimpleNamespace(volume=SimpleNamespace(number=0), time_basis="local", zone="Asia/Almaty")


def row(**changes: Any) -> Row:
    plain = Row("/a", EntryType.FILE, 39, 14, False, 0, 10**18, 0, 10**18, None, None, False, None)
    return plain._replace(**changes)


def parsed(reader: Any, *rows: Row) -> list[dict[str, Any]]:
    lines = list(json_lines(reader, iter(rows)))
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


def test_keys_of_a_plain_row() -> None:
    assert parsed(UTC_READER, row()) == [
        {
            "volume": 3, "path": "/a", "type": "file", "address": 39, "size_bytes": 14, "deleted": False,
            "born_utc": None, "modified_utc": "2001-09-09T01:46:40Z", "changed_utc": None,
            "accessed_utc": "2001-09-09T01:46:40Z", "time_basis": "utc",
        }
    ]  # fmt: skip


def test_keys_that_are_there_only_where_they_apply() -> None:
    (found,) = parsed(LOCAL_READER, row(deleted=True, stream='a"b', attribute="128-4", reallocated=True, target="../x"))
    assert found["zone"] == "Asia/Almaty"
    assert found["deleted"] is found["reallocated"] is True
    assert (found["stream"], found["attribute"], found["target"]) == ('a"b', "128-4", "../x")


@given(st.text(st.characters(codec=None)))
def test_any_name_comes_back_and_none_can_move_the_cursor(name: str) -> None:
    text = json_text(name)
    assert json.loads(text) == name
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text)
    assert not any(character in "\u202e\u2066\u200f\u2028\ufeff" for character in text)


def test_names_that_are_not_utf8_are_shown_as_escapes() -> None:
    assert decoded(b"caf\xe9 \xd1\x81") == "caf\\xe9 с"
