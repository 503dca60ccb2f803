# SPDX-License-Identifier: LicenseRef-VSL-1.0
"""What each plugin says, in the words of the neutral format that README.md describes."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Witness:
    """One plugin: what its file is called, what its rows are, and how they are made from its columns."""

    plugin: str
    kind: str
    columns: dict[str, str]  # the name in the neutral format: the plugin's column
    settings: dict[str, Any] = field(default_factory=dict)
    files: Callable[[dict[str, bytes]], Iterator[Row]] | None = None  # rows come from what the plugin wrote

    def told(self, rows: list[Row], written: dict[str, bytes]) -> list[Row]:
        """Return the rows in neutral names."""
        if self.files is not None:
            return list(self.files(written))
        return [{name: _neutral(name, row[column]) for name, column in self.columns.items()} for row in rows]


def _neutral(name: str, value: Any) -> Any:
    """Return a value of a plugin as the neutral format has it."""
    if name == "path" and value is not None:
        return None if value == "Anonymous Mapping" else value.strip()
    if name.endswith("_port"):
        return int(value) if isinstance(value, str) and value.isdigit() else None
    return value


def _recovered(written: dict[str, bytes]) -> Iterator[Row]:
    """Yield the files of the archive; there each path begins with the identifier of its file system."""
    for content in written.values():
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    filesystem, _, path = member.name.strip("/").partition("/")
                    row = {"filesystem": filesystem, "path": f"/{path}", "size_bytes": member.size, "sha256": digest}
                    yield row


_PROCESS = {"pid": "PID", "tid": "TID", "ppid": "PPID", "name": "COMM"}
_OWNERS = {"uid": "UID", "gid": "GID", "euid": "EUID", "egid": "EGID"}
_MAP = {"pid": "PID", "start": "Start", "end": "End"}

WITNESSES = {
    "pslist": Witness(
        "linux.pslist.PsList",
        "processes",
        _PROCESS | _OWNERS | {"started_utc": "CREATION TIME", "task_address": "OFFSET (V)"},
    ),
    "psscan": Witness(
        "linux.psscan.PsScan",
        "scanned_processes",
        _PROCESS | {"exit_state": "EXIT_STATE", "physical_address": "OFFSET (P)"},
    ),
    "pstree": Witness("linux.pstree.PsTree", "process_tree", _PROCESS | {"depth": "depth"}),
    "psaux": Witness("linux.psaux.PsAux", "arguments", {"pid": "PID", "name": "COMM", "text": "ARGS"}),
    "envars": Witness("linux.envars.Envars", "environment", {"pid": "PID", "name": "KEY", "value": "VALUE"}),
    "lsof": Witness(
        "linux.lsof.Lsof",
        "open_files",
        {
            "pid": "PID",
            "tid": "TID",
            "fd": "FD",
            "path": "Path",
            "type": "Type",
            "inode": "Inode",
            "mode": "Mode",
            "size_bytes": "Size",
        },
    ),
    "sockstat": Witness(
        "linux.sockstat.Sockstat",
        "sockets",
        {
            "pid": "PID",
            "tid": "TID",
            "fd": "FD",
            "family": "Family",
            "type": "Type",
            "protocol": "Proto",
            "local": "Source Addr",
            "local_port": "Source Port",
            "remote": "Destination Addr",
            "remote_port": "Destination Port",
            "state": "State",
        },
    ),
    "bash": Witness("linux.bash.Bash", "shell_history", {"pid": "PID", "at_utc": "CommandTime", "command": "Command"}),
    "malfind": Witness(
        "linux.malware.malfind.Malfind",
        "injected_maps",
        _MAP | {"permissions": "Protection", "path": "Path", "first_bytes": "Hexdump"},
    ),
    "maps": Witness(
        "linux.proc.Maps",
        "maps",
        _MAP | {"permissions": "Flags", "offset_bytes": "PgOff", "inode": "Inode", "path": "File Path"},
    ),
    "files": Witness(
        "linux.pagecache.Files",
        "cached_files",
        {
            "path": "FilePath",
            "mount": "MountPoint",
            "inode": "InodeNum",
            "type": "FileType",
            "mode": "FileMode",
            "size_bytes": "InodeSize",
            "pages": "InodePages",
            "cached_pages": "CachedPages",
            "accessed_utc": "AccessTime",
            "modified_utc": "ModificationTime",
            "changed_utc": "ChangeTime",
        },
    ),
    "recoverfs": Witness(
        "linux.pagecache.RecoverFs", "recovered_files", {}, settings={"compression_format": "gz"}, files=_recovered
    ),
}
