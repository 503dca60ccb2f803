"""Reading one volume: its entries, where they lie, their content and their slack. Nothing here can write."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.body_file import body_lines
from labkit.evidence.image import Image
from labkit.evidence.lookup import Lookup
from labkit.evidence.ntfs.content import live_files, plain_content
from labkit.evidence.ntfs.paths import ROOT, DirectoryPaths
from labkit.evidence.ntfs.records import MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError
from labkit.evidence.ntfs.second_opinion import SecondOpinion
from labkit.evidence.ntfs.walk import NtfsWalk
from labkit.evidence.rows import DATA, DIRECTORY_TYPES, Row, RowMaker
from labkit.evidence.tsk import LOCAL_TIME_FILESYSTEMS, TskImage, filesystem_name, open_filesystem
from labkit.evidence.walk import Walk
from labkit.model.entry_type import EntryType
from labkit.model.volumes import Volume

if TYPE_CHECKING:
    from labkit.evidence.detail import Attribute, EntryDetail
    from labkit.evidence.ntfs.journal import JournalRecord
    from labkit.model.evidence import FileEntry

READ_BYTES = 1024 * 1024
JOURNAL_PATH = "/$Extend/$UsnJrnl"
_REGULAR = int(pytsk3.TSK_FS_META_TYPE_REG)
_META_DELETED = int(pytsk3.TSK_FS_META_FLAG_UNALLOC)


class Content(NamedTuple):
    """What is to be read of a record: one stream of it. ``size_bytes`` is its logical length."""

    address: int
    stream: str | None
    size_bytes: int
    deleted: bool


class VolumeReader:
    """The entries and content of one volume.

    FAT and exFAT store local times without a zone: they are taken as UTC, or shifted by ``zone``, the IANA zone
    of the machine that wrote them. ``time_basis`` says which kind the file system stores.
    """

    def __init__(self, image: Image, volume: Volume, zone: str = "UTC") -> None:
        if zone != "UTC":
            from labkit.evidence.zones import zone as zone_named

            zone_named(zone)
        self.volume = volume
        self.zone = zone
        self.problems: list[str] = []
        self._image = image
        self._tsk_image = TskImage(image)
        # The Sleuth Kit takes a while to open NTFS, and is not needed for all that is asked of it.
        name = volume.filesystem if volume.filesystem == "NTFS" else filesystem_name(self._filesystem)
        self.time_basis = "local" if name.startswith(LOCAL_TIME_FILESYSTEMS) else "utc"
        self._paths: DirectoryPaths | None = None
        self._shifts = self.time_basis == "local" and zone != "UTC"
        self._is_ntfs = name == "NTFS"
        self._ignore_case = name.startswith(("FAT", "exFAT", "NTFS"))

    @cached_property
    def _filesystem(self) -> Any:
        filesystem = open_filesystem(self._tsk_image, self.volume.start_bytes)
        if filesystem is None:
            raise EvidenceError(
                f"volume {self.volume.number} of {self._image.path.name} (at byte {self.volume.start_bytes}) "
                "has no file system that labkit knows",
                remedy="Look at the volumes with labkit image volumes; a lost one is opened with --offset BYTES.",
            )
        return filesystem

    def rows(self, *, deleted: bool = True, under: str = "/") -> Iterator[Row]:
        """Yield the rows of all entries under a directory, times shifted to UTC where the zone is known.

        Raises:
            EvidenceError: There is no directory ``under``.
        """
        address = self._start(under)
        walk = self._walk(address, deleted=deleted)
        self.problems = walk.problems
        found = walk.rows(address, under.rstrip("/"))
        return map(self._to_utc, found) if self._shifts else found

    def body_lines(self, *, deleted: bool = True, under: str = "/") -> Iterator[str]:
        """Yield the lines of a body file of all entries under a directory, many in one text where that is quick.

        Raises:
            EvidenceError: There is no directory ``under``.
        """
        address = self._start(under)
        walk = self._walk(address, deleted=deleted)
        if isinstance(walk, NtfsWalk):
            self.problems = walk.problems
            return walk.body_lines(address, under.rstrip("/"))
        return body_lines(self.rows(deleted=deleted, under=under))

    @cached_property
    def _table(self) -> MasterFileTable:
        return MasterFileTable(self._image, self.volume.start_bytes)

    @property
    def is_ntfs(self) -> bool:
        """Return whether entries have a second set of times and the volume may have a change journal."""
        return self._is_ntfs

    def change_journal(self) -> "Iterator[JournalRecord]":
        """Yield the records of an NTFS change journal; nothing where the volume has none."""
        if not self._is_ntfs:
            return
        from labkit.evidence.detail import Geometry, attributes
        from labkit.evidence.ntfs.journal import journal_records

        try:
            record = self._record(self.find(JOURNAL_PATH))
        except EvidenceError:
            return
        geometry = Geometry(self._image, self.volume, self._filesystem)
        for attribute in attributes(record, geometry):
            if attribute.type == DATA and attribute.name == "$J" and not attribute.resident:
                yield from journal_records(self._image, attribute.runs, attribute.size_bytes)

    def directory_path(self, address: int, sequence: int) -> str | None:
        """Return the path of a live NTFS directory, empty for the root; None where its record is another's now."""
        if self._paths is None:
            walk = self._walk(address, deleted=False)
            if isinstance(walk, Walk):
                return None
            self._paths = DirectoryPaths(walk.record)
        return self._paths.path(address, sequence)

    def entries(self, *, deleted: bool = True) -> "Iterator[FileEntry]":
        """Yield every name and every named stream, each directory before what it holds."""
        for row in self.rows(deleted=deleted):
            yield self._entry(row)

    def find(self, path: str) -> int:
        """Return the address of the entry at ``path``, a live one before a deleted one.

        Raises:
            EvidenceError: There is none, or several deleted entries had this path.
        """
        return Lookup(self._tsk_image, self._filesystem, ignore_case=self._ignore_case).address(path)

    def stat(self, place: int | str) -> "EntryDetail":
        """Return everything about the entry at an address or a path.

        Raises:
            EvidenceError: There is no such entry.
        """
        from labkit.evidence.detail import EntryDetail, Geometry, attributes, file_name_times

        address = self.find(place) if isinstance(place, str) else place
        record = self._record(address)
        rows = [row for row in self.rows() if row.address == address]
        old = [row for row in rows if row.reallocated]
        rows = [row for row in rows if not row.reallocated]
        if not rows:
            rows = [
                self._to_utc(row) if self._shifts else row
                for row in RowMaker(self._filesystem).nameless_rows(record, self._nameless_path(address))
            ]
        meta = record.info.meta
        geometry = Geometry(self._image, self.volume, self._filesystem)
        return EntryDetail(
            entries=tuple(self._entry(row) for row in (*rows, *old)),
            deleted=bool(meta.flags & _META_DELETED),
            mode=int(meta.mode),
            owner=int(meta.uid),
            group=int(meta.gid),
            links=int(meta.nlink),
            sequence=int(meta.seq),
            cluster_bytes=geometry.cluster_bytes,
            attributes=attributes(record, geometry),
            file_names=file_name_times(record) if self._is_ntfs else (),
        )

    def is_deleted(self, address: int) -> bool:
        """Return whether the record at an address is free.

        Raises:
            EvidenceError: There is no such address.
        """
        return bool(self._record(address).info.meta.flags & _META_DELETED)

    def content(self, address: int, *, stream: str | None = None) -> Content:
        """Return what ``read`` will read: the size of a stream and whether its record is deleted.

        Raises:
            EvidenceError: There is no such address or stream, or it is a directory.
        """
        record = self._record(address)
        deleted = bool(record.info.meta.flags & _META_DELETED)
        _, _, size = self._select(record, stream)
        return Content(address, stream, size, deleted)

    def read(self, address: int, *, stream: str | None = None, offset_bytes: int = 0) -> Iterator[bytes]:
        """Yield the content of a file, or of one of its named streams, from a byte of it to its logical end.

        Raises:
            EvidenceError: There is no such address or stream, it is a directory, or bytes of it can not be read.
        """
        plain = self._plain(address, offset_bytes) if stream is None else None
        if plain is not None:
            yield from plain
            return
        record = self._record(address)
        kind, number, size = self._select(record, stream)
        for offset in range(offset_bytes, size, READ_BYTES):
            wanted = min(READ_BYTES, size - offset)
            data = self._read_random(record, offset, wanted, kind, number)
            if len(data) != wanted:
                raise self._not_recoverable(address, offset + len(data), size)
            yield data

    def contents(self) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Yield the address and the content of every live file, in the order that is quickest to read.

        The unnamed content is meant, where there is some; the file system's own files are left out. A content is to be
        read before the next one is asked for. A file whose record can not be read is left out; ``problems`` names it.

        Raises:
            EvidenceError: While a content is read: bytes of it can not be.
        """
        for address in self._live_files():
            plain = self._plain(address)
            if plain is not None:
                yield address, plain
                continue
            try:
                meta = self._record(address).info.meta
            except EvidenceError:
                self.problems.append(f"the file at address {address} can not be read")
                continue
            if int(meta.type) == _REGULAR and meta.size:
                yield address, self.read(address)

    def _plain(self, address: int, offset_bytes: int = 0) -> Iterator[bytes] | None:
        """Return the unnamed content of a plain NTFS file; None where it has to be read the general way."""
        if not self._is_ntfs:
            return None
        try:
            return plain_content(self._table, address, READ_BYTES, first_bytes=offset_bytes)
        except DamagedError:
            return None

    def _live_files(self) -> Iterator[int]:
        try:
            table = self._table if self._is_ntfs else None
        except DamagedError:
            table = None
        if table is not None:
            own = self._own_files()
            return (number for number in live_files(table) if number not in own)
        files = (row for row in self.rows(deleted=False) if row.type is EntryType.FILE and row.stream is None)
        return iter(dict.fromkeys(row.address for row in files))

    def _own_files(self) -> frozenset[int]:
        """Return the numbers of what lies in $Extend: the change journal and other files of the file system."""
        try:
            return frozenset(row.address for row in self.rows(deleted=False, under="/$Extend"))
        except EvidenceError:
            return frozenset()

    def slack(self, address: int, *, stream: str | None = None) -> bytes:
        """Return what lies between the end of a file and the end of its last cluster.

        Empty for files whose content lies inside their record.

        Raises:
            EvidenceError: There is no such address or stream, or the bytes can not be read.
        """
        from labkit.evidence.detail import Geometry, attributes
        from labkit.evidence.slack import slack_bytes

        record = self._record(address)
        kind, number, _ = self._select(record, stream)
        geometry = Geometry(self._image, self.volume, self._filesystem)
        for attribute in attributes(record, geometry):
            if not self._is_ntfs or _is_chosen(attribute, kind, number):
                return slack_bytes(self._image, attribute, geometry.cluster_bytes)
        return b""

    def _walk(self, address: int, *, deleted: bool) -> Walk | NtfsWalk:
        if self._is_ntfs and (address == ROOT or address != int(self._filesystem.info.last_inum)):  # the $OrphanFiles
            try:
                second_opinion = SecondOpinion(self._tsk_image, lambda: self._filesystem)
                return NtfsWalk(self._table, second_opinion, deleted=deleted)
            except DamagedError:
                pass  # not plain enough to be read in blocks
        return Walk(self._tsk_image, self._filesystem, deleted=deleted)

    def _record(self, address: int) -> Any:
        first, last = int(self._filesystem.info.first_inum), int(self._filesystem.info.last_inum)
        record = None
        if first <= address <= last:
            try:
                record = self._filesystem.open_meta(address)
            except OSError:
                self._tsk_image.check()
        if record is None or record.info.meta is None:
            raise EvidenceError(
                f"volume {self.volume.number} has no entry at address {address}",
                remedy=f"Addresses here lie between {first} and {last}; labkit image ls shows those in use.",
            )
        return record

    def _start(self, under: str) -> int:
        if under != "/":
            return self._directory(under)
        return ROOT if self._is_ntfs else int(self._filesystem.info.root_inum)

    def _directory(self, path: str) -> int:
        address = self.find(path)
        kind = int(self._record(address).info.meta.type)
        if kind not in DIRECTORY_TYPES:
            raise EvidenceError(f"{path} is not a directory", remedy="Show a single entry with labkit image stat.")
        return address

    def _select(self, record: Any, stream: str | None) -> tuple[int | None, int | None, int]:
        """Return attribute type, attribute id and size of a stream; no type means the Sleuth Kit's default."""
        meta = record.info.meta
        if stream is None and meta.size and int(meta.type) == _REGULAR:
            return None, None, int(meta.size)  # the common case, without a look at every attribute
        rows = RowMaker(self._filesystem).nameless_rows(record, "/")
        address = rows[0].address
        names = []
        for row in rows:
            if row.stream == stream and (stream is not None or row.type is not EntryType.DIRECTORY):
                if row.attribute is None:
                    return None, None, row.size_bytes
                kind, _, number = row.attribute.partition("-")
                return int(kind), int(number), row.size_bytes
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

    def _read_random(self, record: Any, offset: int, size: int, kind: int | None, number: int | None) -> bytes:
        try:
            data = record.read_random(offset, size) if kind is None else record.read_random(offset, size, kind, number)
        except OSError as error:
            self._tsk_image.check()
            raise self._not_recoverable(int(record.info.meta.addr), offset, offset + size) from error
        self._tsk_image.check()
        return bytes(data)

    def _not_recoverable(self, address: int, offset: int, size: int) -> EvidenceError:
        return EvidenceError(
            f"the content at address {address} can be read to byte {offset} of {size} only",
            remedy="A deleted file whose clusters were given to others can not be recovered whole; "
            "labkit image stat shows what is known of its clusters.",
        )

    def _nameless_path(self, address: int) -> str:
        """Return the name that the Sleuth Kit gives to a record that no directory holds."""
        return "/" if address == int(self._filesystem.info.root_inum) else f"/$OrphanFiles/OrphanFile-{address}"

    def _to_utc(self, row: Row) -> Row:
        from labkit.evidence.timestamps import shifted

        zone = self.zone
        return row._replace(
            born_ns=shifted(row.born_ns, zone),
            modified_ns=shifted(row.modified_ns, zone),
            changed_ns=shifted(row.changed_ns, zone),
            accessed_ns=shifted(row.accessed_ns, zone),
        )

    def _entry(self, row: Row) -> "FileEntry":
        from labkit.evidence.timestamps import moment
        from labkit.model.evidence import FileEntry

        return FileEntry(
            volume=self.volume.number,
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


def _is_chosen(attribute: "Attribute", kind: int | None, number: int | None) -> bool:
    """Return whether an NTFS attribute is the selected one; without a selection, the unnamed content."""
    if kind is None:
        return attribute.type == DATA and attribute.name is None
    return (attribute.type, attribute.id) == (kind, number)
