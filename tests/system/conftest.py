"""The demo class, built and graded once for all tests of this folder."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labkit.atomic import remove_tree
from labkit.cohort.truths import TruthByCase, derive_truths, order_truth
from labkit.content.reader import load_library
from labkit.usecases.demo import COURSE, PLAYERS, Demo, run_demo
from tests.small_class import NOW


@dataclass(frozen=True)
class Played:
    """The demo with the truth of everybody in it."""

    demo: Demo
    truths: dict[str, TruthByCase]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder: Path = tmp_path_factory.mktemp("whole path") / "demo"
    demo = run_demo(folder, now=NOW, random_bytes=lambda count: hashlib.sha256(b"demo").digest()[:count])
    library, keys = load_library(), demo.classroom.keys()
    orders = [order_truth(library, COURSE, keys, player.trainee_id) for player in PLAYERS]
    yield Played(demo, dict(map(derive_truths, orders)))
    remove_tree(folder)
