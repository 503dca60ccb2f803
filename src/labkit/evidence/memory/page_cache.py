"""Files whose content the kernel holds in memory: all inodes of all file systems, and their pages.

Source: include/linux/fs.h: ``super_blocks`` lists the file systems, ``s_inodes`` the inodes of one, ``i_pages`` has the
pages of a file by their number. Of files on tmpfs and ramfs this is all there is; of others what was read lately.
"""

from collections.abc import Iterator
from functools import cached_property

from labkit.evidence.memory.damage import UnreadableError, tolerating
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.lists import entries
from labkit.evidence.memory.paths import FilePath, Paths
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.memory.xarray import xarray_entries
from labkit.evidence.remarks import remark

_KINDS = {  # the upper four bits of i_mode
    0x1: "pipe",
    0x2: "character device",
    0x4: "directory",
    0x6: "block device",
    0x8: "file",
    0xA: "link",
    0xC: "socket",
}
_ODD = 1
_SECOND = 1_000_000_000
_MOST_PAGES = 1 << 28  # of one entry: a terabyte


class CachedFile:
    """An inode in memory. Times are nanoseconds since 1970 in UTC.

    ``filesystem`` is the kind of file system, ``device`` what it calls itself, such as ``sda1`` or ``tmpfs``.
    """

    def __init__(self, record: Record, superblock: Record, filesystem: str, paths: Paths) -> None:
        self.record = record
        self.filesystem = filesystem
        self._superblock = superblock
        self._paths = paths

    @property
    def device(self) -> str:
        """Return what the file system calls itself."""
        return self._superblock.text("s_id")

    @cached_property
    def path(self) -> FilePath | None:
        """Return the path; None where no name is left in memory."""
        alias = self.record.number("i_dentry.first")
        if not alias:
            return None
        dentry = alias - self.record.kernel.symbols.struct("dentry").offset("d_u.d_alias")
        with tolerating(f"the name of inode {self.number}"):
            return self._paths.in_superblock(dentry, self._superblock.address)
        return None

    @property
    def kind(self) -> str:
        """Return ``file``, ``directory``, ``link`` and so on."""
        return kind_of(self.record)

    @property
    def address(self) -> int:
        """Return the virtual address of the ``struct inode``."""
        return self.record.address

    @property
    def number(self) -> int:
        """Return the number of the inode in its file system."""
        return self.record.number("i_ino")

    @property
    def size_bytes(self) -> int:
        """Return the length of the content."""
        return max(0, self.record.number("i_size"))

    @property
    def deleted(self) -> bool:
        """Return whether its name is gone or its last link is."""
        return (self.path is not None and self.path.deleted) or self.record.number("i_nlink") == 0

    @property
    def mode(self) -> int:
        """Return the permission bits."""
        return self.record.number("i_mode") & 0o7777

    @property
    def owner(self) -> tuple[int, int]:
        """Return the numbers of user and group."""
        return self.record.number("i_uid.val"), self.record.number("i_gid.val")

    def time_ns(self, which: str) -> int:
        """Return ``atime``, ``mtime`` or ``ctime``."""
        name = f"i_{which}" if f"i_{which}" in self.record.layout else f"__i_{which}"
        return self.record.number(f"{name}.tv_sec") * _SECOND + self.record.number(f"{name}.tv_nsec")

    @property
    def cached_pages(self) -> int:
        """Return how many pages the kernel says it holds."""
        try:
            return self.record.follow("i_mapping", "address_space").number("nrpages")
        except UnreadableError:
            return 0

    def pages(self) -> Iterator[tuple[int, int]]:
        """Yield (offset in the file, physical address) of each page that is in the image, in order."""
        kernel = self.record.kernel
        name = self.path.text if self.path is not None else f"inode {self.number}"
        what = f"the content of {name}"
        try:
            head = self.record.follow("i_mapping", "address_space").number("i_pages.xa_head")
        except UnreadableError as error:
            remark(f"{what}: {error.message}")
            return
        for number, entry, width in xarray_entries(kernel, head, what):
            if entry & _ODD:
                continue  # the page was written back or swapped out
            try:
                first = kernel.page_frame(entry & ~3)
            except UnreadableError as error:
                remark(f"{what} has a gap: {error.message}")
                continue
            for step in range(min(width, _MOST_PAGES)):
                physical = first + step * PAGE_BYTES
                if not kernel.memory.has(physical, PAGE_BYTES):
                    break
                yield (number + step) * PAGE_BYTES, physical


def kind_of(inode: Record) -> str:
    """Return of what kind an inode is: ``file``, ``directory``, ``socket`` and so on."""
    return _KINDS.get(inode.number("i_mode") >> 12, "other")


def cached_files(kernel: Kernel) -> Iterator[CachedFile]:
    """Yield all inodes that the kernel has in memory, file system by file system."""
    paths = Paths(kernel)
    head = kernel.address("super_blocks")
    for superblock in entries(kernel, head, "super_block", "s_list", "the list of file systems"):
        filesystem = "?"
        with tolerating("the kind of a file system"):
            filesystem = kernel.text(superblock.follow("s_type", "file_system_type").number("name"))
        what = f"the list of inodes of {filesystem} {superblock.text('s_id')}"
        for inode in entries(kernel, superblock.place("s_inodes"), "inode", "i_sb_list", what):
            yield CachedFile(inode, superblock, filesystem, paths)
