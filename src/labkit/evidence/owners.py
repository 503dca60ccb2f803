"""Whose is this byte? Each offset of a medium: which volume, which region, which file.

The map is made once from the runs of all files, live ones before deleted ones, and kept in temporary files (``spill``),
so that it takes the same memory for any number of files. What a live file holds is its own; a deleted file only lays a
claim to free clusters, and where several do, the one that the walk met first is named.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import pytsk3

from labkit.evidence import mft
from labkit.evidence.allocation import Clusters, Range, clusters
from labkit.evidence.detail import Attribute, Geometry, Run, attributes
from labkit.evidence.image import Image
from labkit.evidence.owner_table import Owner, OwnerTable
from labkit.evidence.rows import DATA
from labkit.evidence.spans import Spans
from labkit.evidence.tsk import TskImage, open_filesystem
from labkit.evidence.volumes import volumes_if_any
from labkit.evidence.walk import Walk
from labkit.model.entry_type import EntryType
from labkit.model.volumes import Volume

NTFS_SYSTEM_RECORDS = 24  # the records that NTFS keeps for itself: $MFT, $LogFile, $Bitmap ...
_META_DELETED = int(pytsk3.TSK_FS_META_FLAG_UNALLOC)
_MFT_ADDRESS = 0


class Region(StrEnum):
    """What a byte of a medium is used for."""

    ALLOCATED = "allocated"  # content of a live file
    SLACK = "slack"  # behind the end of a file, an MFT record or the last cluster of a volume
    UNALLOCATED = "unallocated"  # a free cluster, or content inside the free record of a deleted file
    METADATA = "metadata"  # directories, tables, bitmaps, records
    UNPARTITIONED = "unpartitioned"  # outside every volume with a file system


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of one byte; ``end_bytes`` is how far on the medium the same holds at least."""

    offset_bytes: int
    end_bytes: int
    region: Region
    volume: Volume | None = None
    owner: Owner | None = None
    offset_in_file: int | None = None
    cluster: int | None = None

    @property
    def offset_in_volume(self) -> int | None:
        """Return the offset from byte 0 of the volume."""
        return None if self.volume is None else self.offset_bytes - self.volume.start_bytes


@dataclass(frozen=True, slots=True)
class Fragmented:
    """A stream whose bytes do not lie in one stretch, in the order of its content."""

    owner: Owner
    size_bytes: int
    runs: tuple[Run, ...]
    compressed: bool
    attribute: tuple[int, int]  # type and id


_REGIONS = tuple(Region)
_CONTENT, _SLACK, _META = (_REGIONS.index(r) for r in (Region.ALLOCATED, Region.SLACK, Region.METADATA))


class VolumeMap:
    """The owners of one volume."""

    def __init__(self, image: Image, volume: Volume) -> None:
        self.volume = volume
        self._fragmented = array("Q")  # of each stream in pieces: number of its owner, type and id of its attribute
        self.mft_runs: tuple[Run, ...] = ()
        self._image = image
        self._tsk_image = TskImage(image)
        self.filesystem: Any = open_filesystem(self._tsk_image, volume.start_bytes)
        self._is_ntfs = volume.filesystem == "NTFS"
        self._live, self._claims = Spans(), Spans()
        self.owners = OwnerTable(volume.number)
        self.geometry = Geometry(image, volume, self.filesystem)
        self.clusters: Clusters | None = clusters(image, volume, self.filesystem)
        self.cluster_bytes = self.clusters.cluster_bytes if self.clusters else self.geometry.cluster_bytes
        self.record_bytes = 0
        self._add_files()
        self._live.settle()
        self._claims.settle()
        self.owners.settle()
        self._tsk_image.check()
        if self._is_ntfs:
            self.record_bytes = _record_bytes(image, volume)

    @property
    def first_cluster_bytes(self) -> int:
        """Return where the first cluster lies on the medium."""
        return self.clusters.first_bytes if self.clusters else self.volume.start_bytes

    @property
    def data_end_bytes(self) -> int:
        """Return where the last cluster ends on the medium; what follows in the volume is volume slack."""
        if self.clusters is not None:
            return self.clusters.end_bytes
        info = self.filesystem.info
        return self.volume.start_bytes + int(info.block_count) * int(info.block_size)

    def at(self, offset: int) -> Place:
        """Return the place of a byte of the medium that lies in this volume, in $MFT down to the single record."""
        place = self.stretch(offset)
        position = place.offset_in_file
        if not self.record_bytes or position is None or place.owner is None:
            return place
        if (place.owner.address, place.owner.stream, place.region) != (_MFT_ADDRESS, None, Region.METADATA):
            return place
        return self._in_record(place, position)

    def stretch(self, offset: int) -> Place:
        """Return the place of a byte of the medium that lies in this volume; $MFT counts as one file."""
        end_of_volume = self.volume.start_bytes + self.volume.size_bytes
        cluster = self._cluster(offset)
        live = self._live.at(offset)
        if live is not None:
            end, number, position, region = live
            owner = self.owners[number]
            end = min(end, end_of_volume)
            return Place(offset, end, _REGIONS[region], self.volume, owner, _known(position), cluster)
        limit = min(self._live.next_start(offset) or end_of_volume, end_of_volume)
        if offset >= self.data_end_bytes:
            return Place(offset, end_of_volume, Region.SLACK, self.volume)
        free, limit = self._is_free(offset, limit)
        if not free:
            return Place(offset, limit, Region.METADATA, self.volume, cluster=cluster)
        claim = self._claims.at(offset)
        if claim is None:
            limit = min(limit, self._claims.next_start(offset) or limit)
            return Place(offset, limit, Region.UNALLOCATED, self.volume, cluster=cluster)
        end, number, position, _ = claim
        owner = self.owners[number]
        return Place(offset, min(end, limit), Region.UNALLOCATED, self.volume, owner, _known(position), cluster)

    def content(self, item: Fragmented) -> tuple[Any, Callable[[int, int], bytes]]:
        """Return the record of a stream and what reads its logical bytes."""
        record = self.filesystem.open_meta(item.owner.address)

        def read(offset: int, size: int) -> bytes:
            try:
                data = bytes(record.read_random(offset, size, *item.attribute))
            except OSError:
                data = b""
            self._tsk_image.check()
            return data

        return record, read

    def fragmented(self) -> Iterator[Fragmented]:
        """Yield the streams, of live and deleted files, that lie in pieces. Their runs are read again."""
        values = iter(self._fragmented)
        for number, kind, identifier in zip(values, values, values, strict=True):
            owner = self.owners[number]
            record = self._record(owner.address)
            for attribute in () if record is None else attributes(record, self.geometry):
                if (attribute.type, attribute.id) == (kind, identifier):
                    size, runs = attribute.size_bytes, attribute.runs
                    yield Fragmented(owner, size, runs, attribute.compressed, (kind, identifier))

    def slack(self) -> Iterator[tuple[Owner, int, int]]:
        """Yield (owner, start, end) of each live file's slack on the medium, in the order of the medium."""
        for owner, start, end in self._live.of_region(_SLACK):
            yield self.owners[owner], start, end

    def owner_of(self, address: int) -> Owner | None:
        """Return the file with an MFT record number or other address."""
        return self.owners.first_of(address)

    def _add_files(self) -> None:
        root = int(self.filesystem.info.root_inum)
        for address, path, kind in self._names(root):
            if address in self.owners:  # another name of it was met before
                continue
            record = self._record(address)
            if record is not None and record.info.meta is not None:
                self._add_file(record, address, path, kind)

    def _record(self, address: int) -> Any | None:
        try:
            return self.filesystem.open_meta(address)
        except OSError:
            self._tsk_image.check()
            return None

    def _names(self, root: int) -> Iterator[tuple[int, str, EntryType]]:
        yield root, "/", EntryType.DIRECTORY
        for row in Walk(self._tsk_image, self.filesystem).rows(root):
            known = row.address != 0 or row.path == "/$MFT"  # an address of 0 elsewhere means: none
            # What is no record any more claims any size; the Sleuth Kit looks up each of its blocks, for hours.
            has_record = row.mode[2] != "-" and row.size_bytes <= self.volume.size_bytes
            believed = has_record or not row.deleted
            if known and believed and not row.reallocated and row.type is not EntryType.VOLUME_LABEL:
                yield row.address, row.path, row.type

    def _add_file(self, record: Any, address: int, path: str, kind: EntryType) -> None:
        deleted = bool(record.info.meta.flags & _META_DELETED) and kind is not EntryType.VIRTUAL
        own = kind in (EntryType.FILE, EntryType.LINK, EntryType.OTHER)
        if self._is_ntfs and address < NTFS_SYSTEM_RECORDS:
            own = False
        nameless = -1
        for attribute in attributes(record, self.geometry):
            is_data = attribute.type == DATA or not self._is_ntfs
            stream, content = attribute.name if is_data else None, own and is_data
            if nameless < 0:  # one owner for all that have no name of their own
                nameless = self.owners.add(path, address, None, deleted=deleted)
            number = nameless
            if stream is not None and not attribute.resident:
                number = self.owners.add(path, address, stream, deleted=deleted)
            if self._is_ntfs and address == _MFT_ADDRESS and attribute.type == DATA and attribute.name is None:
                self.mft_runs = attribute.runs
            if not attribute.resident:
                self._add_runs(attribute, number, content=content, deleted=deleted)

    def _add_runs(self, attribute: Attribute, number: int, *, content: bool, deleted: bool) -> None:
        spans = self._claims if deleted else self._live
        region = _CONTENT if content else _META
        position = 0
        for run in attribute.runs:
            if run.offset_bytes is not None:
                start, end = run.offset_bytes, run.offset_bytes + run.size_bytes
                if attribute.compressed:
                    spans.add(start, end, number, -1, region)
                else:
                    inside = min(end, start + max(0, attribute.size_bytes - position)) if content else end
                    spans.add(start, inside, number, position, region)
                    spans.add(inside, end, number, position + inside - start, _SLACK)
            position += run.size_bytes
        if content and (attribute.compressed or _in_pieces(attribute.runs)):
            self._fragmented.extend((number, attribute.type, attribute.id))

    def _in_record(self, place: Place, position: int) -> Place:
        """Return the place with the file whose MFT record it is, and the region inside the record."""
        number, inside = divmod(position, self.record_bytes)
        owner = self.owner_of(number)
        record = self._image.read(place.offset_bytes - inside, self.record_bytes)
        end = place.offset_bytes - inside + self.record_bytes
        used = mft.used_bytes(record)
        region = Region.METADATA
        offset_in_file = None
        if used is not None and inside >= used:
            region = Region.SLACK
        elif used is not None:
            for found in mft.resident_contents(record):
                if found.start <= inside < found.end and found.type == DATA:
                    region = Region.ALLOCATED if mft.in_use(record) else Region.UNALLOCATED
                    offset_in_file = inside - found.start
                    if owner is not None and found.stream:
                        owner = Owner(owner.volume, owner.path, owner.address, found.stream, owner.deleted)
        return Place(place.offset_bytes, end, region, self.volume, owner, offset_in_file, place.cluster)

    def _is_free(self, offset: int, limit: int) -> tuple[bool, int]:
        table = self.clusters
        if table is None:  # no table of free clusters is known: what no live file holds counts as free
            return True, limit
        number = bisect_right(table.starts, offset) - 1
        if number >= 0 and offset < table.ends[number]:
            return True, min(limit, table.ends[number])
        following = table.starts[number + 1] if number + 1 < len(table.starts) else limit
        if offset < table.end_bytes:
            following = min(following, table.end_bytes)
        return False, min(limit, following)

    def _cluster(self, offset: int) -> int | None:
        table = self.clusters
        if table is None or not table.first_bytes <= offset < table.end_bytes:
            return None
        return (offset - table.first_bytes) // table.cluster_bytes + table.first_number


class MediumMap:
    """The owners of a whole medium: all its volumes that hold a file system, and what lies between them."""

    def __init__(self, image: Image, only: Iterable[Volume] | None = None) -> None:
        chosen = volumes_if_any(image) if only is None else only
        self.volumes = sorted(
            (VolumeMap(image, volume) for volume in chosen if volume.filesystem), key=lambda v: v.volume.start_bytes
        )
        self._starts = [found.volume.start_bytes for found in self.volumes]
        self._size_bytes = image.size_bytes

    def at(self, offset: int) -> Place:
        """Return the place of a byte of the medium."""
        found = self.volume_at(offset)
        if found is not None:
            return found.at(offset)
        following = bisect_right(self._starts, offset)
        end = self._starts[following] if following < len(self._starts) else self._size_bytes
        return Place(offset, end, Region.UNPARTITIONED)

    def volume_at(self, offset: int) -> VolumeMap | None:
        """Return the map of the volume that holds an offset."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0:
            return None
        volume = self.volumes[number].volume
        return self.volumes[number] if offset < volume.start_bytes + volume.size_bytes else None

    def ranges(self, regions: Iterable[Region]) -> Iterator[Range]:
        """Yield the stretches of the medium that are of these regions, joined and in order.

        An MFT record counts as a whole as metadata here.
        """
        wanted = frozenset(regions)
        position, begin = 0, -1
        while position < self._size_bytes:
            found = self.volume_at(position)
            place = self.at(position) if found is None else found.stretch(position)
            if place.region in wanted:
                begin = position if begin < 0 else begin
            elif begin >= 0:
                yield begin, position
                begin = -1
            position = max(place.end_bytes, position + 1)
        if begin >= 0:
            yield begin, self._size_bytes


def _in_pieces(runs: tuple[Run, ...]) -> bool:
    places = [run for run in runs if run.offset_bytes is not None]
    return any(
        before.offset_bytes is not None and before.offset_bytes + before.size_bytes != after.offset_bytes
        for before, after in pairwise(places)
    )


def _known(position: int) -> int | None:
    return position if position >= 0 else None


def _record_bytes(image: Image, volume: Volume) -> int:
    """Return the size of an MFT record.

    Source: Linux-NTFS project, "NTFS Documentation", $Boot: byte 64 is clusters a record, or, if negative, the
    binary logarithm of its bytes.
    """
    boot = image.read(volume.start_bytes, 512)
    sector, per_cluster = int.from_bytes(boot[11:13], "little"), boot[13]
    value = int.from_bytes(boot[64:65], "little", signed=True)
    return 1 << -value if value < 0 else value * per_cluster * sector
