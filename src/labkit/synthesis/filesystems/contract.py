"""What the world asks of a file system under construction, whatever its kind.

Paths begin with ``/`` and name files on one volume. Every operation happens at ``at``, as the device's clock has it; a
node id is given when a file or directory is made and never changes, whatever becomes of its name.

``time_basis`` says how a file system keeps time, and so what ``at`` has to be: ``local`` (FAT) a naive local time,
``zoned`` (exFAT) an aware time in the machine's zone, ``utc`` (NTFS, ext4) an aware time in UTC.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol, Self

from labkit.synthesis.medium import Medium

TimeBasis = Literal["local", "zoned", "utc"]


class NodeState(Protocol):
    """What is known about one file or directory, live or deleted. Offsets count from byte 0 of the medium."""

    @property
    def node_id(self) -> int:
        """The number that the operation gave which made it."""

    @property
    def path(self) -> str:
        """Its path, or the last one it had."""

    @property
    def name(self) -> str:
        """The last part of the path."""

    @property
    def directory(self) -> bool:
        """Whether it is a directory."""

    @property
    def deleted(self) -> bool:
        """Whether it was deleted."""

    @property
    def entry_intact(self) -> bool:
        """Whether what names it still stands: its directory entry (FAT, exFAT), its MFT record or inode."""

    @property
    def address(self) -> int:
        """Inode, MFT record number or FAT entry address, as the Sleuth Kit counts it."""

    @property
    def parent_address(self) -> int:
        """The same for its directory."""

    @property
    def entry_offset_bytes(self) -> int:
        """Where its metadata begin: FAT and exFAT directory entry, MFT record, inode; -1 if nowhere."""

    @property
    def size_bytes(self) -> int:
        """Length of the unnamed content; 0 for a directory."""

    @property
    def clusters(self) -> tuple[int, ...]:
        """The clusters or blocks of its content in order, which it has or had; none if it lies in its metadata."""

    @property
    def lost(self) -> tuple[tuple[int, str], ...]:
        """If deleted: (cluster, path of the live file that was given it since), in order."""

    @property
    def offset_bytes(self) -> int:
        """Where the content begins (inside the metadata, if it lies there); -1 if there is none."""

    @property
    def born(self) -> datetime:
        """Creation time as stored, of the kind that ``time_basis`` says."""

    @property
    def modified(self) -> datetime:
        """Last-write time as stored."""

    @property
    def accessed(self) -> datetime:
        """Last access as stored."""


class VolumeWriter(Protocol):
    """One volume of a medium, written by operations in order, as a driver does it.

    File content goes to the medium at once; tables and directories go there with ``flush``, which writes only what
    changed since the last one. An operation that raises SynthesisError has changed nothing.
    """

    @property
    def time_basis(self) -> TimeBasis:
        """How the file system keeps time."""

    @property
    def cluster_bytes(self) -> int:
        """Bytes in one cluster or block."""

    @property
    def serial_text(self) -> str:
        """The serial number or UUID of the volume, as people read it."""

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where a cluster begins, on the medium."""

    def free_clusters(self) -> Sequence[int]:
        """Return the numbers of all free clusters, in order."""

    def make_directory(self, path: str, at: datetime) -> int:
        """Make an empty directory; its parent must exist. Return its node id."""

    def create(self, path: str, data: bytes, at: datetime) -> int:
        """Write a new file; its directory must exist. Return its node id."""

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file as Windows does: born now, last-write time kept. Return the node id of the copy."""

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file."""

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew; what stood in its old clusters stays there."""

    def open(self, path: str, at: datetime) -> None:
        """Read a file: only its last access changes."""

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory."""

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it."""

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
    ) -> None:
        """Set the times that are given, as a program can do on purpose."""

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium."""

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free clusters that never held anything; they stay free. Return where."""

    def remount(self, *, after: int | None = None) -> None:
        """Unmount and mount again: the search for free clusters begins anew, behind ``after`` if it is given."""

    def flush(self) -> None:
        """Write what changed since the last flush to the medium. Can be repeated."""

    def fork(self, medium: Medium) -> Self:
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""

    def paths(self) -> Sequence[str]:
        """Return the paths of all live files and directories, sorted, without the root."""

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory."""

    def state(self, node_id: int) -> NodeState:
        """Return what is known about a node, live or deleted."""
