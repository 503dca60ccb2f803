"""From credit to points: hints cost in graded exercises, points are rounded to 1/100."""

FREE_HINTS = 1
PERCENT_PER_HINT = 10
MOST_PERCENT = 30


def hint_cost_percent(hints_used: int) -> int:
    """Return what hints cost in percent of the points earned: the first is free, each further one 10, at most 30."""
    return min(max(hints_used - FREE_HINTS, 0) * PERCENT_PER_HINT, MOST_PERCENT)


def points(max_points: float, credit_percent: int, *, hints_used: int = 0, graded: bool = True) -> float:
    """Return the points that a credit earns. Hints cost nothing where the exercise is practice (not ``graded``)."""
    left_percent = 100 - (hint_cost_percent(hints_used) if graded else 0)
    return round(max_points * credit_percent * left_percent / 10_000, 2)
