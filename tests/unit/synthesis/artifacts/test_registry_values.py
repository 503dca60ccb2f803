import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts import explorer_keys, software_keys, system_keys, usb_keys
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import (
    UserAssistEntry,
    device_property_time,
    gpt_partition,
    mbr_partition,
    mru_list_ex,
    mru_order,
    named_item,
    office_recent,
    rot13,
    signed_dword,
    system_time,
)
from labkit.synthesis.artifacts.windows_zones import CENTRAL_ASIA, windows_zone

BEGIN = datetime(2026, 2, 1, 8, 0, 1, tzinfo=UTC)


def test_names_of_user_assist_are_turned_by_13_and_only_their_latin_letters() -> None:
    assert rot13("{6D80}\\Tool-5\\notepad.exe Ж") == "{6Q80}\\Gbby-5\\abgrcnq.rkr Ж"


def test_user_assist_has_72_bytes_with_each_count_in_its_place() -> None:
    data = UserAssistEntry(7, 3, timedelta(seconds=90, microseconds=1500), BEGIN).value().data

    assert len(data) == 72
    assert struct.unpack_from("<iIII", data) == (0, 7, 3, 90001)
    assert data[16:60] == struct.pack("<f", -1) * 10 + b"\xff" * 4
    assert data[60:68] == RegistryValue.filetime(BEGIN).data
    assert data[68:] == bytes(4)


def test_runs_and_focus_are_added_up() -> None:
    hive = Hive("NTUSER.DAT", "ROOT", BEGIN)
    for seconds in (5, 10):
        explorer_keys.count_run(hive, "a.exe", BEGIN, focus=timedelta(seconds=seconds), switches=2)

    path = f"{explorer_keys.EXPLORER}\\UserAssist\\{{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}}"
    held = hive.value(f"{path}\\Count", "n.rkr")
    assert held
    assert UserAssistEntry.read(held) == UserAssistEntry(2, 4, timedelta(seconds=15))
    assert hive.value(path, "Version") == RegistryValue.dword(5)


@pytest.mark.parametrize("entry", [UserAssistEntry(runs=2**32), UserAssistEntry(focus_time=timedelta(days=50))])
def test_a_count_beyond_32_bits_is_refused(entry: UserAssistEntry) -> None:
    with pytest.raises(SynthesisError, match="UserAssist can not count") as caught:
        entry.value()
    assert "smaller count" in caught.value.remedy


def test_lists_of_recent_use_are_read_as_they_were_written() -> None:
    assert mru_list_ex([2, 0, 1]).data == bytes.fromhex("020000000000000001000000ffffffff")
    assert mru_order(mru_list_ex([2, 0, 1])) == [2, 0, 1]
    assert mru_order(None) == []


def test_a_full_list_gives_the_place_of_its_oldest_entry_away() -> None:
    hive = Hive("NTUSER.DAT", "ROOT", BEGIN)
    for number in range(22):
        explorer_keys.remember_document(hive, f"{number}.txt", b"", BEGIN)

    path = f"{explorer_keys.EXPLORER}\\RecentDocs\\.txt"
    assert mru_order(hive.value(path, "MRUListEx")) == [1, 0, *range(19, 1, -1)]
    assert hive.value(path, "0") == named_item("20.txt", b"")
    assert hive.value(path, "20") is None
    assert len(mru_order(hive.value(f"{explorer_keys.EXPLORER}\\RecentDocs", "MRUListEx"))) == 22


def test_the_27th_command_takes_the_letter_of_the_oldest() -> None:
    hive = Hive("NTUSER.DAT", "ROOT", BEGIN)
    for number in range(27):
        explorer_keys.remember_command(hive, f"run {number}", BEGIN)

    path = f"{explorer_keys.EXPLORER}\\RunMRU"
    order = hive.value(path, "MRUList")
    assert order
    assert order.shown_text == "azyxwvutsrqponmlkjihgfedcb"
    assert hive.value(path, "a") == RegistryValue.text("run 26\\1")


def test_a_full_list_of_typed_paths_loses_its_oldest() -> None:
    hive = Hive("NTUSER.DAT", "ROOT", BEGIN)
    for number in range(30):
        explorer_keys.remember_typed_path(hive, f"D:\\{number}", BEGIN)

    path = f"{explorer_keys.EXPLORER}\\TypedPaths"
    assert hive.value(path, "url1") == RegistryValue.text("D:\\29")
    assert hive.value(path, "url25") == RegistryValue.text("D:\\5")
    assert hive.value(path, "url26") is None


def test_office_writes_the_time_in_hexadecimal() -> None:
    assert office_recent("D:\\a.docx", BEGIN).shown_text == "[F00000000][T01DC9350C40B1680][O00000000]*D:\\a.docx"


def test_other_encodings() -> None:
    assert system_time(datetime(2026, 2, 1, 13, 0, 1, 250000)) == struct.pack(  # noqa: DTZ001
        "<8H", 2026, 2, 0, 1, 13, 0, 1, 250
    )
    assert device_property_time(BEGIN).type == 0xFFFF0010
    assert gpt_partition(UUID("00112233-4455-6677-8899-aabbccddeeff")).data == b"DMIO:ID:" + bytes.fromhex(
        "33221100554477668899aabbccddeeff"
    )
    assert signed_dword(-300).number == 2**32 - 300


def test_a_local_time_with_a_zone_is_refused() -> None:
    with pytest.raises(SynthesisError, match="carries a zone") as caught:
        system_time(BEGIN)
    assert "DeviceClock.local" in caught.value.remedy


def test_the_zone_structure_holds_biases_and_changes() -> None:
    assert CENTRAL_ASIA.tzi() == struct.pack("<3i", -360, 0, -60) + bytes(32)
    berlin = windows_zone("Europe/Berlin", BEGIN)
    assert struct.unpack("<3i8H8H", berlin.tzi()) == (-60, 0, -60, 0, 10, 0, 5, 3, 0, 0, 0, 0, 3, 0, 5, 2, 0, 0, 0)
    assert berlin.stored_daylight_name == "@tzres.dll,-321"


def test_a_zone_is_asked_for_at_an_aware_time() -> None:
    with pytest.raises(SynthesisError, match="has no zone") as caught:
        windows_zone("Asia/Almaty", datetime(2024, 3, 1))  # noqa: DTZ001
    assert "aware time" in caught.value.remedy


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(SynthesisError, match="Mars/Base") as caught:
        windows_zone("Mars/Base", BEGIN)
    assert "windows_zones.py" in caught.value.remedy


def a_drive(**changes: str) -> usb_keys.UsbDrive:
    texts = {"vendor": "Kite", "product": "Stick", "revision": "1.00", "serial": "AA00"} | changes
    return usb_keys.UsbDrive(1, 2, container=UUID(int=1), disk=UUID(int=2), **texts)


@pytest.mark.parametrize(
    ("name", "text"),
    [("vendor", "123456789"), ("product", "Флешка"), ("revision", ""), ("serial", "a&b"), ("product", "a\\b")],
)
def test_a_text_that_no_usb_drive_has_is_refused(name: str, text: str) -> None:
    with pytest.raises(SynthesisError, match=f"can not be the {name} of a USB drive") as caught:
        a_drive(**{name: text})
    assert "plain characters" in caught.value.remedy


@pytest.mark.parametrize("number", [-1, 0x10000])
def test_an_id_that_no_usb_drive_has_is_refused(number: int) -> None:
    with pytest.raises(SynthesisError, match="can not be the ids of a USB drive") as caught:
        replace(a_drive(), vendor_id=number)
    assert "0xFFFF" in caught.value.remedy


@pytest.mark.parametrize("letter", ["", "E:", "e", "Ж"])
def test_what_is_no_drive_letter_is_refused(letter: str) -> None:
    with pytest.raises(SynthesisError, match="is not a drive letter") as caught:
        system_keys.mount_volume(Hive("SYSTEM", "ROOT", BEGIN), letter, UUID(int=1), mbr_partition(1, 2), BEGIN)
    assert "A to Z" in caught.value.remedy


def test_a_drive_that_was_never_plugged_in_can_not_be_taken_out() -> None:
    with pytest.raises(SynthesisError, match="AA00 was not plugged in") as caught:
        usb_keys.remove(Hive("SYSTEM", "ROOT", BEGIN), a_drive(), BEGIN)
    assert "earlier in the story" in caught.value.remedy


def test_a_gateway_without_a_mac_address_is_refused() -> None:
    network = software_keys.Network(UUID(int=1), "Net", b"\x02")
    with pytest.raises(SynthesisError, match="02 is not a MAC address") as caught:
        software_keys.join_network(Hive("SOFTWARE", "ROOT", BEGIN), network, BEGIN, local=datetime(2026, 1, 1))  # noqa: DTZ001
    assert "6 bytes" in caught.value.remedy
