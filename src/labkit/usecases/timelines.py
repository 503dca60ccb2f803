"""What happened when, on all volumes of an image. Leaves a line in the examination log of the workspace it is in."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from pathlib import Path
from re import IGNORECASE, Pattern
from re import compile as pattern
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.timeline import JOURNAL, Event, counted, events, in_order
from labkit.usecases.examiner import Place, examined, readers

KINDS = {"modified": "M", "accessed": "A", "changed": "C", "born": "B", "journal": ""}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events are wanted. Times are nanoseconds since 1970; the range is half-open."""

    from_ns: int | None = None
    to_ns: int | None = None
    path: Pattern[str] | None = None
    kinds: frozenset[str] = frozenset(KINDS)

    def takes(self, event: Event) -> bool:
        """Return whether an event is wanted."""
        if self.from_ns is not None and event.time_ns < self.from_ns:
            return False
        if self.to_ns is not None and event.time_ns >= self.to_ns:
            return False
        if self.path is not None and not self.path.match(event.path):
            return False
        if event.source == JOURNAL:
            return "journal" in self.kinds
        return any(KINDS[kind] in event.macb for kind in self.kinds if kind != "journal")


def choice(
    *, from_text: str | None = None, to_text: str | None = None, path: str | None = None, kinds: Collection[str] = ()
) -> Choice:
    """Return what the options of the command ask for.

    Args:
        from_text: ISO 8601 with an offset: the first moment that is wanted.
        to_text: ISO 8601 with an offset: the first moment that is not wanted any more.
        path: A glob over whole paths, in which ``*`` goes over slashes too; capital and small letters are the same.
        kinds: Names of ``KINDS``; all without one.

    Raises:
        EvidenceError: A time can not be read or has no offset.
    """
    return Choice(
        None if from_text is None else _nanoseconds(from_text),
        None if to_text is None else _nanoseconds(to_text),
        None if path is None else pattern(translate(path), IGNORECASE),
        frozenset(kinds) or frozenset(KINDS),
    )


def timeline(
    path: Path,
    place: Place,
    wanted: Choice,
    *,
    details: dict[str, Any],
    seen: Callable[[int], None] = lambda _number: None,
    problem: Callable[[str], None] = lambda _text: None,
) -> Iterator[Event]:
    """Yield the wanted events of an image by time.

    Args:
        path: The image.
        place: Which volumes are meant, and the zone of the machine that wrote FAT's local times.
        wanted: Which events are wanted.
        details: What the examination log says of the choice.
        seen: Is told how many more entries were read.
        problem: Is told what could not be read.

    Raises:
        EvidenceError: The image can not be read, or holds no file system.
    """
    with examined("image timeline", path, {**place.details(), **details}) as line, open_image(path) as image:
        line["events"] = 0

        def found() -> Iterator[Event]:
            for reader in readers(image, place):
                for event in events(reader, counted(reader.rows(), seen)):
                    if wanted.takes(event):
                        line["events"] += 1
                        yield event
                for text in reader.problems:
                    problem(f"volume {reader.volume.number}: {text}")

        yield from in_order(found())


def _nanoseconds(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise EvidenceError(
            f"{text!r} is not a time with an offset from UTC",
            remedy="Write ISO 8601 such as 2026-03-03T09:00:00Z or 2026-03-03T14:00:00+05:00.",
        )
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
