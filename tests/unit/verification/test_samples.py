"""A folder of samples is confirmed by readers of other houses, and what is damaged in it is found."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import GroundTruth
from labkit.synthesis.build import BuiltCase, build_case
from labkit.verification.confirmation import Verdict
from labkit.verification.verify import verify_item

ITEM = "blobs"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltCase:
    return build_case(load_case("kestrel"), b"verified blobs", tmp_path_factory.mktemp(ITEM), items=[ITEM])


@pytest.fixture
def copy(built: BuiltCase, tmp_path: Path) -> Mapping[str, Path]:
    """The files of the item, to be damaged."""
    folder = tmp_path / "samples"
    folder.mkdir()
    return {
        name: Path(shutil.copy(path, folder if name.endswith(".bin") else tmp_path))
        for name, path in built.files.items()
    }


def truth_of(built: BuiltCase) -> GroundTruth:
    return built.truth.items[ITEM]


def failed(built: BuiltCase, files: Mapping[str, Path]) -> set[tuple[str, str]]:
    found = verify_item(files, truth_of(built), built.public_variables)
    return {(each.trace, each.fact) for each in found if each.verdict is Verdict.FAILED}


@pytest.mark.skipif(shutil.which("yara") is None, reason="the program yara is not installed")
def test_every_fact_is_confirmed_by_two_houses(built: BuiltCase) -> None:
    found = verify_item(built.files, truth_of(built), built.public_variables)

    assert {each.verdict for each in found} == {Verdict.CONFIRMED, Verdict.DEFINITION}
    assert {each.fact for each in found if each.verdict is Verdict.DEFINITION} == {"sample_set"}
    readers = {each.reader for each in found if each.trace == "draft-address"}
    assert readers == {"yara", "yara-python", "plain reading"}


def test_another_key_is_noticed(built: BuiltCase, copy: Mapping[str, Path]) -> None:
    facts = truth_of(built).traces["variant-3"].facts
    path = copy[f"{ITEM}/samples/{facts['name']}"]
    place = facts["file_offset_bytes"]
    assert isinstance(place, int)
    data = bytearray(path.read_bytes())
    data[place : place + 160] = bytes(byte ^ 1 for byte in data[place : place + 160])
    path.write_bytes(data)

    assert ("variant-3", "xor_key") in failed(built, copy)
    assert not {fact for trace, fact in failed(built, copy) if trace == "variant-2"}


def test_a_copy_more_and_a_clean_file_less_are_noticed(built: BuiltCase, copy: Mapping[str, Path]) -> None:
    copy_name = truth_of(built).traces["variant-1"].facts["name"]
    report = truth_of(built).traces["decoy-report"].facts["names"]
    assert isinstance(report, tuple)
    shutil.copy(copy[f"{ITEM}/samples/{copy_name}"], copy[f"{ITEM}/samples/{report[0]}"])

    found = failed(built, copy)
    assert {("variants", "names"), ("clean", "file_count"), ("decoy-report", "names")} <= found
    assert ("draft-short", "found_count") in found


def test_a_draft_that_gives_the_answer_away_is_noticed(built: BuiltCase, copy: Mapping[str, Path]) -> None:
    path = copy[f"{ITEM}/draft-rules.yar"]
    path.write_bytes(path.read_bytes().replace(b"%lld alive", b"KFSYNC2.CFG: alive"))

    assert ("draft-message", "(gives nothing away)") in failed(built, copy)
    assert ("draft-message", "found_count") in failed(built, copy)  # it finds nothing at all
