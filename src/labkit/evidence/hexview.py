"""Bytes as they are, in rows of sixteen, and the structure that they hold."""

from collections.abc import Iterator

from labkit.errors import EvidenceError
from labkit.evidence.structures.ext import EXT
from labkit.evidence.structures.fat import FAT
from labkit.evidence.structures.field import Structure
from labkit.evidence.structures.ntfs import NTFS
from labkit.evidence.structures.partitions import PARTITIONS

ROW_BYTES = 16
AUTO = "auto"
# In the order in which they are tried: those with a signature of their own first, the vague ones last.
_ORDER = (
    "gpt", "ntfs-boot", "exfat-boot", "mft-record", "index-record", "ext-super", "fat-boot", "ebr", "mbr", "gpt-entry",
    "ext-dir", "exfat-dir", "usn", "fat-dir",
)  # fmt: skip
_ALL = {structure.name: structure for structure in (*PARTITIONS, *FAT, *NTFS, *EXT)}
STRUCTURES = {name: _ALL[name] for name in _ORDER}


def structure_named(name: str) -> Structure:
    """Return a structure by its name.

    Raises:
        EvidenceError: There is none of that name.
    """
    if name not in STRUCTURES:
        raise EvidenceError(
            f"{name!r} is no structure that labkit knows", remedy=f"Choose {AUTO} or one of {', '.join(STRUCTURES)}."
        )
    return STRUCTURES[name]


def guessed(data: bytes, *, on_medium: int | None = None) -> Structure | None:
    """Return the structure that data look like, the surest first; None where none fits.

    ``on_medium`` is the byte of the medium at which they begin, if known: at byte 0 no extended boot record stands.
    """
    possible = (structure for structure in STRUCTURES.values() if on_medium != 0 or structure.name != "ebr")
    return next((structure for structure in possible if structure.fits(data)), None)


def hex_rows(data: bytes, first: int) -> Iterator[tuple[int, str, str]]:
    """Yield (offset, bytes in hexadecimal, bytes as ASCII) of each row; the first byte has the offset ``first``."""
    for begin in range(0, len(data), ROW_BYTES):
        row = data[begin : begin + ROW_BYTES]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004 - printable ASCII
        yield first + begin, " ".join(row[n : n + 2].hex() for n in range(0, len(row), 2)), shown
