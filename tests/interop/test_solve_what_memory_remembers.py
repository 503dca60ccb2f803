"""L07 can be solved without labkit, for every trainee: full marks with a small reader of its own."""

from pathlib import Path

import pytest

from tests.interop.solvers import what_memory_remembers
from tests.interop.solving import SEEDS, marks

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_with_another_reader(number: int, tmp_path: Path) -> None:
    earned = marks("what-memory-remembers", what_memory_remembers.solve, number, tmp_path)

    assert len(earned) == 9
    assert earned == dict.fromkeys(earned, ("correct", None))
