"""What `labkit artifacts` reads on a small Windows: hives, event logs, shortcuts, prefetch files and others."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from labkit.synthesis.artifacts import explorer_keys, software_keys, system_keys, usb_keys
from labkit.synthesis.artifacts import security_events as events
from labkit.synthesis.artifacts.chromium import ChromiumHistory
from labkit.synthesis.artifacts.evtx import EventLog
from labkit.synthesis.artifacts.firefox import FirefoxPlaces
from labkit.synthesis.artifacts.lnk import DriveKind, LocalVolume, ShellLink, Tracker, shell_link
from labkit.synthesis.artifacts.mail import Address, Attachment, Mail, message
from labkit.synthesis.artifacts.mbox import Mbox
from labkit.synthesis.artifacts.prefetch import Prefetch, PrefetchFile, PrefetchVolume
from labkit.synthesis.artifacts.recycle_bin import index_file
from labkit.synthesis.artifacts.registry import Hive
from labkit.synthesis.artifacts.registry_values import RegistryValue
from labkit.synthesis.artifacts.shell_items import PathItem
from labkit.synthesis.artifacts.system_events import kernel_started, log_started, service_installed
from labkit.synthesis.artifacts.usb_keys import UsbDrive
from labkit.synthesis.artifacts.windows_zones import windows_zone
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.exif import Position, Shot
from labkit.synthesis.world.office import docx
from labkit.synthesis.world.office_properties import DocumentProperties
from labkit.synthesis.world.pdf import pdf
from labkit.synthesis.world.photo import camera_photo
from labkit.synthesis.world.zip_stored import ZippedFile, zip_files

AT = datetime(2026, 2, 1, 8, tzinfo=UTC)
_CONFIG, _LOGS = "/Windows/System32/config", "/Windows/System32/winevt/Logs"
_PROFILE = "/Users/dana/AppData"
_SID = "S-1-5-21-1111111111-2222222222-3333333333-1001"
_STICK = UsbDrive(0x1D0B, 0x0417, "Marlin", "Flash 64", "1.10", "0417AABBCCDD", UUID(int=7), UUID(int=8))
_ACCOUNT = events.Account(_SID, "dana", "T-PC-01", 0x3E7A1)
_MACHINE = events.Account("S-1-5-18", "T-PC-01$", "WORKGROUP", 0x3E7)


def windows_files() -> dict[str, bytes]:
    """Return the content of each file by its path. Each lies outside of its MFT record."""
    prefetch = _prefetch()
    return {
        f"{_CONFIG}/SYSTEM": _system().render(AT),
        f"{_CONFIG}/SOFTWARE": _software().render(AT),
        "/Users/dana/NTUSER.DAT": _account().render(AT),
        f"{_LOGS}/Security.evtx": _security().render(),
        f"{_LOGS}/System.evtx": _system_log().render(),
        "/Users/dana/AppData/Roaming/Microsoft/Windows/Recent/plan.docx.lnk": shell_link(_shortcut()),
        f"/Windows/Prefetch/{prefetch.file_name}": prefetch.render(),
        "/Windows/Prefetch/PLAIN.EXE-00000001.pf": prefetch._uncompressed(),  # as up to Windows 8.1, in this version
        f"/$Recycle.Bin/{_SID}/$IAB12CD.docx": _version_1("C:\\Users\\dana\\plan.docx"),
        f"/$Recycle.Bin/{_SID}/$IEF34GH.docx": index_file(f"C:\\{'folder' * 120}.docx", size_bytes=9, deleted=AT),
        "/Windows/INF/setupapi.dev.log": _setup_log(),
        f"{_PROFILE}/Local/Microsoft/Edge/User Data/Default/History": _surfed(ChromiumHistory(b"seed", AT)),
        f"{_PROFILE}/Roaming/Mozilla/Firefox/Profiles/a/places.sqlite": _surfed(FirefoxPlaces(b"seed", AT)),
        f"{_PROFILE}/Roaming/Thunderbird/Profiles/a/Mail/firm.example/Inbox": _mailbox(),
        **_papers(),
    }


def _system() -> Hive:
    hive = Hive("SYSTEM", "ROOT", AT)
    system_keys.select_control_set(hive, AT)
    system_keys.name_computer(hive, "T-PC-01", AT)
    system_keys.set_time_zone(hive, windows_zone("Asia/Almaty", AT), AT, offset=timedelta(hours=5))
    system_keys.note_shutdown(hive, AT)
    system_keys.mount_volume(hive, "C", UUID(int=5), RegistryValue.binary(b"DMIO:ID:" + bytes(range(16))), AT)
    usb_keys.connect(hive, _STICK, AT)
    system_keys.mount_volume(hive, "E", UUID(int=6), _STICK.mounted_device, AT)
    usb_keys.remove(hive, _STICK, AT + timedelta(hours=1))
    hive.set("Setup", "large", RegistryValue.binary(bytes(range(256)) * 80), AT)  # more than one cell holds
    hive.make_key("Setup\\gone", AT)
    hive.delete_key("Setup\\gone", AT)
    return hive


def _software() -> Hive:
    hive = Hive("SOFTWARE", "ROOT", AT)
    software_keys.describe_windows(hive, software_keys.WindowsVersion(owner="Dana"), AT)
    for number in range(20):
        name = f"Program {number}"
        software_keys.install_program(hive, name, name, AT, version="1", publisher="KF", on=AT.date(), folder="C:\\P")
    network = software_keys.Network(UUID(int=9), "office", bytes(range(6)))
    software_keys.join_network(hive, network, AT, local=AT.replace(tzinfo=None))
    usb_keys.name_portable_device(hive, _STICK, "VARN RED", AT)
    profile = f"Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{_SID}"
    hive.set(profile, "ProfileImagePath", RegistryValue.expandable("C:\\Users\\dana"), AT)
    return hive


def _account() -> Hive:
    hive = Hive("NTUSER.DAT", "ROOT", AT)
    for number in range(8):
        explorer_keys.count_run(hive, f"C:\\Tools\\tool {number}.exe", AT, focus=timedelta(seconds=5), switches=2)
        explorer_keys.remember_document(hive, f"plan {number}.docx", bytes(40), AT)
        explorer_keys.remember_command(hive, f"cmd /c {number}", AT)
        explorer_keys.remember_typed_path(hive, f"E:\\{number}", AT)
        explorer_keys.remember_office_document(hive, "Word", f"E:\\Plans\\plan {number}.docx", AT)
    return hive


def _security() -> EventLog:
    """More than one chunk of 64 KiB."""
    log = EventLog("Security", "T-PC-01")
    for minute in range(90):
        at = AT + timedelta(minutes=minute)
        log.add(events.windows_started(at))
        log.add(events.logged_on(at, _ACCOUNT, _MACHINE))
        log.add(events.asked_to_log_off(at, _ACCOUNT))
    return log


def _system_log() -> EventLog:
    log = EventLog("System", "T-PC-01")
    log.add(kernel_started(AT))
    log.add(log_started(AT))
    log.add(service_installed(AT, "KF", "C:\\Tools\\kf.exe", account="LocalSystem"))
    return log


def _shortcut() -> ShellLink:
    folder = PathItem("Plans", AT, AT, AT, directory=True, mft_record=40, mft_sequence=2)
    target = PathItem("План работ.docx", AT, AT, AT, size_bytes=9000, mft_record=41, mft_sequence=2)
    tracker = Tracker("T-PC-01", UUID(int=11), UUID("7c0417a2-5e31-11f1-98b0-0417aabbccdd"))
    place = LocalVolume("E", DriveKind.REMOVABLE, 0x1A2B3C4D, "VARN RED")
    return ShellLink((folder, target), place, f"..\\{'.' * 200}", "E:\\Plans", tracker, "cp1251")


def _prefetch() -> Prefetch:
    files = tuple(PrefetchFile(f"\\Windows\\System32\\part{number}.dll", number, 1) for number in range(60))
    volumes = (PrefetchVolume(AT, 0x7C0417A2, files), PrefetchVolume(AT, 0x1A2B3C4D, files[:3]))
    return Prefetch("PART0.EXE", 0x1234, volumes).run(AT).run(AT + timedelta(hours=1))


def _version_1(path: str) -> bytes:
    """Return an index file of Windows Vista to 8.1, padded so that it does not fit into its record."""
    return (struct.pack("<QQQ", 1, 9000, 134_000_000_000_000_000) + path.encode("utf-16-le")).ljust(1100, b"\0")


def _setup_log() -> bytes:
    section = (
        ">>>  [Device Install (Hardware initiated) - USBSTOR\\Disk&Ven_Marlin\\0417AABBCCDD&0]\r\n"
        ">>>  Section start 2026/02/01 13:00:00.123\r\n"
        "     dvi: {Build Driver List}\r\n"
        "<<<  Section end 2026/02/01 13:00:01.456\r\n"
        "<<<  [Exit status: SUCCESS]\r\n"
    )
    return (section * 5).encode()


def _surfed(history: ChromiumHistory | FirefoxPlaces) -> bytes:
    for number in range(40):
        history.visit(f"https://site{number}.example/", f"Страница {number}", AT + timedelta(minutes=number))
    history.forget("https://site7.example/")
    history.download("https://a.example/c", "C:\\c.pdf", size_bytes=9, began=AT, ended=AT)
    return history.render()


def _mailbox() -> bytes:
    box, paper = Mbox(), Attachment("план.pdf", "application/pdf", b"%PDF-1.4")
    for number in range(12):
        mail = Mail(Address("a@b.example"), (Address("c@d.example"),), f"План {number}", AT, "План\n")
        box.add(message(replace(mail, attachments=(paper,)), Stream(b"seed", "mail")), AT.replace(tzinfo=None))
    return box.render()


def _papers() -> dict[str, bytes]:
    notes = DocumentProperties("Дана", "Teo", AT, AT, company="ТОО Норвик")
    shot = Shot("Norvix", "NX-20", AT.replace(tzinfo=None), position=Position(0.5, 80.25, 12, AT))
    return {
        "/Users/dana/plan.docx": docx(["План"] * 60, author="", saved=AT, size_bytes=None, properties=notes),
        "/Users/dana/offer.pdf": pdf(["text"], title="Offer", author="Dana", size_bytes=4000),
        "/Users/dana/yard.jpg": camera_photo(Stream(b"seed", "photo"), shot, size_bytes=16000),
        "/Users/dana/papers.zip": zip_files([ZippedFile(f"план {number}.txt", b"x" * 90, AT) for number in range(9)]),
    }
