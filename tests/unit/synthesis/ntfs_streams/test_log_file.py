"""The log beside one that Windows 10 closed, and as ntfs-3g judges it."""

import re
import shutil
import struct
from pathlib import Path

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.log_file import (
    PAGE_BYTES,
    SMALLEST_BYTES,
    UNWRITTEN,
    first_lsn,
    log_head,
)
from tests.oracles import oracle
from tests.unit.synthesis.ntfs_streams.conftest import StreamOf

SIZE = 2 << 20
CLEAN = 0x3E  # where a restart page has its flags


def unprotected(page: bytes, signature: bytes) -> bytes:
    """Undo the update sequence and check it."""
    assert page[:4] == signature
    offset, count = struct.unpack_from("<HH", page, 4)
    restored = bytearray(page)
    for number in range(1, count):
        end = 512 * number
        assert page[end - 2 : end] == page[offset : offset + 2]
        restored[end - 2 : end] = page[offset + 2 * number : offset + 2 * number + 2]
    restored[offset : offset + 2 * count] = bytes(2 * count)
    return bytes(restored)


def pages(log: bytes) -> list[bytes]:
    return [log[start : start + PAGE_BYTES] for start in range(0, len(log), PAGE_BYTES)]


@pytest.mark.oracle
def test_restart_pages_differ_from_those_of_windows_only_in_lsn_and_open_count(windows_stream: StreamOf) -> None:
    ours = unprotected(pages(log_head(SIZE))[0], b"RSTR")
    theirs = unprotected(windows_stream("2-128-1")[:PAGE_BYTES], b"RSTR")

    lsns, count = (0x30, 0x70, 0x78), 0x58
    differing = {place for place in range(PAGE_BYTES) if ours[place] != theirs[place]}

    allowed = {start + place for start in lsns for place in range(8)} | {count + place for place in range(4)}
    assert differing <= allowed


@pytest.mark.oracle
def test_the_restart_record_has_the_form_of_that_of_windows(windows_stream: StreamOf) -> None:
    log = windows_stream("2-128-1")
    newest = struct.unpack_from("<Q", log, 0x30)[0]
    place = (newest & ((1 << 19) - 1)) << 3  # 67 - 22 bits count the rounds
    theirs = log[place : place + 160]
    ours = log_head(SIZE)[4 * PAGE_BYTES + 64 :][:160]

    assert struct.unpack_from("<Q", theirs)[0] == newest
    assert struct.unpack_from("<Q", ours)[0] == first_lsn(SIZE)
    for start, size in ((0x18, 4), (0x1C, 4), (0x20, 4), (0x28, 2), (0x30, 8), (0x40, 0x38), (0x80, 8)):
        assert ours[start : start + size] == theirs[start : start + size], hex(start)


@pytest.mark.parametrize("size_bytes", [SMALLEST_BYTES, SIZE, 5013504, 64 << 20, 1 << 32])
def test_the_newest_lsn_leads_to_the_record(size_bytes: int) -> None:
    head = log_head(size_bytes)
    restart = [unprotected(page, b"RSTR") for page in pages(head)[:2]]
    newest, _, _, _, flags, bits = struct.unpack_from("<QHHHHI", restart[0], 0x30)

    place = (newest & ((1 << (64 - bits)) - 1)) << 3
    record_page = unprotected(pages(head)[place // PAGE_BYTES], b"RCRD")

    assert restart[0] == restart[1]
    assert flags == 2
    assert struct.unpack_from("<Q", restart[0], 0x48) == (size_bytes,)
    assert struct.unpack_from("<Q", record_page, place % PAGE_BYTES) == (newest,)
    assert struct.unpack_from("<Q", record_page, 8) == (newest,)
    assert newest >> (64 - bits) == 2


def test_buffer_pages_are_copies_of_the_record_page() -> None:
    first, second, page = (unprotected(page, b"RCRD") for page in pages(log_head(SIZE))[2:])

    assert first == second
    assert struct.unpack_from("<Q", first, 8) == (4 * PAGE_BYTES,)
    assert first[16:] == page[16:]


@pytest.mark.oracle
def test_ntfs_3g_tells_the_clean_log_from_one_that_is_not(mkntfs_image: Path, tmp_path: Path) -> None:
    image = tmp_path / "with_log.raw"
    shutil.copy(mkntfs_image, image)
    clusters = re.findall(r"(?m)^([\d ]+)$", oracle(["istat", image, "2"]))
    start = int(clusters[0].split()[0]) * 4096
    head = log_head(SIZE, open_count=0x12345678)
    with image.open("r+b") as file:
        file.seek(start)
        file.write(head + UNWRITTEN * (SIZE - len(head)))

    oracle(["ntfs-3g.probe", "--readwrite", image])

    with image.open("r+b") as file:
        for page in range(2):
            file.seek(start + page * PAGE_BYTES + CLEAN)
            file.write(b"\0\0")
    with pytest.raises(AssertionError, match="unclean"):
        oracle(["ntfs-3g.probe", "--readwrite", image])


@pytest.mark.parametrize("size_bytes", [0, SMALLEST_BYTES - PAGE_BYTES, SIZE + 1, (1 << 32) + PAGE_BYTES])
def test_a_size_that_a_log_can_not_have_is_refused(size_bytes: int) -> None:
    with pytest.raises(SynthesisError, match=f"can not have {size_bytes} bytes") as caught:
        log_head(size_bytes)

    assert "2 MiB" in caught.value.remedy


@pytest.mark.parametrize("count", [-1, 1 << 32])
def test_an_open_count_beyond_32_bits_is_refused(count: int) -> None:
    with pytest.raises(SynthesisError, match="does not fit 32 bits") as caught:
        log_head(SIZE, open_count=count)

    assert "Stream" in caught.value.remedy
