"""OFFSET: a place, as a number of bytes or sectors from the start of the disk, the partition or the file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from labkit.content.schemas import OffsetAnswer, RegionAnswer
from labkit.grading.answers.contract import (
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    judge,
    unfit,
)
from labkit.grading.answers.int_answer import SECTOR_BYTES, cluster_slips, endian_slips, unit_slips
from labkit.grading.normalise import token
from labkit.grading.numerals import whole_number
from labkit.grading.units import LEXEME, base_of, unit_of

BASE_PERCENT = 50
SECTOR_PERCENT = 60
_OF_SECTORS = ("disk", "partition")  # bases that lie in sectors
_REMEDY = "Write the number with its unit, for example 1048576 bytes or 2048 sectors."


@dataclass(frozen=True, slots=True)
class Place:
    """A place in bytes from ``base``; None where the trainee names no base, so that the task's base is meant."""

    offset_bytes: int
    base: str | None = None


def right_value(raw: object, answer: OffsetAnswer) -> int:
    """Return a place in bytes from the base of the task.

    Raises:
        ContentError: It is no whole number from 0.
    """
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    raise unfit(raw, f"an offset in bytes from the {answer.base}")


def parse(text: str, answer: OffsetAnswer) -> Given[Place]:
    """Return the place. Number and unit are required, the base may be named: ``sector 2048 of the disk``.

    Sectors and bytes may be added: ``sector 2050, byte 17``. Other words are passed over.

    Raises:
        FormError: No number, no unit, or more than one place.
    """
    numbers, units, bases, notices = _lexemes(token(text).replace("\n", " "))
    if not numbers:
        raise FormError(f"{text[:40]!r} holds no number", remedy=_REMEDY, code="form-offset")
    if not units:
        raise FormError("the answer names no unit", remedy=_REMEDY, code="form-offset-unit")
    if len(set(bases)) > 1:
        raise FormError(
            f"the answer names more than one base: {', '.join(sorted(set(bases)))}",
            remedy="Say from where you count once, for example 1048576 bytes from the start of the disk.",
            code="form-offset-base",
        )
    if len(numbers) != len(units) or len(set(units)) != len(units):
        raise FormError("the answer names more than one place", remedy=_REMEDY, code="form-offset")
    place = sum(n * (SECTOR_BYTES if unit == "sectors" else 1) for n, unit in zip(numbers, units, strict=True))
    base = bases[0] if bases else None
    return Given(Place(place, base), f"{place} bytes {base or answer.base}", notices)


def spelling(value: int, answer: OffsetAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return f"{value} bytes {answer.base}"


def from_other_base(verdict: Verdict, base: str | None, answer: OffsetAnswer | RegionAnswer) -> Verdict:
    """Return the verdict on a place that is right from another base, with regard to whether its base is said."""
    if verdict.mistake != "O-BASE" or base != ("partition" if answer.base == "disk" else "disk"):
        return verdict
    if answer.base_required:
        return replace(verdict, notices=("base-asked",))
    return Verdict(100, notices=("base-stated",))


def _is_asked(base: str | None, answer: OffsetAnswer) -> bool:
    """Tell whether a base is that of the task; a file that lies on no disk, such as a memory image, is the medium."""
    return base in (None, answer.base) or (base == "disk" and answer.base == "file" and answer.base_start is None)


def _lexemes(plain: str) -> tuple[list[int], list[str], list[str], tuple[str, ...]]:
    numbers: list[int] = []
    units: list[str] = []
    bases: list[str] = []
    notices: tuple[str, ...] = ()
    for found in LEXEME.finditer(plain):
        if found["number"]:
            value, remarks = whole_number(found["number"], "form-offset")
            numbers.append(value)
            notices = notices or remarks
            continue
        unit, base = unit_of(found["word"]), base_of(found["word"])
        if unit in ("bytes", "sectors"):
            units.append(unit)
        elif base is not None:
            bases.append(base)
        elif found.start() and plain[found.start() - 1].isalnum():
            raise FormError(f"{plain[:40]!r} can not be read", remedy=_REMEDY, code="form-offset")
    return numbers, units, bases, notices


def known_values(answer: OffsetAnswer, right: int, source: Source) -> Iterator[KnownValue]:
    """Yield what another base, a wrong unit or sector size, a turned byte order and counting from 1 give.

    Structures on a disk count in sectors, so that the bytes of a sector number may be turned as well. Where the place
    is the first cluster of a file, a cluster number taken for a sector is known, too.
    """
    start_bytes = source.beside.get("base_start", 0)
    if start_bytes:
        other = right - start_bytes if answer.base == "disk" else right + start_bytes
        yield KnownValue("O-BASE", other, BASE_PERCENT)
    yield from cluster_slips(source, SECTOR_BYTES)
    yield from unit_slips(right)
    yield from endian_slips(right)
    if answer.base in _OF_SECTORS and right % SECTOR_BYTES == 0:
        for slip in endian_slips(right // SECTOR_BYTES):
            yield KnownValue(slip.code, slip.value * SECTOR_BYTES, slip.credit_percent)
    yield KnownValue("O-ONE", right + 1, SECTOR_PERCENT)


def compare(given: Given[Place], answer: OffsetAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the place, 50 for the place from another base, 60 for another byte of its sector.

    Whoever counts from the other base and says so has named the place: full marks, unless the task insists on its base.
    """
    place, base = given.value.offset_bytes, given.value.base
    if place == expected.right and not _is_asked(base, answer):
        return Verdict(BASE_PERCENT, "O-BASE")
    verdict = judge(place, expected)
    if verdict is not None:
        return from_other_base(verdict, base, answer)
    if answer.base in _OF_SECTORS and place // SECTOR_BYTES == expected.right // SECTOR_BYTES:
        return Verdict(SECTOR_PERCENT, "O-BYTE")
    return WRONG
