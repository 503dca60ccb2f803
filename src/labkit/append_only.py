"""Files of lines that only grow: one write for each line, on the disk before the command says that it is done.

Two commands at the same time wait for each other. When the power goes while a line is written, the file ends with a
torn line: one without its line end. What to do about it is for the caller to say.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labkit.errors import StorageError

_LOCK_BYTE = 1 << 40  # far behind any line: on Windows a locked byte can not be read by others


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file that is open for this process alone. ``file`` is unbuffered."""

    path: Path
    file: BinaryIO

    def tail(self, most_bytes: int) -> bytes:
        """Return the last bytes of the file, at most ``most_bytes``."""
        size_bytes = self.file.seek(0, os.SEEK_END)
        self.file.seek(max(0, size_bytes - most_bytes))
        return self.file.read()

    def append(self, data: bytes) -> None:
        """Add ``data`` at the end and wait until the disk has it. On an error the file is as it was.

        Raises:
            StorageError: Not all of it could be written.
            OSError: The disk refuses.
        """
        size_bytes = self.file.seek(0, os.SEEK_END)
        try:
            written = self.file.write(data)
            os.fsync(self.file.fileno())
        except OSError:
            self.file.truncate(size_bytes)
            raise
        if written != len(data):
            self.file.truncate(size_bytes)
            raise StorageError(
                f"{self.path}: only {written} of {len(data)} bytes could be written; the file is as it was",
                remedy="Make space on the disk and repeat the step.",
            )


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[LineFile]:
    """Open a file of lines for reading and adding, for this process alone; it is made if it is not there.

    Raises:
        BlockingIOError: Another process has it, and ``wait`` is False.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_LOCK_BYTE)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except PermissionError:
                raise BlockingIOError(f"{path} is in use") from None
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield LineFile(path, file)
        finally:
            if sys.platform == "win32":
                file.seek(_LOCK_BYTE)
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


def split_torn(content: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines of ``content``, and what stands behind the last line end: a torn line, or nothing."""
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def last_line(content: bytes) -> bytes:
    """Return the last line, torn or not, without its line end; nothing where there is none."""
    return content.removesuffix(b"\n").rpartition(b"\n")[2]
