"""What the item records hands out: pages that are whole and show every line, and traces of all that was planted."""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.synthesis.build import BuiltCase, build_case, derive_truth
from labkit.synthesis.records.planting import CATEGORIES, CONSEQUENCES, CURES
from labkit.verification.pages import read_page

ITEM = "records"
LARGEST_BYTES = 200_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltCase, ...]:
    case = load_case("kestrel")
    return tuple(build_case(case, seed, tmp_path_factory.mktemp("records"), items=[ITEM]) for seed in (b"one", b"two"))


def contents(built: BuiltCase) -> Mapping[str, bytes]:
    return {Path(name).name: path.read_bytes() for name, path in built.files.items()}


def test_pages_are_whole_small_and_fetch_nothing(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        assert sum(map(len, contents(one).values())) < LARGEST_BYTES
        for name, data in contents(one).items():
            page = read_page(data)
            assert page.problems == (), name
            assert not page.tags & {"script", "img", "link", "iframe"}, name
            assert b"http" not in data, name


def test_two_trainees_get_different_files_of_the_same_difficulty(built: tuple[BuiltCase, ...]) -> None:
    mine, other = map(contents, built)
    assert [name for name in mine if mine[name] == other[name]] == []
    for one in built:
        traces = one.truth.items[ITEM].traces.values()
        defects = [trace.facts for trace in traces if trace.kind == "defect"]
        assert len(defects) == 8
        assert {facts["category"] for facts in defects} <= set(CATEGORIES)
        assert {facts["cure"] for facts in defects} <= set(CURES)
        for facts in defects:
            consequences = facts["consequences"]
            assert isinstance(consequences, tuple)
            assert set(consequences) <= set(CONSEQUENCES.values())


def test_the_truth_is_the_same_without_writing(built: tuple[BuiltCase, ...]) -> None:
    assert derive_truth(load_case("kestrel"), b"one", items=[ITEM]) == built[0].truth


def test_one_hand_writes_alike_and_two_hands_do_not(built: tuple[BuiltCase, ...]) -> None:
    text = contents(built[0])["custody-file.html"].decode()
    specimens = [part.split('" fill')[0] for part in text.split("Entries /")[0].split('<path d="')[1:]]
    assert len(specimens) == len(set(specimens)) == 12
    assert {part.split('" fill')[0] for part in text.split("Entries /")[1].split('<path d="')[1:]} <= set(specimens)


def test_the_files_are_the_locked_ones(tmp_path: Path) -> None:
    path = content_root() / "evidence_images" / "kestrel" / ITEM / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["files_sha256"]
    found = {}
    for name in locked:
        seed = hashlib.sha256(name.encode()).digest()
        pages = contents(build_case(load_case("kestrel"), seed, tmp_path / name, items=[ITEM]))
        lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {page}\n" for page, data in sorted(pages.items()))
        found[name] = hashlib.sha256(lines.encode()).hexdigest()

    assert len(locked) == 3
    assert found == locked, "every trainee's evidence has changed; if that is meant, write the new digests down"
