"""REGION: a stretch of bytes, scored by how well it covers the right one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.content.schemas import RegionAnswer
from labkit.grading.answers.contract import (
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.answers.int_answer import SECTOR_BYTES
from labkit.grading.answers.offset_answer import BASE_PERCENT, from_other_base
from labkit.grading.normalise import token
from labkit.grading.numerals import whole_number
from labkit.grading.units import LEXEME, base_of, unit_of

FULL_OVERLAP, HALF_OVERLAP = 0.9, 0.5  # intersection over union
HALF_PERCENT = 50
LENGTH_PERCENT = 25
_REMEDY = "Write start and length with their unit, for example start 2048, length 100 sectors; or 2048-2147 sectors."
_LENGTH_WORDS = frozenset({"length", "len", "size", "count", "длина", "длиной", "длину", "размер", "размером"})
_END_WORDS = frozenset({"end", "to", "until", "конец", "до", "по"})
_RANGE = re.compile(r"(?<=\w) ?(?:-|\.\.\.?|…) ?(?=\w)")


@dataclass(frozen=True, slots=True)
class Region:
    """The bytes [start, start + length) from ``base``; None where the trainee names no base."""

    start_bytes: int
    length_bytes: int
    base: str | None = None

    @property
    def end_bytes(self) -> int:
        """Return the first byte that does not belong to it."""
        return self.start_bytes + self.length_bytes

    def overlap(self, other: "Region") -> float:
        """Return intersection over union, from 0 to 1."""
        shared = min(self.end_bytes, other.end_bytes) - max(self.start_bytes, other.start_bytes)
        return max(shared, 0) / (self.length_bytes + other.length_bytes - max(shared, 0))


def right_value(raw: object, answer: RegionAnswer) -> Region:
    """Return a region from a pair: start and length in bytes, from the base of the task.

    Raises:
        ContentError: It is no such pair, or the region is empty.
    """
    if isinstance(raw, (list, tuple)) and len(raw) == 2 and all(type(each) is int for each in raw):  # noqa: PLR2004
        start, length = raw
        if start >= 0 and length > 0:
            return Region(start, length)
    raise unfit(raw, f"start and length in bytes, from the {answer.base}")


def parse(text: str, answer: RegionAnswer) -> Given[Region]:
    """Return the region: start and length, or start and end; both ends belong to it.

    ``start 2048, length 100 sectors``, ``2048 + 100 sectors``, ``2048-2147 sectors``, ``2048 to 2147 sectors``. One
    unit counts for both numbers; each may have its own. The base may be named.

    Raises:
        FormError: Not two numbers, no unit, an end before the start, nothing inside, or two bases.
    """
    plain = _RANGE.sub(" to ", token(text).replace("\n", ", "))
    numbers, units, words, notices = _read(plain)
    bases = {base for word in words if (base := base_of(word))}
    if len(numbers) != 2:  # noqa: PLR2004 - start, and length or end
        raise FormError("the answer does not hold two numbers", remedy=_REMEDY, code="form-region")
    if not any(units):
        raise FormError("the answer names no unit", remedy=_REMEDY, code="form-offset-unit")
    if len(bases) > 1:
        raise FormError(
            f"the answer names more than one base: {', '.join(sorted(bases))}",
            remedy="Say from where you count once, for example start 2048, length 100 sectors, from the disk.",
            code="form-offset-base",
        )
    sizes = [SECTOR_BYTES if (unit or units[1 - n]) == "sectors" else 1 for n, unit in enumerate(units)]
    start, second = numbers[0] * sizes[0], numbers[1] * sizes[1]
    is_end = bool(_END_WORDS & words) and not _LENGTH_WORDS & words
    length = second + sizes[1] - start if is_end else second
    if start < 0 or length <= 0:
        raise FormError("the region ends before it begins, or is empty", remedy=_REMEDY, code="form-region")
    region = Region(start, length, next(iter(bases), None))
    return Given(region, spelling(region, answer), notices)


def _read(plain: str) -> tuple[list[int], list[str | None], frozenset[str], tuple[str, ...]]:
    """Return the numbers, the unit of each, all other words, and remarks. A unit may stand before its number."""
    numbers: list[int] = []
    units: list[str | None] = []
    others: set[str] = set()
    notices: tuple[str, ...] = ()
    before: str | None = None
    for found in LEXEME.finditer(plain):
        if found["number"]:
            value, remarks = whole_number(found["number"], "form-region")
            numbers.append(value)
            units.append(before)
            before, notices = None, notices or remarks
            continue
        word = found["word"].casefold()
        unit = None if word == "с" else unit_of(word)  # in Russian "from", not a short form of sectors
        if unit not in ("bytes", "sectors"):
            if found.start() and plain[found.start() - 1].isalnum():
                raise FormError(f"{plain[:40]!r} can not be read", remedy=_REMEDY, code="form-region")
            others.add(word)
        elif numbers and units[-1] is None:
            units[-1] = unit
        else:
            before = unit
    return numbers, units, frozenset(others), notices


def spelling(value: Region, answer: RegionAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return f"start {value.start_bytes}, length {value.length_bytes} bytes {value.base or answer.base}"


def known_values(answer: RegionAnswer, right: Region, source: Source) -> Iterator[KnownValue]:
    """Yield what another base, the end given as a length, a wrong unit and a wrong sector size give."""
    start, length = right.start_bytes, right.length_bytes
    base_start = source.beside.get("base_start", 0)
    if base_start:
        other = start - base_start if answer.base == "disk" else start + base_start
        yield KnownValue("O-BASE", Region(other, length), BASE_PERCENT)
    yield KnownValue("O-LEN", Region(start, right.end_bytes), LENGTH_PERCENT)
    if length > start:
        yield KnownValue("O-LEN", Region(start, length - start), LENGTH_PERCENT)
    for code, factor in (("O-UNIT", SECTOR_BYTES), ("O-4K", 8)):
        for scaled_start, scaled_length in ((1, 0), (0, 1), (1, 1)):
            yield KnownValue(code, Region(start * factor**scaled_start, length * factor**scaled_length), HALF_PERCENT)
            if start % factor**scaled_start == 0 and length // factor**scaled_length:
                smaller = Region(start // factor**scaled_start, length // factor**scaled_length)
                yield KnownValue(code, smaller, HALF_PERCENT)


def compare(given: Given[Region], answer: RegionAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 from an overlap of 0.9, the credit of a recognised region by the same measure, 50 from 0.5, else 0.

    A base that is said is believed first: a long region overlaps itself, counted from elsewhere.
    """
    region, right = given.value, expected.right
    if region.base not in (None, answer.base):
        for known in expected.known:
            if known.code == "O-BASE" and region.overlap(known.value) >= FULL_OVERLAP:
                return from_other_base(Verdict(known.credit_percent, known.code), region.base, answer)
    if region.overlap(right) >= FULL_OVERLAP:
        return Verdict(100) if region.base in (None, answer.base) else Verdict(BASE_PERCENT, "O-BASE")
    half = HALF_PERCENT if region.overlap(right) >= HALF_OVERLAP else 0
    for known in expected.known:
        if region.overlap(known.value) >= FULL_OVERLAP:
            return Verdict(max(known.credit_percent, half), known.code, known.notices)
    notices = ("region-half",) if half else ()
    if region.start_bytes == right.start_bytes:
        return Verdict(half, "K-END" if region.end_bytes > right.end_bytes else "K-SHORT", notices)
    return Verdict(half, notices=notices) if half else WRONG
