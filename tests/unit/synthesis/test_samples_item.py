"""What the item blobs hands out: small harmless files, personal, the same bytes for the same seed."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario, SamplesSpec
from labkit.synthesis.build import BuiltCase, build_case, derive_truth
from labkit.synthesis.samples.kf_sync import ALIVE, BUILD, CONFIG_MARK, SyncConfig
from labkit.synthesis.samples.rule_samples import RuleSamples

ITEM = "blobs"
LARGEST_BYTES = 2_000_000
NAME = re.compile(rb"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|ru|kz|info|io)\b")


@pytest.fixture(scope="module")
def case() -> CaseScenario:
    return load_case("kestrel")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, case: CaseScenario) -> tuple[BuiltCase, ...]:
    return tuple(build_case(case, seed, tmp_path_factory.mktemp(ITEM), items=[ITEM]) for seed in (b"one", b"two"))


def contents(built: BuiltCase) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in built.files.values()}


def names_of(built: BuiltCase, trace: str) -> tuple[str, ...]:
    names = built.truth.items[ITEM].traces[trace].facts["names"]
    assert isinstance(names, tuple)
    return tuple(map(str, names))


def test_there_are_200_clean_files_and_six_copies(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        files = contents(one)
        copies = {name for name, data in files.items() if CONFIG_MARK + b"\xa0\0" in data}
        assert len(files) == 207
        assert sum(map(len, files.values())) < LARGEST_BYTES
        assert copies == set(names_of(one, "variants"))
        assert len(copies) == 6
        assert all(text in files[name] for name in copies for text in (ALIVE, BUILD))


def test_nothing_can_be_run_and_nothing_is_real(built: tuple[BuiltCase, ...]) -> None:
    for data in contents(built[0]).values():
        assert not data.startswith((b"MZ", b"#!"))
        if data.startswith(b"\x7fELF"):
            assert data[16:64] == bytes(48)  # no type, no machine, no entry, no segments
        assert not NAME.search(data)


def test_two_trainees_get_different_files(built: tuple[BuiltCase, ...]) -> None:
    mine, other = map(contents, built)
    assert [name for name in mine if mine[name] == other[name]] == []
    assert names_of(built[0], "variants") != names_of(built[1], "variants")
    for fact in ("endpoint", "xor_key", "sha256"):
        values = [one.truth.fact(f"{ITEM}:variant-{n}.{fact}") for one in built for n in range(1, 7)]
        assert len(set(values)) >= 11, fact  # two trainees may share a key


def test_the_host_alone_names_four_copies_of_six(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        hosts = [one.truth.fact(f"{ITEM}:variant-{n}.host") for n in range(1, 7)]
        assert sorted(hosts.count(host) for host in set(hosts)) == [2, 4]
        assert len({one.truth.fact(f"{ITEM}:variant-{n}.xor_key") for n in range(1, 7)}) == 6


def test_the_truth_is_the_same_without_writing(built: tuple[BuiltCase, ...], case: CaseScenario) -> None:
    assert derive_truth(case, b"one", items=[ITEM]) == built[0].truth


def test_rules_are_tried_on_the_files_of_the_evidence(built: tuple[BuiltCase, ...], case: CaseScenario) -> None:
    samples = RuleSamples(case, b"one", b"class")
    found = samples.files("blobs/variants")

    assert found == {name: contents(built[0])[name] for name in names_of(built[0], "variants")}


def test_nobody_is_given_the_canaries_and_the_clean_files_of_grading(
    built: tuple[BuiltCase, ...], case: CaseScenario
) -> None:
    samples = RuleSamples(case, b"one", b"class")
    unseen = [*samples.files("blobs/canary").values(), *samples.files("blobs/clean").values()]

    assert len(samples.files("blobs/clean")) == 200
    assert len(set(unseen)) == len(unseen)
    assert not set(unseen) & set(contents(built[0]).values())


def test_ordinary_clean_files_are_shared_and_decoys_are_not(case: CaseScenario) -> None:
    mine, other, another_class = (
        RuleSamples(case, seed, shared).files("blobs/clean").values()
        for seed, shared in ((b"one", b"class"), (b"two", b"class"), (b"one", b"other"))
    )

    assert 150 < len(set(mine) & set(other)) < 190
    assert 10 < len(set(mine) & set(another_class)) < 50


@pytest.mark.parametrize("name", ["blobs/none", "usb/clean", "blobs", ""])
def test_a_set_that_is_not_there_is_named(case: CaseScenario, name: str) -> None:
    with pytest.raises(SynthesisError, match="no set of samples") as caught:
        RuleSamples(case, b"one", b"class").files(name)
    assert "sample_set" in caught.value.remedy


def changed(case: CaseScenario, **changes: object) -> CaseScenario:
    item = case.items[ITEM]
    assert isinstance(item.samples, SamplesSpec)
    return replace(case, items={ITEM: replace(item, samples=replace(item.samples, **changes))})  # type: ignore[arg-type]


def test_too_few_clean_files_are_an_error(case: CaseScenario) -> None:
    with pytest.raises(SynthesisError, match="10 clean files and") as caught:
        derive_truth(changed(case, clean_count=10), b"one", items=[ITEM])
    assert "clean_count" in caught.value.remedy


def test_hosts_that_are_equally_frequent_are_an_error(case: CaseScenario) -> None:
    samples = case.items[ITEM].samples
    assert samples is not None
    with pytest.raises(SynthesisError, match="have the hosts"):
        derive_truth(changed(case, variants=samples.variants[3:5]), b"one", items=[ITEM])


def test_an_item_of_another_kind_has_no_blobs(case: CaseScenario) -> None:
    basics = replace(case.items["basics"], products=("blobs",))
    with pytest.raises(SynthesisError, match=r"has no \[samples\]"):
        derive_truth(replace(case, items={"basics": basics}), b"one")


@pytest.mark.parametrize(("host", "key"), [("a" * 160, 200), ("a.example", 0), ("a.example", 256)])
def test_a_configuration_that_can_not_be_hidden_is_an_error(host: str, key: int) -> None:
    with pytest.raises(SynthesisError, match=r"has \d+ bytes and the key"):
        SyncConfig(host, 20000, key, 60).block()


def test_the_files_are_the_locked_ones(tmp_path: Path, case: CaseScenario) -> None:
    path = content_root() / "evidence_images" / "kestrel" / ITEM / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["files_sha256"]
    found = {}
    for name in locked:
        seed = hashlib.sha256(name.encode()).digest()
        files = contents(build_case(case, seed, tmp_path / name, items=[ITEM]))
        lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n" for file, data in sorted(files.items()))
        found[name] = hashlib.sha256(lines.encode()).hexdigest()

    assert len(locked) == 3
    assert found == locked, "every trainee's evidence has changed; if that is meant, write the new digests down"
