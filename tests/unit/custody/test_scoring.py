import pytest

from labkit.custody.rules import RuleFinding
from labkit.custody.scoring import passes, score


def found(*rules_and_weights: str) -> list[RuleFinding]:
    return [RuleFinding(one.split()[0], one.split()[1], 1, None, {}) for one in rules_and_weights]


@pytest.mark.parametrize(
    ("findings", "points", "good_enough"),
    [
        ([], 100, True),
        (["CC-16 m"], 97, True),
        (["CC-05 M"], 92, True),
        (["CC-06 F"], 80, False),  # 80 points, but fatal
        (["CC-05 M", "CC-10 M"], 84, True),
        (["CC-05 M", "CC-10 M", "CC-16 m"], 81, True),
        (["CC-05 M", "CC-10 M", "CC-18 M"], 76, False),
        (["CC-05 M"] * 7, 80, True),  # 8 and six times 2
        (["CC-05 M"] * 8, 78, False),
        (["CC-06 F"] * 12, 25, False),  # 20 and eleven times 5
        (["CC-16 m"] * 2, 96, True),  # 96.25, rounded down
        (["CC-11 m", "CC-11 M"], 91, True),  # the heavier one is the first: 8 and 0.75
        ([f"CC-{number} F" for number in range(10, 20)], 0, False),
    ],
)
def test_what_findings_cost(findings: list[str], points: int, good_enough: bool) -> None:
    assert score(found(*findings)) == points
    assert passes(found(*findings)) is good_enough


def test_findings_may_come_from_a_generator() -> None:
    assert passes(one for one in found("CC-05 M"))
