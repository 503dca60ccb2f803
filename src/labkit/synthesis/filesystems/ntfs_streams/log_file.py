"""$LogFile as Windows leaves it at a clean dismount: two restart pages, and one record page that says "start here".

The file is a ring of pages of 4,096 bytes behind two restart pages and two buffer pages. What was never written is
0xFF. A log sequence number (LSN) is a place in the ring: the offset of its record in units of 8 bytes, and above that a
count of the rounds. The only record here is the client's restart area with no open attributes, dirty pages or
transactions, so there is nothing to redo.

Sources: Linux-NTFS, "NTFS Documentation", "Files: $LogFile (2)" (LFS_RESTART_PAGE, LFS_RESTART_AREA,
LFS_CLIENT_RECORD, LFS_RECORD_PAGE, LFS_RECORD); the values are those of a log that Windows 10 (LFS 1.1) closed.
"""

import struct

from labkit.errors import SynthesisError

PAGE_BYTES = 4096
SMALLEST_BYTES = 50 * PAGE_BYTES  # two restart pages and 48 others
LARGEST_BYTES = 1 << 32
UNWRITTEN = b"\xff"
_SECTOR_BYTES = 512
_FIRST_RECORD_PAGE = 4
_RESTART_ARRAY_OFFSET, _RECORD_ARRAY_OFFSET = 30, 40
_RESTART_AREA_OFFSET = 48
_CLIENT_ARRAY_OFFSET = 64
_CLIENT_BYTES = 160
_RECORD_DATA_OFFSET = 64
_RECORD_HEADER_BYTES = 48
_RESTART_DATA_BYTES = 112
_PAGE_FLAGS = 3  # its last record ends on it
_FIRST_ROUND = 2  # as after a format by Windows
_NO_CLIENT = 0xFFFF
_VOLUME_IS_CLEAN = 2
_CLIENT_RESTART = 2
_LOG_VERSION = (1, 1)
_CLIENT_VERSION = (1, 0)


def check_log_size(size_bytes: int) -> None:
    """Refuse a size that the log can not have.

    Raises:
        SynthesisError: It is not a multiple of 4,096, below 204,800 or above 2^32.
    """
    if size_bytes % PAGE_BYTES or not SMALLEST_BYTES <= size_bytes <= LARGEST_BYTES:
        raise SynthesisError(
            f"$LogFile can not have {size_bytes} bytes",
            remedy=f"Give a multiple of {PAGE_BYTES} from {SMALLEST_BYTES} to {LARGEST_BYTES}, such as 2 MiB.",
        )


def log_head(size_bytes: int, *, open_count: int = 1, bytes_per_cluster: int = 4096) -> bytes:
    """Return the first pages of a clean log; the rest of the file is ``UNWRITTEN`` bytes.

    Args:
        size_bytes: The size of the whole log.
        open_count: What the log states as the count of its openings; Windows begins with a random number of 32 bits.
        bytes_per_cluster: The cluster size, which the client's restart area repeats.

    Raises:
        SynthesisError: The size can not be, or a number does not fit.
    """
    check_log_size(size_bytes)
    if not 0 <= open_count < 1 << 32:
        raise SynthesisError(
            f"the open count {open_count} does not fit 32 bits", remedy="Take a number from a Stream: below(1 << 32)."
        )
    lsn = first_lsn(size_bytes)
    restart = [_restart_page(size_bytes, lsn, open_count, sequence) for sequence in (1, 2)]
    record = _record_page(lsn, _round_start(size_bytes), lsn, bytes_per_cluster)
    buffer = _record_page(lsn, _round_start(size_bytes), _FIRST_RECORD_PAGE * PAGE_BYTES, bytes_per_cluster)
    return b"".join((*restart, buffer, buffer, record))


def first_lsn(size_bytes: int) -> int:
    """Return the LSN of the only record, the newest of the volume: what MFT records may state as theirs at most."""
    offset = _FIRST_RECORD_PAGE * PAGE_BYTES + _RECORD_DATA_OFFSET
    return _round_start(size_bytes) | offset >> 3


def _round_start(size_bytes: int) -> int:
    """Return the LSN that offset 0 would have in the first round."""
    return _FIRST_ROUND << (64 - _sequence_bits(size_bytes))


def _sequence_bits(size_bytes: int) -> int:
    """Return how many bits of an LSN count the rounds: 67 less those that the size of the file needs."""
    return 67 - size_bytes.bit_length()


def _restart_page(size_bytes: int, lsn: int, open_count: int, sequence: int) -> bytes:
    header = struct.pack(
        "<4sHHQIIHhh",
        b"RSTR",
        _RESTART_ARRAY_OFFSET,
        PAGE_BYTES // _SECTOR_BYTES + 1,
        0,  # no LSN of chkdsk
        PAGE_BYTES,
        PAGE_BYTES,
        _RESTART_AREA_OFFSET,
        *_LOG_VERSION,
    )
    area = struct.pack(
        "<QHHHHIHHQIHHI",
        lsn,
        1,
        _NO_CLIENT,  # none is free
        0,  # the first is in use
        _VOLUME_IS_CLEAN,
        _sequence_bits(size_bytes),
        _CLIENT_ARRAY_OFFSET + _CLIENT_BYTES,
        _CLIENT_ARRAY_OFFSET,
        size_bytes,
        _RESTART_DATA_BYTES,
        _RECORD_HEADER_BYTES,
        _RECORD_DATA_OFFSET,
        open_count,
    )
    name = "NTFS".encode("utf-16-le")
    client = struct.pack("<QQHHH6xI", lsn, lsn, _NO_CLIENT, _NO_CLIENT, 0, len(name)) + name
    page = header.ljust(_RESTART_AREA_OFFSET, b"\0") + area.ljust(_CLIENT_ARRAY_OFFSET, b"\0") + client
    return _protected(page, _RESTART_ARRAY_OFFSET, sequence)


def _record_page(lsn: int, round_start: int, copy_of: int, bytes_per_cluster: int) -> bytes:
    """Return the page with the restart record. A page states its last LSN; a buffer page, whose copy it is."""
    data = bytearray(_RESTART_DATA_BYTES)
    struct.pack_into("<IIQ", data, 0, *_CLIENT_VERSION, lsn)  # the checkpoint begins with itself
    struct.pack_into("<QQ", data, 0x48, round_start, bytes_per_cluster)
    struct.pack_into("<Q", data, 0x68, lsn)
    record = struct.pack("<QQQIHHIIH6x", lsn, 0, 0, _RESTART_DATA_BYTES, 0, 0, _CLIENT_RESTART, 0, 0)
    content = record + data
    header = struct.pack(
        "<4sHHQIHHH6xQ",
        b"RCRD",
        _RECORD_ARRAY_OFFSET,
        PAGE_BYTES // _SECTOR_BYTES + 1,
        copy_of,
        _PAGE_FLAGS,
        1,
        1,
        _RECORD_DATA_OFFSET + len(content),
        lsn,
    )
    return _protected(header.ljust(_RECORD_DATA_OFFSET, b"\0") + content, _RECORD_ARRAY_OFFSET, 1)


def _protected(content: bytes, array_offset: int, sequence: int) -> bytes:
    """Return a whole page with its update sequence: the last two bytes of each sector change places with a number."""
    page = bytearray(content.ljust(PAGE_BYTES, b"\0"))
    struct.pack_into("<H", page, array_offset, sequence)
    for number, end in enumerate(range(_SECTOR_BYTES, PAGE_BYTES + 1, _SECTOR_BYTES), start=1):
        place = array_offset + 2 * number
        page[place : place + 2] = page[end - 2 : end]
        struct.pack_into("<H", page, end - 2, sequence)
    return bytes(page)
