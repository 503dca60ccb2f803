"""Physical memory in raw images and ELF cores, cut off ones included."""

import struct
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.physical import PhysicalMemory, Run
from labkit.evidence.memory.placement import holds_kernel
from labkit.evidence.memory.symbol_table import SymbolTable
from tests.unit.evidence.memory.tiny_memory import TinyMemory


def elf_core(segments: list[tuple[int, bytes]], *, kind: int = 4) -> bytes:
    """An ELF core as the System V ABI describes it: header, program headers, contents."""
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, 0, 64, 0, 0, 64, 56, len(segments) + 1, 0, 0, 0)
    table = struct.pack("<IIQQQQQQ", 4, 0, 0, 0, 0, 0, 0, 0)
    place, contents = 64 + 56 * (len(segments) + 1), b""
    for address, content in segments:
        table += struct.pack("<IIQQQQQQ", 1, 7, place + len(contents), 0, address, len(content), len(content), 0)
        contents += content
    return header + table + contents


def written(folder: Path, data: bytes) -> Path:
    path = folder / "memory.img"
    path.write_bytes(data)
    return path


def test_a_raw_image_is_one_run(tmp_path: Path):
    with PhysicalMemory(written(tmp_path, bytes(range(256)) * 64)) as memory:
        assert memory.container == "raw"
        assert memory.read(250, 10) == bytes([250, 251, 252, 253, 254, 255, 0, 1, 2, 3])
        assert list(memory.find(b"\xff\x00\x01"))[:2] == [255, 511]


@pytest.mark.parametrize(("address", "size"), [(16380, 8), (1 << 60, 1), (-8, 4), (16384, 1)])
def test_reading_outside_is_told(tmp_path: Path, address: int, size: int):
    with PhysicalMemory(written(tmp_path, bytes(16384))) as memory:
        assert not memory.has(address, size)
        with pytest.raises(UnreadableError, match="not in the image"):
            memory.read(address, size)


def test_segments_of_a_core_lie_at_their_physical_addresses(tmp_path: Path):
    path = written(tmp_path, elf_core([(0x100000, b"high" * 1024), (0, b"low." * 1024)]))
    with PhysicalMemory(path) as memory:
        assert memory.container == "ELF core"
        assert [(run.start, run.size_bytes) for run in memory.runs] == [(0, 4096), (0x100000, 4096)]
        assert memory.read(0x100000, 8) == b"highhigh"
        assert memory.size_bytes == 8192
        with pytest.raises(UnreadableError, match="0x1000 "):
            memory.read(0x1000, 4)
        assert memory.address_of(memory.offset_in_file(0x100004)) == 0x100004
        assert memory.address_of(3) is None
        assert next(memory.find(b"highhigh")) == 0x100000


def lime(segments: list[tuple[int, bytes]]) -> bytes:
    return b"".join(
        struct.pack("<IIQQQ", 0x4C694D45, 1, address, address + len(content) - 1, 0) + content
        for address, content in segments
    )


def test_ranges_of_a_lime_file_lie_at_their_addresses(tmp_path: Path, remarks: list[str]):
    path = written(tmp_path, lime([(0x1000, b"low." * 1024), (0x100000, b"high" * 1024)]))
    with PhysicalMemory(path) as memory:
        assert memory.container == "LiME"
        assert [(run.start, run.size_bytes) for run in memory.runs] == [(0x1000, 4096), (0x100000, 4096)]
        assert (memory.read(0x1000, 4), memory.read(0x100FFC, 4)) == (b"low.", b"high")
        assert memory.offset_in_file(0x100000) == 32 + 4096 + 32
    assert not remarks


def test_a_lime_file_that_is_damaged_or_cut_off(tmp_path: Path, remarks: list[str]):
    whole = lime([(0, b"low." * 1024), (0x100000, b"high" * 1024)])
    with PhysicalMemory(written(tmp_path, whole[:-96])) as memory:
        assert memory.size_bytes == 8192 - 96
    with PhysicalMemory(written(tmp_path, whole[:4128] + b"?" + whole[4129:])) as memory:
        assert memory.size_bytes == 4096
    assert [text.partition(" ")[2][:20] for text in remarks] == ["file ends within the", "header at byte 4128 "]
    with pytest.raises(EvidenceError, match="without memory"):
        PhysicalMemory(written(tmp_path, whole[:32]))


def test_a_core_that_is_cut_off_keeps_its_beginning(tmp_path: Path, remarks: list[str]):
    path = written(tmp_path, elf_core([(0, b"low." * 1024), (0x100000, b"high" * 1024)])[:-1000])
    with PhysicalMemory(path) as memory:
        assert memory.read(0x100000, 4) == b"high"
        assert memory.end == 0x100000 + 4096 - 1000
    assert remarks == ["the file ends within the memory at 0x100000: 1000 bytes of it are missing"]


def test_segments_at_odd_places_are_no_reason_to_search_for_long(tmp_path: Path):
    """The addresses between the runs, 2**51 of them here, are not looked at."""
    path = written(tmp_path, elf_core([(0, b"low." * 1024), (1 << 51, b"high" * 1024)]))
    _, table = TinyMemory().write_to(tmp_path)
    with PhysicalMemory(path) as memory:
        assert not holds_kernel(memory, SymbolTable.load(table))


def test_segments_that_overlap_count_once(tmp_path: Path, remarks: list[str]):
    with PhysicalMemory(written(tmp_path, elf_core([(0, b"a" * 4096), (2048, b"b" * 4096)]))) as memory:
        assert memory.read(4090, 6) == b"aaaaaa"
        assert memory.read(4096, 4) == b"bbbb"
        assert isinstance(memory.runs[1], Run)
    assert "overlap" in remarks[0]


@pytest.mark.parametrize("size", [7, 63, 130])
def test_a_core_whose_table_is_missing_is_refused(tmp_path: Path, size: int):
    with pytest.raises(EvidenceError, match="no core"):
        PhysicalMemory(written(tmp_path, elf_core([(0, b"low." * 1024)])[:size]))


def test_an_elf_file_that_is_a_program_is_refused(tmp_path: Path):
    with pytest.raises(EvidenceError, match="no core"):
        PhysicalMemory(written(tmp_path, elf_core([(0, bytes(64))], kind=2)))


@pytest.mark.parametrize(
    ("start", "name"), [(b"PAGEDU64", "Windows crash dump"), (b"\xfd7zXZ\0", "xz archive"), (b"AVML", "AVML")]
)
def test_other_containers_are_named(tmp_path: Path, start: bytes, name: str):
    with pytest.raises(EvidenceError, match=name) as raised:
        PhysicalMemory(written(tmp_path, start + bytes(4096)))
    assert "yara" in raised.value.remedy


def test_what_is_not_there_or_empty_is_told(tmp_path: Path):
    with pytest.raises(EvidenceError, match="can not be opened"):
        PhysicalMemory(tmp_path / "none.raw")
    with pytest.raises(EvidenceError, match="can not be read as memory"):
        PhysicalMemory(written(tmp_path, b""))
