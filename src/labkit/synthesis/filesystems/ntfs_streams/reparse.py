"""Reparse points: directories that lead elsewhere, and symbolic links; and $Reparse, which lists all of them.

Sources: Microsoft [MS-FSCC], sections 2.1.2.1 (reparse tags), 2.1.2.2 (REPARSE_DATA_BUFFER), 2.1.2.4 (symbolic link)
and 2.1.2.5 (mount point); Linux-NTFS, "NTFS Documentation", "Files: $Reparse".
"""

import struct
from collections.abc import Iterable
from enum import IntEnum

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex

LARGEST_BYTES = 16384
_NT_PREFIX = "\\??\\"
_RELATIVE = 1
_TERMINATOR = b"\0\0"


class ReparseTag(IntEnum):
    """Who interprets a reparse point."""

    MOUNT_POINT = 0xA0000003  # also a directory junction
    SYMLINK = 0xA000000C


def mount_point(target: str) -> bytes:
    r"""Return the $REPARSE_POINT of a directory junction to ``target``, an absolute path such as C:\Users.

    A mounted volume is ``Volume{GUID}\``.

    Raises:
        SynthesisError: The path is empty or too long.
    """
    substitute, shown = _utf16(_NT_PREFIX + target), _utf16(target)
    names = struct.pack("<HHHH", 0, len(substitute), len(substitute) + len(_TERMINATOR), len(shown))
    return _reparse(ReparseTag.MOUNT_POINT, names + substitute + _TERMINATOR + shown + _TERMINATOR, target)


def symbolic_link(target: str, *, relative: bool = False) -> bytes:
    r"""Return the $REPARSE_POINT of a symbolic link, as mklink writes it: C:\Users\NAME, or relative ``..\papers``.

    Raises:
        SynthesisError: The path is empty or too long.
    """
    substitute, shown = _utf16(target if relative else _NT_PREFIX + target), _utf16(target)
    names = struct.pack("<HHHHI", len(shown), len(substitute), 0, len(shown), _RELATIVE if relative else 0)
    return _reparse(ReparseTag.SYMLINK, names + shown + substitute, target)


def reparse_index(points: Iterable[tuple[ReparseTag, int]]) -> ViewIndex:
    """Return $Reparse:$R for pairs of tag and file reference (record number | sequence number << 48)."""
    entries = (ViewEntry(struct.pack("<IQ", tag, reference), b"") for tag, reference in points)
    return ViewIndex.of("$R", Collation.ULONGS, entries)


def _utf16(path: str) -> bytes:
    return path.encode("utf-16-le")


def _reparse(tag: ReparseTag, data: bytes, target: str) -> bytes:
    content = struct.pack("<IHH", tag, len(data), 0) + data
    if not target or len(content) > LARGEST_BYTES:
        raise SynthesisError(
            f"a reparse point can not lead to a path of {len(target)} characters",
            remedy="Give a path of 1 to about 4,000 characters.",
        )
    return content
