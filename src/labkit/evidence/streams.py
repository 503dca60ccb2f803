"""Which bytes of a record are its content: one of its streams, and how a part of that is read."""

from typing import TYPE_CHECKING, Any, NamedTuple

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.rows import DATA, RowMaker
from labkit.evidence.tsk import TskImage
from labkit.model.entry_type import EntryType

if TYPE_CHECKING:
    from labkit.evidence.detail import Attribute

REGULAR = int(pytsk3.TSK_FS_META_TYPE_REG)


class Selection(NamedTuple):
    """One stream of a record: attribute type and id, none of both for the Sleuth Kit's default; and its size."""

    kind: int | None
    number: int | None
    size_bytes: int

    def is_of(self, attribute: "Attribute") -> bool:
        """Return whether an NTFS attribute is the selected one; without a selection, the unnamed content."""
        if self.kind is None:
            return attribute.type == DATA and attribute.name is None
        return (attribute.type, attribute.id) == (self.kind, self.number)


def select(filesystem: Any, record: Any, stream: str | None) -> Selection:
    """Return a stream of a record of the Sleuth Kit, the unnamed content by default.

    Raises:
        EvidenceError: The record has no such stream, or it is a directory.
    """
    meta = record.info.meta
    if stream is None and meta.size and int(meta.type) == REGULAR:
        return Selection(None, None, int(meta.size))  # the common case, without a look at every attribute
    rows = RowMaker(filesystem).nameless_rows(record, "/")
    address = rows[0].address
    names = []
    for row in rows:
        if row.stream == stream and (stream is not None or row.type is not EntryType.DIRECTORY):
            if row.attribute is None:
                return Selection(None, None, row.size_bytes)
            kind, _, number = row.attribute.partition("-")
            return Selection(int(kind), int(number), row.size_bytes)
        if row.stream is not None:
            names.append(row.stream)
    has = f"it has the named streams {', '.join(names)}" if names else "it has no named streams"
    if stream is not None:
        raise EvidenceError(
            f"the entry at address {address} has no stream {stream!r}; {has}",
            remedy="Give a stream's name as labkit image ls shows it, without a colon.",
        )
    if rows[0].type is EntryType.DIRECTORY:
        raise EvidenceError(
            f"the entry at address {address} is a directory; {has}",
            remedy="Name a file, or list the directory with labkit image ls --under PATH.",
        )
    raise EvidenceError(
        f"the entry at address {address} has no unnamed content; {has}", remedy="Choose one with --stream NAME."
    )


def read_part(image: TskImage, record: Any, selection: Selection, offset_bytes: int, size_bytes: int) -> bytes:
    """Return a part of a stream, which may end early where the image does not give all of it.

    Raises:
        EvidenceError: The bytes can not be read.
    """
    kind, number, _ = selection
    try:
        if kind is None:
            data = record.read_random(offset_bytes, size_bytes)
        else:
            data = record.read_random(offset_bytes, size_bytes, kind, number)
    except OSError as error:
        image.check()
        address = int(record.info.meta.addr)
        raise not_recoverable(address, offset_bytes, offset_bytes + size_bytes) from error
    image.check()
    return bytes(data)


def not_recoverable(address: int, offset_bytes: int, size_bytes: int) -> EvidenceError:
    """Return the error for content of ``size_bytes`` that can be read to ``offset_bytes`` only."""
    return EvidenceError(
        f"the content at address {address} can be read to byte {offset_bytes} of {size_bytes} only",
        remedy="A deleted file whose clusters were given to others can not be recovered whole; "
        "labkit image stat shows what is known of its clusters.",
    )
