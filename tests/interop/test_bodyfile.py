"""``labkit image ls --bodyfile`` beside ``fls -r -p -m /``, for file systems that the Sleuth Kit reads for us."""

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from labkit.cli import main
from tests.oracles import oracle

pytestmark = pytest.mark.oracle
MIB = 1024 * 1024


def written(image: Path) -> Counter[str]:
    result = CliRunner().invoke(main, ["image", "ls", "--bodyfile", str(image)])
    assert result.exit_code == 0, result.output
    return Counter(result.stdout.splitlines())


def test_a_fat_volume(tmp_path: Path) -> None:
    image = tmp_path / "fat.raw"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkfs.fat", "-F", "16", "-i", "1234abcd", "-n", "STICK", image])
    for name in ("first file.txt", "second.txt", "Счёт.txt"):
        (tmp_path / name).write_bytes(name.encode() * 100)
        oracle(["mcopy", "-i", image, tmp_path / name, "::"])
    oracle(["mmd", "-i", image, "::folder"])
    oracle(["mdel", "-i", image, "::second.txt"])

    assert written(image) == Counter(oracle(["fls", "-r", "-p", "-m", "/", image]).splitlines())


def test_an_ext4_volume(tmp_path: Path) -> None:
    image, folder = tmp_path / "ext4.raw", tmp_path / "files"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "report.txt").write_bytes(b"report")
    (folder / "points").symlink_to("inner/report.txt")
    (folder / "run.sh").write_bytes(b"#!/bin/sh\n")
    (folder / "run.sh").chmod(0o4755)
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mke2fs", "-q", "-t", "ext4", "-d", folder, image])
    oracle(["debugfs", "-w", "-R", "rm /inner/report.txt", image])

    assert written(image) == Counter(oracle(["fls", "-r", "-p", "-m", "/", image]).splitlines())
