"""From a volume to its artifacts: which files may hold some, and what each of them says."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from labkit.errors import EvidenceError
from labkit.evidence.artifacts.kinds import PARSERS
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.evidence.artifacts.source import DamagedArtifactError, Source
from labkit.evidence.disk import VolumeReader
from labkit.evidence.rows import Row
from labkit.evidence.timeline import counted
from labkit.model.entry_type import EntryType


@dataclass
class Looked:
    """How much was looked at so far."""

    files: int = 0
    unreadable_deleted: int = 0  # deleted files whose content is no longer what their names say


def artifacts(
    reader: VolumeReader,
    kinds: Collection[str],
    *,
    zone: str | None = None,
    path: re.Pattern[str] | None = None,
    looked: Looked | None = None,
    seen: Callable[[int], None] = lambda _number: None,
    problem: Problem = lambda _text: None,
) -> Iterator[ArtifactRecord]:
    """Yield the artifacts of one volume, file after file, live files and deleted ones.

    A file that is damaged becomes a problem line, and the next one is read. Of deleted files only those are read whose
    records were not used again; that their clusters may have been is seen when they are read.

    Args:
        reader: The volume.
        kinds: Which kinds are wanted, names of ``kinds.KINDS``.
        zone: The IANA zone of the machine, for the local times inside files; None where it is not known.
        path: Only files whose whole paths fit.
        looked: Counts what was looked at.
        seen: Is told how many more entries were read.
        problem: Is told what could not be read, a line each.
    """
    looked = looked or Looked()
    wanted = frozenset(kinds)
    parsers = [parser for parser in PARSERS if not wanted.isdisjoint(parser.kinds)]
    found = list(_sources(reader, parsers, zone, path, seen))
    for text in reader.problems:
        problem(text)
    for parser, source in found:
        looked.files += 1
        yield from (record for record in _records(parser, source, looked, problem) if record.kind in wanted)


def _sources(
    reader: VolumeReader,
    parsers: list[ArtifactParser],
    zone: str | None,
    path: re.Pattern[str] | None,
    seen: Callable[[int], None],
) -> Iterator[tuple[ArtifactParser, Source]]:
    patterns = [(parser, parser.pattern()) for parser in parsers]
    met: set[tuple[int, str | None]] = set()
    for row in counted(reader.rows(), seen):
        if not _may_be_read(row) or (path is not None and not path.match(row.path)):
            continue
        for parser, pattern in patterns:
            if row.stream == parser.stream and pattern.match(row.path):
                if (row.address, row.stream) not in met:  # a file may have several names
                    met.add((row.address, row.stream))
                    yield parser, Source.of_row(reader, row, zone)
                break


def _may_be_read(row: Row) -> bool:
    return row.size_bytes > 0 and not row.reallocated and row.type is EntryType.FILE


def _records(parser: ArtifactParser, source: Source, looked: Looked, problem: Problem) -> Iterator[ArtifactRecord]:
    def tell(text: str) -> None:
        problem(f"{source.shown_path}{' (deleted)' if source.deleted else ''}: {text}")

    try:
        yield from parser.records(source, tell)
    except (DamagedArtifactError, EvidenceError, OSError) as error:
        if source.deleted:
            looked.unreadable_deleted += 1
            return
        tell(error.message if isinstance(error, EvidenceError) else f"can not be read: {error}")
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:  # what damage can cause
        tell(f"can not be read: {type(error).__name__}: {error}")
