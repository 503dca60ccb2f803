"""The promise: the same seed gives the same bytes, whatever the process, hash seed, time zone or locale."""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.synthesis.build import derive_truth

ITEMS = ("basics", "usb", "pc")
PROGRAM = """
import hashlib, json, sys, zlib
from pathlib import Path

def refuse(*_arguments, **_options):
    raise AssertionError("what zlib compresses is not the same everywhere (zlib-ng)")

zlib.compress = zlib.compressobj = refuse
from labkit.content.scenario import load_case
from labkit.synthesis.build import build_case

built = build_case(load_case("kestrel"), b"reproducible", Path(sys.argv[1]))
print(json.dumps({name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in built.files.items()}))
"""


def lock(item: str) -> dict[str, str]:
    """Return the golden digests of one item: name of the seed -> SHA-256 of the medium."""
    path = content_root() / "evidence_images" / "kestrel" / item / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["media_sha256"]
    assert isinstance(locked, dict)
    return locked


@pytest.mark.parametrize("item", ITEMS)
def test_the_media_are_the_locked_ones(item: str) -> None:
    case = load_case("kestrel")
    locked = lock(item)
    found = {
        name: derive_truth(case, hashlib.sha256(name.encode()).digest(), items=[item]).fact(f"{item}:media.sha256")
        for name in locked
    }

    assert len(locked) == 3
    assert found == locked, "every trainee's evidence has changed; if that is meant, write the new digests down"


def test_two_processes_that_differ_in_all_else_write_the_same_bytes(tmp_path: Path) -> None:
    surroundings = (
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kabul", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"},
        {"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"},
    )
    built = []
    for number, variables in enumerate(surroundings):
        folder = tmp_path / str(number)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folder)],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=280,
            check=True,
        )
        built.append(json.loads(done.stdout))

    assert built[0] == built[1]
    assert {name.partition("/")[0] for name in built[0]} == {*load_case("kestrel").items}


@pytest.mark.seeds
def test_fifty_trainees_get_fifty_different_images() -> None:
    case = load_case("kestrel")
    truths = [
        derive_truth(case, hashlib.sha256(b"trainee %d" % number).digest(), items=("basics", "usb"))
        for number in range(50)
    ]

    for reference in (
        "usb:media.sha256",
        "usb:partition.sha256",
        "usb:container.sha256",
        "usb:copy-b.sha256",
        "usb:second-pass.sha256",
        "usb:deleted-invoice.sha256",
        "usb:slack-note.text",
        "usb:two-script-sheet.born_utc",
        "basics:media.sha256",
        "basics:file-a.sha256",
    ):
        assert len({truth.fact(reference) for truth in truths}) == 50, reference
