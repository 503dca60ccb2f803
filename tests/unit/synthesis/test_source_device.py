"""The device file that synthesis writes is one that acquisition reads, and its faults are personal."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.acquisition.blocker_test import try_blocker
from labkit.acquisition.device import read_device
from labkit.acquisition.target import Target
from labkit.content.scenario import load_case
from labkit.errors import InterruptedAcquisitionError, SynthesisError
from labkit.model.scenario import CaseScenario
from labkit.synthesis.build import build_case, derive_truth
from tests.unit.acquisition.devices import acquired
from tests.unit.synthesis.small_case import PHOTOS, SEED, a_case

DEVICE = {
    "device_make": "Fenwick",
    "device_model": 'Data "Stick" 4',
    "device_serial": "FW-1",
    "device_connection": "USB 2.0",
}


def with_device(*products: str, filesystem: str = "FAT16") -> CaseScenario:
    case = a_case(life=[PHOTOS], products=products, settings=DEVICE, filesystem=filesystem)
    item = case.items["stick"]
    volumes = (replace(item.volumes[0], cluster_bytes=512 if filesystem == "FAT16" else 1024),)
    return replace(case, items={"stick": replace(item, volumes=volumes)})


def device_text(seed: bytes, folder: Path) -> str:
    built = build_case(with_device("raw", "source-device"), seed, folder)
    return built.files["stick/T-01.device.toml"].read_text("utf-8")


def test_the_device_is_acquired_with_its_faults(tmp_path: Path) -> None:
    built = build_case(with_device("raw", "second-pass", "source-device"), SEED, tmp_path / "evidence")
    path = built.files["stick/T-01.device.toml"]
    device = read_device(path)
    medium = built.files["stick/T-01.raw"].read_bytes()
    target = Target("raw", tmp_path / "image.raw", segmented=False)

    with pytest.raises(InterruptedAcquisitionError):
        acquired(path, target)
    record = acquired(path, target, cable_holds=True)

    expected = bytearray(medium)
    for run in device.unreadable:
        expected[run.lba * 512 : run.end * 512] = bytes(run.count * 512)
    assert record.read_errors == device.unreadable
    assert record.unreadable_sectors == 6
    assert record.digests.sha256 == hashlib.sha256(expected).hexdigest()
    assert (device.make, device.model, device.serial) == ("Fenwick", 'Data "Stick" 4', "FW-1")
    lost = built.truth.items["stick"].traces["second-pass"].facts["lbas"]
    assert not {lba for run in device.unreadable for lba in range(run.lba, run.end)} & set(lost)


def test_one_of_the_blockers_fails(tmp_path: Path) -> None:
    build_case(with_device("raw", "source-device"), SEED, tmp_path)
    device = read_device(tmp_path / "stick" / "T-01.device.toml")
    passed = [all(result.passed for result in try_blocker(blocker)) for blocker in device.blockers]
    assert sorted(passed) == [False, True]


@pytest.mark.parametrize("filesystem", ["FAT12", "FAT16"])
def test_a_computer_leaves_its_mark_in_the_fat(tmp_path: Path, filesystem: str) -> None:
    built = build_case(with_device("raw", "source-device", filesystem=filesystem), SEED, tmp_path)
    device = read_device(built.files["stick/T-01.device.toml"])
    medium = built.files["stick/T-01.raw"].read_bytes()
    if filesystem == "FAT12":
        assert device.host_writes == ()
        return
    (write,) = device.host_writes
    entry = medium[write.lba * 512 : write.lba * 512 + 4]
    assert entry == bytes.fromhex("f8ffffff")  # the FAT begins here: media byte, clean shutdown
    assert (write.offset_bytes, write.data) == (3, b"\x7f")


def test_other_trainees_have_other_faults(tmp_path: Path) -> None:
    first, again, other = (
        device_text(seed, tmp_path / name) for seed, name in ((SEED, "a"), (SEED, "b"), (b"another", "c"))
    )
    assert first == again
    assert first != other


def test_a_device_adds_traces_of_its_own_and_changes_no_other() -> None:
    with_it = derive_truth(with_device("raw", "e01", "source-device"), SEED).items["stick"].traces
    without = derive_truth(with_device("raw", "e01"), SEED).items["stick"].traces
    added = with_it.keys() - without.keys()
    assert {name: with_it[name] for name in without} == dict(without)
    assert {with_it[name].kind for name in added} == {"own_image", "blocker", "blocker_criterion"}
    assert len(added) == 2 + 2 * 4


@pytest.mark.parametrize("seed", [SEED, b"another", b"a third"])
def test_the_truth_is_what_acquiring_and_testing_give(seed: bytes, tmp_path: Path) -> None:
    built = build_case(with_device("raw", "source-device"), seed, tmp_path / "evidence")
    path, traces = built.files["stick/T-01.device.toml"], built.truth.items["stick"].traces
    device, facts = read_device(path), traces["own-image"].facts
    record = acquired(path, Target("raw", tmp_path / "image.raw", segmented=False), cable_holds=True)
    written = bytearray((tmp_path / "image.raw").read_bytes())
    for write in device.host_writes:
        place = write.lba * 512 + write.offset_bytes
        written[place : place + len(write.data)] = write.data

    assert record.digests.sha256 == facts["sha256"]
    assert facts["lbas"] == tuple(lba for run in record.read_errors for lba in range(run.lba, run.end))
    whole = (tmp_path / "image.raw").read_bytes()
    kept = [whole[512 * lba : 512 * lba + 512] for lba in range(len(whole) // 512) if lba not in facts["lbas"]]  # type: ignore[operator]
    assert facts["sha256_skipped"] == hashlib.sha256(b"".join(kept)).hexdigest()
    assert facts["sha256_written"] == hashlib.sha256(written).hexdigest() != facts["sha256"]
    for blocker in device.blockers:
        results = {one.criterion.value: one.passed for one in try_blocker(blocker)}
        name = blocker.id.lower()
        told = {criterion: traces[f"{name}-{criterion}"].facts["option"] == "meets" for criterion in results}
        assert told == results
        assert (traces["blocker"].facts["option"] == name) == all(results.values())


def test_a_device_needs_its_medium_and_its_name() -> None:
    with pytest.raises(SynthesisError, match="without a medium") as caught:
        derive_truth(with_device("source-device"), SEED)
    assert "'raw'" in caught.value.remedy
    with pytest.raises(SynthesisError, match="needs the setting 'device_make'"):
        derive_truth(a_case(life=[PHOTOS], products=("raw", "source-device")), SEED)


def test_the_stick_of_kestrel_can_be_a_source(tmp_path: Path) -> None:
    case = load_case("kestrel")
    stick = case.items["usb"]
    with_it = replace(stick, products=("raw", "source-device"), settings={**stick.settings, **DEVICE})
    case = replace(case, items={**case.items, "usb": with_it})
    built = build_case(case, b"a trainee", tmp_path / "evidence", items=("usb",))
    device = read_device(built.files["usb/KF-06.device.toml"])
    (write,) = device.host_writes
    with built.files["usb/KF-06.raw"].open("rb") as file:
        file.seek(write.lba * 512)
        assert file.read(8) == bytes.fromhex("f8ffff0fffffff0f")
    assert (write.offset_bytes, write.data) == (7, b"\x07")
