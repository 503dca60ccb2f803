"""DEFECT: the flaws of somebody else's custody file. Where, of which kind, what follows, what would cure it.

A row names a flaw if its kind is right and at least half of its lines are lines of that flaw. Naming is worth 60 % by
F1, so that what was missed and what was wrongly accused both cost; consequences 25 %, the cure 15 %.
Source of the shares: the kit's domain notes on custody, section 2.4.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkit.content.schemas import DefectAnswer, Option
from labkit.grading.answers import multi_answer
from labkit.grading.answers.contract import ExpectedAnswer, FormError, Given, KnownValue, Source, Verdict, unfit
from labkit.grading.normalise import token
from labkit.grading.tables import read_table, write_table
from labkit.model.grading import Detail

NAMING_PERCENT, CONSEQUENCES_PERCENT, CURE_PERCENT = 60, 25, 15
COLUMNS = ("lines", "category", "consequences", "cure")
_TITLES = {
    "lines": ("lines", "entries", "строки", "записи"),
    "category": ("category", "kind", "вид", "категория"),
    "consequences": ("consequences", "consequence", "последствия", "последствие"),
    "cure": ("cure", "remedy", "как исправить", "исправление"),
}
_MOST_LINES = 1000
_NO_FLAWS = re.compile(
    r"(none|no (flaws?|defects?)|нет|нарушений нет|нет нарушений)\s*(?:[;:.,\u2013\u2014-]|$)\s*", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]{2,}")
_FEWEST_WORDS = 5
_SAME_PLACE = 0.5  # lines in both of lines in either
_NUMBERS = re.compile(r"(\d{1,5})(?:\s*[-\u2013\u2014]\s*(\d{1,5}))?")
_REMEDY = (
    "Write one line for each flaw: the numbers of its lines in the file, its kind, the consequences, the cure, with "
    "semicolons between and commas inside, for example 12, 14-15; {category}; {consequence}; {cure}."
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One flaw, named or planted. ``lines`` are numbers of lines of the custody file."""

    lines: frozenset[int]
    category: str
    consequences: frozenset[str] = frozenset()
    cure: str = ""
    cures: frozenset[str] = frozenset()  # where several steps are right

    def is_cured_by(self, cure: str) -> bool:
        """Return whether a step is one that cures this flaw."""
        return cure in self.cures if self.cures else cure == self.cure


def right_value(raw: object, answer: DefectAnswer) -> None:
    """Refuse: what is right is what was planted into the item.

    Raises:
        ContentError: Always.
    """
    raise unfit(raw, "no value: a DEFECT task names an item")


def parse(text: str, answer: DefectAnswer) -> Given[tuple[Flaw, ...]]:
    """Return the flaws that were named; one row for each.

    Raises:
        FormError: Not a table, a line number that is none, or a kind, consequence or cure that is not in the lists.
    """
    if answer.colleague and _NO_FLAWS.match(text.strip()):
        return _no_flaws(text)
    remedy = _REMEDY.format(
        category=answer.categories[0].id, consequence=answer.consequences[0].id, cure=answer.cures[0].id
    )
    flaws = tuple(
        _flaw(number, row, answer, remedy) for number, row in enumerate(read_table(text, _TITLES, "lines"), start=1)
    )
    return Given(flaws, spelling(flaws, answer))


def _no_flaws(text: str) -> Given[tuple[Flaw, ...]]:
    """Return the audit that found nothing. That is a finding like any other, so it needs grounds."""
    grounds = " ".join(_NO_FLAWS.sub("", text.strip(), count=1).split())
    if len(_WORD.findall(grounds)) < _FEWEST_WORDS:
        raise FormError(
            "that there are no flaws needs grounds",
            remedy="Write what you looked at and what you found there: none; it is clear who held each exhibit, from "
            "line 5 on, and seals and times agree.",
            code="form-defect",
        )
    return Given((), f"none; {grounds}")


def _flaw(number: int, row: Mapping[str, str], answer: DefectAnswer, remedy: str) -> Flaw:
    try:
        return Flaw(
            _lines(row["lines"], remedy),
            _one(_cell(row, "category", remedy), answer.categories, remedy),
            multi_answer.options_meant(_cell(row, "consequences", remedy), answer.consequences)[0],
            _one(_cell(row, "cure", remedy), answer.cures, remedy),
        )
    except FormError as error:
        raise FormError(
            f"row {number}: {error.message}", remedy=error.remedy, code=error.code, cell={"row": number, "column": "–"}
        ) from None


def _cell(row: Mapping[str, str], column: str, remedy: str) -> str:
    if not row.get(column):
        raise FormError(f"there is nothing in the column {column}", remedy=remedy, code="form-defect")
    return row[column]


def _lines(text: str, remedy: str) -> frozenset[int]:
    found: set[int] = set()
    for first, last in _NUMBERS.findall(token(text)):
        begin, end = int(first), int(last or first)
        if begin <= end < begin + _MOST_LINES:
            found.update(range(begin, end + 1))
    if not found:
        raise FormError(f"{text.strip()[:40]!r} names no line of the file", remedy=remedy, code="form-defect")
    return frozenset(found)


def _one(text: str, options: Sequence[Option], remedy: str) -> str:
    meant, _ = multi_answer.options_meant(text, options)
    if len(meant) != 1:
        raise FormError(f"{text.strip()[:40]!r} is more than one choice", remedy=remedy, code="form-defect")
    return next(iter(meant))


def spelling(value: Sequence[Flaw], answer: DefectAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    order = [option.id for option in answer.consequences]
    rows = [
        {
            "lines": ", ".join(map(str, sorted(flaw.lines))),
            "category": flaw.category,
            "consequences": ", ".join(sorted(flaw.consequences, key=order.index)),
            "cure": flaw.cure,
        }
        for flaw in sorted(value, key=lambda flaw: (sorted(flaw.lines), flaw.category))
    ]
    return write_table(rows, COLUMNS)


def known_values(answer: DefectAnswer, right: object, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: what a wrong row comes from is seen row by row."""
    yield from ()


def compare(given: Given[tuple[Flaw, ...]], answer: DefectAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return the credit, and one detail for each row that is not all right. What was missed is counted, not told."""
    flaws: tuple[Flaw, ...] = expected.right
    named = named_flaws(given.value, flaws)
    wrong, details, mistake = _accusations(given.value, named, expected)
    agreed = cured = 0.0
    for place, flaw in named.items():
        row = given.value[place]
        share, is_cured = agreement(row, flaw)
        agreed += share
        cured += is_cured
        if share < 1 or not is_cured:
            part = "CONSEQUENCES" if share < 1 else "CURE"
            details.append(Detail(f"DEFECT-{part}", {"lines": shown_lines(row.lines)}))
    missed = len(flaws) - len(named)
    if missed:
        details.append(Detail("DEFECT-MISSED", {"count": missed}))
    f1 = 2 * len(named) / (2 * len(named) + wrong + missed)
    planted = len(flaws)
    credit = NAMING_PERCENT * f1 + CONSEQUENCES_PERCENT * agreed / planted + CURE_PERCENT * cured / planted
    return Verdict(int(credit + 1e-9), mistake, details=tuple(details))


def agreement(row: Flaw, flaw: Flaw) -> tuple[float, bool]:
    """Return how far the consequences of a row agree with those of its flaw (0 to 1), and whether its cure is right."""
    share = len(row.consequences & flaw.consequences) / len(row.consequences | flaw.consequences)
    return share, flaw.is_cured_by(row.cure)


def named_flaws(rows: Sequence[Flaw], flaws: Sequence[Flaw]) -> dict[int, Flaw]:
    """Return which row names which flaw, each at most once; the row with most of its lines comes first."""
    pairs = [
        (-len(row.lines & flaw.lines), place, number)
        for place, row in enumerate(rows)
        for number, flaw in enumerate(flaws)
        if row.category == flaw.category and 2 * len(row.lines & flaw.lines) >= len(row.lines)
    ]
    found: dict[int, Flaw] = {}
    taken: set[int] = set()
    for _, place, number in sorted(pairs):
        if place not in found and number not in taken:
            found[place] = flaws[number]
            taken.add(number)
    return found


def _accusations(
    rows: Sequence[Flaw], named: Mapping[int, Flaw], expected: ExpectedAnswer
) -> tuple[int, list[Detail], str | None]:
    """Return how many rows accuse what is in order, a detail for each of them, and the name of the worst."""
    wrong = 0
    details: list[Detail] = []
    codes: set[str] = set()
    for place, row in enumerate(rows):
        if place in named:
            continue
        again = any(row.category == flaw.category and row.lines <= flaw.lines for flaw in named.values())
        if again:
            continue  # a flaw that was named in two rows
        wrong += 1
        values = {"lines": shown_lines(row.lines)}
        herring = next((name for name, lines in expected.herrings.items() if row.lines <= lines), None)
        nearest = max((len(row.lines & flaw.lines) / len(row.lines | flaw.lines) for flaw in expected.right), default=0)
        if herring is not None and nearest < _SAME_PLACE:
            code, told = "D-HERRING", Detail(f"DEFECT-HERRING-{herring}", values)
        elif nearest:
            code, told = "D-KIND", Detail("DEFECT-KIND", values)
        else:
            code, told = "D-NONE", Detail("DEFECT-NONE", values)
        codes.add(code)
        details.append(told)
    return wrong, details, next((code for code in ("D-HERRING", "D-NONE", "D-KIND") if code in codes), None)


def shown_lines(lines: frozenset[int]) -> str:
    """Return numbers of lines as they are told: six of them at most."""
    shown = sorted(lines)
    return ", ".join(map(str, shown[:6])) + (" …" if len(shown) > 6 else "")  # noqa: PLR2004 - a glance
