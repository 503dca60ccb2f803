"""From the Sleuth Kit's names and records to rows: one for each name and each named stream.

A row is a plain named tuple, because a listing makes one for every entry of a disk; times are whole nanoseconds
since 1970-01-01 UTC, 0 where there is none. The rows are those of ``fls -r -p -m /`` without its ``$FILE_NAME``
lines: an NTFS record without an unnamed stream or index ($Secure, $ObjId) has rows for its named ones only.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import pytsk3

from labkit.evidence.file_names import DOS_NAMESPACE, FileNameTimes, file_names
from labkit.model.entry_type import EntryType

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
    mode: str = "-/----------"  # types of name and record, then permissions, as the Sleuth Kit writes them
    owner: int = 0
    group: int = 0
    file_name: FileNameTimes | None = None  # NTFS, on the first row of a name: the second set of times


# The Sleuth Kit's letters for the types of names and of records, by number.
_NAME_LETTERS = "-pcdbrlshwvV"
_META_LETTERS = "-rdpcblshwvV"


@lru_cache(maxsize=1024)
def mode_text(name_type: int, meta_type: int, mode: int) -> str:
    """Return ``r/rrwxr-xr-x``: the types that the name and the record state, and the permissions."""
    name = _NAME_LETTERS[name_type] if name_type < len(_NAME_LETTERS) else "-"
    meta = _META_LETTERS[meta_type] if meta_type < len(_META_LETTERS) else "-"
    letters = ["rwxrwxrwx"[bit] if mode & 0o400 >> bit else "-" for bit in range(9)]
    for special, place, letter in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if mode & special:
            letters[place] = letter if letters[place] == "x" else letter.upper()
    return f"{name}/{meta}{''.join(letters)}"


def decoded(name: bytes) -> str:
    """Return a name as text; bytes that are not UTF-8 are written as hexadecimal escapes."""
    return name.decode("utf-8", "backslashreplace")


def name_is_deleted(name: Any) -> bool:
    """Return whether a name that the Sleuth Kit gives is deleted."""
    return bool(name.flags & _NAME_DELETED)


def name_is_directory(name: Any) -> bool | None:
    """Return whether a name says that it is a directory's; None where it says nothing."""
    kind = _NAME_TYPES.get(name.type)
    return None if kind is None else kind is EntryType.DIRECTORY


def meta_is_deleted(meta: Any) -> bool:
    """Return whether a record is free."""
    return bool(meta.flags & _META_DELETED)


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
                mode = mode_text(int(name.type), 0, 0)
                return [Row(path, kind, address, 0, name_deleted, 0, 0, 0, 0, None, None, in_use, None, mode)], -1
            meta = record.info.meta
        flags = meta.flags
        meta_type = meta.type
        meta_deleted = flags & _META_DELETED != 0
        kind = _META_TYPES.get(meta_type, EntryType.OTHER)
        deleted = (name_deleted or meta_deleted) and kind is not EntryType.VIRTUAL
        if kind is EntryType.FILE and not self._is_ntfs and name.name.endswith(VOLUME_LABEL_MARK):
            kind = EntryType.VOLUME_LABEL
        reallocated = name_deleted and flags & _META_ALLOCATED != 0
        mode = mode_text(int(name.type), int(meta_type), int(meta.mode))
        found = self._record_rows(record, meta, path, kind, address, deleted, reallocated, mode)
        if meta_type in DIRECTORY_TYPES and name.type in _DIRECTORY_NAME and (meta_deleted or not name_deleted):
            return found, address
        return found, -1

    def nameless_rows(self, record: Any, path: str) -> list[Row]:
        """Return the rows of a record that was opened by its address."""
        return self.record_rows(record, path, name_deleted=False)

    def record_rows(self, record: Any, path: str, *, name_deleted: bool) -> list[Row]:
        """Return the rows of a record that was opened by its address, under a name that is live or deleted."""
        meta = record.info.meta
        kind = _META_TYPES.get(meta.type, EntryType.OTHER)
        meta_deleted = bool(meta.flags & _META_DELETED)
        deleted = (meta_deleted or name_deleted) and kind is not EntryType.VIRTUAL
        mode = mode_text(0, int(meta.type), int(meta.mode))
        reallocated = name_deleted and not meta_deleted
        return self._record_rows(record, meta, path, kind, meta.addr, deleted, reallocated, mode)

    def _record_rows(
        self,
        record: Any,
        meta: Any,
        path: str,
        kind: EntryType,
        address: int,
        deleted: bool,
        reallocated: bool,
        mode: str,
    ) -> list[Row]:
        born = meta.crtime * NANOSECONDS + meta.crtime_nano
        modified = meta.mtime * NANOSECONDS + meta.mtime_nano
        changed = meta.ctime * NANOSECONDS + meta.ctime_nano
        accessed = meta.atime * NANOSECONDS + meta.atime_nano
        owner, group = int(meta.uid), int(meta.gid)
        found = []
        file_name = None
        if self._is_ntfs:
            file_name = _shown_name(record)
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
                        stream, f"{number}-{info.id}", reallocated, None, mode, owner, group, file_name,
                    )
                )  # fmt: skip
                file_name = None
        if not found:
            target = decoded(meta.link) if kind is EntryType.LINK and meta.link else None
            found.append(
                Row(
                    path, kind, address, meta.size, deleted, born, modified, changed, accessed,
                    None, None, reallocated, target, mode, owner, group, file_name,
                )
            )  # fmt: skip
        return found


def _shown_name(record: Any) -> FileNameTimes | None:
    """Return the name whose times ``fls -m`` shows: the last that is not a short one."""
    shown = None
    for name in file_names(record):
        if name.namespace != DOS_NAMESPACE:
            shown = name.times
    return shown
