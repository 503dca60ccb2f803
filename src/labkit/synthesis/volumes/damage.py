"""What happens to partition tables: damaged headers and deleted partitions, done on purpose.

Each function returns what it did, because the truth of a case is made from it. The bytes of a deleted partition stay:
its volume is found again by its boot sector.

Source: UEFI Specification 2.10, section 5.3.2: a header counts only if its checksum and that of its table are right;
else the other copy is used.
"""

from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.volumes import gpt, mbr
from labkit.synthesis.volumes.gpt import CRC_OFFSET_BYTES, HEADER_BYTES, GptCopy

_ENTRY_SECTORS_OFFSET = 32  # of the first and the last sector in a GPT entry
_MBR_ENTRY_SECTORS_OFFSET = 8


@dataclass(frozen=True, slots=True)
class HeaderDamage:
    """One changed byte of a GPT header."""

    copy: GptCopy
    header_offset_bytes: int  # where the header begins on the medium
    offset_bytes: int  # where the changed byte is on the medium
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class DeletedPartition:
    """A partition that its table names no more."""

    number: int  # it had, from 1
    start_bytes: int
    size_bytes: int
    entry_offsets_bytes: tuple[int, ...]  # where its entry was: once in an MBR, twice in a GPT
    entry: bytes  # what stood there


def damage_header(
    medium: Medium, copy: GptCopy = GptCopy.PRIMARY, *, at_byte: int = CRC_OFFSET_BYTES, flip: int = 0xFF
) -> HeaderDamage:
    """Change one byte of a GPT header, by default of its checksum.

    With ``at_byte`` below 8 the signature is lost, so that readers which check no checksum do not see the table either.

    Args:
        medium: It has a table that ``write_gpt`` wrote.
        copy: Which header.
        at_byte: Which of its 92 bytes.
        flip: The bits to turn over, from 1 to 255.

    Raises:
        SynthesisError: There is no such byte, nothing would change, or the medium has no undamaged table.
    """
    if not 0 <= at_byte < HEADER_BYTES or not 0 < flip <= 0xFF:  # noqa: PLR2004 - one byte
        raise SynthesisError(
            f"turning over {flip} at byte {at_byte} does not damage a GPT header",
            remedy=f"Give a byte from 0 to {HEADER_BYTES - 1} and bits from 1 to 255.",
        )
    gpt.read_table(medium)
    header = gpt.places(medium).header(copy) * SECTOR_BYTES
    place = header + at_byte
    before = medium.read(place, 1)[0]
    medium.write(place, bytes((before ^ flip,)))
    return HeaderDamage(copy, header, place, before, before ^ flip)


def delete_gpt_partition(medium: Medium, number: int) -> DeletedPartition:
    """Empty the entry of a partition in both tables and make all checksums right again, as a partitioning tool does.

    Raises:
        SynthesisError: The medium has no undamaged table, or no such partition in it.
    """
    disk_guid, entries = gpt.read_table(medium)
    start = (number - 1) * gpt.ENTRY_BYTES
    entry = entries[start : start + gpt.ENTRY_BYTES] if number > 0 else b""
    if not any(entry):
        raise _no_partition(number)
    gpt.write_table(medium, disk_guid, entries[:start] + bytes(gpt.ENTRY_BYTES) + entries[start + gpt.ENTRY_BYTES :])
    first = int.from_bytes(entry[_ENTRY_SECTORS_OFFSET : _ENTRY_SECTORS_OFFSET + 8], "little")
    last = int.from_bytes(entry[_ENTRY_SECTORS_OFFSET + 8 : _ENTRY_SECTORS_OFFSET + 16], "little")
    where = gpt.places(medium)
    return DeletedPartition(
        number,
        first * SECTOR_BYTES,
        (last - first + 1) * SECTOR_BYTES,
        tuple(where.table(copy) * SECTOR_BYTES + start for copy in GptCopy),
        entry,
    )


def delete_mbr_partition(medium: Medium, number: int) -> DeletedPartition:
    """Empty the entry of a primary partition, 1 to 4.

    Raises:
        SynthesisError: There is no such partition.
    """
    place = mbr.TABLE_OFFSET_BYTES + (number - 1) * mbr.ENTRY_BYTES
    entry = medium.read(place, mbr.ENTRY_BYTES) if 1 <= number <= mbr.MOST_PARTITIONS else b""
    if not any(entry):
        raise _no_partition(number)
    medium.write(place, bytes(mbr.ENTRY_BYTES))
    fields = entry[_MBR_ENTRY_SECTORS_OFFSET:]
    start, size = int.from_bytes(fields[:4], "little"), int.from_bytes(fields[4:], "little")
    return DeletedPartition(number, start * SECTOR_BYTES, size * SECTOR_BYTES, (place,), entry)


def _no_partition(number: int) -> SynthesisError:
    return SynthesisError(
        f"the table has no partition {number}", remedy="Count from 1, in the order in which they were written."
    )
