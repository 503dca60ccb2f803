"""KESTREL from twenty seeds, proved by readers that were not written here; and what they refuse."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import GroundTruth
from labkit.synthesis.build import BuiltCase, build_case
from labkit.usecases import author
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Verdict
from labkit.verification.verify import verify_item

CASE = "kestrel"
ITEMS = ("basics", "usb")
SEEDS = author.seed_names("proof", 20)
SPREADSHEETS = (".xlsx", ".ods", ".csv")
ASKED = {"mmls", "fls", "istat", "icat", "fsstat", "fsck.fat", "ewfverify", "ewfinfo", "dfvfs", "pytsk3", "libfsfat"}


def failed(confirmations: Iterator[Confirmation] | tuple[Confirmation, ...]) -> list[str]:
    return [
        f"{one.trace}.{one.fact} by {one.reader}: expected {one.expected}, found {one.found}"
        for one in confirmations
        if one.verdict is Verdict.FAILED
    ]


def confirmations_of(built: BuiltCase) -> list[Confirmation]:
    return [one for report in author.confirm(built, "") for one in report.confirmations]


@pytest.mark.oracle
@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_every_reader_accepts_the_images_and_agrees_with_the_truth(seed: str, tmp_path: Path) -> None:
    built = build_case(load_case(CASE), author.seed_bytes(seed), tmp_path, items=ITEMS)
    try:
        found = confirmations_of(built)
        keep_the_exercises_promises(built)
    finally:
        for path in built.files.values():
            path.unlink()  # twenty sets of evidence would fill the temporary folder

    assert failed(tuple(found)) == []
    settled = {(one.trace, one.fact) for one in found if one.verdict in {Verdict.CONFIRMED, Verdict.DEFINITION}}
    for truth in built.truth.items.values():
        assert {(trace.id, fact) for trace in truth.traces.values() for fact in trace.facts} <= settled
    silent = sorted({one.reader for one in found if one.verdict is Verdict.NOT_ASKED})
    if silent:
        pytest.skip(f"confirmed without {', '.join(silent)} (Debian: sleuthkit, ewf-tools, dosfstools)")
    assert {one.reader for one in found} >= ASKED


def keep_the_exercises_promises(built: BuiltCase) -> None:
    """Check what the briefs say about the evidence and what no single fact holds."""
    truth, shown = built.truth, built.public_variables
    with BuiltItem(author.files_of_item(built.files, "usb"), truth.items["usb"], truth.variables) as item:
        rows = item.view(1).rows
    mixed = {row.path for row in rows if row.path.endswith(SPREADSHEETS) and len(scripts(row.path)) > 1}
    assert mixed == {truth.fact("usb:two-script-sheet.path")}, "the only spreadsheet named in two scripts"
    invoices = {row.path for row in rows if row.path.rpartition("/")[2] == shown["invoice_name"]}
    assert invoices == {truth.fact("usb:deleted-invoice.path"), truth.fact("usb:live-invoice.path")}
    assert truth.fact("usb:deleted-invoice.sha256") != truth.fact("usb:live-invoice.sha256")
    for number in (1, 2, 3):
        assert truth.fact(f"usb:candidate-{number}.name") == shown[f"candidate_{number}"]
    assert set(truth.fact("basics:near-twins.names")) == {shown["near_one"], shown["near_two"]}  # type: ignore[arg-type]
    moment = truth.fact("basics:kabul-note.local_text")
    assert str(moment).startswith(shown["kabul_local"][11:16])


def scripts(path: str) -> set[str]:
    """Return the scripts of the letters of a file name without its extension."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return {unicodedata.name(letter).split()[0] for letter in stem if letter.isalpha()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltCase]:
    case = author.build(CASE, "negative", tmp_path_factory.mktemp("negative"), item="usb")
    yield case
    for path in case.files.values():
        path.unlink(missing_ok=True)


def verified(built: BuiltCase, truth: GroundTruth, changed: Mapping[str, Path] | None = None) -> set[tuple[str, str]]:
    files = {Path(name).name: path for name, path in author.files_of_item(built.files, "usb").items()}
    found = verify_item({**files, **(changed or {})}, truth, built.public_variables)
    return {(one.trace, one.fact) for one in found if one.verdict is Verdict.FAILED}


def test_one_wrong_fact_is_the_only_failure(built: BuiltCase) -> None:
    truth = built.truth.items["usb"]
    invoice = truth.traces["deleted-invoice"]
    cluster = invoice.facts["first_cluster"]
    assert isinstance(cluster, int)
    wrong = replace(invoice, facts={**invoice.facts, "first_cluster": cluster + 1})

    found = verified(built, GroundTruth("usb", {**truth.traces, wrong.id: wrong}))

    assert found == {("deleted-invoice", "first_cluster")}


def test_a_trace_moved_to_its_namesake_is_reported(built: BuiltCase) -> None:
    truth = built.truth.items["usb"]
    live, gone = truth.traces["live-invoice"], truth.traces["deleted-invoice"]
    moved = replace(gone, facts={**live.facts, "sha256": gone.facts["sha256"]})

    found = verified(built, GroundTruth("usb", {**truth.traces, gone.id: moved}))

    assert {("deleted-invoice", "(state)"), ("deleted-invoice", "sha256")} <= found


def test_a_flipped_bit_and_a_missing_container_are_reported(built: BuiltCase, tmp_path: Path) -> None:
    truth = built.truth.items["usb"]
    place = truth.traces["two-script-sheet"].facts["offset_bytes"]
    assert isinstance(place, int)
    (raw,) = [path for name, path in built.files.items() if name.endswith(".raw")]
    data = bytearray(raw.read_bytes())
    data[place] ^= 0x10
    damaged = tmp_path / raw.name
    damaged.write_bytes(data)

    found = verified(built, truth, {raw.name: damaged, "KF-06-copy-b.E01": tmp_path / "not there.E01"})

    assert {("media", "sha256"), ("two-script-sheet", "sha256"), ("copy-b", "(trace)")} <= found
    assert not any(trace == "deleted-invoice" for trace, _ in found)
