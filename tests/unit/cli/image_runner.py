"""Running ``labkit image ...`` and other commands in tests."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main


def run(*arguments: object, code: int = 0) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def objects(*arguments: object) -> list[dict[str, Any]]:
    """Run a command with ``--json`` and return its objects."""
    return [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]


def refused(code: int, message: str, remedy: str, *arguments: object) -> None:
    """Check that a command ends with an error and its way out."""
    error = run(*arguments, code=code).stderr
    assert message in error
    assert "Next:  " in error
    assert remedy in error


def stops_at_once(tmp_path: Path, *command: str) -> None:
    """Check that Ctrl-C ends a command on a medium of many GiB; ``{}`` stands for the image."""
    if os.name == "nt":
        pytest.skip("signals are POSIX")
    big = tmp_path / "big.raw"
    with big.open("wb") as file:
        file.truncate(512 * 1024**3)  # sparse: minutes to read
    arguments = [part.replace("{}", str(big)) for part in command]
    process = subprocess.Popen(
        [sys.executable, "-m", "labkit", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"Traceback" not in error
