"""An audit of a colleague's ledger, held against what the rules find in it.

What the rules find is a flaw to be named; the exercise says for each rule what it means. What no rule finds may still
be right, because a person sees what rules do not: it goes to the trainer and costs nothing. Only who names far more
than that is guessing, and then each further row counts half of a wrong accusation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from labkit.content.schemas import DefectAnswer
from labkit.custody.chain import checkpoint
from labkit.custody.ledger import Ledger
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.custody.rules import check
from labkit.grading.answers.contract import Given, Verdict
from labkit.grading.answers.defect_answer import (
    CONSEQUENCES_PERCENT,
    CURE_PERCENT,
    NAMING_PERCENT,
    Flaw,
    agreement,
    named_flaws,
    shown_lines,
)
from labkit.model.grading import Detail

OPEN = "PEER-OPEN"  # an accusation that no rule supports: for the trainer
OF, FLAWLESS = "PEER-OF", "PEER-FLAWLESS"
FREE_ROWS = 3  # so many accusations that no rule supports cost nothing
_FULL = 100


@dataclass(frozen=True, slots=True)
class PeerLedger:
    """The ledger that was audited, as grading may take it. Without a ledger, ``fault`` is the code of why not."""

    ledger: Ledger | None = None
    fault: str = "PEER-NONE"
    owner: str = ""  # trainee_id


NO_PEER = PeerLedger()


@dataclass(slots=True)
class _Found:
    """Findings of one category that belong together."""

    rules: set[str] = field(default_factory=set)
    lines: set[int] = field(default_factory=set)
    consequences: set[str] = field(default_factory=set)
    cures: set[str] = field(default_factory=set)


def flaws_by_rules(ledger: Ledger, answer: DefectAnswer, overlay: Overlay = DEFAULT) -> tuple[Flaw, ...]:
    """Return the flaws of a ledger, in the order of their first lines.

    Findings of one category that share a rule or a line are one flaw: an auditor sees one thing there, and one
    misunderstanding of twelve lines is not twelve flaws. A finding without a line can not be named and is left out.
    """
    found: dict[str, list[_Found]] = {}
    for finding in check(ledger, overlay=overlay):
        meaning = answer.rules.get(finding.rule)
        if meaning is None or not finding.events:
            continue
        alike = found.setdefault(meaning.category, [])
        joined = _Found({finding.rule}, set(finding.events), set(meaning.consequences), set(meaning.cures))
        for other in [one for one in alike if one.rules & joined.rules or one.lines & joined.lines]:
            alike.remove(other)
            joined.rules |= other.rules
            joined.lines |= other.lines
            joined.consequences |= other.consequences
            joined.cures |= other.cures
        alike.append(joined)
    flaws = [
        Flaw(frozenset(one.lines), category, frozenset(one.consequences), cures=frozenset(one.cures))
        for category, several in found.items()
        for one in several
    ]
    return tuple(sorted(flaws, key=lambda flaw: (sorted(flaw.lines), flaw.category)))


def compare(
    given: Given[tuple[Flaw, ...]], answer: DefectAnswer, peer: PeerLedger, overlay: Overlay = DEFAULT
) -> Verdict:
    """Return the credit for an audit, and a detail for each row that is not all right; see the module.

    The shares are those of every DEFECT. In a ledger in which the rules find nothing, "no flaws" is right.
    """
    ledger = peer.ledger
    if ledger is None:
        raise ValueError(peer.fault)
    told = Detail(OF, {"colleague": peer.owner, "lines": len(ledger.entries), "code": checkpoint(ledger.head)})
    flaws = flaws_by_rules(ledger, answer, overlay)
    named = named_flaws(given.value, flaws)
    details = [told]
    agreed = cured = 0.0
    for place, flaw in named.items():
        row = given.value[place]
        share, is_cured = agreement(row, flaw)
        agreed += share
        cured += is_cured
        if share < 1 or not is_cured:
            details.append(
                Detail(f"DEFECT-{'CONSEQUENCES' if share < 1 else 'CURE'}", {"lines": shown_lines(row.lines)})
            )
    unsupported = list(_unsupported(given.value, named, flaws))
    details += [
        Detail(OPEN, {"lines": shown_lines(row.lines), "category": row.category, "colleague": peer.owner})
        for row in unsupported
    ]
    if not flaws:
        is_right = not given.value
        return Verdict(_FULL if is_right else 0, details=(*details, *((Detail(FLAWLESS, {}),) if is_right else ())))
    missed = len(flaws) - len(named)
    if missed:
        details.append(Detail("DEFECT-MISSED", {"count": missed}))
    guessed = max(0, len(unsupported) - FREE_ROWS) / 2
    f1 = 2 * len(named) / (2 * len(named) + guessed + missed)
    credit = NAMING_PERCENT * f1 + (CONSEQUENCES_PERCENT * agreed + CURE_PERCENT * cured) / len(flaws)
    return Verdict(int(credit + 1e-9), _mistake(unsupported, flaws) if guessed else None, details=tuple(details))


def _mistake(unsupported: Sequence[Flaw], flaws: Sequence[Flaw]) -> str:
    """Return the name of guessing: of the kind, where the lines are right, or altogether."""
    lines = frozenset[int]().union(*(flaw.lines for flaw in flaws))
    return "D-KIND" if all(row.lines <= lines for row in unsupported) else "D-NONE"


def _unsupported(rows: Sequence[Flaw], named: dict[int, Flaw], flaws: Sequence[Flaw]) -> Iterator[Flaw]:
    """Yield the rows that no rule supports. A flaw that was named in two rows is one."""
    for place, row in enumerate(rows):
        again = any(row.category == flaw.category and row.lines <= flaw.lines for flaw in flaws)
        if place not in named and not again:
            yield row
