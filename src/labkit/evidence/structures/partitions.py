"""Partition tables: MBR, EBR, GPT.

Sources: UEFI specification 2.10, 5.2.1 "Legacy Master Boot Record", 5.3.2 "GPT Header", 5.3.3 "GPT Partition Entry
Array" (type GUIDs in table 5.7); Microsoft, "PARTITION_INFORMATION_GPT" (basic data, recovery, attributes); Carrier,
"File System Forensic Analysis", chapter 5 (extended partitions). Partition types: A. Brouwer's list.
"""

import zlib
from collections.abc import Iterator

from labkit.evidence.structures.field import Field, Placed, Structure, table
from labkit.evidence.structures.meanings import chs, decimal, flags, guid, must_be, number, one_of, times, utf16

SECTOR_BYTES = 512
_ENTRIES_OFFSET = 446
_GPT_SIGNATURE = b"EFI PART"
_TYPES = {
    0x00: "empty", 0x01: "FAT12", 0x04: "FAT16 below 32 MiB", 0x05: "extended", 0x06: "FAT16", 0x07: "NTFS or exFAT",
    0x0B: "FAT32", 0x0C: "FAT32 (LBA)", 0x0E: "FAT16 (LBA)", 0x0F: "extended (LBA)", 0x11: "hidden FAT12",
    0x14: "hidden FAT16", 0x16: "hidden FAT16", 0x17: "hidden NTFS", 0x1B: "hidden FAT32", 0x1C: "hidden FAT32 (LBA)",
    0x27: "Windows recovery", 0x42: "Windows dynamic disk", 0x82: "Linux swap", 0x83: "Linux", 0x85: "Linux extended",
    0x8E: "Linux LVM", 0xA5: "FreeBSD", 0xA8: "macOS UFS", 0xAF: "HFS+", 0xEE: "protective, a GPT follows",
    0xEF: "EFI system partition", 0xFD: "Linux RAID",
}  # fmt: skip
_EXTENDED, _PROTECTIVE = (0x05, 0x0F, 0x85), 0xEE
_GUIDS = {
    "00000000-0000-0000-0000-000000000000": "not used",
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "EFI system partition",
    "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "Microsoft reserved",
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "Windows basic data",
    "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": "Windows recovery",
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux file system",
    "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "Linux swap",
    "E6D6D379-F507-44C2-A23C-238F2A3DF928": "Linux LVM",
    "48465300-0000-11AA-AA11-00306543ECAC": "HFS+",
    "7C3457EF-0000-11AA-AA11-00306543ECAC": "APFS",
}


def _typed_guid(data: bytes) -> str:
    found = guid(data)
    return f"{found}, {_GUIDS.get(found, 'unknown')}"


ENTRY = table(
    (0, 1, "status", one_of({0x00: "not bootable", 0x80: "bootable"})),
    (1, 3, "first sector (CHS)", chs),
    (4, 1, "type", one_of(_TYPES)),
    (5, 3, "last sector (CHS)", chs),
    (8, 4, "first sector (LBA)", times(SECTOR_BYTES, "bytes")),
    (12, 4, "sectors", times(SECTOR_BYTES, "bytes")),
)
_MBR = table(
    (0, 440, "boot code"),
    (440, 4, "disk signature"),
    (444, 2, "reserved"),
    (510, 2, "end mark", must_be(b"\x55\xaa")),
)
_GPT = table(
    (0, 8, "signature", must_be(_GPT_SIGNATURE)),
    (8, 4, "revision", one_of({0x00010000: "1.0"})),
    (12, 4, "header size", decimal),
    (16, 4, "CRC32 of the header"),
    (20, 4, "reserved"),
    (24, 8, "sector of this header", times(SECTOR_BYTES, "bytes")),
    (32, 8, "sector of the other header", times(SECTOR_BYTES, "bytes")),
    (40, 8, "first usable sector", times(SECTOR_BYTES, "bytes")),
    (48, 8, "last usable sector", times(SECTOR_BYTES, "bytes")),
    (56, 16, "disk GUID", guid),
    (72, 8, "first sector of the entries", times(SECTOR_BYTES, "bytes")),
    (80, 4, "number of entries", decimal),
    (84, 4, "size of an entry", decimal),
    (88, 4, "CRC32 of the entries"),
)
GPT_ENTRY_BYTES = 128
_GPT_ENTRY = table(
    (0, 16, "type GUID", _typed_guid),
    (16, 16, "partition GUID", guid),
    (32, 8, "first sector", times(SECTOR_BYTES, "bytes")),
    (40, 8, "last sector", times(SECTOR_BYTES, "bytes")),
    (
        48, 8, "attributes",
        flags({1: "required", 2: "no EFI block I/O", 4: "legacy bootable", 1 << 60: "read-only",
               1 << 62: "hidden", 1 << 63: "no drive letter"}),
    ),
    (56, 72, "name", utf16),
)  # fmt: skip


def _mbr(data: bytes) -> Iterator[Placed]:
    del data
    yield Placed("master boot record", 0, _MBR[:3])
    for entry in range(4):
        yield Placed(f"partition entry {entry + 1}", _ENTRIES_OFFSET + 16 * entry, ENTRY)
    yield Placed("master boot record", 0, _MBR[3:])


def _ebr(data: bytes) -> Iterator[Placed]:
    """An extended boot record has two entries: the logical partition, counted from here, and the next record."""
    del data
    yield Placed("logical partition (sectors count from this record)", _ENTRIES_OFFSET, ENTRY)
    yield Placed("next record (sectors count from the extended partition)", _ENTRIES_OFFSET + 16, ENTRY)
    yield Placed("extended boot record", 0, _MBR[3:])


def _gpt(data: bytes) -> Iterator[Placed]:
    size = number(data[12:16])
    crc = number(data[16:20])
    right = size <= len(data) and zlib.crc32(data[:16] + bytes(4) + data[20:size]) == crc
    said = "agrees" if right else "does not agree with the header"
    checked = tuple(
        Field(field.offset, field.size, field.name, lambda _: said) if field.offset == 16 else field  # noqa: PLR2004
        for field in _GPT
    )
    yield Placed("GPT header", 0, checked)


def _gpt_entries(data: bytes) -> Iterator[Placed]:
    for entry in range(max(1, len(data) // GPT_ENTRY_BYTES)):
        begin = entry * GPT_ENTRY_BYTES
        if entry == 0 or any(data[begin : begin + 16]):
            yield Placed(f"GPT entry {entry + 1}", begin, _GPT_ENTRY)


def _is_table(data: bytes) -> bool:
    entries = [data[_ENTRIES_OFFSET + 16 * n : _ENTRIES_OFFSET + 16 * (n + 1)] for n in range(4)]
    return data[510:512] == b"\x55\xaa" and all(entry[0] in (0, 0x80) for entry in entries) and any(map(any, entries))


def _looks_extended(data: bytes) -> bool:
    """An extended boot record has no code, a logical partition, and no second entry or one that leads on."""
    if not _is_table(data) or any(data[:440]) or any(data[_ENTRIES_OFFSET + 32 : 510]):
        return False
    first, second = data[_ENTRIES_OFFSET + 4], data[_ENTRIES_OFFSET + 20]
    return first not in (*_EXTENDED, _PROTECTIVE) and second in (0, *_EXTENDED)


PARTITIONS = (
    Structure("gpt", "GPT header", "UEFI 2.10, 5.3.2", SECTOR_BYTES, _gpt, lambda data: data[:8] == _GPT_SIGNATURE),
    Structure(
        "gpt-entry", "GPT partition entries", "UEFI 2.10, 5.3.3", GPT_ENTRY_BYTES, _gpt_entries,
        lambda data: any(data[:16]) and guid(data[:16].ljust(16, b"\0")) in _GUIDS,
    ),
    Structure("ebr", "extended boot record", "Carrier 2005, chapter 5", SECTOR_BYTES, _ebr, _looks_extended),
    Structure("mbr", "master boot record", "UEFI 2.10, 5.2.1", SECTOR_BYTES, _mbr, _is_table),
)  # fmt: skip
