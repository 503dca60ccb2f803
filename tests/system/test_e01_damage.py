"""Damage of an E01 is noticed. ``LABKIT_E01_FLIPS=1000`` tries that many flipped bits, and a tenth as many cuts."""

import os
from pathlib import Path

import pytest

from tests.e01_damage import CASES, unnoticed

FLIPS = int(os.environ.get("LABKIT_E01_FLIPS", "60"))


@pytest.mark.timeout(60 + FLIPS)
@pytest.mark.parametrize(("kind", "with_record"), [case[:2] for case in CASES if case[2]])
def test_every_flipped_bit_and_every_cut_is_noticed(tmp_path: Path, kind: str, with_record: bool) -> None:
    assert unnoticed(tmp_path / "image", kind, FLIPS, max(1, FLIPS // 10), with_record=with_record) == []
