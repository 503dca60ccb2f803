import pytest

from labkit.grading.score import hint_cost_percent, points


@pytest.mark.parametrize(
    ("hints_used", "cost"), [(-1, 0), (0, 0), (1, 0), (2, 10), (3, 20), (4, 30), (5, 30), (10**9, 30)]
)
def test_the_first_hint_is_free_and_the_cost_ends_at_thirty(hints_used: int, cost: int) -> None:
    assert hint_cost_percent(hints_used) == cost


def test_points_are_rounded_to_hundredths_and_practice_costs_nothing() -> None:
    assert points(10, 100) == 10
    assert points(7, 66) == 4.62
    assert points(1, 33, hints_used=4) == 0.23
    assert points(10, 50, hints_used=3) == 4.0
    assert points(10, 100, hints_used=3, graded=False) == 10
