"""Structures on media made by other programs, field by field against what those programs say of them."""

import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence import mft
from labkit.evidence.hexview import STRUCTURES, guessed, hex_rows, structure_named
from labkit.evidence.structures.field import Reading, readings
from tests.oracles import oracle
from tests.unit.evidence.conftest import MIB


def read_as(name: str, data: bytes) -> dict[tuple[str, str], Reading]:
    """Return the fields of a structure by table and name; of equal ones the first."""
    found: dict[tuple[str, str], Reading] = {}
    for reading in readings(structure_named(name), data):
        found.setdefault((reading.table, reading.name), reading)
    return found


def said(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.raw"
    with path.open("wb") as file:
        file.truncate(64 * MIB)
    return path


@pytest.mark.oracle
def test_rows_are_those_of_xxd(fat_image: Path, tmp_path: Path) -> None:
    data = fat_image.read_bytes()[:1000]
    (tmp_path / "part").write_bytes(data)
    theirs = oracle(["xxd", tmp_path / "part"]).splitlines()
    ours = [f"{offset:08x}: {row:<39}  {text}" for offset, row, text in hex_rows(data, 0)]
    assert ours == theirs
    assert len(ours) == 63


@pytest.mark.oracle
def test_fat_boot_sector_is_what_fsstat_says(fat_image: Path, fat16_image: Path) -> None:
    for path, table in ((fat_image, "FAT32 boot sector"), (fat16_image, "FAT12 or FAT16 boot sector")):
        data = path.read_bytes()[:512]
        text = oracle(["fsstat", path])
        fields = read_as("fat-boot", data)
        assert fields[table, "sectors per cluster"].little == int(said(r"Cluster Size: (\d+)", text)) // 512
        serial = int(said(r"Volume ID: (0x[0-9a-f]+)", text), 16)
        assert fields[table, "volume serial"].meaning == f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"
        assert fields[table, "OEM name"].meaning.strip('"') == said(r"OEM Name: (\S+)", text)
        assert guessed(data).name == "fat-boot"


@pytest.mark.oracle
def test_fat_directory_is_what_istat_says(fat_image: Path) -> None:
    text = oracle(["fsstat", fat_image])
    root = int(said(r"Root Directory: (\d+)", text)) * 512
    data = fat_image.read_bytes()[root : root + 512]
    assert guessed(data).name == "fat-dir"
    fields = list(readings(structure_named("fat-dir"), data))
    tables = list(dict.fromkeys(reading.table for reading in fields))
    assert tables[0] == "entry 0, short name"  # the volume label
    first = next(reading.table for reading in fields if reading.name == "name" and reading.data.startswith(b"FIRST"))
    by_name = {reading.name: reading for reading in fields if reading.table == first}
    text = oracle(["istat", fat_image, oracle(["ifind", "-n", "/first.txt", fat_image]).strip()])
    size = int(said(r"Size: (\d+)", text))
    assert by_name["size"].little == size == 1300
    written = said(r"Written:\s+(\S+ \S+)", text)
    assert f"{by_name['modified: date'].meaning} {by_name['modified: time'].meaning}".replace(" local", "") == written
    deleted = [reading for reading in fields if reading.meaning == "deleted"]
    assert deleted  # "second report.txt" and its long name


@pytest.mark.oracle
def test_ntfs_boot_sector_and_records_are_what_the_sleuth_kit_says(ntfs_image: Path) -> None:
    data = ntfs_image.read_bytes()
    assert guessed(data[:512]).name == "ntfs-boot"
    boot = read_as("ntfs-boot", data[:512])
    text = oracle(["fsstat", ntfs_image])
    first = boot["NTFS boot sector", "first cluster of $MFT"].little
    assert first == int(said(r"First Cluster of MFT: (\d+)", text))
    assert boot["NTFS boot sector", "size of an MFT record"].meaning == said(r"Size of MFT Entries: (.*)", text)

    address = int(oracle(["ifind", "-n", "/evidence.bin", ntfs_image]))
    start = first * 4096 + address * 1024
    record = mft.with_fixups(data[start : start + 1024])
    assert guessed(record).name == "mft-record"
    fields = read_as("mft-record", record)
    text = oracle(["istat", ntfs_image, str(address)])
    assert fields["MFT record", "record number"].little == address
    assert fields["MFT record", "sequence number"].little == int(said(r"Sequence: (\d+)", text))
    assert fields["$FILE_NAME", "name"].meaning == '"evidence.bin"'
    assert fields["$DATA", "size"].little == 10_000
    born = said(r"\$STANDARD_INFORMATION Attribute Values:[\s\S]*?Created:\s+(\S+ \S+)", text)
    assert fields["$STANDARD_INFORMATION", "born"].meaning.startswith(born[:26])
    clusters = said(r"Type: \$DATA \(128-\d\)\s+Name: N/A\s+Non-Resident.*\n([\d ]+)", text).split()
    assert fields["$DATA", "run"].meaning == f"{len(clusters)} clusters from {clusters[0]}"
    streams = [
        r.meaning for r in readings(structure_named("mft-record"), record) if r.table == "$DATA" and r.name == "name"
    ]
    assert streams == ['"Zone.Identifier"']


@pytest.mark.oracle
def test_index_record_names_the_files_of_a_directory(blank: Path, tmp_path: Path) -> None:
    oracle(["mkntfs", "-F", "-q", "-Q", "-c", "4096", blank])
    (tmp_path / "content").write_bytes(b"x")
    for number in range(12):
        oracle(["ntfscp", "-q", "-f", blank, tmp_path / "content", f"/a rather long name {number:02}.txt"])
    data = blank.read_bytes()
    starts = [start for start in range(0, 16 * MIB, 4096) if data[start : start + 4] == b"INDX"]
    records = [mft.with_fixups(data[start : start + 4096]) for start in starts]
    names = {
        reading.meaning.strip('"')
        for record in records
        for reading in readings(structure_named("index-record"), record)
        if reading.name == "name"
    }
    listed = {line.split("\t")[1] for line in oracle(["fls", blank]).splitlines()}
    assert {f"a rather long name {number:02}.txt" for number in range(12)} <= names
    assert {name for name in names if name.startswith("a ")} <= listed
    assert all(guessed(record).name == "index-record" for record in records)


@pytest.mark.oracle
def test_exfat_boot_sector_and_directory_are_what_dump_exfat_says(blank: Path) -> None:
    oracle(["mkfs.exfat", "-L", "KF-06", blank])
    data = blank.read_bytes()
    assert guessed(data[:512]).name == "exfat-boot"
    fields = read_as("exfat-boot", data[:512])
    text = oracle(["dump.exfat", blank])
    assert fields["exFAT boot sector", "clusters"].little == int(said(r"Total Clusters:\s+(\d+)", text))
    assert fields["exFAT boot sector", "first cluster of the root"].little == int(
        said(r"Root Cluster.*:\s+(\d+)", text)
    )
    heap = fields["exFAT boot sector", "first sector of the clusters"].little * 512
    cluster = 512 * int(fields["exFAT boot sector", "sectors per cluster"].meaning)
    root = heap + (fields["exFAT boot sector", "first cluster of the root"].little - 2) * cluster
    entries = data[root : root + 512]
    assert guessed(entries).name == "exfat-dir"
    meanings = [reading.meaning for reading in readings(structure_named("exfat-dir"), entries)]
    assert '"KF-06"' in meanings
    assert {"allocation bitmap", "up-case table", "volume label"} <= set(meanings)


def test_exfat_file_has_its_zone(tmp_path: Path) -> None:
    entry = bytearray(32)
    entry[0], entry[22], entry[23] = 0x85, 0x80 | (5 * 4), 0x80 | (0x80 - 14)
    struct.pack_into("<I", entry, 8, ((2026 - 1980) << 9 | 3 << 5 | 9) << 16 | 10 << 11 | 30 << 5 | 7)
    fields = read_as("exfat-dir", bytes(entry) + b"\xc0" + bytes(31))
    assert fields["entry 0, file", "born"].meaning == "2026-03-09 10:30:14 local"
    assert fields["entry 0, file", "born: zone"].meaning == "UTC+05:00"
    assert fields["entry 0, file", "modified: zone"].meaning == "UTC-03:30"
    assert fields["entry 0, file", "accessed: zone"].meaning == "zone not recorded"


@pytest.mark.oracle
def test_super_block_is_what_dumpe2fs_says(blank: Path) -> None:
    oracle(["mke2fs", "-q", "-t", "ext4", "-L", "KF-06", "-F", blank])
    data = blank.read_bytes()[1024:2048]
    assert guessed(data).name == "ext-super"
    fields = read_as("ext-super", data)
    text = oracle(["dumpe2fs", "-h", blank])
    assert fields["super block", "UUID"].meaning == said(r"Filesystem UUID:\s+(\S+)", text)
    assert fields["super block", "free blocks"].little == int(said(r"Free blocks:\s+(\d+)", text))
    assert fields["super block", "block size"].meaning == said(r"Block size:\s+(\d+)", text) + " bytes"
    assert fields["super block", "inode size"].little == int(said(r"Inode size:\s+(\d+)", text))
    assert fields["super block", "volume name"].meaning.startswith('"KF-06')


@pytest.mark.oracle
def test_gpt_is_what_sgdisk_says(blank: Path) -> None:
    oracle(
        ["sgdisk", "-n", "1:2048:+10M", "-t", "1:0700", "-c", "1:Данные", "-n", "2:40960:+5M", "-t", "2:8300", blank]
    )
    data = blank.read_bytes()
    assert guessed(data[:512]).name == "mbr"
    assert read_as("mbr", data[:512])["partition entry 1", "type"].meaning == "protective, a GPT follows"
    assert guessed(data[512:1024]).name == "gpt"
    header = read_as("gpt", data[512:1024])
    text = oracle(["sgdisk", "-p", blank])
    assert header["GPT header", "disk GUID"].meaning == said(r"Disk identifier \(GUID\): (\S+)", text)
    assert header["GPT header", "CRC32 of the header"].meaning == "agrees"
    damaged = bytearray(data[512:1024])
    damaged[40] ^= 1
    assert (
        read_as("gpt", bytes(damaged))["GPT header", "CRC32 of the header"].meaning == "does not agree with the header"
    )
    entries = data[1024:1536]
    assert guessed(entries).name == "gpt-entry"
    fields = read_as("gpt-entry", entries)
    assert fields["GPT entry 1", "type GUID"].meaning.endswith("Windows basic data")
    assert fields["GPT entry 1", "name"].meaning == '"Данные"'
    assert fields["GPT entry 2", "first sector"].little == 40960
    assert fields["GPT entry 2", "partition GUID"].meaning == said(
        r"Partition unique GUID: (\S+)", oracle(["sgdisk", "-i", "2", blank])
    )


@pytest.mark.oracle
def test_mbr_is_what_mmls_says(disk_image: Path) -> None:
    data = disk_image.read_bytes()[:512]
    fields = read_as("mbr", data)
    assert guessed(data).name == "mbr"
    rows = re.findall(r"\d+:\s+000:00[01]\s+(\d+)\s+\d+\s+(\d+)", oracle(["mmls", disk_image]))
    ours = [
        (fields[f"partition entry {n}", "first sector (LBA)"].little, fields[f"partition entry {n}", "sectors"].little)
        for n in (1, 2)
    ]
    assert ours == [(int(start), int(length)) for start, length in rows]
    assert fields["partition entry 2", "type"].meaning == "FAT32 (LBA)"


def test_extended_boot_record_is_told_from_an_mbr() -> None:
    logical = struct.pack("<B3xB3xII", 0, 0x0B, 63, 1000)
    following = struct.pack("<B3xB3xII", 0, 0x05, 1063, 1063)
    data = bytes(446) + logical + following + bytes(32) + b"\x55\xaa"
    assert guessed(data).name == "ebr"
    fields = read_as("ebr", data)
    tables = {table for table, _ in fields}
    assert any("logical partition" in table for table in tables)
    assert guessed(data, on_medium=0).name == "mbr"
    assert fields["next record (sectors count from the extended partition)", "type"].meaning == "extended"


@pytest.mark.parametrize(("major", "reference"), [(2, 8), (3, 16)])
def test_change_journal_is_read_in_both_versions(major: int, reference: int) -> None:
    name = "отчёт.xlsx".encode("utf-16-le")
    head = struct.pack("<IHH", 0, major, 0)
    ids = struct.pack("<Q", 39 | 4 << 48).ljust(reference, b"\0") + struct.pack("<Q", 5 | 5 << 48).ljust(
        reference, b"\0"
    )
    body = struct.pack("<qQIIII", 4096, 134_171_664_000_000_000, 0x100 | 0x80000000, 0, 0, 0x20)
    offset = len(head) + len(ids) + len(body) + 4
    record = bytearray(head + ids + body + struct.pack("<HH", len(name), offset) + name)
    record += bytes(-len(record) % 8)
    struct.pack_into("<I", record, 0, len(record))
    data = bytes(record) + bytes(16) + bytes(record)
    assert guessed(data).name == "usn"
    fields = read_as("usn", data)
    assert fields["journal record 0", "name"].meaning == '"отчёт.xlsx"'
    assert fields["journal record 0", "reasons"].meaning == "created, closed"
    assert fields["journal record 0", "file"].meaning.startswith("record 39, sequence 4" if major == 2 else "record 39")
    assert fields["journal record 0", "time"].meaning.startswith("2026-03-")
    assert ("journal record 1", "name") in fields


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("make", [bytes, lambda n: b"\xff" * n, lambda n: bytes(k * 37 % 256 for k in range(n))])
@pytest.mark.parametrize("size", [0, 1, 7, 23, 47, 64, 600, 1024])
def test_no_bytes_do_harm(name: str, make: Callable[[int], bytes], size: int) -> None:
    data = make(size)
    for reading in readings(STRUCTURES[name], data):
        assert reading.offset + reading.size <= len(data)
    guessed(data)


def test_damaged_records_end_early(ntfs_image: Path) -> None:
    """Lengths of 0, beyond the end, and runs that lead nowhere end the reading of a record."""
    data = ntfs_image.read_bytes()
    record = bytearray(data[4 * 4096 : 4 * 4096 + 1024])
    for offset in range(0, 1024, 3):
        broken = bytearray(record)
        broken[offset : offset + 4] = b"\xff\xff\x00\x00"
        for reading in readings(structure_named("mft-record"), bytes(broken)):
            assert reading.offset + reading.size <= 1024


def test_zeros_are_nothing_in_particular() -> None:
    assert guessed(bytes(4096)) is None
    assert guessed(b"") is None


def test_every_structure_has_a_source_and_a_size() -> None:
    assert all(structure.source and structure.size_bytes for structure in STRUCTURES.values())


def test_unknown_structure_is_refused() -> None:
    with pytest.raises(EvidenceError, match="'inode' is no structure") as caught:
        structure_named("inode")
    assert "mft-record" in caught.value.remedy


@pytest.mark.oracle
def test_a_directory_of_ext4_is_the_one_that_debugfs_lists(tmp_path: Path) -> None:
    files, image = tmp_path / "files", tmp_path / "ext4.raw"
    (files / "papers").mkdir(parents=True)
    for name in ("счёт.txt", "gone.txt", "last.txt"):
        (files / name).write_bytes(b"x")
    with image.open("wb") as file:
        file.truncate(4 * MIB)
    oracle(["mke2fs", "-q", "-t", "ext4", "-b", "1024", "-d", files, image])
    oracle(["debugfs", "-w", "-R", "rm /gone.txt", image])
    block = int(oracle(["debugfs", "-R", "bmap <2> 0", image]).split()[-1])
    with image.open("rb") as file:
        file.seek(block * 1024)
        data = file.read(1024)
    listed = {
        (row.split("/")[5], int(row.split("/")[1]))
        for row in oracle(["debugfs", "-R", "ls -p /", image]).splitlines()
        if row.startswith("/") and row.split("/")[1] != "0"
    }
    rows = list(readings(structure_named("ext-dir"), data))
    inodes = {row.table: row.little for row in rows if row.name == "inode"}
    live = {
        (row.data.decode(), inodes[row.table]) for row in rows if row.name == "name" and row.table.startswith("entry '")
    }

    assert live == listed
    assert inodes["entry that was deleted, 'gone.txt'"]
    assert guessed(data) is structure_named("ext-dir")


@pytest.mark.parametrize("length", [0, 3, 7, 4000])
def test_a_directory_of_ext_with_an_impossible_length_ends(length: int) -> None:
    entry = struct.pack("<IHBB", 2, 12, 1, 2) + b".\0\0\0"
    data = entry + struct.pack("<IHBB", 2, length, 2, 2) + b"..\0\0" + entry * 4

    assert {row.offset for row in readings(structure_named("ext-dir"), data)} >= {0}
