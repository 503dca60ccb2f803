"""A formatted NTFS volume: what it is, what is on it, and what every operation on it does first and last."""

from datetime import datetime
from typing import Self

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.ntfs import content, layout
from labkit.synthesis.filesystems.ntfs.identified import Identified
from labkit.synthesis.filesystems.ntfs.journal import ChangeJournal
from labkit.synthesis.filesystems.ntfs.nodes import Attribute, Name, Node
from labkit.synthesis.filesystems.ntfs.state import NtfsState, node_state
from labkit.synthesis.filesystems.ntfs.system import SystemFiles, note_mft_growth, write_bitmaps
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree
from labkit.synthesis.filesystems.ntfs_streams.secure import SecurityStore
from labkit.synthesis.filesystems.ntfs_streams.security import EVERYONE_FULL
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason, UsnRecord
from labkit.synthesis.medium import SECTOR_BYTES, Medium

_LARGEST_SERIAL = (1 << 64) - 1
_LONGEST_LABEL = 32


class FormattedVolume:
    """The volume as a format leaves it; operations on files come in the classes that build on it.

    Its arguments are described in ``NtfsVolume``.
    """

    def __init__(
        self,
        medium: Medium,
        *,
        start_bytes: int,
        size_bytes: int,
        cluster_bytes: int,
        label: str,
        serial: int,
        formatted: datetime,
        short_names: bool = True,
        journal: bool = False,
        start_usn: int = 0,
    ) -> None:
        self._geometry = layout.plan_geometry(
            start_bytes=start_bytes, size_bytes=size_bytes, cluster_bytes=cluster_bytes
        )
        if start_bytes + size_bytes > medium.size_bytes:
            raise SynthesisError(
                f"a volume that ends at byte {start_bytes + size_bytes} does not fit a medium of {medium.size_bytes}",
                remedy="Make the medium larger or the volume smaller.",
            )
        if not 0 <= serial <= _LARGEST_SERIAL:
            raise SynthesisError(
                f"the volume serial {serial} can not be stored", remedy="Give a number of 64 bits, 0 or above."
            )
        if len(label.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_LABEL:
            raise SynthesisError(
                f"the volume label {label!r} can not be stored", remedy=f"Take up to {_LONGEST_LABEL} characters."
            )
        filetime(formatted)  # refuses a time that can not be stored
        self._medium = medium
        self._serial = serial
        self._tree = NtfsTree(self._geometry, medium, short_names=short_names)
        self._security = SecurityStore()
        self._default_security_id = self._security.add(EVERYONE_FULL)
        files = SystemFiles(self._tree, formatted, self._security)
        files.make(label)
        self._journal = ChangeJournal(self._tree, files, formatted, start_usn=start_usn) if journal else None
        files.finish()
        self._identified = Identified(files.object_ids, files.reparse_points)
        self._write_boot_sectors()

    # -- what the volume is ---------------------------------------------------------------------------------------

    @property
    def time_basis(self) -> TimeBasis:
        """NTFS keeps UTC."""
        return "utc"

    @property
    def cluster_bytes(self) -> int:
        """Bytes in one cluster."""
        return self._geometry.cluster_bytes

    @property
    def cluster_count(self) -> int:
        """How many clusters there are; they are numbered from 0."""
        return self._geometry.cluster_count

    @property
    def serial_text(self) -> str:
        """The volume serial as Windows' ``vol`` prints it: ``1A2B-3C4D``, its low 32 bits."""
        return f"{self._serial >> 16 & 0xFFFF:04X}-{self._serial & 0xFFFF:04X}"

    @property
    def serial_fsstat(self) -> str:
        """The volume serial as the Sleuth Kit's ``fsstat`` prints it: all 64 bits."""
        return f"{self._serial:016X}"

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium."""
        return self._geometry.cluster_offset_bytes(cluster)

    def free_clusters(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters, in order."""
        return self._tree.clusters.free()

    # -- mounting and writing -------------------------------------------------------------------------------------

    def remount(self, *, after: int | None = None) -> None:
        """Unmount and mount again: freed records can be given anew, and the search for clusters begins at the lowest.

        With ``after`` it begins behind that cluster.
        """
        if after is not None:
            self.cluster_offset_bytes(after)  # refuses a cluster that the volume does not have
        self._tree.mft.map.rewind()
        self._tree.clusters.hint = 0 if after is None else after + 1

    def flush(self) -> None:
        """Write records, directories and bitmaps that changed to the medium. Can be repeated."""
        note_mft_growth(self._tree)
        self._tree.flush()
        write_bitmaps(self._tree)

    def fork(self, medium: Medium) -> Self:
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other._tree = self._tree.fork(medium)
        other._security = self._security.fork()
        other._journal = self._journal.fork(other._tree) if self._journal else None
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""
        return content.read(self._tree, content_of(self._tree.file(path)))

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live files and directories, sorted, without the root and NTFS's own files."""
        tree = self._tree
        live = (node for node in tree.nodes.values() if not node.deleted and node.node_id >= tree.first_own_node)
        return tuple(sorted(tree.name_path(name) for node in live for name in node.names))

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory; renames and deletion do not change it."""
        return self._tree.live(path).node_id

    def state(self, node_id: int) -> NtfsState:
        """Return what is known about a node, live or deleted."""
        return node_state(self._tree, node_id)

    def journal_records(self) -> tuple[UsnRecord, ...]:
        """Return what the change journal notes, in order; nothing if the volume has none."""
        return tuple(self._journal.records) if self._journal else ()

    # -- steps of operations --------------------------------------------------------------------------------------

    def _security_id(self, parent: Node, given: int | None) -> int:
        if given is None:
            return parent.security_id or self._default_security_id
        if not self._security.holds(given):
            raise SynthesisError(
                f"$Secure holds no descriptor {given:#x}", remedy="Use a number that add_security returned."
            )
        return given

    def _require(self, clusters: int, *nodes: Node) -> None:
        """Refuse an operation that may not find the clusters and records that it takes; see ``NtfsTree.require``."""
        journal_clusters = self._journal.growth_clusters if self._journal else 0
        self._tree.require(clusters + journal_clusters, nodes=nodes)

    def _noted(self, node: Node, name: Name, at: datetime, *steps: Reason, closed: bool = True) -> Node:
        return self._journal.note(node, name, at, *steps, closed=closed) if self._journal else node

    def _keep(self, node: Node) -> None:
        self._tree.store(self._tree.settle(node))

    def _write_boot_sectors(self) -> None:
        sector = layout.boot_sector(self._geometry, self._serial)
        self._medium.write(self._geometry.start_bytes, sector)
        last = self._geometry.start_bytes + (self._geometry.total_sectors - 1) * SECTOR_BYTES
        self._medium.write(last, sector)


def content_of(node: Node) -> Attribute:
    """Return the unnamed content of a file.

    Raises:
        SynthesisError: It has none.
    """
    held = node.content
    if held is None:
        raise SynthesisError("the file has no content of its own", remedy="Name another file.")
    return held
