"""Commands whose reader dies: the user gets an error, and the examination log its line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.workspace.folder import Workspace
from tests.small_class import a_workspace

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

IMAGE = "evidence/stick/image.raw"
COMMANDS = {
    "image ls": ["image", "{limits}", "ls", IMAGE, "--volume", "1"],
    "yara": ["yara", "{limits}", "rules.yar", IMAGE],
    "artifacts": ["artifacts", "{limits}", IMAGE, "--volume", "1"],
}
MODULES = {"image ls": "examiner", "yara": "scanning", "artifacts": "artifacts"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = a_workspace(tmp_path)
    (found.root / "rules.yar").write_text("rule every { condition: true }")
    return found


def run(workspace: Workspace, command: str, deed: str, *limits: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a workspace; its reader does a deed where it would open the image."""
    arguments = [part for word in COMMANDS[command] for part in (limits if word == "{limits}" else [word])]
    code = (
        "import os, signal, sys, time\n"
        f"from labkit.usecases import {MODULES[command]} as usecase\n"
        f"def open_image(path):\n    {deed}\n"
        "usecase.open_image = open_image\n"
        "sys.argv = ['labkit', *sys.argv[1:]]\n"
        "from labkit.cli import main\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines(workspace: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in workspace.examination_path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_crash_is_written_to_the_examination_log(workspace: Workspace, command: str) -> None:
    before = len(lines(workspace)) if workspace.examination_path.exists() else 0

    done = run(workspace, command, "os.kill(os.getpid(), signal.SIGSEGV)")

    assert done.returncode == 5
    assert "crashed (SIGSEGV)" in done.stderr
    assert "Next:  " in done.stderr
    (line,) = lines(workspace)[before:]
    assert (line["command"], line["target"]) == (command, IMAGE)
    assert line["details"]["outcome"] == "failed"
    assert line["details"]["error"] == "the reader of this image crashed (SIGSEGV)"
    assert line["details"].get("volume") == (None if command == "yara" else 1)


def test_a_reader_that_its_clock_ended_is_written_down(workspace: Workspace) -> None:
    done = run(workspace, "image ls", "time.sleep(60)", "--timeout", "1")

    assert done.returncode == 5
    assert "no progress for 1 seconds" in lines(workspace)[-1]["details"]["error"]
    assert lines(workspace)[-1]["details"]["outcome"] == "failed"


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold to RLIMIT_AS")
def test_a_reader_that_wants_too_much_memory_is_written_down_once(workspace: Workspace) -> None:
    before = len(lines(workspace)) if workspace.examination_path.exists() else 0

    done = run(workspace, "artifacts", "bytearray(8 << 30)", "--memory", "1024")

    assert done.returncode == 5
    assert "more memory than it may take" in done.stderr
    (line,) = lines(workspace)[before:]
    assert line["details"]["outcome"] == "failed"


def test_a_log_that_can_not_be_written_does_not_hide_the_crash(workspace: Workspace) -> None:
    workspace.examination_path.unlink(missing_ok=True)
    workspace.examination_path.mkdir()

    done = run(workspace, "image ls", "os.kill(os.getpid(), signal.SIGSEGV)")

    assert done.returncode == 5
    assert done.stderr.count("Error: ") == 2
    assert "crashed (SIGSEGV)" in done.stderr


def test_rules_that_take_long_are_no_silence(workspace: Workspace) -> None:
    """The clock of the rules ends them, though that of the reader is shorter."""
    (workspace.root / "rules.yar").write_text("rule A { strings: $a = /a(b|c|.)*d.{1,99}x/s condition: $a }")
    (workspace.root / "target.bin").write_bytes(b"abcd" * 4_000_000)
    words = ["yara", "rules.yar", "target.bin", "--rules-timeout", "4", "--timeout", "2"]

    done = subprocess.run(
        [sys.executable, "-m", "labkit", *words],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 5
    assert "the rules did not come to an end in 4 seconds" in done.stderr
    assert lines(workspace)[-1]["details"]["outcome"] == "failed"
