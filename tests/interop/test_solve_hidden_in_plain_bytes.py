"""L08 can be solved without labkit, for every trainee: full marks with yara and a small reader of its own."""

import shutil
from pathlib import Path

import pytest

from tests.interop.solvers import hidden_in_plain_bytes
from tests.interop.solving import SEEDS, marks

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(shutil.which("yara") is None, reason="not installed: yara"),
]


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_with_free_programs(number: int, tmp_path: Path) -> None:
    earned = marks("hidden-in-plain-bytes", hidden_in_plain_bytes.solve, number, tmp_path)

    assert len(earned) == 11
    assert earned == dict.fromkeys(earned, ("correct", None))
