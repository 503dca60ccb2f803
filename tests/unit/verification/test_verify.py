from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.model.truth import GroundTruth, Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Verdict
from labkit.verification.definitions import OVERWRITTEN_CANDIDATE, definition
from labkit.verification.verify import KINDS, verify_item
from tests.unit.verification.small_item import SmallItem

PROGRAMS = {"fls", "istat", "icat", "mmls", "fsstat", "blkcat", "ewfverify", "ewfinfo", "fsck.fat"}


def failures(confirmations: Iterable[Confirmation]) -> set[tuple[str, str]]:
    return {(one.trace, one.fact) for one in confirmations if one.verdict is Verdict.FAILED}


def verified(small: SmallItem, truth: GroundTruth | None = None) -> tuple[Confirmation, ...]:
    return verify_item(small.files, truth or small.truth, small.variables)


def changed(value: Any) -> Any:
    """Return another value of the same type that could stand in a truth."""
    match value:
        case bool():
            raise AssertionError("no fact is a bool")
        case int():
            return value + 1
        case datetime():
            return value + timedelta(days=1)
        case tuple():
            return (*value[:-1], changed(value[-1]))
        case str():
            return value[:-1] + ("0" if value[-1] != "0" else "1")
    raise AssertionError(f"{value!r} is of no type that a fact has")


def test_every_fact_of_every_kind_is_confirmed(small: SmallItem) -> None:
    found = verified(small)

    assert failures(found) == set()
    assert {trace.kind for trace in small.traces.values()} <= set(KINDS)
    settled = {(one.trace, one.fact) for one in found if one.verdict in {Verdict.CONFIRMED, Verdict.DEFINITION}}
    assert {(trace.id, fact) for trace in small.traces.values() for fact in trace.facts} <= settled


def test_a_program_that_is_missing_is_not_asked_and_agrees_with_nothing(small: SmallItem, no_programs: None) -> None:
    found = verified(small)

    assert failures(found) == set()
    of_programs = [one for one in found if one.reader in PROGRAMS]
    assert {one.reader for one in of_programs} == PROGRAMS
    assert {one.verdict for one in of_programs} == {Verdict.NOT_ASKED}


@pytest.mark.parametrize(
    "trace_id",
    [
        "file-a", "identical-pair", "near-twins", "kabul-note", "media", "container", "copy-b", "second-pass",
        "partition", "sheet", "wrong-extension", "moved", "candidate-2", "candidate-1", "overwritten", "slack-note",
        "quiet-note",
    ],
)  # fmt: skip
def test_each_wrong_fact_is_named(small: SmallItem, no_programs: None, trace_id: str) -> None:
    trace = small.traces[trace_id]
    missed = []
    with BuiltItem(small.files, small.truth, small.variables) as item:
        for fact, value in trace.facts.items():
            if definition(trace.kind, fact) or (trace_id == "candidate-1" and definition(OVERWRITTEN_CANDIDATE, fact)):
                continue
            wrong = replace(trace, facts={**trace.facts, fact: changed(value)})
            found = _failed_facts(wrong, item)
            if not found & {fact, "(error)"}:
                missed.append(fact)

    assert missed == []


def _failed_facts(trace: Trace, item: BuiltItem) -> set[str]:
    """Return the facts that fail; a wrong name of a file or a volume ends in an error, which verify_item reports."""
    try:
        return {one.fact for one in KINDS[trace.kind](trace, item) if one.verdict is Verdict.FAILED}
    except (FileNotFoundError, LookupError):
        return {"(error)"}


def test_a_trace_that_points_at_another_file_is_reported(small: SmallItem, no_programs: None) -> None:
    other = small.traces["moved"].facts
    truth = small.changed("sheet", address=other["address"], entry_offset_bytes=other["entry_offset_bytes"])

    assert {("sheet", "path"), ("sheet", "sha256"), ("sheet", "first_cluster")} <= failures(verified(small, truth))


def test_a_wrong_clock_shows_in_the_times_worked_out_with_it(small: SmallItem, no_programs: None) -> None:
    shifted = failures(verified(small, small.changed("sheet", clock_offset_s=-433)))
    elsewhere = failures(verified(small, small.changed("sheet", zone="Asia/Kabul")))

    assert ("sheet", "born_utc") in shifted
    assert ("sheet", "born_device_utc") not in shifted
    assert {("sheet", "modified_utc"), ("sheet", "modified_device_utc")} <= elsewhere
    assert ("sheet", "modified_stored") not in elsewhere


def test_a_file_that_is_missing_is_reported_and_the_rest_is_still_verified(small: SmallItem, no_programs: None) -> None:
    files = {name: path for name, path in small.files.items() if name != "KF-copy-b.E01"}

    found = verify_item(files, small.truth, small.variables)

    assert failures(found) == {("copy-b", "(trace)")}
    assert any(one.trace == "sheet" and one.verdict is Verdict.CONFIRMED for one in found)


def test_a_flipped_byte_in_a_file_shows_in_everything_that_covers_it(
    small: SmallItem, tmp_path: Path, no_programs: None
) -> None:
    data = bytearray(small.files["KF.raw"].read_bytes())
    place = small.traces["candidate-2"].facts["offset_bytes"]
    assert isinstance(place, int)
    data[place] ^= 1
    damaged = tmp_path / "KF.raw"
    damaged.write_bytes(data)

    found = failures(verify_item({**small.files, "KF.raw": damaged}, small.truth, small.variables))

    assert {("media", "sha256"), ("partition", "sha256"), ("candidate-2", "sha256")} <= found
    assert not any(trace in {"sheet", "candidate-1", "container"} for trace, _ in found)


@pytest.mark.oracle
def test_a_damaged_allocation_table_is_not_accepted(small: SmallItem, tmp_path: Path) -> None:
    data = bytearray(small.files["KF.raw"].read_bytes())
    table = 2048 * 512 + 32 * 512
    data[table + 4 * 5 : table + 4 * 5 + 4] = (0x0FFFFFF7).to_bytes(4, "little")  # a bad cluster inside a chain
    damaged = tmp_path / "KF.raw"
    damaged.write_bytes(data)

    found = verify_item({**small.files, "KF.raw": damaged}, small.truth, small.variables)
    of_fsck = [one for one in found if one.reader == "fsck.fat"]
    if of_fsck[0].verdict is Verdict.NOT_ASKED:
        pytest.skip("fsck.fat is not installed (Debian: dosfstools)")

    assert of_fsck[0].verdict is Verdict.FAILED


def test_a_deleted_file_that_is_called_live_is_reported(small: SmallItem, no_programs: None) -> None:
    truth = GroundTruth("usb", {"gone": replace(small.traces["candidate-2"], id="gone", kind="file")})

    assert ("gone", "(state)") in failures(verified(small, truth))


def test_an_overwritten_file_that_is_called_recoverable_is_reported(small: SmallItem, no_programs: None) -> None:
    truth = GroundTruth("usb", {"lost": replace(small.traces["candidate-1"], id="lost")})

    assert {("lost", "(taken clusters)"), ("lost", "sha256")} <= failures(verified(small, truth))


def test_text_in_clusters_of_a_file_is_not_unallocated(small: SmallItem, no_programs: None) -> None:
    place = small.traces["sheet"].facts["offset_bytes"]
    facts = {"text": "livelive", "offset_bytes": place}
    truth = GroundTruth("usb", {**small.traces, "note": Trace("note", "unallocated", None, facts)})

    assert {("note", "(taken clusters)"), ("note", "(owners)")} <= failures(verified(small, truth))


def test_a_fact_that_no_reader_knows_does_not_belong_into_the_truth(small: SmallItem, no_programs: None) -> None:
    found = verified(small, small.changed("file-a", label="blue"))

    (one,) = [one for one in found if one.verdict is Verdict.FAILED]
    assert (one.trace, one.fact, one.reader) == ("file-a", "label", "no reader")


def test_a_kind_that_cannot_be_confirmed_is_a_failure(small: SmallItem, no_programs: None) -> None:
    truth = GroundTruth("usb", {"odd": Trace("odd", "rumour", None, {"name": "x"})})

    assert failures(verified(small, truth)) == {("odd", "(kind)")}


def test_a_variable_that_names_another_file_than_its_trace_is_reported(small: SmallItem, no_programs: None) -> None:
    found = verify_item(small.files, small.truth, {**small.variables, "candidate_2": "other.txt"})

    assert failures(found) == {("candidate-2", "name")}


def test_a_medium_without_its_image_is_reported(small: SmallItem, no_programs: None) -> None:
    files = {name: path for name, path in small.files.items() if name != "KF.raw"}
    truth = GroundTruth("usb", {"partition": small.traces["partition"]})

    assert failures(verify_item(files, truth, {})) == {("partition", "(trace)"), ("(image)", "raw image")}


def test_bytes_that_are_no_image_are_reported(small: SmallItem, tmp_path: Path, no_programs: None) -> None:
    rubbish = tmp_path / "KF.raw"
    rubbish.write_bytes(bytes(1024 * 1024))

    found = failures(verify_item({**small.files, "KF.raw": rubbish}, small.truth, small.variables))

    assert {("partition", "(trace)"), ("sheet", "(trace)"), ("media", "sha256")} <= found
