"""Going through a file system: every name, live and deleted, in the order of ``fls -r``."""

from collections.abc import Iterator
from typing import Any

from labkit.evidence.rows import Row, RowMaker, decoded
from labkit.evidence.tsk import TskImage

_DOTS = frozenset({b".", b".."})


class Walk:
    """One pass over a file system. ``problems`` has a line for each directory that could not be read."""

    def __init__(self, tsk_image: TskImage, filesystem: Any, *, deleted: bool = True) -> None:
        self._tsk_image = tsk_image
        self._filesystem = filesystem
        self._maker = RowMaker(filesystem)
        self._deleted = deleted
        self._seen: set[int] = set()
        self.problems: list[str] = []

    def rows(self, start: int, path: str = "") -> Iterator[Row]:
        """Yield the rows of every entry under the directory at address ``start``, which ``path`` leads to.

        Each directory comes before what it holds.

        A directory is gone into once, by whatever name it is met first, so that a damaged or hostile file system
        that links directories in a circle ends.
        """
        rows_of = self._maker.rows
        with_deleted = self._deleted
        if start == int(self._filesystem.info.root_inum):
            yield from self._root_streams(start)
        # _names is a generator and so keeps its place while a subdirectory is gone through; iterating a pytsk3
        # directory anew would begin again at its first entry.
        stack = [(path + "/", self._names(start, path or "/"))]
        while stack:
            prefix, names = stack[-1]
            for entry in names:
                name = entry.info.name.name
                if name in _DOTS or name is None:
                    continue
                path = prefix + decoded(name)
                found, directory = rows_of(entry, path)
                if found[0].deleted and not with_deleted:
                    continue
                yield from found
                if directory >= 0 and directory not in self._seen:
                    stack.append((path + "/", self._names(directory, path)))
                    break
            else:
                stack.pop()

    def _names(self, address: int, path: str) -> Iterator[Any]:
        self._seen.add(address)
        try:
            yield from self._filesystem.open_dir(inode=address)
        except OSError:
            self._tsk_image.check()
            self.problems.append(f"the directory {path} (address {address}) can not be read to its end")
        self._tsk_image.check()

    def _root_streams(self, root: int) -> Iterator[Row]:
        """Yield the named streams of the root directory itself, which no name leads to."""
        try:
            record = self._filesystem.open_meta(root)
        except OSError:
            return
        for row in self._maker.nameless_rows(record, "/"):
            if row.stream is not None:
                yield row
