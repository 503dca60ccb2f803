"""What findings cost.

A ledger starts at 100. The first finding of a rule costs its full weight, each further one of the same rule a quarter
of it, so that one misunderstanding is not punished twelve times. It passes at 80, and never with a fatal finding.
"""

from collections.abc import Iterable, Mapping

from labkit.custody.rules.reading import RuleFinding, Severity

FULL_SCORE = 100
PASS_SCORE = 80
WEIGHTS: Mapping[str, int] = {Severity.FATAL: 20, Severity.MAJOR: 8, Severity.MINOR: 3}
_REPEAT = 4  # a repeat costs one of so many parts of the weight


def score(findings: Iterable[RuleFinding]) -> int:
    """Return 0 to 100 points; a fraction is rounded down."""
    cost_in_quarters = 0
    seen: set[str] = set()
    # The heaviest finding of a rule is its first, whatever their order: lateness under CC-11 has two weights.
    for finding in sorted(findings, key=lambda one: -WEIGHTS[one.severity]):
        weight = WEIGHTS[finding.severity]
        cost_in_quarters += weight if finding.rule in seen else weight * _REPEAT
        seen.add(finding.rule)
    return max(0, FULL_SCORE * _REPEAT - cost_in_quarters) // _REPEAT


def passes(findings: Iterable[RuleFinding]) -> bool:
    """Return whether the ledger is good enough: at least 80 points and nothing fatal."""
    found = tuple(findings)
    return score(found) >= PASS_SCORE and not any(finding.severity == Severity.FATAL for finding in found)
