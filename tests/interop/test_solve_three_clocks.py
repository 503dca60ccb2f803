"""L09 can be solved without labkit, for every trainee: full marks with tshark and the standard library."""

from pathlib import Path

import pytest

from tests.interop.solvers import three_clocks
from tests.interop.solving import SEEDS, marks

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not three_clocks.installed(), reason="not installed: tshark"),
]


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_with_tshark_and_the_standard_library(number: int, tmp_path: Path) -> None:
    earned = marks("three-clocks", three_clocks.solve, number, tmp_path)

    assert len(earned) == 10
    assert earned == dict.fromkeys(earned, ("correct", None))
