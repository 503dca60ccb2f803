"""Indexes that are not directories, such as $Secure:$SII: rows with keys of their own order."""

from typing import Self

from labkit.synthesis.filesystems.ntfs.blocks import Entry
from labkit.synthesis.filesystems.ntfs.index import Index, Surroundings
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex, sort_key


class ViewTree(Index):
    """An index whose rows are kept here, ready to be written."""

    def __init__(self, name: str, collation: Collation, cluster_bytes: int) -> None:
        super().__init__(name, 0, collation, cluster_bytes)
        self._collation = collation
        self._rows: dict[bytes, bytes] = {}

    def fork(self) -> Self:
        """Return an independent copy."""
        copy = super().fork()
        copy.__dict__["_rows"] = dict(self._rows)
        return copy

    def follow(self, wanted: ViewIndex, around: Surroundings) -> None:
        """Let the rows be those of ``wanted``: insert what is new, remove what is not there any more."""
        rows = {self._key(entry): entry.to_bytes() for entry in wanted.entries}
        for key in [key for key in self._rows if rows.get(key) != self._rows[key]]:
            self.remove(key, around)
            del self._rows[key]
        for key, row in rows.items():
            if key not in self._rows:
                self._rows[key] = row
                self.insert(Entry(key, 0, "", 0, len(row)), around)

    def render(self, entry: Entry) -> bytes:
        """Return a row as it stands in a leaf."""
        return self._rows[entry.key]

    def _key(self, entry: ViewEntry) -> bytes:
        return b"".join(number.to_bytes(8, "big") for number in sort_key(self._collation, entry.key))
