import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.lnk import (
    DriveKind,
    LocalVolume,
    NetworkShare,
    ShellLink,
    Tracker,
    object_id,
    shell_link,
)
from labkit.synthesis.artifacts.shell_items import FileAttribute, PathItem

MADE = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
FOLDER = PathItem("Дана", MADE, MADE, MADE, directory=True)
PLAN = PathItem("plan.docx", MADE, MADE + timedelta(days=1), MADE + timedelta(days=2), size_bytes=12_345)
LINK = ShellLink(
    (FOLDER, PLAN),
    LocalVolume("C", DriveKind.FIXED, 0x1234ABCD, "System"),
    r"..\Дана\plan.docx",
    r"C:\Дана",
    Tracker("WS-01", UUID(int=7), object_id(MADE, bytes.fromhex("02005e001122"), clock_sequence=0x1234)),
    "cp1251",
)


def test_same_values_same_bytes() -> None:
    assert (
        hashlib.sha256(shell_link(LINK)).hexdigest()
        == "03e8b80bfafff17f12128992436ef71b0f2a77af189c1ffbd754ba27fe75be1e"
    )
    share = replace(LINK, place=NetworkShare(r"\\srv\docs", "Z"))
    assert (
        hashlib.sha256(shell_link(share)).hexdigest()
        == "cd56e841436a3d5a084dd9ce7aedeb3a18dc0132880b9b1bb8005bf08006a9dc"
    )


def test_an_object_id_carries_its_time_and_network_card() -> None:
    made = object_id(MADE, bytes.fromhex("02005e001122"), clock_sequence=0x1234)

    assert made.version == 1
    assert made.variant == "specified in RFC 4122"
    assert made.node == 0x02005E001122
    assert made.clock_seq == 0x1234
    assert datetime(1582, 10, 15, tzinfo=UTC) + timedelta(microseconds=made.time // 10) == MADE


def test_the_path_stands_in_the_code_page_of_the_computer_and_in_unicode() -> None:
    data = shell_link(LINK)

    assert "C:\\Дана\\plan.docx\0".encode("cp1251") in data
    assert "C:\\Дана\\plan.docx\0".encode("utf-16-le") in data
    latin = shell_link(replace(LINK, items=(PLAN,), relative_path="", working_directory=""))
    assert b"C:\\plan.docx\0" in latin
    assert "C:\\plan.docx\0".encode("utf-16-le") not in latin


def test_attributes_say_what_the_target_is() -> None:
    assert FOLDER.stored_attributes == FileAttribute.DIRECTORY
    assert PLAN.stored_attributes == FileAttribute.ARCHIVE
    assert replace(FOLDER, attributes=FileAttribute.HIDDEN).stored_attributes == 0x12


NAIVE = replace(PLAN, modified=MADE.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("link", "message", "remedy"),
    [
        (replace(LINK, items=()), "needs a target", "at least the item"),
        (replace(LINK, items=(replace(PLAN, short_name="plan.docx"),)), "not an 8.3 name", "PLAN~1.DOC"),
        (replace(LINK, items=(NAIVE,)), "no zone", "DeviceClock"),
        (replace(LINK, items=(replace(PLAN, accessed=MADE.replace(year=1979)),)), "year 1979", "1980 to 2107"),
        (replace(LINK, tracker=replace(LINK.tracker, machine_id="КОМП")), "can not be the machine", "NetBIOS"),
        (replace(LINK, tracker=replace(LINK.tracker, machine_id="W" * 16)), "can not be the machine", "NetBIOS"),
        (replace(LINK, place=replace(LINK.place, letter="Ц")), "not a drive letter", "A to Z"),
        (replace(LINK, place=NetworkShare("srv")), "not a network share", r"\\server\share"),
        (replace(LINK, place=NetworkShare(r"\\срв\docs")), "not a network share", r"\\server\share"),
        (replace(LINK, code_page="utf-7000"), "no code page", "cp1251"),
    ],
)
def test_what_can_not_be_stored_is_refused(link: ShellLink, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        shell_link(link)

    assert remedy in caught.value.remedy


@pytest.mark.parametrize(("card", "clock_sequence"), [(b"12345", 0), (b"123456", 1 << 14)])
def test_a_wrong_object_id_is_refused(card: bytes, clock_sequence: int) -> None:
    with pytest.raises(SynthesisError, match="six bytes of a network card"):
        object_id(MADE, card, clock_sequence=clock_sequence)
