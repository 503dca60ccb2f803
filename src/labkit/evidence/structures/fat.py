"""FAT and exFAT: boot sectors and directory entries.

Sources: Microsoft, "FAT: General Overview of On-Disk Format" 1.03: "Boot Sector and BPB", "FAT Directory Structure",
"FAT Long Directory Entries"; Microsoft, "exFAT file system specification": 3.1, 6.2, 7.1 to 7.7.
"""

from collections.abc import Iterator

from labkit.evidence.structures.field import Line, Placed, Structure, at_start, table
from labkit.evidence.structures.meanings import (
    decimal,
    dos_date,
    dos_moment,
    dos_time,
    flags,
    must_be,
    number,
    oem,
    one_of,
    power_of_two,
    quarter_hours,
    tenths,
    text,
    utf16,
    volume_serial,
)

ENTRY_BYTES = 32
_ATTRIBUTES = {1: "read-only", 2: "hidden", 4: "system", 8: "volume label", 16: "directory", 32: "archive"}
_MEDIA = one_of({0xF8: "fixed disk", 0xF0: "removable"})
_LONG_NAME = 0x0F
_COMMON = (
    (0, 3, "jump"),
    (3, 8, "OEM name", text),
    (11, 2, "bytes per sector", decimal),
    (13, 1, "sectors per cluster", decimal),
    (14, 2, "reserved sectors", decimal),
    (16, 1, "number of FATs", decimal),
    (17, 2, "root directory entries", decimal),
    (19, 2, "sectors (16 bits)", decimal),
    (21, 1, "media", _MEDIA),
    (22, 2, "sectors per FAT (16 bits)", decimal),
    (24, 2, "sectors per track", decimal),
    (26, 2, "heads", decimal),
    (28, 4, "hidden sectors", decimal),
    (32, 4, "sectors (32 bits)", decimal),
)


def _tail(offset: int) -> tuple[Line, ...]:
    return (
        (offset, 1, "drive number"),
        (offset + 1, 1, "reserved"),
        (offset + 2, 1, "extended boot signature", must_be(b"\x29")),
        (offset + 3, 4, "volume serial", volume_serial),
        (offset + 7, 11, "volume label", oem),
        (offset + 18, 8, "file system type", text),
    )


_FAT16 = table(*_COMMON, *_tail(36), (510, 2, "end mark", must_be(b"\x55\xaa")))
_FAT32 = table(
    *_COMMON,
    (36, 4, "sectors per FAT (32 bits)", decimal),
    (40, 2, "flags of the FATs"),
    (42, 2, "version"),
    (44, 4, "first cluster of the root", decimal),
    (48, 2, "FSInfo sector", decimal),
    (50, 2, "backup boot sector", decimal),
    (52, 12, "reserved"),
    *_tail(64),
    (510, 2, "end mark", must_be(b"\x55\xaa")),
)


def _boot(data: bytes) -> Iterator[Placed]:
    """FAT32 has no size of its FATs in 16 bits; FAT12 and FAT16 have."""
    wide = len(data) >= 24 and not number(data[22:24])  # noqa: PLR2004 - the field at 22
    yield Placed("FAT32 boot sector" if wide else "FAT12 or FAT16 boot sector", 0, _FAT32 if wide else _FAT16)


_ORDER = one_of({0xE5: "deleted", 0x00: "the directory ends here", 0x05: "first letter is 0xE5"})
_SHORT = table(
    (0, 1, "state or first letter", lambda data: _ORDER(data) if data[0] in (0xE5, 0, 5) else oem(data)),
    (0, 8, "name", oem),
    (8, 3, "extension", oem),
    (11, 1, "attributes", flags(_ATTRIBUTES)),
    (12, 1, "lower-case marks", flags({8: "name", 16: "extension"})),
    (13, 1, "born: fraction", tenths),
    (14, 2, "born: time", dos_time),
    (16, 2, "born: date", dos_date),
    (18, 2, "accessed: date", dos_date),
    (20, 2, "first cluster (high half)", decimal),
    (22, 2, "modified: time", dos_time),
    (24, 2, "modified: date", dos_date),
    (26, 2, "first cluster (low half)", decimal),
    (28, 4, "size", decimal),
)


def _sequence(data: bytes) -> str:
    if data[0] == 0xE5:  # noqa: PLR2004 - the mark of deletion
        return "deleted"
    return f"part {data[0] & 0x3F}" + (", the last of the name" if data[0] & 0x40 else "")


_LONG = table(
    (0, 1, "part", _sequence),
    (1, 10, "characters 1 to 5", utf16),
    (11, 1, "attributes", one_of({_LONG_NAME: "long name"})),
    (12, 1, "type"),
    (13, 1, "checksum of the short name"),
    (14, 12, "characters 6 to 11", utf16),
    (26, 2, "first cluster", must_be(b"\0\0")),
    (28, 4, "characters 12 and 13", utf16),
)


def _directory(data: bytes) -> Iterator[Placed]:
    for number_, begin in enumerate(range(0, max(len(data) - ENTRY_BYTES + 1, 1), ENTRY_BYTES)):
        entry = data[begin : begin + ENTRY_BYTES]
        if number_ and not any(entry):
            return
        long_name = len(entry) > 11 and entry[11] == _LONG_NAME  # noqa: PLR2004 - the attributes
        yield Placed(
            f"entry {number_}, {'long name' if long_name else 'short name'}", begin, _LONG if long_name else _SHORT
        )


_EXFAT_BOOT = table(
    (0, 3, "jump"),
    (3, 8, "file system name", must_be(b"EXFAT   ")),
    (64, 8, "sectors before the volume", decimal),
    (72, 8, "sectors", decimal),
    (80, 4, "first sector of the FAT", decimal),
    (84, 4, "sectors of the FAT", decimal),
    (88, 4, "first sector of the clusters", decimal),
    (92, 4, "clusters", decimal),
    (96, 4, "first cluster of the root", decimal),
    (100, 4, "volume serial", volume_serial),
    (104, 2, "revision"),
    (106, 2, "volume flags", flags({1: "second FAT is active", 2: "dirty", 4: "media failure", 8: "clear to zero"})),
    (108, 1, "bytes per sector", power_of_two),
    (109, 1, "sectors per cluster", power_of_two),
    (110, 1, "number of FATs", decimal),
    (111, 1, "drive number"),
    (112, 1, "percent in use", lambda data: "unknown" if data[0] == 0xFF else f"{data[0]} %"),  # noqa: PLR2004 - 3.1.18
    (510, 2, "end mark", must_be(b"\x55\xaa")),
)
_EXFAT_TYPES = {
    0x81: "allocation bitmap", 0x82: "up-case table", 0x83: "volume label", 0x85: "file", 0xA0: "volume GUID",
    0xC0: "stream", 0xC1: "name", 0x05: "deleted file", 0x40: "deleted stream", 0x41: "deleted name", 0: "end",
    0x03: "no volume label",
}  # fmt: skip
_EXFAT_KIND = one_of(_EXFAT_TYPES)
_EXFAT_TABLES = {
    0x01: table(
        (0, 1, "type", _EXFAT_KIND), (1, 1, "flags", flags({1: "second bitmap"})), (20, 4, "first cluster", decimal),
        (24, 8, "length", decimal),
    ),
    0x02: table(
        (0, 1, "type", _EXFAT_KIND), (4, 4, "checksum of the table"), (20, 4, "first cluster", decimal),
        (24, 8, "length", decimal),
    ),
    0x03: table((0, 1, "type", _EXFAT_KIND), (1, 1, "characters", decimal), (2, 22, "label", utf16)),
    0x05: table(
        (0, 1, "type", _EXFAT_KIND), (1, 1, "entries that follow", decimal), (2, 2, "checksum of the set"),
        (4, 2, "attributes", flags(_ATTRIBUTES)), (8, 4, "born", dos_moment), (12, 4, "modified", dos_moment),
        (16, 4, "accessed", dos_moment), (20, 1, "born: fraction", tenths), (21, 1, "modified: fraction", tenths),
        (22, 1, "born: zone", quarter_hours), (23, 1, "modified: zone", quarter_hours),
        (24, 1, "accessed: zone", quarter_hours),
    ),
    0x40: table(
        (0, 1, "type", _EXFAT_KIND), (1, 1, "flags", flags({1: "has clusters", 2: "contiguous, not in the FAT"})),
        (3, 1, "characters of the name", decimal), (4, 2, "hash of the name"), (8, 8, "valid length", decimal),
        (20, 4, "first cluster", decimal), (24, 8, "length", decimal),
    ),
    0x41: table((0, 1, "type", _EXFAT_KIND), (1, 1, "flags"), (2, 30, "characters", utf16)),
}  # fmt: skip
_EXFAT_OTHER = table((0, 1, "type", _EXFAT_KIND), (1, 31, "content"))


def _exfat_directory(data: bytes) -> Iterator[Placed]:
    for entry, begin in enumerate(range(0, max(len(data) - ENTRY_BYTES + 1, 1), ENTRY_BYTES)):
        kind = data[begin] if data else 0
        if entry and not kind:
            return
        title = _EXFAT_TYPES.get(kind, f"type 0x{kind:02x}")
        yield Placed(f"entry {entry}, {title}", begin, _EXFAT_TABLES.get(kind & 0x7F, _EXFAT_OTHER))


def _is_fat_boot(data: bytes) -> bool:
    if len(data) < 512 or data[510:512] != b"\x55\xaa" or data[0] not in (0xEB, 0xE9):  # noqa: PLR2004 - a sector, a jump
        return False
    return number(data[11:13]) in (512, 1024, 2048, 4096) and data[16] in (1, 2) and data[13].bit_count() == 1


def _is_fat_directory(data: bytes) -> bool:
    entry = data[:ENTRY_BYTES]
    if len(entry) < ENTRY_BYTES or not entry[0]:
        return False
    if entry[11] == _LONG_NAME:
        return entry[12] == 0 and entry[26:28] == b"\0\0"
    name_ok = all(byte >= 0x20 for byte in entry[1:11]) and (entry[0] >= 0x20 or entry[0] == 5)  # noqa: PLR2004 - controls
    month = number(entry[24:26]) >> 5 & 15
    return name_ok and entry[11] & 0xC0 == 0 and (1 <= month <= 12 or entry[11] == 8)  # noqa: PLR2004 - a year, a label


FAT = (
    Structure(
        "exfat-boot", "exFAT boot sector", "Microsoft exFAT specification, 3.1", 512,
        at_start("exFAT boot sector", _EXFAT_BOOT), lambda data: data[3:11] == b"EXFAT   ",
    ),
    Structure("fat-boot", "FAT boot sector", "Microsoft FAT 1.03, Boot Sector and BPB", 512, _boot, _is_fat_boot),
    Structure(
        "exfat-dir", "exFAT directory", "Microsoft exFAT specification, 7", 512, _exfat_directory,
        lambda data: data[0:33:32] in {b"\x85\xc0", b"\x05\x40", b"\x83\x81", b"\x81\x82"},
    ),
    Structure(
        "fat-dir", "FAT directory", "Microsoft FAT 1.03, FAT Directory Structure", 512, _directory, _is_fat_directory
    ),
)  # fmt: skip
