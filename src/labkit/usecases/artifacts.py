"""What Windows and its programs noted about people's doings, on all volumes of an image."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.artifacts.kinds import KINDS, kinds_named
from labkit.evidence.artifacts.reading import Looked, artifacts
from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.evidence.image import open_image
from labkit.usecases.examiner import Place, examined, readers


@dataclass(frozen=True, slots=True)
class Choice:
    """Which artifacts are wanted. Times are aware; the range is half-open."""

    kinds: frozenset[str]
    path: re.Pattern[str] | None = None
    begin: datetime | None = None
    end: datetime | None = None

    def takes(self, record: ArtifactRecord) -> bool:
        """Return whether a record is wanted; one without a time is, unless a range is asked for."""
        if self.begin is None and self.end is None:
            return True
        at = record.at_utc
        return at is not None and (self.begin is None or at >= self.begin) and (self.end is None or at < self.end)


def choice(kinds: Collection[str], path: str | None, from_text: str | None, to_text: str | None) -> Choice:
    """Return what the options of the command ask for.

    Raises:
        EvidenceError: There is no such kind, or a time can not be read or has no offset.
    """
    pattern = None if path is None else re.compile(translate(path), re.IGNORECASE)
    return Choice(kinds_named(kinds), pattern, _moment(from_text), _moment(to_text))


def read_artifacts(
    path: Path,
    place: Place,
    wanted: Choice,
    *,
    zone: str | None = None,
    seen: Callable[[int], None] = lambda _number: None,
    problem: Callable[[str], None] = lambda _text: None,
) -> list[ArtifactRecord]:
    """Return the wanted artifacts of an image, by kind, then by time; those without a time come last.

    Args:
        path: The image.
        place: Which volumes are meant.
        wanted: Which artifacts are wanted.
        zone: The IANA zone of the machine, for local times inside files.
        seen: Is told how many more entries were read.
        problem: Is told what could not be read, a line each.

    Raises:
        EvidenceError: The image can not be read, or holds no file that artifacts could be in.
    """
    looked = Looked()
    with examined("artifacts", path, {**place.details(), "kinds": ",".join(sorted(wanted.kinds))}) as line:
        with open_image(path) as image:
            found = [
                record
                for reader in readers(image, place)
                for record in artifacts(
                    reader, wanted.kinds, zone=zone, path=wanted.path, looked=looked, seen=seen, problem=problem
                )
                if wanted.takes(record)
            ]
        if not looked.files:
            raise EvidenceError(
                f"{path.name} holds no file that artifacts of these kinds are read from",
                remedy="They lie on the disk of a Windows computer: hives, event logs, shortcuts and the like. "
                "labkit image ls shows what is there.",
            )
        line.update(files=looked.files, records=len(found))
    return sorted(found, key=_order)


def by_time(records: list[ArtifactRecord]) -> Iterator[ArtifactRecord]:
    """Yield records in the order of their times, whatever their kinds."""
    yield from sorted(records, key=lambda record: (record.at_utc is None, _stamp(record)))


def _order(record: ArtifactRecord) -> tuple[int, bool, float]:
    return list(KINDS).index(record.kind), record.at_utc is None, _stamp(record)


def _stamp(record: ArtifactRecord) -> float:
    return 0.0 if record.at_utc is None else record.at_utc.timestamp()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise EvidenceError(
            f"{text!r} is no moment with an offset", remedy="Write it as 2026-03-03T14:05:00+05:00, or with Z for UTC."
        )
    return moment
