"""The examination log: what the kit's commands did with evidence, one JSON line each, chained by digests.

Like the custody ledger it is tamper-evident for whoever holds an earlier head, no more.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit import __version__
from labkit.append_only import last_line, locked, split_torn
from labkit.canonical import canonical_json
from labkit.workspace.folder import Workspace, open_workspace
from labkit.workspace.root import find_root

SCHEMA = "labkit-examination/1"
_TAIL_BYTES = 64 * 1024


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
        StorageError: The disk is full.
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
    with locked(workspace.examination_path) as lines:
        tail = lines.tail(_TAIL_BYTES)
        _, torn = split_torn(tail)
        last = last_line(tail)
        entry: dict[str, Any] = {
            "schema": SCHEMA,
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "command": command,
            "target": _text(target),
            "details": {key: _text(value) for key, value in details.items()},
            "kit": __version__,
            "prev": line_digest(last) if last else genesis(workspace),
        }
        lines.append((b"\n" if torn else b"") + canonical_json(entry) + b"\n")


def genesis(workspace: Workspace) -> str:
    """Return what the first line of the log names as the digest before it."""
    return hashlib.sha256(f"{SCHEMA}\n{workspace.ledger_genesis}".encode()).hexdigest()


def line_digest(line: bytes) -> str:
    """Return the digest that the next line names; ``line`` is without its line end."""
    return hashlib.sha256(line).hexdigest()


def _text(value: Any) -> Any:
    """Return a value whose text can be written: file names may hold bytes that are no UTF-8."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
