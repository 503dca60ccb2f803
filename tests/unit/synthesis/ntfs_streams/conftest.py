"""Volumes that others formatted, and what the Sleuth Kit reads of their metadata files."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracles import oracle, reference_image

StreamOf = Callable[[str], bytes]


@pytest.fixture(scope="session")
def mkntfs_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mkntfs") / "ntfs.raw"
    with path.open("wb") as file:
        file.truncate(16 << 20)
    oracle(["mkntfs", "-F", "-q", "-s", "512", "-p", "0", path])
    return path


@pytest.fixture(scope="session")
def mkntfs_stream(mkntfs_image: Path) -> StreamOf:
    """Return what a stream of a volume made by mkntfs holds, given its address for icat."""
    return lambda address: icat([mkntfs_image, address])


@pytest.fixture(scope="session")
def windows_stream() -> StreamOf:
    """Return the same of a volume that Windows 10 formatted, which an examiner imaged."""
    image = reference_image("mmls_1.E01")
    return lambda address: icat(["-o", "128", image, address])


def icat(arguments: list[str | Path]) -> bytes:
    program = shutil.which("icat")
    if program is None:
        pytest.skip("icat is not installed (Debian: sleuthkit)")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=60, check=True)
    return done.stdout
