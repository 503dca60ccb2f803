"""From the Sleuth Kit's names and records to rows: one for each name and each named stream.

A row is a plain named tuple, because a listing makes one for every entry of a disk; times are whole nanoseconds
since 1970-01-01 UTC, 0 where there is none. The rows are those of ``fls -r -p -m /`` without its ``$FILE_NAME``
lines: an NTFS record without an unnamed stream or index ($Secure, $ObjId) has rows for its named ones only.
"""

from typing import Any, NamedTuple

import pytsk3

from labkit.model.evidence import EntryType

NANOSECONDS = 1_000_000_000
DATA = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA)
INDEX_ROOT = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_IDXROOT)
DIRECTORY_INDEX = b"$I30"  # the index of file names, which makes a record a directory
VOLUME_LABEL_MARK = b" (Volume Label Entry)"

_NAME_DELETED = int(pytsk3.TSK_FS_NAME_FLAG_UNALLOC)
_META_ALLOCATED = int(pytsk3.TSK_FS_META_FLAG_ALLOC)
_META_DELETED = int(pytsk3.TSK_FS_META_FLAG_UNALLOC)
_VIRTUAL = (int(pytsk3.TSK_FS_META_TYPE_VIRT), int(pytsk3.TSK_FS_META_TYPE_VIRT_DIR))
DIRECTORY_TYPES = frozenset({int(pytsk3.TSK_FS_META_TYPE_DIR), int(pytsk3.TSK_FS_META_TYPE_VIRT_DIR)})
_DIRECTORY_NAME = frozenset(
    {
        int(pytsk3.TSK_FS_NAME_TYPE_DIR),
        int(pytsk3.TSK_FS_NAME_TYPE_VIRT_DIR),
        int(pytsk3.TSK_FS_NAME_TYPE_UNDEF),
    }
)
_META_TYPES = {
    int(pytsk3.TSK_FS_META_TYPE_REG): EntryType.FILE,
    int(pytsk3.TSK_FS_META_TYPE_DIR): EntryType.DIRECTORY,
    int(pytsk3.TSK_FS_META_TYPE_LNK): EntryType.LINK,
    _VIRTUAL[0]: EntryType.VIRTUAL,
    _VIRTUAL[1]: EntryType.VIRTUAL,
}
_NAME_TYPES = {
    int(pytsk3.TSK_FS_NAME_TYPE_REG): EntryType.FILE,
    int(pytsk3.TSK_FS_NAME_TYPE_DIR): EntryType.DIRECTORY,
    int(pytsk3.TSK_FS_NAME_TYPE_LNK): EntryType.LINK,
    int(pytsk3.TSK_FS_NAME_TYPE_VIRT): EntryType.VIRTUAL,
    int(pytsk3.TSK_FS_NAME_TYPE_VIRT_DIR): EntryType.VIRTUAL,
}


class Row(NamedTuple):
    """One line of a listing. Times are nanoseconds since 1970 as stored; 0 means none."""

    path: str
    type: EntryType
    address: int
    size_bytes: int
    deleted: bool
    born_ns: int
    modified_ns: int
    changed_ns: int
    accessed_ns: int
    stream: str | None
    attribute: str | None  # NTFS: type and id of the attribute, as the Sleuth Kit writes them ("128-4")
    reallocated: bool  # the name is deleted and its record belongs to another file now
    target: str | None  # where a symbolic link points


def decoded(name: bytes) -> str:
    """Return a name as text; bytes that are not UTF-8 are written as hexadecimal escapes."""
    return name.decode("utf-8", "backslashreplace")


class RowMaker:
    """Makes the rows of one file system."""

    def __init__(self, filesystem: Any) -> None:
        self._filesystem = filesystem
        self._is_ntfs = int(filesystem.info.ftype) == int(pytsk3.TSK_FS_TYPE_NTFS)

    def record_of(self, entry: Any) -> Any | None:
        """Return the file whose metadata belong to a name, or None where nothing is known of them.

        The Sleuth Kit gives no metadata for a deleted NTFS name, because the record's sequence number went up by
        one when it was freed. As long as the record was not used again, it is still that file's.
        """
        if entry.info.meta is not None:
            return entry
        name = entry.info.name
        if not self._is_ntfs or not name.meta_addr:
            return None
        try:
            found = self._filesystem.open_meta(name.meta_addr)
        except OSError:
            return None
        meta = found.info.meta
        if meta is None or not meta.flags & _META_DELETED or meta.seq - name.meta_seq not in (0, 1):
            return None
        return found

    def rows(self, entry: Any, path: str) -> tuple[list[Row], int]:
        """Return the rows of a name, and the address to go on with where it is a directory to enter, else -1.

        The rows are its own and those of its named streams. A directory is entered under the same condition as in
        the Sleuth Kit's own walk: the name is live, or name and record are both deleted.
        """
        # Every access to a field goes through pytsk3; here each is made once, because this runs for every entry.
        info = entry.info
        name = info.name
        meta = info.meta
        record = entry
        address = name.meta_addr
        name_deleted = name.flags & _NAME_DELETED != 0
        if meta is None:
            record = self.record_of(entry)
            if record is None:
                kind = _NAME_TYPES.get(name.type, EntryType.OTHER)
                # A record that exists but was not accepted is in use by another file.
                in_use = name_deleted and self._is_ntfs and bool(address)
                return [Row(path, kind, address, 0, name_deleted, 0, 0, 0, 0, None, None, in_use, None)], -1
            meta = record.info.meta
        flags = meta.flags
        meta_type = meta.type
        meta_deleted = flags & _META_DELETED != 0
        kind = _META_TYPES.get(meta_type, EntryType.OTHER)
        deleted = (name_deleted or meta_deleted) and kind is not EntryType.VIRTUAL
        if kind is EntryType.FILE and not self._is_ntfs and name.name.endswith(VOLUME_LABEL_MARK):
            kind = EntryType.VOLUME_LABEL
        reallocated = name_deleted and flags & _META_ALLOCATED != 0
        found = self._record_rows(record, meta, path, kind, address, deleted, reallocated)
        if meta_type in DIRECTORY_TYPES and name.type in _DIRECTORY_NAME and (meta_deleted or not name_deleted):
            return found, address
        return found, -1

    def nameless_rows(self, record: Any, path: str) -> list[Row]:
        """Return the rows of a record that was opened by its address."""
        meta = record.info.meta
        kind = _META_TYPES.get(meta.type, EntryType.OTHER)
        deleted = bool(meta.flags & _META_DELETED) and kind is not EntryType.VIRTUAL
        return self._record_rows(record, meta, path, kind, meta.addr, deleted, reallocated=False)

    def _record_rows(
        self, record: Any, meta: Any, path: str, kind: EntryType, address: int, deleted: bool, reallocated: bool
    ) -> list[Row]:
        born = meta.crtime * NANOSECONDS + meta.crtime_nano
        modified = meta.mtime * NANOSECONDS + meta.mtime_nano
        changed = meta.ctime * NANOSECONDS + meta.ctime_nano
        accessed = meta.atime * NANOSECONDS + meta.atime_nano
        found = []
        if self._is_ntfs:
            for attribute in record:
                info = attribute.info
                number = info.type
                if number == DATA:
                    name = info.name
                elif number == INDEX_ROOT:
                    name = info.name
                    if name == DIRECTORY_INDEX:
                        name = None
                else:
                    continue
                stream = decoded(name) if name else None
                found.append(
                    Row(
                        path, kind, address, info.size, deleted, born, modified, changed, accessed,
                        stream, f"{number}-{info.id}", reallocated, None,
                    )
                )  # fmt: skip
        if not found:
            target = decoded(meta.link) if kind is EntryType.LINK and meta.link else None
            found.append(
                Row(
                    path, kind, address, meta.size, deleted, born, modified, changed, accessed,
                    None, None, reallocated, target,
                )
            )  # fmt: skip
        return found
