"""An acquisition that is killed goes on to the same digests. ``LABKIT_ACQUIRE_KILLS=200`` kills that often."""

import os
import random
from pathlib import Path

import pytest

from tests.acquire_kills import FORMS, a_source, tried

KILLS = int(os.environ.get("LABKIT_ACQUIRE_KILLS", "6"))


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_killed_acquisition_goes_on_to_the_same_digests(tmp_path: Path) -> None:
    chance = random.Random(17)
    device = a_source(tmp_path / "source")
    tried(device, tmp_path / "undisturbed", FORMS[0], chance, 0)
    kills = images = 0
    while kills < KILLS or images < len(FORMS):
        kills += tried(device, tmp_path / f"{images}", FORMS[images % len(FORMS)], chance, 3).kills
        images += 1
