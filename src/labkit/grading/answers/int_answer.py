"""INT: a whole number in the unit that the task asks for."""

from collections.abc import Iterator

from labkit.content.schemas import IntAnswer
from labkit.grading.answers.contract import (
    RIGHT,
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.numerals import whole_number
from labkit.grading.units import split_unit

SECTOR_BYTES = 512
UNIT_PERCENT = 50
ENDIAN_PERCENT = 25
CLUSTER_PERCENT = 25
SIGN_PERCENT = 25
LENGTH_PERCENT = 25


def right_value(raw: object, answer: IntAnswer) -> int:
    """Return a whole number.

    Raises:
        ContentError: It is none.
    """
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    raise unfit(raw, f"a whole number of {answer.unit}")


def parse(text: str, answer: IntAnswer) -> Given[int]:
    """Return the number; the unit may stand behind it when it is the one that is asked for.

    Raises:
        FormError: Not a whole number, or in another unit.
    """
    number_text, unit = split_unit(text, answer.unit)
    if unit is not None and unit != answer.unit:
        raise FormError(
            f"the answer is in {unit}; the task asks for {answer.unit}",
            remedy=f"Convert it and write the number alone, for example 2048 (meaning {answer.unit}).",
            code="form-int-unit",
            values={"unit": unit, "wanted": answer.unit},
        )
    value, notices = whole_number(number_text)
    return Given(value, spelling(value, answer), notices)


def spelling(value: int, answer: IntAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return str(value)


def known_values(answer: IntAnswer, right: int, source: Source) -> Iterator[KnownValue]:
    """Yield what a wrong unit, a wrong sector size, a turned byte order and a turned sign give.

    From the facts beside the right one: a cluster number for a sector and the other way round, the number of the last
    sector for their count, the count or the first sector behind for the last. Where the answer names the size of a
    cluster: a size rounded up to whole clusters.
    """
    if answer.unit in ("sectors", "clusters"):
        yield from cluster_slips(source, 1)
    cluster_bytes = source.beside.get("cluster_bytes", 0)
    if cluster_bytes and right % cluster_bytes:
        yield KnownValue("F-ROUND", -(-right // cluster_bytes) * cluster_bytes, UNIT_PERCENT)
    if source.fact == "size_sectors":
        yield KnownValue("O-LAST", right - 1, UNIT_PERCENT)
    if source.fact == "last_sector":
        yield from _end_slips(right, source)
    if answer.unit in ("bytes", "sectors"):
        yield from unit_slips(right)
    if answer.unit in ("bytes", "sectors", "clusters"):
        yield from endian_slips(right)
    if answer.unit == "seconds":
        yield KnownValue("T-SIGN", -right, SIGN_PERCENT)


def cluster_slips(source: Source, bytes_each: int) -> Iterator[KnownValue]:
    """Yield a file's first cluster taken for its first sector, and the sector taken for the cluster.

    Args:
        source: The facts ``first_cluster`` and ``offset_bytes`` stand beside each other where a file begins.
        bytes_each: What a sector counts in the unit of the answer: 512 in bytes, 1 in sectors.
    """
    cluster, offset_bytes = source.facts.get("first_cluster"), source.facts.get("offset_bytes")
    if source.fact in ("offset_bytes", "offset_sectors", "volume_offset_bytes") and isinstance(cluster, int):
        yield KnownValue("O-CLUS", cluster * bytes_each, CLUSTER_PERCENT)
    if source.fact == "first_cluster" and isinstance(offset_bytes, int):
        yield KnownValue("O-CLUS", offset_bytes // SECTOR_BYTES, CLUSTER_PERCENT)


def _end_slips(last_sector: int, source: Source) -> Iterator[KnownValue]:
    """Yield the first sector behind the last one, and the number of sectors."""
    yield KnownValue("O-NEXT", last_sector + 1, UNIT_PERCENT)
    size_sectors = source.facts.get("size_sectors")
    if isinstance(size_sectors, int):
        yield KnownValue("O-LEN", size_sectors, LENGTH_PERCENT)


def unit_slips(right: int) -> Iterator[KnownValue]:
    """Yield the values of sectors taken for bytes (by 512) and of 512-byte for 4096-byte sectors (by 8)."""
    for code, factor in (("O-UNIT", SECTOR_BYTES), ("O-4K", 8)):
        yield KnownValue(code, right * factor, UNIT_PERCENT)
        if right % factor == 0:
            yield KnownValue(code, right // factor, UNIT_PERCENT)


def endian_slips(right: int) -> Iterator[KnownValue]:
    """Yield the value read in the other byte order, as a field of 2, 4 or 8 bytes."""
    for size_bytes in (2, 4, 8):
        if 0 < right < 1 << (8 * size_bytes):
            swapped = int.from_bytes(right.to_bytes(size_bytes, "little"), "big")
            yield KnownValue("O-END", swapped, ENDIAN_PERCENT)


def compare(given: Given[int], answer: IntAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 within the tolerance, the credit of a recognised mistake within the same, else 0."""
    if abs(given.value - expected.right) <= answer.tolerance:
        return RIGHT
    for known in expected.known:
        if abs(given.value - known.value) <= answer.tolerance:
            return Verdict(known.credit_percent, known.code, known.notices)
    return WRONG
