r"""Shortcuts: ``.lnk`` files as Windows Explorer makes them when a document is opened.

A shortcut keeps what its target was like when it was made or last used: path, size, times, the volume with its serial
number and label, or the network share, and the computer's name with the object ids of the volume and the file.

Source: Microsoft, [MS-SHLLINK] "Shell Link (.LNK) Binary File Format", sections 2.1 (header), 2.2 (target), 2.3
(LinkInfo), 2.4 (StringData) and 2.5.10 (TrackerDataBlock).
"""

import codecs
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.artifacts.shell_items import PathItem, check_share, drive_root, id_list, share_root

_CLASS = UUID("00021401-0000-0000-c000-000000000046")
_HEADER_BYTES = 0x4C
_SHOW_NORMAL = 1
_HAS_ID_LIST, _HAS_LINK_INFO, _HAS_RELATIVE_PATH, _HAS_WORKING_DIRECTORY, _IS_UNICODE = 0x01, 0x02, 0x08, 0x10, 0x80
_LOCAL_PATH, _NETWORK_PATH = 1, 2
_TRACKER_BYTES, _TRACKER_SIGNATURE, _TRACKER_LENGTH = 0x60, 0xA0000003, 0x58
_LONGEST_MACHINE_ID = 15
_LAN_MANAGER = 0x00020000
_VALID_DEVICE, _VALID_PROVIDER = 1, 2
_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # RFC 9562 section 5.1: where the time of a version 1 UUID begins


class DriveKind(IntEnum):
    """[MS-SHLLINK] section 2.3.1, DriveType."""

    REMOVABLE = 2
    FIXED = 3
    REMOTE = 4
    OPTICAL = 5
    RAM_DISK = 6


@dataclass(frozen=True, slots=True)
class LocalVolume:
    """The volume that the target lies on. ``serial`` is its 32-bit number, as ``dir`` shows it."""

    letter: str
    kind: DriveKind
    serial: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class NetworkShare:
    r"""The share that the target lies on, such as ``\\srv\docs``; ``letter`` if it was mapped to a drive."""

    name: str
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Tracker:
    """What the Distributed Link Tracking service needs to find the target again.

    ``object_id`` is that of the file; its last six bytes are the address of a network card of the computer.
    """

    machine_id: str  # NetBIOS name of the computer
    volume_id: UUID
    object_id: UUID
    birth_volume_id: UUID | None = None  # where the file was made, if it was moved to another volume since
    birth_object_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShellLink:
    """A shortcut. The last of ``items`` is its target; header, path and shell items are made from them."""

    items: tuple[PathItem, ...]  # folders from the root of the volume or share, then the target
    place: LocalVolume | NetworkShare
    relative_path: str = ""
    working_directory: str = ""
    tracker: Tracker | None = None
    code_page: str = "cp1252"  # of the computer, for the path that is not Unicode


def object_id(made: datetime, network_card: bytes, *, clock_sequence: int) -> UUID:
    """Return a version 1 UUID, as NTFS makes the object id of a file.

    Args:
        made: Aware; what counts is the time of the computer's start with the service that hands them out.
        network_card: The six bytes of the MAC address.
        clock_sequence: 14 bits.

    Source: RFC 9562, section 5.1.
    """
    if len(network_card) != 6 or not 0 <= clock_sequence < 1 << 14 or made.tzinfo is None:  # noqa: PLR2004
        raise SynthesisError(
            "an object id needs an aware time, six bytes of a network card and a clock sequence of 14 bits",
            remedy="Take the values from the machine of the scenario.",
        )
    ticks = (made - _GREGORIAN) // timedelta(microseconds=1) * 10
    high = clock_sequence >> 8 | 0x80
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF | 0x1000, high, clock_sequence & 0xFF)
    return UUID(fields=(*fields, int.from_bytes(network_card, "big")))


def shell_link(link: ShellLink) -> bytes:
    """Return the bytes of a ``.lnk`` file.

    Raises:
        SynthesisError: There is no target, or a name, a time or the machine's name can not be stored.
    """
    if not link.items:
        raise SynthesisError("a shortcut needs a target", remedy="Give at least the item of the file itself.")
    _check_code_page(link.code_page)
    identifiers = id_list(_root(link.place), link.items)
    texts = [
        (_HAS_RELATIVE_PATH, link.relative_path),
        (_HAS_WORKING_DIRECTORY, link.working_directory),
    ]
    flags = _HAS_ID_LIST | _HAS_LINK_INFO | _IS_UNICODE
    strings = b""
    for flag, text in texts:
        if text:
            encoded = text.encode("utf-16-le")
            flags |= flag
            strings += struct.pack("<H", len(encoded) // 2) + encoded
    extra = _tracker(link.tracker) if link.tracker else b""
    return b"".join(
        (
            _header(link.items[-1], flags),
            struct.pack("<H", len(identifiers)),
            identifiers,
            _link_info(link),
            strings,
            extra,
            bytes(4),  # the end of the extra data
        )
    )


def _root(place: LocalVolume | NetworkShare) -> bytes:
    if isinstance(place, NetworkShare):
        check_share(place.name)
        if not place.letter:
            return share_root(place.name)
    return drive_root(place.letter)


def _check_code_page(name: str) -> None:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise SynthesisError(f"there is no code page {name!r}", remedy="Name one such as cp1251 or cp1252.") from error


def _header(target: PathItem, flags: int) -> bytes:
    return struct.pack(
        "<I16sIIQQQIIIHHII",
        _HEADER_BYTES,
        _CLASS.bytes_le,
        flags,
        target.stored_attributes,
        filetime(target.born),
        filetime(target.accessed),
        filetime(target.modified),
        target.size_bytes & 0xFFFFFFFF,
        0,
        _SHOW_NORMAL,
        0,
        0,
        0,
        0,
    )


def _link_info(link: ShellLink) -> bytes:
    """Return LinkInfo: volume and local path, or share and the rest of the path.

    Paths stand in the code page of the computer. Where that is not enough for every reader, because a letter is not
    plain Latin, the Unicode ones stand behind them.
    """
    path = "\\".join(item.name for item in link.items)
    if isinstance(link.place, NetworkShare):
        flags, suffix, base = _NETWORK_PATH, path, None
        middle = _network_link(link.place)
    else:
        flags, suffix, base = _LOCAL_PATH, "", f"{link.place.letter}:\\{path}"
        middle = _volume_id(link.place)
    unicode = not path.isascii()
    header_bytes = 0x24 if unicode else 0x1C
    parts = [middle]
    offsets = [header_bytes if base is not None else 0, 0, 0 if base is not None else header_bytes, 0, 0, 0]
    end = header_bytes + len(middle)
    for place, text, encoding in (
        (1, base, link.code_page),
        (3, suffix, link.code_page),
        (4, base if unicode else None, "utf-16-le"),
        (5, suffix if unicode else None, "utf-16-le"),
    ):
        if text is not None:
            encoded = f"{text}\0".encode(encoding, "replace")
            offsets[place] = end
            parts.append(encoded)
            end += len(encoded)
    used = offsets if unicode else offsets[:4]
    return struct.pack(f"<III{len(used)}I", end, header_bytes, flags, *used) + b"".join(parts)


def _volume_id(volume: LocalVolume) -> bytes:
    if volume.label.isascii():
        label = volume.label.encode("ascii") + b"\0"
        return struct.pack("<IIII", 16 + len(label), volume.kind, volume.serial, 0x10) + label
    label = f"{volume.label}\0".encode("utf-16-le")
    return struct.pack("<IIIII", 20 + len(label), volume.kind, volume.serial, 0x14, 0x14) + label


def _network_link(share: NetworkShare) -> bytes:
    name = share.name.encode("ascii") + b"\0"
    device = f"{share.letter}:".encode("ascii") + b"\0" if share.letter else b""
    flags = _VALID_PROVIDER | (_VALID_DEVICE if device else 0)
    size = 0x14 + len(name) + len(device)
    device_offset = 0x14 + len(name) if device else 0
    return struct.pack("<IIIII", size, flags, 0x14, device_offset, _LAN_MANAGER) + name + device


def _tracker(tracker: Tracker) -> bytes:
    name = tracker.machine_id.encode("ascii", "replace")
    if not tracker.machine_id.isascii() or len(name) > _LONGEST_MACHINE_ID:
        raise SynthesisError(
            f"{tracker.machine_id!r} can not be the machine of a shortcut",
            remedy=f"Give its NetBIOS name: up to {_LONGEST_MACHINE_ID} plain Latin characters.",
        )
    droid = tracker.volume_id.bytes_le + tracker.object_id.bytes_le
    birth_volume = tracker.birth_volume_id or tracker.volume_id
    birth_object = tracker.birth_object_id or tracker.object_id
    head = struct.pack("<IIII", _TRACKER_BYTES, _TRACKER_SIGNATURE, _TRACKER_LENGTH, 0)
    return head + name.lower().ljust(16, b"\0") + droid + birth_volume.bytes_le + birth_object.bytes_le
