"""The item logs of KESTREL, built for two trainees."""

from collections.abc import Mapping

import pytest

from labkit.content.scenario import load_case
from labkit.model.scenario import CaseScenario
from labkit.synthesis.build import BuiltCase, build_case

ITEM = "logs"
SEEDS = (b"one trainee of this class", b"another one of this class")


@pytest.fixture(scope="package")
def case() -> CaseScenario:
    return load_case("kestrel")


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory, case: CaseScenario) -> tuple[BuiltCase, ...]:
    return tuple(build_case(case, seed, tmp_path_factory.mktemp(ITEM), items=[ITEM]) for seed in SEEDS)


def contents(built: BuiltCase) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in built.files.values()}
