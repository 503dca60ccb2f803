"""Names of files: from a directory entry up to the root, over mount points.

Source: include/linux/dcache.h, fs/mount.h, fs/d_path.c: a name is deleted when its entry is in no hash list.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.lists import entries
from labkit.evidence.remarks import remark

_DEEPEST = 256
_LONGEST_NAME = 255
# Source: include/uapi/linux/magic.h
_PIPES, _SOCKETS, _ANONYMOUS = 0x50495045, 0x534F434B, 0x09041934


@dataclass(frozen=True, slots=True)
class FilePath:
    """A path from the root of the machine, and whether the name was deleted."""

    text: str
    deleted: bool


class Paths:
    """Finds paths of one kernel; what was found once is remembered."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._mounted = kernel.symbols.struct("mount").offset("mnt")
        self._entry = lru_cache(maxsize=16384)(self._read_entry)
        self._mount = lru_cache(maxsize=1024)(self._read_mount)
        self._of_superblock = lru_cache(maxsize=1024)(self._read_mount_of)

    def of(self, dentry: int, vfsmount: int) -> FilePath:
        """Return the path of a directory entry (``struct dentry``) that is seen through a mount (``struct vfsmount``).

        Raises:
            UnreadableError: The entry itself is not in the image.
        """
        entry = self._entry(dentry)
        nameless = self._nameless(entry)
        if nameless is not None:
            return FilePath(nameless, deleted=False)
        names = self._names(dentry, vfsmount)
        return FilePath("/" + "/".join(reversed(names)), _is_deleted(entry))

    def in_superblock(self, dentry: int, superblock: int) -> FilePath:
        """Return the path of a directory entry through the first mount of its file system.

        Raises:
            UnreadableError: The entry itself is not in the image.
        """
        return self.of(dentry, self._of_superblock(superblock))

    def _names(self, dentry: int, vfsmount: int) -> list[str]:
        """Return the names from an entry up to the root; a gap in them is ``?``, and remarked."""
        names: list[str] = []
        try:
            for _ in range(_DEEPEST):
                mount = self._mount(vfsmount - self._mounted) if vfsmount else None
                if mount is not None and dentry == mount.number("mnt.mnt_root"):
                    parent = mount.number("mnt_parent")
                    if parent == mount.address:
                        return names
                    dentry, vfsmount = mount.number("mnt_mountpoint"), parent + self._mounted
                    continue
                entry = self._entry(dentry)
                parent = entry.number("d_parent")
                if parent == dentry:
                    return names
                names.append(self._name(entry))
                dentry = parent
            remark(f"the path of the directory entry at {dentry:#x} runs in a circle")
        except UnreadableError as error:
            remark(f"a path has a gap: {error.message}")
        return [*names, "?"]

    def _name(self, entry: Record) -> str:
        length = entry.number("d_name.len")
        text = self._kernel.text(entry.number("d_name.name"), _LONGEST_NAME + 1)
        if not 0 < length <= _LONGEST_NAME:
            raise UnreadableError(f"the directory entry at {entry.address:#x} has no sound name")
        return text.replace("/", "\\x2f")

    def _nameless(self, entry: Record) -> str | None:
        """Return what a pipe, a socket or another thing without a place in the tree is called; else None."""
        try:
            magic = entry.follow("d_sb", "super_block").number("s_magic")
            if magic in (_PIPES, _SOCKETS):
                number = entry.follow("d_inode", "inode").number("i_ino")
                return f"{'pipe' if magic == _PIPES else 'socket'}:[{number}]"
            if magic == _ANONYMOUS:
                return f"anon_inode:{self._name(entry)}"
        except UnreadableError as error:
            remark(f"a file without a sound file system: {error.message}")
        return None

    def _read_entry(self, address: int) -> Record:
        return self._kernel.record("dentry", address)

    def _read_mount(self, address: int) -> Record:
        return self._kernel.record("mount", address)

    def _read_mount_of(self, superblock: int) -> int:
        """Return the ``struct vfsmount`` of the mount that the first process sees; else of the first one; 0 if none.

        The kernel's own threads may have mounts that nobody else sees, such as those of devtmpfs.
        """
        head = superblock + self._kernel.symbols.struct("super_block").offset("s_mounts")
        first = 0
        for mount in entries(self._kernel, head, "mount", "mnt_instance", "the list of mounts of a file system"):
            if "mnt_ns" not in mount.layout or mount.number("mnt_ns") == self._namespace:
                return mount.address + self._mounted
            first = first or mount.address + self._mounted
        return first

    @cached_property
    def _namespace(self) -> int:
        """The namespace of mounts of the first process; 0 if that can not be read."""
        try:
            return self._kernel.variable("init_task", "task_struct").follow("nsproxy", "nsproxy").number("mnt_ns")
        except UnreadableError:
            return 0


def _is_deleted(entry: Record) -> bool:
    return not entry.number("d_hash.pprev") and entry.number("d_parent") != entry.address
