"""L12 can be solved with an editor, a calendar and the standard library, for every trainee."""

from pathlib import Path

import pytest

from tests.interop.solvers import sixty_days
from tests.interop.solving import SEEDS, marks


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_by_reading(number: int, tmp_path: Path) -> None:
    earned = marks("sixty-days", sixty_days.solve, number, tmp_path)

    assert len(earned) == 10
    assert earned == dict.fromkeys(earned, ("correct", None))
