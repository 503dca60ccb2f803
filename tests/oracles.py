"""Programs that are not ours, run under a timeout; a test that needs one skips with a reason where it is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# Images that nobody here wrote; they are not in the repository. The variable says where they are, if not beside it.
REFERENCE_IMAGES = Path(
    os.environ.get("LABKIT_REFERENCE_IMAGES", Path(__file__).resolve().parents[2] / "shared" / "reference_images")
)


def oracle(arguments: Sequence[str | Path], *, timeout_s: int = 60, check: bool = True) -> str:
    """Run a foreign program in UTC and return its standard output as text."""
    program = str(arguments[0])
    beside_python = str(Path(sys.executable).parent)  # programs that come with test dependencies
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", beside_python))
    found = shutil.which(program, path=path)
    if found is None:
        pytest.skip(f"{program} is not installed (Debian: sleuthkit, ewf-tools, dosfstools, mtools)")
    done = subprocess.run(
        [found, *map(str, arguments[1:])],
        capture_output=True,
        timeout=timeout_s,
        check=False,
        env={"PATH": path, "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    )
    output = done.stdout.decode("utf-8", "replace")
    if check:
        assert done.returncode == 0, f"{program} said: {output}{done.stderr.decode('utf-8', 'replace')}"
    return output


def reference_image(name: str) -> Path:
    """Return a reference image, or skip where the folder is absent."""
    path = REFERENCE_IMAGES / name
    if not path.exists():
        pytest.skip(f"the reference images are not beside the repository ({name})")
    return path
