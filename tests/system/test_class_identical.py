"""The same class folder gives the same packs, byte by byte, whatever the process they are built in."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SETTINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "LC_ALL": "C.UTF-8"},
)


def labkit(folder: Path, changes: dict[str, str], *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHASHSEED", "TZ")}
    subprocess.run(
        [sys.executable, "-m", "labkit", *arguments],
        check=True,
        cwd=folder,
        env=environment | changes,
        timeout=120,
        stdout=subprocess.DEVNULL,
    )


def test_two_builds_of_one_class_are_byte_identical(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        "trainee_id,name,language\nT01,Nadia Marlow,en\nT02,Тимур Ясенев,ru\n", encoding="utf-8"
    )
    labkit(tmp_path, {}, "trainer", "new", "one", "--roster", "roster.csv", "--course", "first-steps")
    shutil.copytree(tmp_path / "one", tmp_path / "two")

    digests = []
    for name, changes in zip(("one", "two"), SETTINGS, strict=True):
        jobs = "1" if name == "one" else "2"
        labkit(tmp_path, changes, "trainer", "build", name, "--jobs", jobs)
        packs = sorted((tmp_path / name / "packs").iterdir())
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in packs})

    assert list(digests[0]) == ["T01.labpack", "T02.labpack"]
    assert digests[0] == digests[1]
    assert digests[0]["T01.labpack"] != digests[0]["T02.labpack"]
