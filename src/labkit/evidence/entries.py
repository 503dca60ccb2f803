"""Rows of a listing as entries that the rest of labkit knows, with their times in UTC."""

from typing import TYPE_CHECKING

from labkit.evidence.rows import Row

if TYPE_CHECKING:
    from labkit.model.evidence import FileEntry


def in_utc(row: Row, zone: str) -> Row:
    """Return a row whose times are those of clocks in ``zone``, an IANA name, with its times in UTC."""
    from labkit.evidence.timestamps import shifted

    return row._replace(
        born_ns=shifted(row.born_ns, zone),
        modified_ns=shifted(row.modified_ns, zone),
        changed_ns=shifted(row.changed_ns, zone),
        accessed_ns=shifted(row.accessed_ns, zone),
    )


def file_entry(row: Row, volume_number: int) -> "FileEntry":
    """Return a row as an entry of a volume."""
    from labkit.evidence.timestamps import moment
    from labkit.model.evidence import FileEntry

    return FileEntry(
        volume=volume_number,
        path=row.path,
        type=row.type,
        address=row.address,
        size_bytes=row.size_bytes,
        deleted=row.deleted,
        born_utc=moment(row.born_ns),
        modified_utc=moment(row.modified_ns),
        changed_utc=moment(row.changed_ns),
        accessed_utc=moment(row.accessed_ns),
        stream=row.stream,
    )
