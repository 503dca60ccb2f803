"""What a Windows machine keeps in its hives, as RegRipper tells it. Times end in half a second: it cuts them off."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from labkit.synthesis.artifacts import explorer_keys, software_keys, system_keys, usb_keys
from labkit.synthesis.artifacts.key_security import user_security
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import gpt_partition, mbr_partition
from labkit.synthesis.artifacts.shell_items import PathItem, drive_root, file_item, id_list
from labkit.synthesis.artifacts.windows_zones import windows_zone
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

BEGIN = datetime(2026, 2, 1, 8, 0, 1, 500000, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRIVE = usb_keys.UsbDrive(0x1234, 0x5678, "Kite", "Data Stick", "1.00", "AA00BB11", UUID(int=77), UUID(int=78))


def ripped(hive: Hive, plugin: str, folder: Path) -> str:
    path = folder / hive.file_name
    path.write_bytes(hive.render(BEGIN + 100 * HOUR))
    return oracle(["regripper", "-r", path, "-p", plugin])


def user_hive() -> Hive:
    return Hive("NTUSER.DAT", "ROOT", BEGIN, security=user_security("S-1-5-21-1-2-3-1001"))


def shortcut(name: str) -> bytes:
    return file_item(PathItem(f"{name}.lnk", BEGIN, BEGIN, BEGIN, 500))


def test_a_deleted_key_is_recovered_with_its_values(tmp_path: Path) -> None:
    hive = user_hive()
    hive.set("Software\\KF\\Secret", "Path", RegistryValue.text("E:\\план.docx"), BEGIN)
    hive.set("Software\\KF\\Secret", "Times", RegistryValue.dword(7), BEGIN)
    hive.set("Software\\KF\\Keep", "Kept", RegistryValue.text("kept"), BEGIN)
    hive.set("Software\\KF\\Keep", "Gone", RegistryValue.text("gone text"), BEGIN)
    hive.delete_key("Software\\KF\\Secret", BEGIN + HOUR)
    hive.delete_value("Software\\KF\\Keep", "Gone", BEGIN + HOUR)
    told = ripped(hive, "del", tmp_path)

    assert re.findall(r"Key name: (\S+)\nKey LastWrite time = (.*)\n", told) == [("Secret", "2026-02-01 08:00:01Z")]
    values = re.findall(r"Value Name: (\S+)\nData Length: (\S+) .*Data Type: (\S+)\n", told)
    assert sorted(values) == [
        ("Gone", "0x14", "REG_SZ"),
        ("Path", "0x1a", "REG_SZ"),
        ("Times", "0x80000004", "REG_DWORD"),
    ]
    dump = "".join(re.findall(r"^ +[0-9a-f]{4,}  ((?:[0-9a-f]{2} )+)", told, re.MULTILINE))
    assert "E:\\план.docx\0".encode("utf-16-le") in bytes.fromhex(dump)


def test_programs_are_counted(tmp_path: Path) -> None:
    hive = user_hive()
    tool = f"{explorer_keys.PROGRAM_FILES}\\KF Tool\\kf_tool.exe"
    for number in range(3):
        explorer_keys.count_run(hive, tool, BEGIN + number * HOUR)
    explorer_keys.count_run(hive, "C:\\Users\\Айгуль\\a.lnk", BEGIN, kind=explorer_keys.SHORTCUT_RUNS)
    told = ripped(hive, "userassist", tmp_path)

    programs, shortcuts = told.split("{F4E57C4B-2036-45F0-A9AB-443BCFE33D9F}")
    assert "{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}\n2026-02-01 10:00:01Z\n" in programs
    assert f"  {tool} (3)\n" in programs
    assert "2026-02-01 08:00:01Z\n  C:\\Users\\Айгуль\\a.lnk (1)\n" in shortcuts


def test_documents_stand_with_the_last_one_first(tmp_path: Path) -> None:
    hive = user_hive()
    for number, name in enumerate(("План.docx", "budget.xlsx", "b.docx", "План.docx", "README")):
        explorer_keys.remember_document(hive, name, shortcut(name), BEGIN + number * HOUR)
    explorer_keys.remember_document(hive, "Отчёты.2026", shortcut("Отчёты"), BEGIN + 9 * HOUR, folder=True)
    told = ripped(hive, "recentdocs", tmp_path)

    path = f"{explorer_keys.EXPLORER}\\RecentDocs"
    assert (
        f"{path}\nLastWrite Time: 2026-02-01 17:00:01Z\n"
        "  4 = Отчёты.2026\n  3 = README\n  0 = План.docx\n  2 = b.docx\n  1 = budget.xlsx\n"
    ) in told
    assert f"{path}\\.docx\nLastWrite Time 2026-02-01 11:00:01Z\nMRUListEx = 0,1\n  0 = План.docx\n" in told
    assert f"{path}\\Folder\nLastWrite Time 2026-02-01 17:00:01Z\nMRUListEx = 0\n  0 = Отчёты.2026\n" in told
    assert f"{path}\\.\nLastWrite Time 2026-02-01 12:00:01Z\nMRUListEx = 0\n  0 = README\n" in told


def test_typed_lists_stand_with_the_last_one_first(tmp_path: Path) -> None:
    hive = user_hive()
    for number, text in enumerate(("one", "два", "three", "one")):
        at = BEGIN + number * HOUR
        explorer_keys.remember_command(hive, text, at)
        explorer_keys.remember_typed_path(hive, f"D:\\{text}", at)
        explorer_keys.remember_typed_url(hive, f"http://{text}.example/", at)

    assert re.search(r"MRUList = acb\na   one\\1\s*\nb   два\\1\s*\nc   three", ripped(hive, "runmru", tmp_path))
    assert re.search(r"url1 +D:\\one *\nurl2 +D:\\three *\nurl3 +D:\\два", ripped(hive, "typedpaths", tmp_path))
    assert (
        "  url1 -> 2026-02-01 11:00:01Z (http://one.example/)\n"
        "  url2 -> 2026-02-01 10:00:01Z (http://three.example/)\n"
        "  url3 -> 2026-02-01 09:00:01Z (http://два.example/)\n"
    ) in ripped(hive, "typedurlstime", tmp_path)


def test_office_remembers_documents_and_places(tmp_path: Path) -> None:
    hive = user_hive()
    hive.make_key(f"{explorer_keys.OFFICE}\\User Settings", BEGIN)
    for number, name in enumerate(("план.docx", "b.docx", "план.docx")):
        explorer_keys.remember_office_document(hive, "Word", f"D:\\Docs\\{name}", BEGIN + number * HOUR)
    told = ripped(hive, "msoffice", tmp_path)

    files, places = told.split("Place MRU")
    assert re.findall(r"(2026\S+ \S+Z).*?D:\\Docs\\(\S+)", files) == [
        ("2026-02-01 10:00:01Z", "план.docx"),
        ("2026-02-01 09:00:01Z", "b.docx"),
    ]
    assert re.findall(r"(2026\S+ \S+Z).*?(D:\\\S+)", places) == [("2026-02-01 10:00:01Z", "D:\\Docs\\")]


def test_the_common_dialog_remembers_files_and_programs(tmp_path: Path) -> None:
    """RegRipper keeps only the low byte of each letter of a shell item, so the names here are Latin."""
    hive = user_hive()
    folder = PathItem("Reports", BEGIN, BEGIN, BEGIN, directory=True)
    for number, name in enumerate(("a.txt", "plan.txt", "a.txt")):
        file = PathItem(name, BEGIN, BEGIN, BEGIN, 700)
        items = id_list(drive_root("E"), (folder, file)), id_list(drive_root("E"), (folder,))
        explorer_keys.remember_dialog(hive, "notepad.exe", *items, "txt", BEGIN + number * HOUR)
    told = ripped(hive, "comdlg32", tmp_path)

    assert (
        "LastVisitedPidlMRU\nLastWrite time: 2026-02-01 10:00:01Z\n"
        "Note: All value names are listed in MRUListEx order.\n\n  notepad.exe - My Computer\\E:\\Reports\n"
    ) in told
    for kind in ("*", "txt"):
        assert (
            f"OpenSavePidlMRU\\{kind}\nLastWrite Time: Sun Feb  1 10:00:01 2026\n"
            "Note: All value names are listed in MRUListEx order.\n\n"
            "  My Computer\\E:\\Reports\\a.txt\n  My Computer\\E:\\Reports\\plan.txt\n"
        ) in told


def system_hive() -> Hive:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    system_keys.select_control_set(hive, BEGIN)
    return hive


@pytest.mark.parametrize(
    ("at", "hours", "name", "stored"),
    [
        (datetime(2024, 2, 29, 17, 59, tzinfo=UTC), 6, "Central Asia Standard Time", "@tzres.dll,-512"),
        (datetime(2024, 2, 29, 18, 0, tzinfo=UTC), 5, "Qyzylorda Standard Time", "Qyzylorda Standard Time"),
    ],
)
def test_almaty_has_a_zone_for_each_era(at: datetime, hours: int, name: str, stored: str, tmp_path: Path) -> None:
    hive = system_hive()
    system_keys.set_time_zone(hive, windows_zone("Asia/Almaty", at), BEGIN, offset=timedelta(hours=hours))
    told = ripped(hive, "timezone", tmp_path)

    assert f"StandardName   -> {stored}\n" in told
    assert f"  Bias           -> {-60 * hours} ({-hours} hours)\n" in told
    assert f"  ActiveTimeBias -> {-60 * hours} ({-hours} hours)\n" in told
    assert f"TimeZoneKeyName-> {name}\n" in told


def test_the_machine_has_its_name_and_its_last_shutdown(tmp_path: Path) -> None:
    hive = system_hive()
    system_keys.name_computer(hive, "OFFICE-PC", BEGIN)
    system_keys.note_shutdown(hive, BEGIN + HOUR)

    told = ripped(hive, "compname", tmp_path)
    assert "ComputerName    = OFFICE-PC\n" in told
    assert "TCP/IP Hostname = OFFICE-PC\n" in told
    assert "ShutdownTime  : 2026-02-01 09:00:01Z\n" in ripped(hive, "shutdown", tmp_path)


def test_volumes_are_known_by_partition_or_device(tmp_path: Path) -> None:
    hive = system_hive()
    system_keys.mount_volume(hive, "C", UUID(int=1), gpt_partition(UUID("41" * 16)), BEGIN)
    system_keys.mount_volume(hive, "D", UUID(int=2), mbr_partition(0x12345678, 1048576), BEGIN)
    system_keys.mount_volume(hive, "E", UUID(int=3), DRIVE.mounted_device, BEGIN)
    told = ripped(hive, "mountdev", tmp_path)

    assert "\\DosDevices\\D:\n  Drive Signature =  12 34 56 78\n" in told
    assert "Device: DMIO:ID:" + " 41" * 16 + "\n" in told
    device = "_??_USBSTOR#Disk&Ven_Kite&Prod_Data_Stick&Rev_1.00#AA00BB11&0#{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"
    volume = "\\??\\Volume{00000000-0000-0000-0000-000000000003}"
    assert f"Device: {device}\n  {volume}\n  \\DosDevices\\E:\n" in told


def test_a_usb_drive_has_its_history(tmp_path: Path) -> None:
    hive = system_hive()
    usb_keys.connect(hive, DRIVE, BEGIN)
    usb_keys.remove(hive, DRIVE, BEGIN + HOUR)
    usb_keys.connect(hive, DRIVE, BEGIN + 3 * HOUR)
    usb_keys.remove(hive, DRIVE, BEGIN + 4 * HOUR)

    disks, devices = ripped(hive, "usbstor", tmp_path), ripped(hive, "usb", tmp_path)
    assert "Disk&Ven_Kite&Prod_Data_Stick&Rev_1.00 [2026-02-01 08:00:01]\n  S/N: AA00BB11&0" in disks
    assert "FriendlyName          : Kite Data Stick USB Device\n" in disks
    assert "VID_1234&PID_5678 [2026-02-01 08:00:01Z]\n  S/N: AA00BB11 " in devices
    for told in (disks, devices):
        assert (
            "    First InstallDate     : 2026-02-01 08:00:01Z\n    InstallDate           : 2026-02-01 08:00:01Z" in told
        )
        assert (
            "    Last Arrival          : 2026-02-01 11:00:01Z\n    Last Removal          : 2026-02-01 12:00:01Z" in told
        )


def test_software_is_described(tmp_path: Path) -> None:
    hive = Hive("SOFTWARE", "ROOT", BEGIN)
    software_keys.describe_windows(hive, software_keys.WindowsVersion(owner="Айгуль"), BEGIN)
    software_keys.install_program(
        hive, "KF Tool", "KF Tool", BEGIN, version="1.2", publisher="Kite Software", on=date(2026, 2, 1)
    )
    network = software_keys.Network(UUID(int=3), "Сеть Kite", bytes.fromhex("020000aabbcc"))
    software_keys.join_network(hive, network, BEGIN, local=datetime.fromisoformat("2026-02-01T13:00:01"))
    software_keys.join_network(hive, network, BEGIN + HOUR, local=datetime.fromisoformat("2026-02-01T14:00:01"))
    usb_keys.name_portable_device(hive, DRIVE, "КИТ", BEGIN)

    version = ripped(hive, "winver", tmp_path)
    assert re.search(r"ProductName +Windows 10 Pro *\n", version)
    assert re.search(r"RegisteredOwner +Айгуль", version)
    assert version.count("2026-02-01 08:00:01Z") == 2
    assert "2026-02-01 08:00:01Z\n  KF Tool v.1.2\n" in ripped(hive, "uninstall", tmp_path)
    assert (
        "Сеть Kite\n  Key LastWrite    : 2026-02-01 09:00:01Z\n  DateLastConnected: 2026-02-01 14:00:01\n"
        "  DateCreated      : 2026-02-01 13:00:01\n  DefaultGatewayMac: 02-00-00-AA-BB-CC\n"
        "  Type             : wireless"
    ) in ripped(hive, "networklist", tmp_path)
    portable = ripped(hive, "portdev", tmp_path)
    assert "SN        : AA00BB11&0\nDrive     : КИТ\n" in portable
