"""The shipped captures of memory: they are what their manifests say, and their patch maps make them personal."""

import hashlib
import json
import lzma
from functools import cache
from pathlib import Path

import pytest

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.symbol_table import SymbolTable
from memory_base import gates
from memory_base.applying import apply, sample_values
from memory_base.assembly import IMAGE, MANIFEST, PATCHES, TRUTH
from memory_base.entries import ChoiceEntry, NumberEntry, TimeEntry, ValueEntry, json_lines, sorted_entries
from memory_base.story import STORIES
from memory_base.tokens import SHORT, TOKENS
from memory_base.truth import observed

FOLDER = Path(__file__).parents[2] / "evidence_images/kestrel/memory"
BASES = pytest.mark.parametrize("base", sorted(STORIES))
SHIFT_S = 311


@cache
def manifest(base):
    return json.loads((FOLDER / f"base-{base}" / MANIFEST).read_text())


@cache
def truth(base):
    return json.loads((FOLDER / f"base-{base}" / TRUTH).read_text())


@cache
def capture(base):
    return lzma.decompress((FOLDER / f"base-{base}" / IMAGE).read_bytes())


@cache
def entries(base):
    return [entry(json.loads(line)) for line in patch_lines(base).splitlines()]


def patch_lines(base):
    return lzma.decompress((FOLDER / f"base-{base}" / PATCHES).read_bytes())


def entry(line):
    if "choice" in line:
        old, new = (bytes.fromhex(line[key]) for key in ("old", "new"))
        return ChoiceEntry(line["at"], line["choice"], line["option"], old, new)
    if "time" in line:
        return TimeEntry(line["at"], line["as"], line.get("count", 1))
    if "from" in line:
        return ValueEntry(line["at"], line["token"], line["as"], line["from"], line["to"])
    return NumberEntry(line["at"], line["token"], line["as"])


def personal(base, seed, option):
    image = bytearray(capture(base))
    apply(image, entries(base), sample_values(seed), SHIFT_S, {"hidden": option, "region": option})
    return image


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@BASES
def test_files_are_those_of_the_manifest(base):
    told, folder = manifest(base), FOLDER / f"base-{base}"

    for part in ("truth", "patches", "symbols"):
        assert sha256((folder / told[part]["file"]).read_bytes()) == told[part]["sha256"]
    assert sha256((folder / IMAGE).read_bytes()) == told["image"]["packed_sha256"]
    assert sha256(capture(base)) == told["image"]["sha256"]
    assert len(capture(base)) == told["image"]["size_bytes"] == 128 << 20


@BASES
def test_the_manifest_tells_the_tokens_of_the_program(base):
    told = manifest(base)["tokens"]

    assert {name: one.get("placeholder") for name, one in told.items() if "derived" not in one} == {
        token.name: token.placeholder if token.text else None for token in TOKENS.values() if not token.template
    }


@BASES
def test_the_patch_map_is_sorted_without_overlaps_and_counted(base):
    assert json_lines(sorted_entries(entries(base))) == patch_lines(base)
    assert len(entries(base)) == manifest(base)["patches"]["entries"]


@BASES
def test_every_copy_of_a_placeholder_is_in_the_map(base):
    assert list(gates.counts_are_equal(capture(base), entries(base))) == []
    assert list(gates.straddling_copies_are_whole(entries(base))) == []


@BASES
def test_a_personal_image_keeps_nothing_of_the_placeholders(base):
    image = personal(base, "residues", "1")

    assert list(gates.nothing_is_left(bytes(image), sample_values("residues"), entries(base))) == []


@BASES
@pytest.mark.parametrize("option", ["1", "4"])
def test_a_reader_finds_the_truth_with_the_values_of_the_sample(base, option, tmp_path):
    path = tmp_path / "KF-04.raw"
    path.write_bytes(personal(base, "read", option))
    symbols = SymbolTable.load(FOLDER / f"base-{base}" / manifest(base)["symbols"]["file"])
    texts = {name: value.decode("latin-1") for name, value in sample_values("read").items()}

    with Kernel.open(path, symbols) as kernel:
        seen = observed(kernel, STORIES[base])

    hidden = truth(base)["roles"]["hidden"][option]
    assert list(gates.reader_agrees(truth(base), seen, texts, SHIFT_S, hidden)) == []


@BASES
def test_two_images_differ_only_where_the_map_says(base):
    one, other = (bytearray(personal(base, seed, option)) for seed, option in (("one", "1"), ("other", "3")))

    for place in entries(base):
        for image in (one, other):
            image[place.at : place.at + place.size_bytes] = bytes(place.size_bytes)

    assert one == other


@BASES
def test_no_text_of_the_truth_names_a_placeholder(base):
    text = json.dumps(truth(base))
    long = [token for token in TOKENS.values() if token.width >= SHORT and not token.template]

    assert [token.name for token in long if token.placeholder in text] == []


def test_bases_have_other_numbers_ports_and_times():
    roles = [truth(base)["roles"] for base in sorted(STORIES)]
    common = {role for role in roles[0] if role != "init" and roles[0][role] == roles[1][role]}

    assert common == set()
    assert truth("a")["host"]["booted_s"] != truth("b")["host"]["booted_s"]
