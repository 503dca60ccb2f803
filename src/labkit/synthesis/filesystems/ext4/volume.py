"""An ext4 volume that is written by operations in order, as Linux does it.

Fragments, reuse and remnants are not painted: they arise from the order of the operations.

What is on the medium: several block groups with the features ``has_journal ext_attr filetype extent sparse_super
large_file huge_file dir_nlink extra_isize metadata_csum``, 32-bit block numbers, directories without hash trees. The
journal is as a clean unmount leaves it, with nothing to replay, and its blocks hold nothing of the past (a volume of
fewer than 2048 blocks has none, as ``mke2fs`` decides too): so a deleted file can not be recovered from it here.

What a deletion leaves was looked at with Linux 6.18. The inode has no links, size 0, the times of deletion and change,
and extents that lead nowhere: its content can be found only by its bytes, or by an index block of a file with many
fragments, which stays. The old name stands in the slack of its directory, unless ``wipes_names``. A file deleted while
a program still has it open keeps everything but its name and links (``delete_while_open``).

Blocks are given out next fit over the whole volume; Linux would begin near the directory's group.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.content import ContentArea
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.ext4 import directory
from labkit.synthesis.filesystems.ext4.extents import ROOT_BYTES
from labkit.synthesis.filesystems.ext4.inodes import (
    SHORT_TARGET_BYTES,
    InodeTimes,
    NamePlace,
    Node,
    NodeKind,
    check_time,
    seconds,
)
from labkit.synthesis.filesystems.ext4.layout import plan_geometry
from labkit.synthesis.filesystems.ext4.state import ExtState, file_state
from labkit.synthesis.filesystems.ext4.tables import Identity, Tables
from labkit.synthesis.filesystems.ext4.tree import ExtTree
from labkit.synthesis.medium import Medium

_UUID_BYTES, _LABEL_BYTES = 16, 16
_MOST_PERMISSIONS = 0o7777
_LARGEST_ID = 0xFFFFFFFF
_PERMISSIONS: dict[NodeKind, int] = {"file": 0o644, "directory": 0o755, "symlink": 0o777}
_RELATIME = timedelta(days=1)


class Ext4Volume:
    """A volume at ``start_bytes`` of ``medium``. Paths begin with ``/``; upper and lower case differ.

    File content goes to the medium at once, tables and directories with ``flush``. An operation that raises has
    changed nothing. Each raises SynthesisError where a path does not exist or exists already, where the volume is
    full, and where a name or time can not be stored. ``lost+found`` is there from the beginning.

    Args:
        medium: Where it is written.
        start_bytes: Where it begins.
        size_bytes: Its size.
        block_bytes: 1024, 2048 or 4096.
        label: Up to 16 bytes in UTF-8.
        uuid: 16 bytes.
        formatted: When, in UTC.
        inode_bytes: 256, 512 or 1024.
        owner: User number of what is made.
        group: Group number of what is made.
        wipes_names: Whether deletion clears the bytes of the name, as kernels from about 5.13 on do; older ones left
            them.

    Raises:
        SynthesisError: The sizes do not fit together or into the medium, or label, UUID or time can not be stored.
    """

    def __init__(
        self,
        medium: Medium,
        *,
        start_bytes: int,
        size_bytes: int,
        block_bytes: int,
        label: str,
        uuid: bytes,
        formatted: datetime,
        inode_bytes: int = 256,
        owner: int = 1000,
        group: int = 1000,
        wipes_names: bool = False,
    ) -> None:
        self._geometry = plan_geometry(
            start_bytes=start_bytes, size_bytes=size_bytes, block_bytes=block_bytes, inode_bytes=inode_bytes
        )
        if start_bytes + size_bytes > medium.size_bytes:
            raise SynthesisError(
                f"a volume that ends at byte {start_bytes + size_bytes} does not fit a medium of {medium.size_bytes}",
                remedy="Make the medium larger or the volume smaller.",
            )
        if len(uuid) != _UUID_BYTES:
            raise SynthesisError(
                f"a UUID has 16 bytes, not {len(uuid)}", remedy="Give 16 bytes, such as UUID(...).bytes."
            )
        stored_label = label.encode()
        if len(stored_label) > _LABEL_BYTES or "\0" in label:
            raise SynthesisError(
                f"the volume label {label!r} can not be stored", remedy="Take up to 16 bytes in UTF-8, without zeros."
            )
        self._medium = medium
        self._uuid = uuid
        self._owner = _owner(owner, group)
        self._written = check_time(formatted)
        self._tree = ExtTree(self._geometry, medium, uuid=uuid, formatted=formatted, wipes_names=wipes_names)
        self._tables = Tables(Identity(uuid, stored_label, seconds(formatted)))
        self._content = ContentArea(
            medium,
            self._tree.blocks,
            unit_bytes=block_bytes,
            padding_bytes=block_bytes,  # Linux writes whole blocks: what is behind the end of a file is zeros
            offset_of=self._geometry.block_offset_bytes,
        )
        self.flush()  # the copies of the superblock stay as formatting left them

    # -- what the volume is ---------------------------------------------------------------------------------------

    @property
    def time_basis(self) -> TimeBasis:
        """Ext4 keeps times in UTC."""
        return "utc"

    @property
    def cluster_bytes(self) -> int:
        """Bytes in one block."""
        return self._geometry.block_bytes

    @property
    def block_count(self) -> int:
        """How many blocks there are; they are numbered from 0."""
        return self._geometry.block_count

    @property
    def inode_count(self) -> int:
        """How many inodes there are; they are numbered from 1."""
        return self._geometry.inode_count

    @property
    def journal_blocks(self) -> tuple[int, ...]:
        """The blocks of the journal; none if the volume has no journal."""
        return self._tree.journal.blocks if self._tree.journal else ()

    @property
    def serial_text(self) -> str:
        """The UUID as ``blkid`` prints it."""
        return str(UUID(bytes=self._uuid))

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where a block begins, on the medium."""
        return self._geometry.block_offset_bytes(cluster)

    def inode_offset_bytes(self, inode: int) -> int:
        """Return where an inode begins, on the medium.

        Raises:
            SynthesisError: The volume has no such inode.
        """
        if not 1 <= inode <= self.inode_count:
            raise SynthesisError(f"the volume has no inode {inode}", remedy=f"Its inodes are 1 to {self.inode_count}.")
        return self._geometry.inode_offset_bytes(inode)

    def free_clusters(self) -> tuple[int, ...]:
        """Return the numbers of all free blocks, in order."""
        return self._tree.blocks.free()

    # -- operations -----------------------------------------------------------------------------------------------

    def make_directory(self, path: str, at: datetime) -> int:
        """Make an empty directory; its parent must exist. Return its node id."""
        return self._add(path, "directory", _new(at), content_blocks=1).node_id

    def make_symlink(self, path: str, target: str, at: datetime) -> int:
        """Make a symbolic link: up to 59 bytes of its target stand in the inode, more in a block.

        Raises:
            SynthesisError: The target is empty or does not fit into a block.
        """
        stored = target.encode()
        if not 0 < len(stored) < self.cluster_bytes or b"\0" in stored:
            raise SynthesisError(
                f"a symbolic link can not have a target of {len(stored)} bytes here",
                remedy=f"Take 1 to {self.cluster_bytes - 1} bytes without zeros.",
            )
        if len(stored) > SHORT_TARGET_BYTES:
            return self._create(path, "symlink", stored, _new(at))
        node = self._add(path, "symlink", _new(at), content_blocks=0)
        self._tree.put(replace(node, root=stored.ljust(ROOT_BYTES, b"\0"), size_bytes=len(stored)))
        return node.node_id

    def create(self, path: str, data: bytes, at: datetime) -> int:
        """Write a new file; its directory must exist. Return its node id."""
        return self._create(path, "file", data, _new(at))

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file as file managers do: born now, last-write time kept. Return the node id of the copy."""
        source = self._file(path)
        times = replace(_new(at), modified=source.times.modified)
        copy_id = self._create(to_path, "file", self.read(path), times)
        self.open(path, at)
        return copy_id

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file. Its last block is written whole: slack becomes zeros."""
        node = self._file(path)
        position = node.size_bytes
        more = self._content.units_for(position + len(data)) - len(node.blocks)
        self._tree.require_content(node, more)
        self._note(at)
        blocks = node.blocks + self._tree.blocks.allocate(more, node.node_id)
        self._content.write(blocks, position, data)
        node = self._tree.with_content(node, blocks, position + len(data))
        self._tree.put(replace(node, times=replace(node.times, modified=at, changed=at)))

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew: same inode, other blocks. What stood in the old ones stays there."""
        node = self._file(path)
        count = self._content.units_for(len(data))
        self._tree.require_content(replace(node, blocks=(), index_blocks=(), extent_count=0), count, freed=node)
        self._note(at)
        node = self._tree.emptied(node)
        blocks = self._tree.blocks.allocate(count, node.node_id)
        self._content.write(blocks, 0, data)
        node = self._tree.with_content(node, blocks, len(data))
        self._tree.put(replace(node, times=replace(node.times, modified=at, changed=at)))

    def open(self, path: str, at: datetime) -> None:
        """Read a file. The last access changes as Linux does by default (relatime).

        That is: if it is not later than the last write or change, or is a day old.
        """
        node = self._tree.names.file(path)
        self._note(at)
        times = node.times
        if times.accessed <= max(times.modified, times.changed) or at - times.accessed >= _RELATIME:
            self._tree.put(replace(node, times=replace(times, accessed=at)))

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory; its node id and inode stay.

        The new entry is written before the old one is removed, so it stands elsewhere.
        """
        node = self._tree.names.below_root(path)
        parent, name = self._tree.names.new_place(to_path, mover=node)
        self._tree.require(parent, directory.check_name(name), content_blocks=0, inodes=0)
        self._note(at)
        old_path, old_parent_id, old_place = self._tree.names.path(node), node.parent_id, _placed(node)
        self._tree.names.unbind(node)
        moved = self._tree.place_name(node, parent, name, at)
        leaves = old_parent_id != parent.node_id
        self._tree.remove_name(old_place, at, links=int(node.directory and leaves))
        if node.directory and leaves:
            self._tree.point_to_parent(node, parent)
        times = replace(node.times, changed=at)
        moved = replace(moved, times=times, former=(*node.former, (old_path, old_place)))
        self._tree.names.bind(moved)
        self._tree.put(moved)

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it."""
        node = self._tree.names.below_root(path)
        self._note(at)
        self._tree.remove_name(_placed(node), at, links=int(node.directory))
        self._tree.erase(self._tree.names.nodes[node.node_id], at)

    def delete_while_open(self, path: str, at: datetime) -> None:
        """Delete a file that a program has open, on a machine that then loses its power.

        Name and links are gone; inode, content and size stay, and the superblock lists the inode. Mounting the volume
        for writing, or ``e2fsck``, would free it.
        """
        node = self._file(path)
        self._note(at)
        self._tree.remove_name(_placed(node), at, links=0)
        self._tree.leave_open(node, at)

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
        changed: datetime | None = None,
    ) -> None:
        """Set the times that are given, as a program can do on purpose.

        Linux sets ``changed`` to the moment at which that was done, and lets no program set ``born``.
        """
        node = self._tree.names.below_root(path)
        now = node.times
        times = InodeTimes(born or now.born, modified or now.modified, changed or now.changed, accessed or now.accessed)
        for moment in (times.born, times.modified, times.changed, times.accessed):
            check_time(moment)
        self._tree.put(replace(node, times=times))

    def set_access(
        self,
        path: str,
        at: datetime,
        *,
        permissions: int | None = None,
        owner: int | None = None,
        group: int | None = None,
    ) -> None:
        """Set permission bits, user and group number, those that are given.

        Raises:
            SynthesisError: A number can not be stored.
        """
        node = self._tree.names.below_root(path)
        bits = node.permissions if permissions is None else permissions
        if not 0 <= bits <= _MOST_PERMISSIONS:
            raise SynthesisError(f"{bits:#o} are no permissions", remedy="Give a number from 0 to 0o7777.")
        user, users = _owner(node.owner if owner is None else owner, node.group if group is None else group)
        self._note(at)
        times = replace(node.times, changed=at)
        self._tree.put(replace(node, permissions=bits, owner=user, group=users, times=times))

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last block. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        node = self._file(path)
        return self._content.write_slack(path, node.blocks, node.size_bytes, data)

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free blocks that never held anything; they stay free.

        Without ``cluster`` it goes a little behind the used area, so that a few later files do not overwrite it.
        Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        return self._content.write_unallocated(data, first=cluster)

    def remount(self, *, after: int | None = None) -> None:
        """Unmount and mount again: the search for free blocks begins at the lowest, or behind ``after``."""
        if after is not None:
            self.cluster_offset_bytes(after)  # refuses a block that the volume does not have
        self._tree.blocks.rewind(after=after)

    def flush(self) -> None:
        """Write what changed in tables and directories to the medium. Can be repeated."""
        self._tables.write(self._tree, self._medium, written_seconds=seconds(self._written))

    def fork(self, medium: Medium) -> "Ext4Volume":
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""
        other = object.__new__(Ext4Volume)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other._tree = self._tree.fork(medium)
        other._tables = self._tables.fork()
        other._content = self._content.fork(medium, other._tree.blocks)
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.names.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file, or the target of a symbolic link; no time changes."""
        node = self._tree.names.file(path)
        if node.in_inode:
            return node.root[: node.size_bytes]
        return self._content.read(node.blocks, node.size_bytes)

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live files and directories, sorted, without the root."""
        return self._tree.names.paths()

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory; renames and deletion do not change it."""
        return self._tree.names.live(path).node_id

    def state(self, node_id: int) -> ExtState:
        """Return what is known about a node, live or deleted."""
        return file_state(self._tree, node_id)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _create(self, path: str, kind: NodeKind, data: bytes, times: InodeTimes) -> int:
        count = self._content.units_for(len(data))
        node = self._add(path, kind, times, content_blocks=count)
        blocks = self._tree.blocks.allocate(count, node.node_id)
        self._content.write(blocks, 0, data)
        self._tree.put(self._tree.with_content(node, blocks, len(data)))
        return node.node_id

    def _add(self, path: str, kind: NodeKind, times: InodeTimes, *, content_blocks: int) -> Node:
        parent, name = self._tree.names.new_place(path)
        self._tree.require(parent, directory.check_name(name), content_blocks=content_blocks)
        self._note(times.changed)
        return self._tree.add(parent, name, kind, times, permissions=_PERMISSIONS[kind], owner=self._owner)

    def _file(self, path: str) -> Node:
        node = self._tree.names.file(path)
        if node.kind != "file":
            raise SynthesisError(f"{path} is a symbolic link", remedy="Name the file that it leads to.")
        return node

    def _note(self, at: datetime) -> None:
        self._written = max(self._written, check_time(at))


def _new(at: datetime) -> InodeTimes:
    return InodeTimes(at, at, at, at)


def _placed(node: Node) -> NamePlace:
    if node.place is None:
        raise AssertionError("only the root directory has no entry, and it is refused before")
    return node.place


def _owner(owner: int, group: int) -> tuple[int, int]:
    if not (0 <= owner <= _LARGEST_ID and 0 <= group <= _LARGEST_ID):
        raise SynthesisError(
            f"user {owner} and group {group} can not be stored", remedy="Give numbers of 32 bits, 0 or above."
        )
    return owner, group
