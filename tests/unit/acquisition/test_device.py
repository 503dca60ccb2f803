"""Device files, what a blocker lets through, and its test."""

from pathlib import Path

import pytest

from labkit.acquisition.blocker_test import try_blocker
from labkit.acquisition.device import Blocker, BlockerFault, read_device
from labkit.acquisition.drives import ImageDrive, connect, described
from labkit.errors import AcquisitionError
from labkit.model.acquisition import SectorRun
from tests.unit.acquisition.devices import medium_bytes, write_device

DATA = medium_bytes(64 * 1024)
HOST_WRITES = '[[host_writes]]\nlba = 7\noffset_bytes = 18\nhex = "6a5b"\n'


def blocker(*faults: BlockerFault) -> Blocker:
    return Blocker("WB-3", "hw", faults=frozenset(faults))


def test_a_device_file_tells_everything(tmp_path: Path) -> None:
    path = write_device(
        tmp_path,
        DATA,
        head="unreadable = [[9, 1], [3, 2]]\ncable_pulled_at = 40",
        body='[hidden]\nsectors = 8\nby = "HPA"\n\n[[blocker]]\nid = "WB-3"\nkind = "hw"\nfaults = ["hides-errors"]\n',
    )

    device = read_device(path)

    assert device.unreadable == (SectorRun(3, 2), SectorRun(9, 1))
    assert device.cable_pulled_at == 40
    assert device.blocker("WB-3").faults == {BlockerFault.HIDES_ERRORS}
    with ImageDrive(device) as drive:
        told = described(device, connect(device, drive, blocker()))
    assert (told.sectors, told.hidden_sectors, told.hidden_by) == (120, 8, "HPA")


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        ("colour = 3", "", "unknown key 'colour'"),
        ("sector_bytes = 520", "", "sectors of 520 bytes"),
        ("unreadable = [[1]]", "", "not enough values"),
        ("unreadable = [[1, 0]]", "", "a run of no sectors"),
        ("unreadable = [[-1, 2]]", "", "-1 is not a number of sectors"),
        ("cable_pulled_at = 'x'", "", "'x' is not a number of sectors"),
        ("", '[hidden]\nsectors = 2\nby = "XXX"', "hidden by HPA or DCO"),
        ("", '[[host_writes]]\nlba = 1\noffset_bytes = 511\nhex = "0102"', "does not fit"),
        ("", '[[blocker]]\nid = "W"\nkind = "maybe"', "hw or sw"),
        ("", '[[blocker]]\nid = "W"\nkind = "hw"\nfaults = ["lazy"]', "lazy"),
    ],
)
def test_a_device_that_can_not_be_is_refused(tmp_path: Path, head: str, body: str, said: str) -> None:
    with pytest.raises(AcquisitionError, match="can not be") as caught:
        read_device(write_device(tmp_path, DATA, head=head, body=body))
    assert said in caught.value.message
    assert "pack" in caught.value.remedy


def test_an_image_elsewhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.device.toml"
    path.write_text('schema = "labkit-device/1"\nimage = "../secret.raw"\nserial = "1"\n')
    with pytest.raises(AcquisitionError, match="must lie beside it"):
        read_device(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = ", b'schema = "other/1"', b"#" * 70_000])
def test_what_is_no_device_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.device.toml"
    path.write_bytes(content)
    with pytest.raises(AcquisitionError, match="is not a device file") as caught:
        read_device(path)
    assert "labkit image" in caught.value.remedy


def test_a_missing_device_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(AcquisitionError, match="there is no device file") as caught:
        read_device(tmp_path / "none.device.toml")
    assert "evidence folder" in caught.value.remedy


def test_a_device_that_is_larger_than_its_image_is_refused(tmp_path: Path) -> None:
    path = write_device(tmp_path, DATA, body='[hidden]\nsectors = 128\nby = "HPA"')
    with pytest.raises(AcquisitionError, match="no device with sectors of 512 bytes, 128 of them hidden"):
        ImageDrive(read_device(path))


def test_an_unknown_blocker_names_those_at_hand(tmp_path: Path) -> None:
    path = write_device(tmp_path, DATA, body='[[blocker]]\nid = "WB-3"\nkind = "hw"')
    with pytest.raises(AcquisitionError, match="no write blocker WB-9") as caught:
        read_device(path).blocker("WB-9")
    assert "WB-3" in caught.value.remedy


def test_a_sound_blocker_meets_every_criterion() -> None:
    assert [result.passed for result in try_blocker(blocker())] == [True] * 4


@pytest.mark.parametrize(
    ("fault", "criterion"),
    [
        (BlockerFault.PASSES_WRITES, "blocks-writes"),
        (BlockerFault.WRONG_DATA, "returns-data"),
        (BlockerFault.HIDES_CAPACITY, "tells-capacity"),
        (BlockerFault.HIDES_ERRORS, "reports-errors"),
    ],
)
def test_each_fault_breaks_its_own_criterion(fault: BlockerFault, criterion: str) -> None:
    assert [str(result.criterion) for result in try_blocker(blocker(fault)) if not result.passed] == [criterion]


def test_without_a_blocker_writes_get_through() -> None:
    assert [str(result.criterion) for result in try_blocker(None) if not result.passed] == ["blocks-writes"]


@pytest.mark.parametrize(
    ("between", "changed"), [(blocker(), False), (blocker(BlockerFault.PASSES_WRITES), True), (None, True)]
)
def test_the_computer_writes_to_what_is_not_protected_and_never_to_the_image(
    tmp_path: Path, between: Blocker | None, changed: bool
) -> None:
    device = read_device(write_device(tmp_path, DATA, body=HOST_WRITES))
    with ImageDrive(device) as drive:
        data = connect(device, drive, between).read(0, 128)

    expected = bytearray(DATA)
    expected[7 * 512 + 18 : 7 * 512 + 20] = b"\x6a\x5b"
    assert data == (bytes(expected) if changed else DATA)
    assert device.image.read_bytes() == DATA


def test_a_blocker_that_hides_errors_gives_zeros_and_one_with_wrong_data_loses_the_last_sector(tmp_path: Path) -> None:
    device = read_device(write_device(tmp_path, DATA, head="unreadable = [[3, 2]]"))
    with ImageDrive(device) as drive:
        hidden = connect(device, drive, blocker(BlockerFault.HIDES_ERRORS)).read(0, 8)
        wrong = connect(device, drive, blocker(BlockerFault.WRONG_DATA)).read(100, 28)

    assert hidden == DATA[: 3 * 512] + bytes(1024) + DATA[5 * 512 : 8 * 512]
    assert wrong == DATA[100 * 512 : 127 * 512] + bytes(512)
