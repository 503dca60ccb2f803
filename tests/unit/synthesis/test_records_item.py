"""What the item records hands out: pages that are whole and show every line, and traces of all that was planted."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.synthesis.build import BuiltCase, build_case, derive_truth
from labkit.synthesis.records.cast import DISK, STICK, draw_cast
from labkit.synthesis.records.photographs import photograph_traces
from labkit.synthesis.records.planting import CATEGORIES, CONSEQUENCES, CURES, plant
from labkit.synthesis.records.story import clean_file
from labkit.synthesis.streams import Stream
from labkit.verification.pages import read_page

ITEM = "records"
LARGEST_BYTES = 400_000


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
            assert not page.tags & {"script", "link", "iframe"}, name
            assert b"http" not in data.replace(b"http://www.w3.org/2000/svg", b""), name
            shown = set(re.findall(r'(?:src|href)="([^"]+)"', data.decode()))
            assert shown == ({each for each in contents(one) if each.endswith(".svg")} if "photo" in name else set())


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


def test_photographs_show_what_was_whatever_the_file_says() -> None:
    for name, wrong in (("D09", "seal_number"), ("D10", "serial")):
        stream = Stream(b"photographs", name)
        cast = draw_cast(stream)
        draft = clean_file(cast, stream)
        list(plant(draft, cast, stream, (name,)))
        seen = {trace.id: trace.facts for trace in photograph_traces(cast, draft)}
        said = {
            "seal_number": [draft[f"{DISK} sealed"]["seal_after"][0]["number"], seen["exhibit-hn-04"]["seal_number"]],
            "serial": [draft[STICK]["serial"], seen["exhibit-hn-02"]["serial"]],
        }
        assert [what for what, (file, photograph) in said.items() if file != photograph] == [wrong]


def test_numbers_are_drawn_and_a_smudged_digit_is_nowhere(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        traces = one.truth.items[ITEM].traces
        pictures = {name: data.decode() for name, data in contents(one).items() if name.endswith(".svg")}
        assert len(pictures) == 10
        for exhibit in ("hn-01", "hn-02", "hn-03", "hn-04"):
            facts = traces[f"exhibit-{exhibit}"].facts
            values = [str(facts[name]) for name in ("serial", "seal_number", "bag_number")]
            assert [value for value in values for text in pictures.values() if value in text] == []
        seal = str(traces["smudged-seal"].facts["seal_number"])
        assert read_page(pictures["bag-hn-03.svg"].encode()).drawn("seal") == seal
        assert seal.count("?") == 1


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


def test_numbers_of_seals_are_not_cut_in_two_and_stages_are_words(built: tuple[BuiltCase, ...]) -> None:
    text = contents(built[0])["custody-file.html"].decode()
    seals = re.findall(r"\bS-\d{6}\b", text)
    assert len(seals) > 20
    assert len(re.findall(r'<span class="whole">S-\d{6}</span>', text)) == len(seals)
    assert "source_pre" not in text
    assert "workcopy" not in text
