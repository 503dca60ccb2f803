"""Places of personal values in an image: found whole, as fragments, in other encodings, over page ends; and applied."""

import json
import struct
from datetime import UTC, datetime

import pytest

from memory_base import gates
from memory_base.applying import apply, sample_values
from memory_base.copies import PAGE, encoded_residues, entries_in, straddling
from memory_base.entries import (
    ChoiceEntry,
    NumberEntry,
    OverlapError,
    TimeEntry,
    ValueEntry,
    grouped,
    json_lines,
    sorted_entries,
)
from memory_base.tokens import TOKENS, encoded_config, placeholder
from memory_base.wall_times import session_times, wall_times

KEY = placeholder("sync_key").encode()
BOOTED = int(datetime(2026, 3, 10, 4, 0, tzinfo=UTC).timestamp())
CAPTURED = BOOTED + 7200


def image(*parts, size=4 * PAGE):
    """Return an image with bytes at places."""
    data = bytearray(size)
    for place, content in parts:
        data[place : place + len(content)] = content
    return data


def found(data):
    return sorted_entries(entries_in(bytes(data)))


def test_a_whole_copy_is_found():
    assert found(image((100, b"key = " + KEY + b"\n"))) == [ValueEntry(106, "sync_key", "text", 0, 24)]


def test_a_fragment_of_six_characters_is_found_and_one_of_five_is_not():
    data = image((100, KEY[9:15] + b"\0"), (200, KEY[9:14] + b"\0"))

    assert found(data) == [ValueEntry(100, "sync_key", "text", 9, 15)]


def test_a_copy_in_utf_16_is_found_at_even_and_odd_places():
    wide = placeholder("relay_name").encode("utf-16-le")

    assert found(image((64, wide), (501, wide))) == [
        ValueEntry(64, "relay_name", "utf-16-le", 0, 10),
        ValueEntry(501, "relay_name", "utf-16-le", 0, 10),
    ]


def test_a_copy_on_a_text_screen_is_found_with_its_attributes_left_out():
    cells = b"".join(bytes([letter, 7]) for letter in KEY)

    assert found(image((64, cells))) == [ValueEntry(64, "sync_key", "cells", 0, 24)]


def test_the_last_part_of_an_address_counts_only_behind_the_address():
    octet = placeholder("relay_octet").encode()

    assert found(image((10, b"203.0.113." + octet), (99, octet))) == [ValueEntry(20, "relay_octet", "text", 0, 3)]


def test_the_encoded_configuration_is_found_whole():
    assert found(image((700, encoded_config()))) == [ValueEntry(700, "encoded_config", "text", 0, 512)]


def test_a_copy_over_the_end_of_a_page_is_found_in_both_parts():
    data = bytes(image((PAGE - 2, KEY[:2]), (3 * PAGE, KEY[2:])))

    assert list(straddling(data, [(0, 3 * PAGE)])) == [
        ValueEntry(PAGE - 2, "sync_key", "text", 0, 2),
        ValueEntry(3 * PAGE, "sync_key", "text", 2, 24),
    ]


def test_the_encoded_configuration_over_the_end_of_a_page_is_found_in_both_parts():
    blob = encoded_config()
    data = bytes(image((PAGE - 300, blob[:300]), (2 * PAGE, blob[300:])))

    entries = list(straddling(data, [(0, 2 * PAGE)]))

    assert [(entry.at, entry.begin, entry.end) for entry in entries] == [(PAGE - 300, 0, 300), (2 * PAGE, 300, 512)]
    assert encoded_residues(data, entries) == []
    assert encoded_residues(data, ()) != []


def test_times_are_found_by_their_values_and_moved():
    moment = BOOTED + 60
    data = image(
        (0, struct.pack("<q", moment)),
        (16, struct.pack("<q", moment * 10**9 + 5)),
        (32, struct.pack("<q", -BOOTED)),
        (48, struct.pack("<q", CAPTURED + 3600)),
        (100, b"#%d\0" % moment),
        (200, datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()),
    )

    entries = sorted_entries(grouped(wall_times(bytes(data), BOOTED, CAPTURED)))
    apply(data, entries, {}, 100, {})

    assert [(entry.at, entry.form) for entry in entries] == [
        (0, "s64"), (16, "ns64"), (32, "-s64"), (101, "decimal"), (200, "iso"),
    ]  # fmt: skip
    assert struct.unpack_from("<qq", data, 0) == (moment + 100, 0)
    assert struct.unpack_from("<q", data, 16) == ((moment + 100) * 10**9 + 5,)
    assert struct.unpack_from("<q", data, 32) == (-BOOTED - 100,)
    assert struct.unpack_from("<q", data, 48) == (CAPTURED + 3600,)
    assert bytes(data[100:111]) == b"#%d" % (moment + 100)
    assert bytes(data[200:219]) == b"2026-03-10T04:02:40"


def test_three_times_of_an_inode_are_one_entry():
    data = image(*((64 + 16 * number, struct.pack("<q", BOOTED + number)) for number in range(3)))

    entries = list(grouped(wall_times(bytes(data), BOOTED, CAPTURED)))
    apply(data, entries, {}, -5, {})

    assert entries == [TimeEntry(64, "s64", 3)]
    assert [struct.unpack_from("<q", data, 64 + 16 * number)[0] for number in range(3)] == [
        BOOTED - 5, BOOTED - 4, BOOTED - 3,
    ]  # fmt: skip


def test_the_time_of_a_session_is_found_by_its_record():
    record = struct.pack("<hxxi", 7, 1187) + b"tty1".ljust(32, b"\0")

    assert list(session_times(bytes(image((400, record))), 7, 1187, "tty1")) == [TimeEntry(740, "s32")]


def test_values_numbers_and_choices_are_applied():
    values = sample_values("one")
    wide, cells = KEY.decode().encode("utf-16-le"), b"".join(bytes([letter, 7]) for letter in KEY)
    data = image((10, KEY), (100, wide), (200, cells), (300, b"\1\2"), (400, bytes(4)))
    numbers = [NumberEntry(400, "relay_port", "be16"), NumberEntry(402, "relay_octet", "u8")]
    choices = [ChoiceEntry(300, "hidden", "1", b"\1\2", b"\3\4"), ChoiceEntry(300, "hidden", "2", b"\1\2", b"\5\6")]

    apply(data, [*found(data), *numbers, *choices], values, 0, {"hidden": "2"})

    assert bytes(data[10:34]) == values["sync_key"]
    assert data[100:148].decode("utf-16-le").encode() == values["sync_key"]
    assert bytes(data[200:248:2]) == values["sync_key"]
    assert set(data[201:248:2]) == {7}
    assert struct.unpack_from(">HB", data, 400) == (int(values["relay_port"]), int(values["relay_octet"]))
    assert bytes(data[300:302]) == b"\5\6"


def test_a_choice_that_does_not_find_what_it_replaces_is_named():
    with pytest.raises(ValueError, match="does not find what it replaces"):
        apply(image(), [ChoiceEntry(8, "hidden", "1", b"\1", b"\2")], {}, 0, {"hidden": "1"})


def test_entries_are_sorted_each_once_and_written_as_lines():
    late, early = ValueEntry(90, "sync_key", "text", 0, 24), NumberEntry(8, "relay_port", "be16")

    entries = sorted_entries([late, early, late])

    assert [json.loads(line) for line in json_lines(entries).splitlines()] == [
        {"at": 8, "token": "relay_port", "as": "be16"},
        {"at": 90, "token": "sync_key", "as": "text", "from": 0, "to": 24},
    ]


def test_entries_that_overlap_are_named():
    with pytest.raises(OverlapError, match="two entries overlap"):
        sorted_entries([ValueEntry(0, "sync_key", "text", 0, 24), NumberEntry(23, "relay_port", "be16")])


def test_options_of_one_choice_may_overlap():
    options = [ChoiceEntry(0, "hidden", option, b"\1", b"\2") for option in "12"]

    assert sorted_entries(options) == options


def test_a_copy_that_the_map_lacks_is_a_count_that_differs():
    data = image((10, KEY), (100, KEY))

    wrong = list(gates.counts_are_equal(bytes(data), found(data)[:1]))

    assert "sync_key stands 2 times in the capture and 1 times in the map" in wrong


def test_a_fragment_at_the_end_of_a_page_needs_its_other_part():
    lonely = [ValueEntry(PAGE - 8, "sync_key", "text", 0, 8)]
    whole = [*lonely, ValueEntry(3 * PAGE, "sync_key", "text", 8, 24)]

    assert list(gates.straddling_copies_are_whole(lonely)) == ["the rest of sync_key behind 0xff8 is not known"]
    assert list(gates.straddling_copies_are_whole(whole[1:])) != []
    assert list(gates.straddling_copies_are_whole(whole)) == []


@pytest.mark.parametrize("left", [KEY, KEY[3:9], KEY.decode().encode("utf-16-le"), encoded_config()])
def test_what_is_left_of_a_placeholder_is_named(left):
    values = sample_values("one")
    clean = image((2000, values["encoded_config"]))

    assert list(gates.nothing_is_left(bytes(clean), values, [])) == []
    assert list(gates.nothing_is_left(bytes(image((100, left), (2000, values["encoded_config"]))), values, [])) != []


def test_a_console_that_shows_a_placeholder_or_a_complaint_is_named():
    assert list(gates.nothing_is_on_the_console(b"started\n")) == []
    assert list(gates.nothing_is_on_the_console(b"key " + KEY)) == ["sync_key was printed"]
    assert "can't" in next(gates.nothing_is_on_the_console(b"insmod: can't insert"))


def test_a_reader_that_sees_something_else_is_named():
    truth = {
        "processes": [{"pid": 7, "started_s": BOOTED, "arguments": ["--agent", "{agent_id}"]}, {"pid": 8}],
        "open_files": [],
    }
    seen = {
        "processes": [{"pid": 7, "started_s": BOOTED + 9, "arguments": ["--agent", "0a1b2c3d"]}],
        "open_files": [],
    }

    assert list(gates.reader_agrees(truth, seen, {"agent_id": "0a1b2c3d"}, 9, 8)) == []
    assert "processes" in next(gates.reader_agrees(truth, seen, {"agent_id": "ffffffff"}, 9, 8))


def test_every_token_that_stands_as_text_can_be_found():
    texts = [token for token in TOKENS.values() if token.text and not token.template]
    data = image(
        *((number * 64, (token.before + token.placeholder).encode()) for number, token in enumerate(texts)),
        size=64 * 300,
    )

    assert {entry.token for entry in found(data)} == {token.name for token in texts}
