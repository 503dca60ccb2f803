"""Each fact of a trainee's memory image is confirmed; a wrong fact is noticed. ``LABKIT_SEEDS=10`` asks for ten."""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.model.scenario import CaseScenario
from labkit.model.truth import FactValue
from labkit.synthesis.build import BuiltCase, build_case, derive_truth
from labkit.verification.confirmation import Verdict
from labkit.verification.verify import verify_item

ITEM = "memory"
SEEDS = [f"seed {number}".encode() for number in range(int(os.environ.get("LABKIT_SEEDS", "2")))]


@pytest.fixture(scope="module")
def case() -> CaseScenario:
    return load_case("kestrel")


@pytest.fixture(scope="module", params=SEEDS, ids=bytes.decode)
def built(
    request: pytest.FixtureRequest, case: CaseScenario, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BuiltCase]:
    folder = tmp_path_factory.mktemp(ITEM)
    found = build_case(case, request.param, folder, items=[ITEM])
    yield found
    for path in found.files.values():
        path.unlink()


def test_every_fact_is_confirmed(built: BuiltCase) -> None:
    found = verify_item(built.files, built.truth.items[ITEM], built.truth.variables)

    assert [one for one in found if one.verdict is Verdict.FAILED] == []
    assert len(found) > 300


def test_a_wrong_fact_of_each_trace_is_noticed(built: BuiltCase) -> None:
    truth = built.truth.items[ITEM]
    traces = {}
    for name, trace in truth.traces.items():
        fact = next(fact for fact in reversed(list(trace.facts)) if fact not in {"zone", "clock_offset_s"})
        traces[name] = replace(trace, facts=dict(trace.facts) | {fact: other(trace.facts[fact])})
    found = verify_item(built.files, replace(truth, traces=traces), built.truth.variables)

    assert {one.trace for one in found if one.verdict is Verdict.FAILED} >= traces.keys()


def other(value: FactValue) -> FactValue:
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    return value + 1 if isinstance(value, int) else value[:-1]


def test_both_bases_are_drawn_and_the_image_has_the_digest_of_the_truth(case: CaseScenario, built: BuiltCase) -> None:
    seeds = [bytes([number]) for number in range(8)]
    truths = [derive_truth(case, seed, items=[ITEM]) for seed in seeds]
    image = next(path for name, path in built.files.items() if name.endswith(".raw"))

    assert len({truth.fact("memory:process-sync.pid") for truth in truths}) == 2
    assert hashlib.sha256(image.read_bytes()).hexdigest() == built.truth.fact("memory:image.sha256")


@pytest.mark.timeout(1200)
def test_each_trainee_has_an_image_of_their_own(case: CaseScenario) -> None:
    """``LABKIT_TRAINEES=50`` asks for 50."""
    count = int(os.environ.get("LABKIT_TRAINEES", "5"))
    seeds = [f"trainee {number}".encode() for number in range(count)]
    digests = [derive_truth(case, seed, items=[ITEM]).fact("memory:image.sha256") for seed in seeds]

    assert len(set(digests)) == count
    assert derive_truth(case, seeds[0], items=[ITEM]).fact("memory:image.sha256") == digests[0]


def test_the_pack_has_no_truth(built: BuiltCase) -> None:
    names = {Path(name).name for name in built.files}

    assert len(names) == 3
    assert all(name.endswith((".raw", ".json.xz")) or name.startswith("NOTICE") for name in names)


def test_the_bytes_are_those_of_the_lock_file(case: CaseScenario) -> None:
    path = content_root() / "evidence_images" / "kestrel" / ITEM / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["image_sha256"]
    found = {
        name: derive_truth(case, hashlib.sha256(name.encode()).digest(), items=[ITEM]).fact("memory:image.sha256")
        for name in locked
    }

    assert len(found) == 3
    assert found == locked
