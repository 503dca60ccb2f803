from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.custody import notation
from labkit.custody.given import event
from labkit.errors import CustodyError
from labkit.model.custody import SealState


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("2026-03-10T14:05:00+05:00", "2026-03-10T14:05:00+05:00"),
        ("2026-03-10 14:05+05:00", "2026-03-10T14:05:00+05:00"),
        ("2026-03-10 14:05 +05:00", "2026-03-10T14:05:00+05:00"),
        ("2026-03-10T09:05:00Z", "2026-03-10T09:05:00+00:00"),
        ("2026-03-10T09:05:00\N{MINUS SIGN}04:00", "2026-03-10T09:05:00-04:00"),
    ],
)
def test_a_time_with_offset_is_taken(typed: str, written: str) -> None:
    assert notation.time_with_offset(typed).text == written


@pytest.mark.parametrize(
    ("typed", "message", "remedy"),
    [
        ("2026-03-10T14:05:00", "no offset from UTC", "2026-03-10T14:05:00+05:00"),
        ("10.03.2026 14:05", "is not a date and time", "2026-03-10T14:05:00+05:00"),
        ("2026-13-10T14:05:00+05:00", "is not a date and time", "2026-03-10"),
    ],
)
def test_a_time_without_offset_is_refused_with_what_to_write(typed: str, message: str, remedy: str) -> None:
    with pytest.raises(CustodyError, match=message) as caught:
        notation.time_with_offset(typed)

    assert remedy in caught.value.remedy


def test_a_digest_with_and_without_its_object() -> None:
    assert notation.digest("sha256:9F86:media") == {"alg": "SHA256", "value": "9f86", "of": "media"}
    assert notation.digest("MD5: 9f86 ") == {"alg": "MD5", "value": "9f86"}


@pytest.mark.parametrize("typed", ["9f86", "sha256", "crc:9f86", "sha256:", "sha256:9f86:disk"])
def test_what_is_no_digest_is_refused(typed: str) -> None:
    with pytest.raises(CustodyError) as caught:
        notation.digest(typed)

    assert "media, partition, container, file, memory" in caught.value.remedy


def test_a_tool_has_a_version() -> None:
    assert notation.tool("FTK Imager 4.7.1") == {"name": "FTK Imager", "version": "4.7.1"}
    with pytest.raises(CustodyError, match="names no version") as caught:
        notation.tool("ewfacquire")
    assert "ewfacquire 2" in caught.value.remedy


def test_a_write_block_is_hardware_software_or_none() -> None:
    assert notation.write_block("hw:WB-3") == {"kind": "hw", "id": "WB-3"}
    assert notation.write_block("NONE") == {"kind": "none"}
    with pytest.raises(CustodyError, match="does not say how") as caught:
        notation.write_block("yes")
    assert "hw:ID" in caught.value.remedy


def test_a_seal_has_a_number_and_a_state() -> None:
    assert notation.seal("S-1", SealState.NEW) == {"number": "S-1", "state": "new"}
    assert notation.seal("S-1:broken", SealState.INTACT) == {"number": "S-1", "state": "broken"}
    for typed in ("S-1:melted", ":new"):
        with pytest.raises(CustodyError, match="is not a seal") as caught:
            notation.seal(typed, SealState.NEW)
        assert "intact, broken, removed, new" in caught.value.remedy


def test_read_errors_are_a_sector_and_a_count() -> None:
    assert notation.read_errors("4096:8") == {"lba": 4096, "count": 8}
    for typed in ("4096", "a:8", "4096:-1"):
        with pytest.raises(CustodyError, match="is not a run of sectors") as caught:
            notation.read_errors(typed)
        assert "4096:8" in caught.value.remedy


def test_names_may_stand_one_by_one_or_with_commas() -> None:
    assert notation.listed(["KF-02, KF-06", "KF-02", ""]) == ["KF-02", "KF-06"]


def test_an_event_holds_what_was_given_and_nothing_else() -> None:
    given = {
        "exhibit": ("KF-02",),
        "by": " P1 ",
        "hash": (),
        "note": None,
        "carrier": "Northline",
        "escort": (),
        "change": "opened a window",
        "read_errors": ("7:1",),
        "seal_after": ("S-2",),
        "corrects": 3,
    }

    assert event("live_action", given) == {
        "type": "live_action",
        "exhibits": ["KF-02"],
        "actor": "P1",
        "transport": {"carrier": "Northline"},
        "change_description": "opened a window",
        "changed_evidence": True,
        "read_errors": [{"lba": 7, "count": 1}],
        "seal_after": [{"number": "S-2", "state": "new"}],
        "corrects_event": 3,
    }


def test_a_digest_may_say_its_stage_and_its_exhibit() -> None:
    assert notation.digest("sha256:9F86:media:verify:KF-06") == {
        "alg": "SHA256", "value": "9f86", "of": "media", "stage": "verify", "exhibit": "KF-06",
    }  # fmt: skip
    assert notation.digest("sha256:9F86:::KF-06") == {"alg": "SHA256", "value": "9f86", "exhibit": "KF-06"}
    with pytest.raises(CustodyError) as caught:
        notation.digest("sha256:9f86:media:later")
    assert "source_pre, image, source_post, verify, workcopy" in caught.value.remedy


def test_an_authority_ends_where_nothing_more_is_said() -> None:
    assert notation.authority("W-1; warrant") == {"auth_id": "W-1", "kind": "warrant"}
    whole = notation.authority("W-1;court_order;court; 2026-03-10 00:00+05:00;;the office; SCENE, KF-02")
    assert whole == {
        "auth_id": "W-1", "kind": "court_order", "issuer": "court", "valid_from": "2026-03-10T00:00:00+05:00",
        "scope_text": "the office", "scope_items": ["SCENE", "KF-02"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "typed", "remedy"),
    [
        (notation.authority, "W-1", "valid from; valid to"),
        (notation.authority, "W-1; order", "court_order"),
        (notation.authority, "; warrant", "district court"),
        (notation.authority, "a;warrant;c;;;f;g;;i", "scope; items"),
        (notation.authority, "W-1; warrant; court; 2026-03-10T00:00:00", "+05:00"),
        (notation.protocol_item, "; stick", "number; description; serial"),
        (notation.observation, ";;", "capacity in bytes"),
        (notation.observation, "AB; many", "capacity in bytes"),
        (notation.observation, "AB;1;2;K;5", "capacity in bytes"),
        (notation.attachment, "nowhere/1.jpg", "name:SHA-256"),
        (notation.map_km, "north", "120,-40"),
        (notation.map_km, "1,2,3", "120,-40"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_right_form(
    reader: Callable[[str], object], typed: str, remedy: str
) -> None:
    with pytest.raises(CustodyError) as caught:
        reader(typed)
    assert remedy in caught.value.remedy


def test_items_observations_points_and_attachments_are_read(tmp_path: Path) -> None:
    photo = tmp_path / "1.jpg"
    photo.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert notation.protocol_item("KF-02; stick") == {"exhibit_no": "KF-02", "description": "stick"}
    assert notation.observation("; 1024") == {"capacity_bytes": 1024}
    assert notation.map_km("120,-40") == [120, -40]
    assert notation.attachment(str(photo)) == {"name": "1.jpg", "sha256": empty}
    assert notation.attachment(f"a:b.jpg:{empty.upper()}") == {"name": "a:b.jpg", "sha256": empty}
    assert notation.seal("S-1:intact:tape", SealState.NEW) == {"number": "S-1", "state": "intact", "type": "tape"}
    assert notation.on_paper(["P1, P3"]) == [{"person": one, "method": "paper"} for one in ("P1", "P3")]


@pytest.mark.parametrize("option", ["tested", "computed_at", "tool_options"])
def test_what_completes_nothing_is_refused(option: str) -> None:
    with pytest.raises(CustodyError, match="completes something that was not given"):
        event("acquired", {option: "7"})


def test_completions_go_where_they_belong() -> None:
    made = event(
        "acquired",
        {
            "hash": ("md5:00",), "computed_at": "2026-03-10T09:00+05:00", "tool": "dd 9", "tool_options": " bs=512 ",
            "write_block": "hw:WB-3", "tested": 7,
        },
    )  # fmt: skip

    assert made["hash"] == [{"alg": "MD5", "value": "00", "computed_at": "2026-03-10T09:00:00+05:00"}]
    assert made["tool"] == {"name": "dd", "version": "9", "options": "bs=512"}
    assert made["write_block"] == {"kind": "hw", "id": "WB-3", "tested_event": 7}
