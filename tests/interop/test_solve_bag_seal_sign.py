"""L02 can be solved by looking, for every trainee: what a browser shows of the pictures is enough for full marks."""

from pathlib import Path

import pytest

from tests.interop.solvers import bag_seal_sign
from tests.interop.solving import SEEDS, marks

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(bag_seal_sign.browser() is None, reason="not installed: chromium"),
]


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_by_looking(number: int, tmp_path: Path) -> None:
    earned = marks("bag-seal-sign", bag_seal_sign.solve, number, tmp_path)

    for name in ("ledger", "correction"):
        assert earned.pop(name) == ("missing", None)  # the custody ledger is not typed
    assert len(earned) == 7
    assert earned == dict.fromkeys(earned, ("correct", None))
