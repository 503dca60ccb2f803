"""Rows as lines of a body file, as ``fls -m`` writes them."""

import re
from collections.abc import Iterable, Iterator

from labkit.evidence.rows import Row

# Controls, direction marks and overrides, line and paragraph separators, byte order mark, lone surrogates. A pattern is
# compiled when it is first needed: that takes longer than loading this module, and most disks have no such name.
UNSAFE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"


def body_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a body file, as ``fls -r -p -m /`` writes them, for mactime and other tools.

    ``MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime``, MD5 always 0, times in whole seconds since 1970. An
    NTFS name has a line of its own for its second set of times, ``($FILE_NAME)``.

    Source: Sleuth Kit Wiki, "Body file".
    """
    second = 1_000_000_000
    for (
        path, _, address, size, deleted, born, modified, changed, accessed, stream, attribute, reallocated, target,
        mode, owner, group, file_name,
    ) in rows:  # fmt: skip
        name = printable(path)
        end = "" if not deleted else " (deleted-realloc)" if reallocated and mode[2] != "-" else " (deleted)"
        middle = f"|{mode}|{owner}|{group}|"
        if file_name is not None:
            _, _, fn_born, fn_modified, fn_changed, fn_accessed, identity, fn_size = file_name
            yield (
                f"0|{name} ($FILE_NAME){end}|{address}-48-{identity}{middle}{fn_size}|{fn_accessed // second}"
                f"|{fn_modified // second}|{fn_changed // second}|{fn_born // second}\n"
            )
        if stream is not None:
            name = f"{name}:{printable(stream)}"
        if target is not None:
            name = f"{name} -> {printable(target)}"
        inode = address if attribute is None else f"{address}-{attribute}"
        yield (
            f"0|{name}{end}|{inode}{middle}{size}|{accessed // second}|{modified // second}|{changed // second}"
            f"|{born // second}\n"
        )


def printable(name: str) -> str:
    """Return a name without characters that would end a line or fool a screen."""
    return name if name.isprintable() else re.sub(UNSAFE, "^", name)
