"""Every command that uses a partition table says when it is damaged, and which copy was used."""

import json
from pathlib import Path

import pytest

from labkit.cli import main
from labkit.evidence.remarks import listening, remark
from tests.oracles import oracle
from tests.small_class import a_workspace
from tests.unit.cli.image_runner import run

pytestmark = pytest.mark.oracle

SECTOR = 512
DAMAGED = "Warning: the primary GUID partition table is damaged: the checksum of the header in sector 1 is wrong\n"
BACKUP = "Warning: the backup at the end of the medium was used\n"
COMMANDS = [
    "image volumes IMAGE",
    "image ls IMAGE",
    "image ls IMAGE --bodyfile",
    "image stat IMAGE /note.txt",
    "image cat IMAGE /note.txt --volume 1",
    "image export IMAGE /note.txt --to FOLDER",
    "image timeline IMAGE --json",
    "image search IMAGE note",
    "image slack IMAGE",
    "image carve IMAGE",
    "image hex IMAGE --volume 1 --as auto",
    "yara RULES IMAGE",
]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk with one FAT volume, whose primary table has a wrong checksum."""
    volume, path = tmp_path / "volume", tmp_path / "disk.raw"
    for image, size in ((volume, 720 * 1024), (path, 2 << 20)):
        with image.open("wb") as file:
            file.truncate(size)
    oracle(["mkfs.fat", "-F", "12", "-n", "STICK", volume])
    (tmp_path / "note.txt").write_text("note")
    oracle(["mcopy", "-i", volume, tmp_path / "note.txt", "::note.txt"])
    (tmp_path / "note.txt").unlink()
    oracle(["sgdisk", "-a", "8", "-n", "1:64:1503", path])
    data = bytearray(path.read_bytes())
    data[64 * SECTOR : 64 * SECTOR + volume.stat().st_size] = volume.read_bytes()
    data[SECTOR + 16] ^= 0xFF
    path.write_bytes(data)
    return path


def words(command: str, image: Path) -> list[str]:
    rules = image.with_name("rules.yar")
    rules.write_text("rule every { condition: true }")
    places = {"IMAGE": image, "FOLDER": image.parent, "RULES": rules}
    return [str(places.get(word, word)) for word in command.split()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_table_is_told_once(command: str, disk: Path) -> None:
    errors = run(*words(command, disk)).stderr

    assert errors.count(DAMAGED) == 1
    assert errors.count(BACKUP) == 1


def test_artifacts_tells_it_too(disk: Path) -> None:
    assert DAMAGED in run("artifacts", disk, code=5).stderr


@pytest.mark.parametrize("command", ["image info IMAGE", "image ls IMAGE --json"])
def test_what_is_not_damaged_is_not_said(command: str, disk: Path) -> None:
    data = bytearray(disk.read_bytes())
    data[SECTOR + 16] ^= 0xFF
    disk.write_bytes(data)

    assert "Warning" not in run(*words(command, disk)).stderr


def test_a_medium_without_a_sound_table_is_searched_as_unpartitioned(disk: Path) -> None:
    data = bytearray(disk.read_bytes())
    data[-SECTOR + 16] ^= 0xFF
    disk.write_bytes(data)

    found = run("image", "search", disk, "note", "--json")

    assert "the medium counts as unpartitioned" in found.stderr
    assert {json.loads(line)["region"] for line in found.stdout.splitlines()} == {"unpartitioned"}


def test_the_examination_log_has_it(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = a_workspace(tmp_path / "workspace")
    monkeypatch.chdir(workspace.root)
    main.main(["image", "ls", str(disk), "--json"], standalone_mode=False)

    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert [f"Warning: {problem}\n" for problem in line["details"]["problems"]] == [DAMAGED, BACKUP]


def test_remarks_reach_all_listeners_once_and_nobody_afterwards() -> None:
    first: list[str] = []
    second: list[str] = []
    with listening(first.append):
        remark("a")
        with listening(second.append):
            remark("a")
            remark("b")
    remark("c")

    assert (first, second) == (["a", "b"], ["a", "b"])
