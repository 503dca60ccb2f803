"""Reading one volume: its entries, where they lie, their content and their slack. Nothing here can write."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.body_file import body_lines
from labkit.evidence.entries import file_entry, in_utc
from labkit.evidence.image import Image
from labkit.evidence.lookup import Lookup
from labkit.evidence.ntfs.content import live_files, plain_content
from labkit.evidence.ntfs.paths import ROOT, DirectoryPaths
from labkit.evidence.ntfs.records import MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError
from labkit.evidence.ntfs.second_opinion import SecondOpinion
from labkit.evidence.ntfs.walk import NtfsWalk
from labkit.evidence.rows import DATA, DIRECTORY_TYPES, Row, RowMaker
from labkit.evidence.streams import REGULAR, not_recoverable, read_part, select
from labkit.evidence.tsk import LOCAL_TIME_FILESYSTEMS, TskImage, filesystem_name, open_filesystem
from labkit.evidence.walk import Walk
from labkit.model.entry_type import EntryType
from labkit.model.volumes import Volume

if TYPE_CHECKING:
    from labkit.evidence.detail import EntryDetail
    from labkit.evidence.ntfs.journal import JournalRecord
    from labkit.model.evidence import FileEntry

READ_BYTES = 1024 * 1024
JOURNAL_PATH = "/$Extend/$UsnJrnl"
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
        return (in_utc(row, self.zone) for row in found) if self._shifts else found

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
            yield file_entry(row, self.volume.number)

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
                in_utc(row, self.zone) if self._shifts else row
                for row in RowMaker(self._filesystem).nameless_rows(record, self._nameless_path(address))
            ]
        meta = record.info.meta
        geometry = Geometry(self._image, self.volume, self._filesystem)
        return EntryDetail(
            entries=tuple(file_entry(row, self.volume.number) for row in (*rows, *old)),
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
        selection = select(self._filesystem, record, stream)
        return Content(address, stream, selection.size_bytes, deleted)

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
        selection = select(self._filesystem, record, stream)
        size = selection.size_bytes
        for offset in range(offset_bytes, size, READ_BYTES):
            wanted = min(READ_BYTES, size - offset)
            data = read_part(self._tsk_image, record, selection, offset, wanted)
            if len(data) != wanted:
                raise not_recoverable(address, offset + len(data), size)
            yield data

    def contents(self) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Yield the address and the content of every live file, in the order that is quickest to read.

        The unnamed content is meant, where there is some; the file system's own files are left out. A content is to be
        read before the next one is asked for. A file whose record can not be read is left out; ``problems`` names it.

        Raises:
            EvidenceError: While a content is read: bytes of it can not be, or it claims more than the volume holds.
        """
        for address in self._live_files():
            plain = self._plain(address)
            if plain is not None:
                yield address, self._held(plain)
                continue
            try:
                meta = self._record(address).info.meta
            except EvidenceError:
                self.problems.append(f"the file at address {address} can not be read")
                continue
            if int(meta.type) == REGULAR and meta.size:
                yield address, self._held(self.read(address))

    def _held(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield a content as far as the volume can hold one: a damaged or sparse file may claim exabytes of zeros."""
        left = self.volume.size_bytes
        for block in blocks:
            yield block[:left]
            left -= len(block)
            if left < 0:
                raise EvidenceError(
                    f"it claims more than the {self.volume.size_bytes:,} bytes of its volume",
                    remedy="What it has can be saved with labkit image export; its stat shows where that lies.",
                )

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
        selection = select(self._filesystem, record, stream)
        geometry = Geometry(self._image, self.volume, self._filesystem)
        for attribute in attributes(record, geometry):
            if not self._is_ntfs or selection.is_of(attribute):
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

    def _nameless_path(self, address: int) -> str:
        """Return the name that the Sleuth Kit gives to a record that no directory holds."""
        return "/" if address == int(self._filesystem.info.root_inum) else f"/$OrphanFiles/OrphanFile-{address}"
