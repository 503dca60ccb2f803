"""Archives of initial file systems, byte by byte the same for the same content.

Source: the Linux kernel's ``Documentation/driver-api/early-userspace/buffer-format.rst`` ("newc").
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass

DIRECTORY = 0o040000
REGULAR = 0o100000
SYMLINK = 0o120000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, folder or symbolic link (its content is where it points)."""

    path: str
    mode: int
    content: bytes = b""
    uid: int = 0


def folder(path: str, permissions: int = 0o755, uid: int = 0) -> Entry:
    """Return a folder."""
    return Entry(path, DIRECTORY | permissions, uid=uid)


def regular(path: str, content: bytes, permissions: int = 0o644, uid: int = 0) -> Entry:
    """Return a file."""
    return Entry(path, REGULAR | permissions, content, uid)


def link(path: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(path, SYMLINK | 0o777, target.encode())


def archive(entries: Iterable[Entry], modified_s: int) -> bytes:
    """Return a compressed archive of ``entries`` in their order, all of them last modified at ``modified_s``."""
    parts = [_member(number, entry, modified_s) for number, entry in enumerate(entries, start=1)]
    parts.append(_member(0, Entry("TRAILER!!!", 0), 0))
    return gzip.compress(b"".join(parts), compresslevel=9, mtime=0)


def _member(inode: int, entry: Entry, modified_s: int) -> bytes:
    name = entry.path.encode() + b"\0"
    links = 2 if entry.mode & DIRECTORY else 1
    numbers = (inode, entry.mode, entry.uid, entry.uid, links, modified_s, len(entry.content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(header + name) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
