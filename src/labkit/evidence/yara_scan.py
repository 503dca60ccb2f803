"""YARA rules over files and media.

A file, or a raw image in one piece, is scanned as a whole: YARA maps it into memory and reads what it needs. So is the
content of a file inside an image, up to 64 MiB. Other media, and longer content, are scanned in windows of 16 MiB that
overlap by 1 MiB. There, conditions see one window at a time: ``filesize``, ``uint16(0)``, ``@a`` and counts refer to
the window, and strings that have to occur together have to be in one window.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

import yara

from labkit.errors import EvidenceError
from labkit.evidence.isolation import alive, room_to_map
from labkit.evidence.space import Space
from labkit.evidence.verify import Watch, unwatched

WINDOW_BYTES = 16 * 1024 * 1024
OVERLAP_BYTES = 1024 * 1024  # longer matches at a border are cut off
WHOLE_BYTES = 64 * 1024 * 1024  # longer content of a file inside an image is not held in memory as a whole
SHOWN_BYTES = 64  # of what matched


@dataclass(frozen=True, slots=True)
class RuleHit:
    """One place where a string of a rule matched; or a rule that matched without one."""

    rule: str
    tags: tuple[str, ...]
    string: str | None
    offset_bytes: int | None  # from byte 0 of what was scanned
    size_bytes: int
    data: bytes  # the first bytes of what matched


class Scanner:
    """Compiled rules and what is left of the time for them. ``problems`` has a line for each limit that was met."""

    def __init__(self, rules: Path, *, limit_s: int) -> None:
        self._rules = _compiled(rules)
        self._limit_s = limit_s
        self._deadline = monotonic() + limit_s
        self.problems: list[str] = []

    def file(self, path: Path) -> Iterator[RuleHit]:
        """Yield the hits in a file, scanned as a whole.

        Raises:
            EvidenceError: The time is up, or the file can not be read.
        """
        return self.begin(path)()

    def begin(self, path: Path) -> Callable[[], Iterator[RuleHit]]:
        """Begin to scan a file as a whole, beside whatever the caller does next.

        Returns:
            What waits for the hits and returns them, as ``file`` does. It has to be called.
        """
        room = ExitStack()
        size = path.stat().st_size
        if size:
            room.enter_context(room_to_map(size))
            work = self._begin(filepath=str(path))
        else:  # YARA can not map what is empty
            work = self._begin(data=b"")

        def hits() -> Iterator[RuleHit]:
            with room:
                return self._hits(self._end(work, path.name))

        return hits

    def space(self, space: Space, watch: Watch = unwatched) -> Iterator[RuleHit]:
        """Yield the hits in stretches of a medium, window by window; offsets count in the space.

        Raises:
            EvidenceError: The time is up, or the image can not be read.
        """
        return self._in_windows(_windows(watch(space.blocks(block_bytes=WINDOW_BYTES), space.size_bytes, "yara")))

    def content(self, name: str, blocks: Iterable[bytes]) -> Iterator[RuleHit]:
        """Yield the hits in the content of a file inside an image; offsets count in the file.

        Content of more than ``WHOLE_BYTES`` is scanned in windows, and remarked by its ``name``.

        Raises:
            EvidenceError: The time is up, or the content can not be read.
        """
        alive()
        rest = iter(blocks)
        held = bytearray()
        for block in rest:
            held += block
            if len(held) > WHOLE_BYTES:
                self.problems.append(f"{name} is too long to be scanned as a whole; conditions see parts of 16 MiB")
                return self._in_windows(_windows(chain([held], rest)))
        return self._hits(self._end(self._begin(data=held), name))

    def _in_windows(self, windows: Iterable[tuple[int, bytes | bytearray]]) -> Iterator[RuleHit]:
        alone: set[str] = set()
        for start, window in windows:
            for hit in self._hits(self._end(self._begin(data=window), "the medium")):
                if hit.offset_bytes is None:
                    if hit.rule not in alone:
                        alone.add(hit.rule)
                        yield hit
                elif hit.offset_bytes < WINDOW_BYTES:  # else the next window shows it
                    yield _moved(hit, start)

    def _begin(self, **target: Any) -> "_Work":
        left = int(self._deadline - monotonic())
        if left <= 0:
            raise self._out_of_time()
        return _Work(lambda: list(self._rules.match(**target, timeout=left, warnings_callback=self._warned)), left)

    def _end(self, work: "_Work", name: str) -> list[Any]:
        try:
            return work.result()
        except yara.TimeoutError as error:
            raise self._out_of_time() from error
        except yara.Error as error:
            raise EvidenceError(
                f"{name} can not be scanned: {error}", remedy="Check that the file can be read and is on a sound disk."
            ) from error

    def _warned(self, kind: int, message: Any) -> int:
        del kind
        text = f"too many matches of {message.string} in rule {message.rule}; only the first are shown"
        if text not in self.problems:
            self.problems.append(text)
        return int(yara.CALLBACK_CONTINUE)

    def _out_of_time(self) -> EvidenceError:
        return EvidenceError(
            f"the rules did not come to an end in {self._limit_s} seconds",
            remedy="Give more time with --rules-timeout SECONDS, or make the rules cheaper: 4 fixed bytes a string.",
        )

    def _hits(self, matches: list[Any]) -> Iterator[RuleHit]:
        for match in matches:
            tags = tuple(match.tags)
            if not match.strings:
                yield RuleHit(match.rule, tags, None, None, 0, b"")
            found = [(one.offset, string.identifier, one) for string in match.strings for one in string.instances]
            for offset, identifier, one in sorted(found, key=lambda item: item[:2]):
                yield RuleHit(match.rule, tags, identifier, offset, one.matched_length, one.matched_data[:SHOWN_BYTES])


def _compiled(path: Path) -> Any:
    if not path.is_file():
        raise EvidenceError(f"there is no file of rules {path}", remedy="Give the path of a YARA rules file, .yar.")
    try:
        return yara.compile(filepath=str(path))
    except yara.SyntaxError as error:
        raise EvidenceError(
            f"the rules do not compile: {error}",
            remedy="The number in brackets is the line where YARA noticed it: the mistake is there or just above.",
        ) from error
    except (yara.Error, UnicodeDecodeError) as error:
        raise EvidenceError(
            f"{path.name} can not be read as rules: {error}", remedy="Rules are text in UTF-8, not compiled ones."
        ) from error


def _windows(blocks: Iterable[bytes | bytearray]) -> Iterator[tuple[int, bytearray]]:
    """Yield windows, each with the begin of the next one behind it, and where they begin."""
    held, start = bytearray(), 0
    for block in blocks:
        held += block
        while len(held) >= WINDOW_BYTES + OVERLAP_BYTES:
            yield start, held[: WINDOW_BYTES + OVERLAP_BYTES]
            del held[:WINDOW_BYTES]
            start += WINDOW_BYTES
    for begin in range(0, len(held), WINDOW_BYTES):
        yield start + begin, held[begin : begin + WINDOW_BYTES + OVERLAP_BYTES]


def _moved(hit: RuleHit, by: int) -> RuleHit:
    offset = None if hit.offset_bytes is None else hit.offset_bytes + by
    return RuleHit(hit.rule, hit.tags, hit.string, offset, hit.size_bytes, hit.data)


class _Work:
    """Work in a thread of its own, so that Ctrl-C is heard and the parent is told that the reader goes on.

    It is told so until ``limit_s``, when YARA is to stop by itself; if it does not, the clock of the reader ends it.
    """

    def __init__(self, work: Callable[[], list[Any]], limit_s: float) -> None:
        self._work = work
        self._end = monotonic() + limit_s
        self._outcome: list[list[Any] | BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised again below, in the thread that waits
            self._outcome.append(error)

    def result(self) -> list[Any]:
        """Wait for the end of the work; return what it returns, or raise what it raises."""
        while self._thread.is_alive():
            self._thread.join(0.2)
            if monotonic() < self._end:
                alive()
        (found,) = self._outcome
        if isinstance(found, BaseException):
            raise found
        return found
