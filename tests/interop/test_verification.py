"""KESTREL proved by readers that were not written here, and what they refuse.

The disk of the PC is proved from two seeds; ``LABKIT_SEEDS=20`` proves it from twenty.
"""

import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import GroundTruth, Trace
from labkit.synthesis.build import BuiltCase, build_case
from labkit.usecases import author
from labkit.verification import programs
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Verdict
from labkit.verification.verify import confirmed, verify_item
from labkit.verification.windows_kinds import WINDOWS_KINDS
from tests.unit.verification.test_verify import changed

CASE = "kestrel"
ITEMS = ("basics", "usb")
SEEDS = author.seed_names("proof", 20)
PC_SEEDS = author.seed_names("proof", int(os.environ.get("LABKIT_SEEDS", "2")))
ASKED_OF_PC = {
    "blkcat", "ewfinfo", "ewfverify", "exiftool", "file", "fls", "foremost", "fsck.fat", "fsstat", "icat", "istat",
    "mmls", "ntfsfix", "ntfsinfo", "ntfsresize", "sgdisk", "usnjls", "email", "libevtx", "libfsfat", "libfsntfs",
    "liblnk", "libregf", "pytsk3", "sqlite3",
}  # fmt: skip
NOT_PLANTED = {"log_on", "log_off", "program_run"}  # no scenario names such a trace yet
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


@pytest.mark.oracle
@pytest.mark.seeds
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", PC_SEEDS)
def test_every_reader_agrees_with_the_truth_about_the_disk_of_the_pc(seed: str, tmp_path: Path) -> None:
    built = build_case(load_case(CASE), author.seed_bytes(seed), tmp_path, items=("pc",))
    try:
        found = confirmations_of(built)
    finally:
        for path in built.files.values():
            path.unlink()

    assert failed(tuple(found)) == []
    settled = {(one.trace, one.fact) for one in found if one.verdict in {Verdict.CONFIRMED, Verdict.DEFINITION}}
    for trace in built.truth.items["pc"].traces.values():
        assert {(trace.id, fact) for fact in trace.facts} <= settled
    silent = sorted({one.reader for one in found if one.verdict is Verdict.NOT_ASKED})
    if silent:
        pytest.skip(f"confirmed without {', '.join(silent)} (Debian: sleuthkit, ntfs-3g, gdisk, foremost, exiftool)")
    assert {one.reader for one in found} >= ASKED_OF_PC


def one_of_each_kind(item: BuiltItem) -> list[Trace]:
    """Return a trace of every kind but those that take long to read and stand in other items too."""
    slow = {"medium", "container"}
    return list({trace.kind: trace for trace in item.truth.traces.values() if trace.kind not in slow}.values())


@pytest.mark.timeout(600)
def test_each_wrong_fact_about_the_pc_is_named_without_any_program(
    pc: BuiltItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "find", lambda _program: None)
    traces = one_of_each_kind(pc)
    missed = []
    for trace in traces:
        open_to_nobody = {one.fact for one in confirmed(trace, pc) if one.verdict is Verdict.DEFINITION}
        for fact in sorted(trace.facts.keys() - open_to_nobody):
            wrong = replace(trace, facts={**trace.facts, fact: changed(trace.facts[fact])})
            if not {fact, "(trace)"} & {one.fact for one in confirmed(wrong, pc) if one.verdict is Verdict.FAILED}:
                missed.append(f"{trace.id}.{fact}")

    assert missed == []
    assert {trace.kind for trace in traces} >= {"file", "deleted_file", *WINDOWS_KINDS} - NOT_PLANTED


def test_a_truth_about_another_thing_on_the_pc_is_reported(pc: BuiltItem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts that are true of something else: the record of another stick's day, another file's stream, a live page."""
    monkeypatch.setattr(programs, "find", lambda _program: None)
    traces = pc.truth.traces
    letter, contract = traces["deleted-letter"].facts, traces["stomped-contract"].facts

    for trace, facts, reported in (
        ("stick-plugged-in", {"record": 1}, {"record", "at_device_utc"}),
        ("hidden-stream", {"stream": "Zone.Identifier"}, {"stream"}),
        ("forgotten-visit", {"url": "https://nobody.example/"}, {"url"}),
        ("share-visit", {"url": "https://nobody.example/"}, {"url"}),
        ("downloaded-invoice", {"history_path": "/Windows/System32/config/SYSTEM"}, {"address"}),
        ("downloaded-invoice", {"path": contract["path"]}, {"url", "path"}),
        ("payment-mail", {"message_id": "<none@nobody.example>", "subject": "none"}, {"message_id"}),
        ("opened-on-stick", {"shortcut_path": "/none.lnk"}, {"shortcut_path"}),
        ("opened-on-stick", {"name": "none.pdf"}, {"name"}),
        ("recycled-report", {"index_path": "/none"}, {"index_path"}),
        ("stomped-contract", {"address": letter["address"]}, {"address"}),
        ("carved-photo", {"offset_bytes": contract["offset_bytes"]}, {"(owners)", "offset_bytes"}),
        ("split-word", {"text": "nothing of the sort"}, {"text"}),
        ("keyword-all", {"names": ("none.txt",)}, {"names"}),
        ("disguised-all", {"names": (traces["disguised-1"].facts["name"],)}, {"names"}),
        ("stick-taken-out", {"device_serial": "0"}, {"device_serial"}),
        ("clock", {"zone": "Asia/Kabul"}, {"zone"}),
    ):
        wrong = replace(traces[trace], facts={**traces[trace].facts, **facts})
        found = {one.fact for one in confirmed(wrong, pc) if one.verdict is Verdict.FAILED}
        assert reported <= found, (trace, facts, found)


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
