"""What Explorer and Office note in the hive of an account (NTUSER.DAT).

Sources: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "User Assist", "Most recently used (MRU)",
"Typed paths", "Typed URLs", "Mount points" and "Microsoft Office". How many entries a list keeps: SANS Institute,
"Windows Forensic Analysis" poster (RecentDocs).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from labkit.synthesis.artifacts.filetime import filetime_bytes
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_tree import utf16
from labkit.synthesis.artifacts.registry_values import (
    UserAssistEntry,
    guid_text,
    mru_list_ex,
    mru_order,
    named_item,
    office_recent,
    rot13,
)

EXPLORER = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer"
OFFICE = "Software\\Microsoft\\Office\\16.0"
PROGRAM_RUNS = UUID("cebff5cd-ace2-4f4f-9178-9926f41749ea")
SHORTCUT_RUNS = UUID("f4e57c4b-2036-45f0-a9ab-443bcfe33d9f")
# Known folders that stand at the begin of a program's name in UserAssist, in place of the path.
SYSTEM_FOLDER = "{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}"
WINDOWS_FOLDER = "{F38BF404-1D43-42F2-9305-67DE0B28FC23}"
PROGRAM_FILES = "{6D809377-6AF0-444B-8957-A3773F02200E}"
PROGRAM_FILES_X86 = "{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}"
_USER_ASSIST_VERSION = 5
_MOST_RECENT, _MOST_RECENT_OF_KIND, _MOST_RECENT_FOLDERS = 150, 20, 30
_MOST_TYPED = 25
_MOST_DIALOG, _MOST_VISITED = 20, 25
_MOST_OFFICE = 50
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def count_run(
    hive: Hive,
    program: str,
    at: datetime,
    *,
    focus: timedelta = timedelta(),
    switches: int = 0,
    kind: UUID = PROGRAM_RUNS,
) -> None:
    """Count one more run of a program in UserAssist.

    Args:
        hive: The hive of the account.
        program: Its path as UserAssist has it, with a known folder in front where it lies in one.
        at: When it was run.
        focus: How much longer its window was in front.
        switches: How many times more its window came to the front.
        kind: Which list counts it: ``PROGRAM_RUNS`` or ``SHORTCUT_RUNS``.

    Raises:
        SynthesisError: ``at`` has no zone, or a name is not allowed.
    """
    list_path = f"{EXPLORER}\\UserAssist\\{guid_text(kind).upper()}"
    if hive.value(list_path, "Version") is None:
        hive.set(list_path, "Version", RegistryValue.dword(_USER_ASSIST_VERSION), at)
    count_path, name = f"{list_path}\\Count", rot13(program)
    held = hive.value(count_path, name)
    entry = UserAssistEntry.read(held) if held else UserAssistEntry()
    entry = replace(
        entry,
        runs=entry.runs + 1,
        focus_count=entry.focus_count + switches,
        focus_time=entry.focus_time + focus,
        last_run=at,
    )
    hive.set(count_path, name, entry.value(), at)


def remember_document(hive: Hive, name: str, shortcut_item: bytes, at: datetime, *, folder: bool = False) -> None:
    """Put a document, or a folder, first in RecentDocs and in the list of its kind.

    Args:
        hive: The hive of the account.
        name: The name of the document, without its path.
        shortcut_item: The shell item of its shortcut in Recent (``shell_items.file_item``).
        at: When it was opened.
        folder: Whether it is a folder.

    Raises:
        SynthesisError: ``at`` has no zone, or a name is not allowed.
    """
    stem, dot, extension = name.rpartition(".")
    kind = "Folder" if folder else f".{extension}" if stem and dot else "."
    most_of_kind = _MOST_RECENT_FOLDERS if folder else _MOST_RECENT_OF_KIND
    entry = named_item(name, shortcut_item)
    for path, most in ((f"{EXPLORER}\\RecentDocs", _MOST_RECENT), (f"{EXPLORER}\\RecentDocs\\{kind}", most_of_kind)):
        _put_first(hive, path, entry, at, most=most, same=lambda held: held.shown_text == name)


def remember_command(hive: Hive, command: str, at: datetime) -> None:
    """Put a command first that was typed into the Run window (RunMRU).

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    path, value = f"{EXPLORER}\\RunMRU", RegistryValue.text(f"{command}\\1")
    held = hive.value(path, "MRUList")
    order = list(held.shown_text) if held else []
    letter = next((letter for letter in order if hive.value(path, letter) == value), None)
    if letter is None:
        letter = _LETTERS[len(order)] if len(order) < len(_LETTERS) else order[-1]
        hive.set(path, letter, value, at)
    order = [letter, *(other for other in order if other != letter)]
    hive.set(path, "MRUList", RegistryValue.text("".join(order)), at)


def remember_typed_path(hive: Hive, path: str, at: datetime) -> None:
    """Put a path first that was typed into the address bar of Explorer (TypedPaths).

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    _shift_in(hive, f"{EXPLORER}\\TypedPaths", "url{}", RegistryValue.text(path), at, most=_MOST_TYPED)


def remember_typed_url(hive: Hive, url: str, at: datetime) -> None:
    """Put an address first that was typed into Internet Explorer (TypedURLs), and when (TypedURLsTime).

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    browser = "Software\\Microsoft\\Internet Explorer"
    place = _shift_in(hive, f"{browser}\\TypedURLs", "url{}", RegistryValue.text(url), at, most=_MOST_TYPED)
    times = _numbered(hive, f"{browser}\\TypedURLsTime", "url{}")
    times = [RegistryValue.binary(filetime_bytes(at)), *times[: place - 1], *times[place:]]
    for number, time in enumerate(times[:_MOST_TYPED], start=1):
        hive.set(f"{browser}\\TypedURLsTime", f"url{number}", time, at)


def remember_office_document(hive: Hive, program: str, path: str, at: datetime) -> None:
    r"""Put a document first in File MRU of an Office program, and its folder in Place MRU.

    Args:
        hive: The hive of the account.
        program: ``Word``, ``Excel`` or ``PowerPoint``.
        path: The document, such as ``D:\Plans\budget.xlsx``.
        at: When it was opened.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    folder, slash, _ = path.rpartition("\\")
    for list_name, entry in (("File MRU", path), ("Place MRU", folder + slash)):
        list_path = f"{OFFICE}\\{program}\\{list_name}"
        value = office_recent(entry, at)
        _shift_in(hive, list_path, "Item {}", value, at, most=_MOST_OFFICE, same=_same_office_entry(entry))


def remember_dialog(hive: Hive, program: str, file: bytes, folder: bytes, extension: str, at: datetime) -> None:
    """Note a file that was opened or saved through the common dialog (ComDlg32).

    Args:
        hive: The hive of the account.
        program: The program that showed the dialog, such as ``notepad.exe``.
        file: The file as an IDList (``shell_items.id_list``).
        folder: Its folder as an IDList.
        extension: The extension of the file, without the dot.
        at: When.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    dialogs = f"{EXPLORER}\\ComDlg32"
    saved = RegistryValue.binary(file)
    for list_name in (extension, "*"):
        path = f"{dialogs}\\OpenSavePidlMRU\\{list_name}"
        _put_first(hive, path, saved, at, most=_MOST_DIALOG, same=lambda held: held == saved)
    visited = RegistryValue.binary(utf16(program) + b"\0\0" + folder)
    path = f"{dialogs}\\LastVisitedPidlMRU"
    _put_first(hive, path, visited, at, most=_MOST_VISITED, same=lambda held: held.shown_text == program)


def note_mount_point(hive: Hive, volume: UUID, at: datetime) -> None:
    """Note that the account saw a volume (MountPoints2), by the GUID under which MountedDevices has it.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    path = f"{EXPLORER}\\MountPoints2\\{guid_text(volume)}"
    hive.set(path, "Generation", RegistryValue.dword(1), at)


def _same_office_entry(entry: str) -> Callable[[RegistryValue], bool]:
    return lambda held: held.shown_text.partition("*")[2] == entry


def _put_first(
    hive: Hive,
    key_path: str,
    value: RegistryValue,
    at: datetime,
    *,
    most: int,
    same: Callable[[RegistryValue], bool],
) -> None:
    """Put ``value`` first in a key with MRUListEx; the oldest gives its number away when ``most`` are there."""
    order = mru_order(hive.value(key_path, "MRUListEx"))
    number = next((number for number in order if (held := hive.value(key_path, str(number))) and same(held)), None)
    if number is None:
        number = len(order) if len(order) < most else order[-1]
    order = [number, *(other for other in order if other != number)]
    hive.set_all(key_path, {str(number): value, "MRUListEx": mru_list_ex(order)}, at)


def _shift_in(
    hive: Hive,
    key_path: str,
    pattern: str,
    value: RegistryValue,
    at: datetime,
    *,
    most: int,
    same: Callable[[RegistryValue], bool] | None = None,
) -> int:
    """Put ``value`` first in a key of numbered values, and return which place it had, or would have had at the end."""
    held = _numbered(hive, key_path, pattern)
    is_same = same or (lambda other: other == value)
    place = next((number for number, other in enumerate(held, start=1) if is_same(other)), len(held) + 1)
    moved = enumerate([value, *held[: place - 1]][:most], start=1)  # those behind its old place stay
    hive.set_all(key_path, {pattern.format(number): other for number, other in moved}, at)
    return place


def _numbered(hive: Hive, key_path: str, pattern: str) -> list[RegistryValue]:
    held: list[RegistryValue] = []
    while (value := hive.value(key_path, pattern.format(len(held) + 1))) is not None:
        held.append(value)
    return held
