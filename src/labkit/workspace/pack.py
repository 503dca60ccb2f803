"""Reading a pack: nothing in it is believed before its signature and every digest have been checked."""

import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from labkit.errors import PackError, StorageError
from labkit.workspace.manifest import SIGNATURE, SIGNATURE_BYTES, Manifest, file_hash, read_manifest
from labkit.workspace.root import MANIFEST

Progress = Callable[[str], None]

SUFFIX = ".labpack"
_BLOCK_BYTES = 1024 * 1024
_MAX_MANIFEST_BYTES = 4 * 1024 * 1024
_MAX_MEMBERS = 10_000
_MAX_TOTAL_BYTES = 64 * 1024**3
_SPARE_BYTES = 16 * 1024**2  # for the ledger, the answers and the logs
_COPY_AGAIN = "Copy the pack again from your trainer's medium; a copy that was cut short looks like this."
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError)


class Pack:
    """An open pack whose manifest is signed and names exactly the files that are there. Use it in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise PackError(f"{path} is not there", remedy="Check the name; a pack is a file that ends in .labpack.")
        try:
            self._archive = zipfile.ZipFile(path)
        except (*_ZIP_ERRORS, ValueError) as error:
            raise PackError(f"{path.name} is not a pack, or it was cut short", remedy=_COPY_AGAIN) from error
        try:
            self._members = self._listed()
            self.signature = self._small(SIGNATURE, SIGNATURE_BYTES)
            self.manifest_bytes = self._small(MANIFEST, _MAX_MANIFEST_BYTES)
            self.manifest: Manifest = read_manifest(self.manifest_bytes, self.signature)
            self._same_names()
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    @property
    def total_bytes(self) -> int:
        """Return how many bytes the files have once they are unpacked."""
        return sum(info.file_size for info in self._members.values())

    def verify(self, progress: Progress | None = None) -> None:
        """Read every file and compare it with the manifest.

        Raises:
            PackError: Names the first file that differs.
        """
        for name in sorted(self.manifest.files):
            self._copy(name, None)
            if progress:
                progress(name)

    def unpack(self, folder: Path, progress: Progress | None = None) -> None:
        """Write every file under ``folder``, comparing it with the manifest on the way. The files are read-only.

        Raises:
            PackError: Names the first file that differs; what was written so far stays for the caller to remove.
            StorageError: There is not enough space.
        """
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = self.total_bytes + _SPARE_BYTES, shutil.disk_usage(folder).free
        if free < needed:
            raise StorageError(
                f"{folder}: the pack needs {needed // 1024**2} MiB, and {free // 1024**2} MiB are free",
                remedy="Make space, or choose another disk with --into.",
            )
        for name in sorted(self.manifest.files):
            target = folder.joinpath(*name.split("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                self._copy(name, file)
            target.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
            if progress:
                progress(name)

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        infos = self._archive.infolist()
        members = {info.filename: info for info in infos}
        if len(members) != len(infos) or len(infos) > _MAX_MEMBERS:
            raise PackError(f"{self.path.name} holds a file twice, or too many files", remedy=_COPY_AGAIN)
        if sum(info.file_size for info in infos) > _MAX_TOTAL_BYTES:
            raise PackError(f"{self.path.name} would unpack to an impossible size", remedy=_COPY_AGAIN)
        return members

    def _small(self, name: str, limit_bytes: int) -> bytes:
        info = self._members.get(name)
        if info is None or info.file_size > limit_bytes:
            raise PackError(
                f"{self.path.name} is a zip file, but not a pack: {name} is missing or too large",
                remedy="Check that this is the file .labpack from your trainer, not another archive.",
            )
        with self._damage_named(name):
            return self._archive.read(info)

    @contextmanager
    def _damage_named(self, name: str) -> Iterator[None]:
        try:
            yield
        except _ZIP_ERRORS as error:
            raise PackError(f"{self.path.name}: {name} is damaged", remedy=_COPY_AGAIN) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # the zip's directory points to a place before the beginning of the file
            raise PackError(f"{self.path.name}: {name} is damaged", remedy=_COPY_AGAIN) from error

    def _same_names(self) -> None:
        there, named = self._members.keys() - {MANIFEST, SIGNATURE}, self.manifest.files.keys()
        for name in sorted(named - there):
            raise PackError(f"{self.path.name}: {name} is missing", remedy=_COPY_AGAIN)
        for name in sorted(there - named):
            raise PackError(
                f"{self.path.name} holds {name!r}, which the manifest does not name",
                remedy="Do not use this pack: somebody changed it. Ask your trainer for it again.",
            )

    def _copy(self, name: str, target: BinaryIO | None) -> None:
        digest = file_hash()
        with self._damage_named(name), self._archive.open(self._members[name]) as source:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
                if target is not None:
                    _write(target, block)
        if digest.hexdigest() != self.manifest.files[name]:
            raise PackError(f"{self.path.name}: {name} is not what the trainer packed", remedy=_COPY_AGAIN)


def _write(target: BinaryIO, block: bytes) -> None:
    """Write a block; one of zeros is skipped over, so that sparse images stay sparse where the system can do that."""
    if not any(block[:4096]) and block.count(0) == len(block):
        target.seek(len(block), os.SEEK_CUR)
        target.truncate()
    else:
        target.write(block)
