"""Shell items: the steps from "This PC" to a file, as a shortcut and the registry keep them.

Times here are FAT times in UTC, in steps of 2 seconds. Each file and folder carries its 8.3 name, and an extension
block 0xBEEF0004 with the long name and the number of its MFT record.

Sources: [MS-SHLLINK] section 2.2 (IDList); libyal, libfwsi, "Windows Shell Item format specification", the sections
"Root folder shell item", "Volume shell item", "Network location shell item", "File entry shell item" and
"File entry extension block (0xbeef0004)".
"""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_names import alias_for, is_short_name

_THIS_PC = UUID("20d04fe0-3aea-1069-a2d8-08002b30309d")
_ROOT_CLASS, _ROOT_SORT_INDEX = 0x1F, 0x50
_VOLUME_CLASS, _VOLUME_NAME_BYTES = 0x2F, 22
_NETWORK_SHARE_CLASS, _NETWORK_HAS_DESCRIPTION = 0xC3, 0xC1
_FOLDER_CLASS, _FILE_CLASS = 0x31, 0x32
_EXTENSION_SIGNATURE = 0xBEEF0004
_EXTENSION_VERSION = 9  # Windows 8.1 and later
_WINDOWS_10 = 0x2E
_SHARE = re.compile(r"\\\\[!-\[\]-~]+\\[!-\[\]-~]+")
_END = b"\0\0"
_LARGEST_32_BIT = 0xFFFFFFFF


class FileAttribute(IntFlag):
    """[MS-FSCC] section 2.6."""

    READ_ONLY = 0x01
    HIDDEN = 0x02
    SYSTEM = 0x04
    DIRECTORY = 0x10
    ARCHIVE = 0x20


@dataclass(frozen=True, slots=True)
class PathItem:
    """One file or folder on the way to a target, as it was when the shortcut was made. Times are aware."""

    name: str
    born: datetime
    modified: datetime
    accessed: datetime
    size_bytes: int = 0
    directory: bool = False
    short_name: str = ""  # empty: the 8.3 name that NTFS would give the first of its kind
    attributes: FileAttribute | None = None  # without DIRECTORY; none: those of an ordinary file or folder
    mft_record: int = 0  # 0: the volume is not NTFS
    mft_sequence: int = 0

    @property
    def stored_attributes(self) -> FileAttribute:
        """The attributes with the one that says whether it is a folder."""
        if self.directory:
            return FileAttribute.DIRECTORY | (self.attributes or 0)
        return FileAttribute.ARCHIVE if self.attributes is None else self.attributes


def id_list(root: bytes, items: tuple[PathItem, ...]) -> bytes:
    """Return an IDList: ``root``, the items and the end mark, without the size in front.

    Raises:
        SynthesisError: A name can not be stored, a time carries no zone or lies outside 1980 to 2107.
    """
    return root + b"".join(file_item(item) for item in items) + _END


def drive_root(letter: str) -> bytes:
    """Return the items of "This PC" and of the drive ``letter``.

    Raises:
        SynthesisError: ``letter`` is none.
    """
    if len(letter) != 1 or not "A" <= letter <= "Z":
        raise SynthesisError(f"{letter!r} is not a drive letter", remedy="Give one letter from A to Z.")
    name = f"{letter}:\\".encode("ascii").ljust(_VOLUME_NAME_BYTES, b"\0")
    this_pc = bytes((_ROOT_CLASS, _ROOT_SORT_INDEX)) + _THIS_PC.bytes_le
    return _sized(this_pc) + _sized(bytes((_VOLUME_CLASS,)) + name)


def share_root(share: str) -> bytes:
    r"""Return the item of a network share such as ``\\srv\docs``.

    Raises:
        SynthesisError: ``share`` has another form, or letters that are not plain Latin.
    """
    check_share(share)
    location = share.encode("ascii") + b"\0Microsoft Network\0\0"
    return _sized(bytes((_NETWORK_SHARE_CLASS, 1, _NETWORK_HAS_DESCRIPTION)) + location + b"\x02\0")


def check_share(share: str) -> None:
    r"""Refuse what is not the name of a network share.

    Raises:
        SynthesisError: It has another form than ``\\srv\docs``, or letters that are not plain Latin.
    """
    if _SHARE.fullmatch(share) is None:
        raise SynthesisError(
            f"{share!r} is not a network share", remedy=r"Write \\server\share with plain Latin letters."
        )


def file_item(item: PathItem) -> bytes:
    """Return the shell item of one file or folder.

    Raises:
        SynthesisError: As ``id_list``.
    """
    short = item.short_name or alias_for(item.name, lambda _: False)
    if not is_short_name(short):
        raise SynthesisError(
            f"{short!r} is not an 8.3 name", remedy="Give an upper-case name such as PLAN~1.DOC, or leave it empty."
        )
    primary = short.encode("ascii") + b"\0"
    head = struct.pack(
        "<BBIIH",
        _FOLDER_CLASS if item.directory else _FILE_CLASS,
        0,
        0 if item.directory else min(item.size_bytes, _LARGEST_32_BIT),
        _fat_time(item.modified),
        item.stored_attributes,
    )
    body = head + primary + b"\0" * (len(primary) % 2)
    return _sized(body + _extension(item, 2 + len(body)))


def _extension(item: PathItem, offset_bytes: int) -> bytes:
    name = f"{item.name}\0".encode("utf-16-le")
    reference = item.mft_record | item.mft_sequence << 48
    body = struct.pack(
        "<HIIIHHQQHII",
        _EXTENSION_VERSION,
        _EXTENSION_SIGNATURE,
        _fat_time(item.born),
        _fat_time(item.accessed),
        _WINDOWS_10,
        0,
        reference,
        0,
        0,  # no localised name
        0,
        0,
    )
    return _sized(body + name + struct.pack("<H", offset_bytes))


def _fat_time(moment: datetime) -> int:
    """Return date (low word) and time of an aware time in UTC, rounded down to 2 seconds."""
    if moment.tzinfo is None:
        raise SynthesisError(
            f"{moment.isoformat()} carries no zone; the times of a shell item are UTC",
            remedy="Give an aware time, such as the one DeviceClock.device_utc returns.",
        )
    utc = moment.astimezone(UTC)
    if not 1980 <= utc.year <= 2107:  # noqa: PLR2004 - the years of FAT
        raise SynthesisError(f"a shell item can not hold the year {utc.year}", remedy="Take a time from 1980 to 2107.")
    date = (utc.year - 1980) << 9 | utc.month << 5 | utc.day
    return date | (utc.hour << 11 | utc.minute << 5 | utc.second // 2) << 16


def _sized(body: bytes) -> bytes:
    return struct.pack("<H", len(body) + 2) + body
