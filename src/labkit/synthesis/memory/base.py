"""A captured base: its image, read once in a process, what is in it, and where personal values go.

The files of a base are described in ``docs/developer/memory-base.md``.
"""

import hashlib
import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from labkit.errors import SynthesisError
from labkit.synthesis.medium import CHUNK_BYTES, Medium
from labkit.synthesis.memory.patches import Patch, patches_of

FORMAT = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Base:
    """One base without its image. Texts of ``truth`` hold ``{token}``; its times are those of the capture."""

    folder: Path
    manifest: Mapping[str, Any]
    truth: Mapping[str, Any]
    patches: tuple[Patch, ...]

    @property
    def name(self) -> str:
        """The name of the base."""
        return str(self.manifest["base"])

    @property
    def symbols(self) -> Path:
        """The symbol table of its kernel."""
        return _beside(self.folder, self.manifest["symbols"]["file"])

    def symbol_table(self) -> bytes:
        """Return the file of the symbol table.

        Raises:
            SynthesisError: It is not there or not what the manifest says.
        """
        described = self.manifest["symbols"]
        return _checked(self.folder, described["file"], described["sha256"])

    @property
    def notice(self) -> Path | None:
        """Whose programs are in the image, and where their source is; None where the manifest names no such text.

        Raises:
            SynthesisError: It is not there.
        """
        name = self.manifest.get("notice")
        if not name:
            return None
        path = _beside(self.folder, name)
        if not path.is_file():
            raise _broken(path, "it has to go with the image and is missing")
        return path

    def image(self) -> Medium:
        """Return the image with placeholders; whoever writes to it forks it first.

        Raises:
            SynthesisError: It is not there or not what the manifest says.
        """
        return _image(self.folder)


@cache
def read_base(folder: Path) -> Base:
    """Return the base of a folder.

    Raises:
        SynthesisError: A file of it is missing, damaged or of a format that is not known.
    """
    manifest = _manifest(folder)
    lines = lzma.decompress(_checked(folder, manifest["patches"]["file"], manifest["patches"]["sha256"]))
    truth = json.loads(_checked(folder, manifest["truth"]["file"], manifest["truth"]["sha256"]))
    return Base(folder, manifest, truth, tuple(patches_of(lines)))


@cache
def _image(folder: Path) -> Medium:
    described = _manifest(folder)["image"]
    path = _beside(folder, described["file"])
    medium, digest, place = Medium(described["size_bytes"]), hashlib.sha256(), 0
    try:
        for chunk in _unpacked(path):
            digest.update(chunk)
            if chunk.count(0) != len(chunk):
                medium.write(place, chunk)
            place += len(chunk)
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise _broken(path, str(error)) from error
    if digest.hexdigest() != described["sha256"]:
        raise _broken(path, "it is not the image that the manifest describes")
    return medium


def _unpacked(path: Path) -> Iterator[bytes]:
    with lzma.open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if manifest.get("format") != FORMAT:
        raise _broken(path, f"its format is {manifest.get('format')!r}; this kit knows {FORMAT}")
    return manifest


def _checked(folder: Path, name: str, sha256: str) -> bytes:
    path = _beside(folder, name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _broken(path, str(error)) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _broken(path, "its digest is not the one of the manifest")
    return data


def _beside(folder: Path, name: str) -> Path:
    return folder.joinpath(*name.split("/")).resolve()


def _broken(path: Path, why: str) -> SynthesisError:
    return SynthesisError(
        f"the memory base can not be used: {path}: {why}",
        remedy="Take the folder from the repository again; scripts/build_memory_base makes a new one.",
    )
