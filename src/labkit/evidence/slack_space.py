"""All slack of a medium: behind the ends of files, of MFT records, and of volumes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from labkit.evidence import mft
from labkit.evidence.detail import attributes
from labkit.evidence.image import BLOCK_BYTES, Image
from labkit.evidence.owner_table import Owner
from labkit.evidence.owners import Fragmented, MediumMap, VolumeMap
from labkit.evidence.slack import slack_bytes
from labkit.evidence.verify import Watch, unwatched


class SlackKind(StrEnum):
    """What the bytes lie behind."""

    FILE = "file"
    RECORD = "record"  # of an NTFS $MFT
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class SlackPiece:
    """One stretch of slack. Offsets count from byte 0 of the medium; ``owner`` is None behind a volume.

    Of a stretch longer than 1 MiB there are several pieces.
    """

    kind: SlackKind
    volume: int
    owner: Owner | None
    offset_bytes: int
    data: bytes

    @property
    def used_bytes(self) -> int:
        """Return how many bytes are not zero."""
        return len(self.data) - self.data.count(0)


def slack_pieces(image: Image, owners: MediumMap, watch: Watch = unwatched) -> Iterator[SlackPiece]:
    """Yield the slack of all volumes: of each first the files', then the records', then its own.

    Raises:
        EvidenceError: The image can not be read.
    """
    for volume in owners.volumes:
        for owner, start, end in volume.slack():
            yield from _pieces(image, SlackKind.FILE, volume, owner, start, end)
        for item in volume.fragmented():
            if item.compressed and not item.owner.deleted:
                yield from _compressed(image, volume, item)
        yield from _records(image, volume, watch)
        end = volume.volume.start_bytes + volume.volume.size_bytes
        yield from _pieces(image, SlackKind.VOLUME, volume, None, volume.data_end_bytes, end)


def _pieces(
    image: Image, kind: SlackKind, volume: VolumeMap, owner: Owner | None, start: int, end: int
) -> Iterator[SlackPiece]:
    for offset in range(start, end, BLOCK_BYTES):
        data = image.read(offset, min(BLOCK_BYTES, end - offset))
        yield SlackPiece(kind, volume.volume.number, owner, offset, data)


def _compressed(image: Image, volume: VolumeMap, item: Fragmented) -> Iterator[SlackPiece]:
    """Yield what lies behind the compressed bytes in the last unit of an NTFS stream."""
    record, _ = volume.content(item)
    for attribute in attributes(record, volume.geometry):
        placed = [run for run in attribute.runs if run.offset_bytes is not None]
        if (attribute.type, attribute.id) == item.attribute and placed:
            data = slack_bytes(image, attribute, volume.cluster_bytes)
            end = (placed[-1].offset_bytes or 0) + placed[-1].size_bytes
            if data:
                yield SlackPiece(SlackKind.FILE, volume.volume.number, item.owner, end - len(data), data)


def _records(image: Image, volume: VolumeMap, watch: Watch) -> Iterator[SlackPiece]:
    size = volume.record_bytes
    if not size:
        return
    total = sum(run.size_bytes for run in volume.mft_runs)
    records = _with_places(watch(_all_records(image, volume), total, "MFT records"), volume)
    for number, (record, offset) in enumerate(records):
        used = mft.used_bytes(record)
        if used is not None and used < len(record):
            data = mft.with_fixups(record)[used:]
            yield SlackPiece(SlackKind.RECORD, volume.volume.number, volume.owner_of(number), offset + used, data)


def _all_records(image: Image, volume: VolumeMap) -> Iterator[bytes]:
    for run in volume.mft_runs:
        if run.offset_bytes is not None:
            yield from image.blocks(run.offset_bytes, run.size_bytes, block_bytes=volume.record_bytes)


def _with_places(records: Iterable[bytes], volume: VolumeMap) -> Iterator[tuple[bytes, int]]:
    places = (
        offset
        for run in volume.mft_runs
        if run.offset_bytes is not None
        for offset in range(run.offset_bytes, run.offset_bytes + run.size_bytes, volume.record_bytes)
    )
    return zip(records, places, strict=True)
