"""L04 can be solved without labkit, for every trainee: full marks with free programs alone."""

import shutil
from pathlib import Path

import pytest

from tests.interop.solvers import disk_map
from tests.interop.solving import SEEDS, marks

PROGRAMS = ("mmls", "fsstat", "sigfind", "gdisk", "sgdisk")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.mark.parametrize("number", range(SEEDS))
def test_full_marks_with_free_programs(number: int, tmp_path: Path) -> None:
    earned = marks("disk-map", disk_map.solve, number, tmp_path)

    assert len(earned) == 8
    assert earned == dict.fromkeys(earned, ("correct", None))
