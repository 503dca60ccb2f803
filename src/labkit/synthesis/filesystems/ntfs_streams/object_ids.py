"""$ObjId: names of files that stay when they are moved (distributed link tracking); shortcuts repeat them.

Sources: Microsoft [MS-FSCC], section 2.1.3 (FILE_OBJECTID_BUFFER); libyal, "New Technologies File System (NTFS)",
section "The object identifier attribute"; Linux-NTFS, "NTFS Documentation", "Files: $ObjId".
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex

_NONE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ObjectId:
    """The identifier of one file, and where it was given.

    Link tracking gives version-1 GUIDs, which carry the network address of the machine and a time.
    """

    file_reference: int  # MFT record number | sequence number << 48
    object_id: UUID
    birth_volume_id: UUID = _NONE
    birth_object_id: UUID = _NONE
    domain_id: UUID = _NONE

    def attribute(self) -> bytes:
        """Return the 64 bytes of the file's $OBJECT_ID."""
        return self.object_id.bytes_le + self._birth()

    def entry(self) -> ViewEntry:
        """Return the entry of the index $O."""
        return ViewEntry(self.object_id.bytes_le, struct.pack("<Q", self.file_reference) + self._birth())

    def _birth(self) -> bytes:
        return self.birth_volume_id.bytes_le + self.birth_object_id.bytes_le + self.domain_id.bytes_le


def object_id_index(ids: Iterable[ObjectId]) -> ViewIndex:
    """Return $ObjId:$O.

    Raises:
        SynthesisError: Two files have the same identifier.
    """
    index = ViewIndex.of("$O", Collation.ULONGS, (one.entry() for one in ids))
    keys = [entry.key for entry in index.entries]
    for key, following in pairwise(keys):
        if key == following:
            raise SynthesisError(
                f"two files have the object identifier {UUID(bytes_le=key)}",
                remedy="Give each file its own, from its own Stream.",
            )
    return index
