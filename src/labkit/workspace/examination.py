"""The examination log: what the kit's commands did with evidence, one JSON line each, chained by digests.

Like the custody ledger it is tamper-evident for whoever holds an earlier head, no more.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from labkit import __version__
from labkit.canonical import canonical_json
from labkit.workspace.folder import Workspace, find_root, open_workspace

SCHEMA = "labkit-examination/1"
_TAIL_BYTES = 64 * 1024
_LOCK_BYTE = 1 << 40  # far behind any log: on Windows a locked byte can not be read by others


def record(
    start: Path,
    command: str,
    target: Path,
    details: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> bool:
    """Write down that a command looked at something, if ``start`` or ``target`` lies inside a workspace.

    Args:
        start: The folder in which the command was called.
        command: What was called, such as ``image hash``.
        target: The file that was looked at.
        details: Options and results worth keeping, such as a digest.
        now: The time to write down, aware; the clock's if left out.

    Returns:
        Whether there was a workspace to write into.

    Raises:
        WorkspaceError: The workspace is damaged.
        OSError: The log can not be written.
    """
    root = find_root(start) or find_root(target)
    if root is None:
        return False
    workspace = open_workspace(root)
    resolved = target.resolve()
    shown = resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(target)
    append_entry(workspace, command, shown, details, at=now or datetime.now(UTC))
    return True


def append_entry(workspace: Workspace, command: str, target: str, details: Mapping[str, Any], *, at: datetime) -> None:
    """Add one line to the log of a workspace. A line that a power loss cut short is ended first and stays."""
    with _locked(workspace.examination_path) as file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, size_bytes - _TAIL_BYTES))
        tail = file.read()
        ending = b"" if not tail or tail.endswith(b"\n") else b"\n"
        last = tail.removesuffix(b"\n").rpartition(b"\n")[2]
        entry: dict[str, Any] = {
            "schema": SCHEMA,
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "command": command,
            "target": _text(target),
            "details": {key: _text(value) for key, value in details.items()},
            "kit": __version__,
            "prev": line_digest(last) if last else genesis(workspace),
        }
        file.seek(0, os.SEEK_END)
        try:
            file.write(ending + canonical_json(entry) + b"\n")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size_bytes)
            raise


def genesis(workspace: Workspace) -> str:
    """Return what the first line of the log names as the digest before it."""
    return hashlib.sha256(f"{SCHEMA}\n{workspace.ledger_genesis}".encode()).hexdigest()


def line_digest(line: bytes) -> str:
    """Return the digest that the next line names; ``line`` is without its line end."""
    return hashlib.sha256(line).hexdigest()


def _text(value: Any) -> Any:
    """Return a value whose text can be written: file names may hold bytes that are no UTF-8."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Open the log for this process alone; commands in a pipe write at the same time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_LOCK_BYTE)
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield file
        finally:
            if sys.platform == "win32":
                file.seek(_LOCK_BYTE)
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
