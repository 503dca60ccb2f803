"""From the entries of volumes to events in the order of time, in constant memory.

An event is one moment of one entry, with the letters of what happened then: ``M`` content modified, ``A`` accessed,
``C`` record changed, ``B`` born. Events are sorted in pieces; pieces that do not fit into memory wait in temporary
files and are merged when they are read.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from labkit.evidence.disk import VolumeReader
from labkit.evidence.isolation import alive
from labkit.evidence.ntfs.journal import JournalRecord
from labkit.evidence.rows import Row

STANDARD_INFORMATION, FILE_NAME, JOURNAL = "SI", "FN", "USN"
PIECE_EVENTS = 20_000
MERGED_PIECES = 64  # files that are open at once
_DIRECTORY_ATTRIBUTE = 0x10
_TIME_DIGITS, _VOLUME_DIGITS = 32, 8  # a damaged record may state 64 bits of seconds
_USN_DIGITS = 20  # 64 bits


class Event(NamedTuple):
    """One moment of one entry. Events are ordered by time, volume, place in the journal, then by the other fields."""

    time_ns: int  # since 1970, UTC
    volume: int
    path: str
    stream: str | None
    source: str  # SI, FN, USN; on other file systems than NTFS their name: FAT16, exFAT, ext4
    macb: str  # such as "M.CB"; for the journal "...."
    address: int
    size_bytes: int | None
    type: str
    deleted: bool
    reallocated: bool
    detail: str  # the reasons of a journal record
    mode: str
    owner: int
    group: int
    usn: int = 0  # place in the change journal, which keeps its order within one moment; 0 for other events


def events(reader: VolumeReader, rows: Iterable[Row]) -> Iterator[Event]:
    """Yield the events of one volume: of its entries, of their second set of times, and of its change journal."""
    volume = reader.volume.number
    source = STANDARD_INFORMATION if reader.is_ntfs else reader.volume.filesystem or "-"
    for row in rows:
        for name, stream, times in _sets_of_times(row, source):
            size = row.size_bytes if name != FILE_NAME else None
            for time_ns, macb in moments(*times):
                yield Event(
                    time_ns, volume, row.path, stream, name, macb, row.address, size, str(row.type), row.deleted,
                    row.reallocated, "", row.mode, row.owner, row.group,
                )  # fmt: skip
    for record in reader.change_journal():
        yield _journal_event(reader, record)


def _sets_of_times(row: Row, source: str) -> Iterator[tuple[str, str | None, tuple[int, int, int, int]]]:
    yield source, row.stream, (row.modified_ns, row.accessed_ns, row.changed_ns, row.born_ns)
    name = row.file_name
    if name is not None:
        yield FILE_NAME, None, (name.modified_ns, name.accessed_ns, name.changed_ns, name.born_ns)


def moments(modified: int, accessed: int, changed: int, born: int) -> Iterator[tuple[int, str]]:
    """Yield each different time with its letters; 0 is no time."""
    times = (modified, accessed, changed, born)
    for time_ns in dict.fromkeys(times):
        if time_ns:
            yield (
                time_ns,
                "".join(letter if other == time_ns else "." for letter, other in zip("MACB", times, strict=True)),
            )


def _journal_event(reader: VolumeReader, record: JournalRecord) -> Event:
    parent = reader.directory_path(record.parent_address, record.parent_sequence)
    directory = bool(record.file_attributes & _DIRECTORY_ATTRIBUTE)
    return Event(
        record.time_ns,
        reader.volume.number,
        f"{'?' if parent is None else parent}/{record.name}",
        None,
        JOURNAL,
        "....",
        record.address,
        None,
        "directory" if directory else "file",
        deleted=False,
        reallocated=False,
        detail=record.reason_text,
        mode="d/d---------" if directory else "r/r---------",
        owner=0,
        group=0,
        usn=record.usn,
    )


def in_order(found: Iterable[Event], *, piece_events: int = PIECE_EVENTS) -> Iterator[Event]:
    """Yield events by time, then by place; what the change journal notes of one moment in the order of the journal.

    At most ``piece_events`` events are held in memory; the others are in temporary files, which are removed when the
    last event was taken or the caller stops.

    Raises:
        OSError: The temporary folder is full.
    """
    rest = iter(found)
    piece = sorted(map(_line, islice(rest, piece_events)))
    more = list(islice(rest, 1))
    if not more:
        yield from map(_event, piece)
        return
    with tempfile.TemporaryDirectory(prefix="labkit-timeline-") as folder:
        pieces = [_kept(Path(folder) / "0", piece)]
        piece.clear()
        while more or (more := list(islice(rest, 1))):
            lines = sorted(map(_line, [*more, *islice(rest, piece_events - 1)]))
            more = []
            pieces.append(_kept(Path(folder) / str(len(pieces)), lines))
        yield from map(_event, _merged(pieces, Path(folder)))


def _merged(pieces: list[Path], folder: Path) -> Iterator[str]:
    number = len(pieces)
    while len(pieces) > MERGED_PIECES:
        first, pieces = pieces[:MERGED_PIECES], pieces[MERGED_PIECES:]
        pieces.append(_kept(folder / str(number), _merged(first, folder)))
        number += 1
        for piece in first:
            piece.unlink()
    with ExitStack() as opened:
        files: list[IO[str]] = [opened.enter_context(piece.open(encoding="ascii", newline="\n")) for piece in pieces]
        yield from merge(*files)


def _kept(path: Path, lines: Iterable[str]) -> Path:
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(lines)
    return path


def _line(event: Event) -> str:
    """Return an event as a line of text whose order is that of the events: JSON escapes keep it ASCII."""
    keys = f"{event.time_ns:0{_TIME_DIGITS}}{event.volume:0{_VOLUME_DIGITS}}{event.usn:0{_USN_DIGITS}}"
    return f"{keys}{json.dumps(event[2:])}\n"


def _event(line: str) -> Event:
    volume_at, rest_at = _TIME_DIGITS, _TIME_DIGITS + _VOLUME_DIGITS
    return Event(int(line[:volume_at]), int(line[volume_at:rest_at]), *json.loads(line[rest_at + _USN_DIGITS :]))


def counted(rows: Iterable[Row], seen: Callable[[int], None], step: int = 1000) -> Iterator[Row]:
    """Pass rows on and tell now and then how many there were."""
    number = 0
    for number, row in enumerate(rows, start=1):
        yield row
        if number % step == 0:
            alive()
            seen(step)
    seen(number % step)
