"""Programs that are not ours, asked under a timeout, in UTC and without a locale."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TIMEOUT_S = 60
LONG_TIMEOUT_S = 600  # for what reads a whole medium
_ADMIN_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")  # where Debian keeps fsck; not on everybody's PATH


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said. ``exit_code`` is None where it did not end in time."""

    exit_code: int | None
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        """Return the output as text."""
        return self.output.decode("utf-8", "backslashreplace")

    @property
    def succeeded(self) -> bool:
        """Return whether the program ended in time and without complaint."""
        return self.exit_code == 0

    @property
    def complaint(self) -> str:
        """Return in one line why there is no good answer."""
        if self.exit_code is None:
            return "it did not end in time"
        last = (self.errors or self.text).strip().rpartition("\n")[2]
        return f"exit code {self.exit_code}: {last}"


def ask_with(program: str, *arguments: str, content: bytes) -> Answer | None:
    """Run a program with the content of a file behind its arguments; None where it is not installed."""
    if find(program) is None:
        return None
    with tempfile.TemporaryDirectory(prefix="labkit-file-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        return ask(program, *arguments, path)


def ask(program: str, *arguments: str | Path, timeout_s: float = TIMEOUT_S) -> Answer | None:
    """Run a program and return what it said; None where it is not installed."""
    found = find(program)
    if found is None:
        return None
    command: Sequence[str] = [found, *map(str, arguments)]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False, env=environment)
    except subprocess.TimeoutExpired as expired:
        return Answer(None, expired.stdout or b"", "")
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace"))


@lru_cache(maxsize=32)
def find(program: str) -> str | None:
    """Return where a program is, or None where it is not installed."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ADMIN_FOLDERS]))
