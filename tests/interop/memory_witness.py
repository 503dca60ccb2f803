"""What another reader says of a memory image, as ``memory-witness/1`` (see interop/volatility/README.md).

Only the program is known here, and the files that it writes: no name of a plugin's column, no module of another house.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "interop" / "volatility" / ".venv" / "bin" / "python"
SCHEMA = "memory-witness/1"
_TIMEOUT_S = 600

Rows = list[dict[str, Any]]


def ask(image: Path, symbols: Path, folder: Path, *questions: str, check: bool = True) -> dict[str, dict[str, Any]]:
    """Return what the program writes about an image, by question; skip where its environment is not installed.

    Args:
        image: A raw image.
        symbols: Its symbol file.
        folder: Where the program writes.
        questions: Such as ``pslist``; all of them without one.
        check: Whether each has to come to its end.
    """
    if not PYTHON.exists():
        pytest.skip("no second opinion: interop/volatility/.venv is not there (interop/volatility/README.md)")
    command = [PYTHON, "-m", "interop.volatility", image, "--symbols", symbols, "--out", folder, *questions]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=_TIMEOUT_S, check=False, text=True)
    said = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    assert all(value["schema"] == SCHEMA for value in said.values())
    if check:
        assert done.returncode == 0, done.stderr
    return said
