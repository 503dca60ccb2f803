"""Clean files: what lies on every disk, in the kinds in which a rule meets it. None has to do with the case."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from labkit.synthesis.samples.machine_code import elf_like
from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list
from labkit.synthesis.world.everyday import LANGUAGES, paragraphs, rows
from labkit.synthesis.world.png import png
from labkit.synthesis.world.zip_stored import zip_stored

_SMALLEST_TEXT_BYTES, _LARGEST_TEXT_BYTES = 400, 5000
_AGENT_MARK = b"PRNAGENT.CFG:"  # of a printer's program, which hides its settings, too
_AGENT_BYTES = 160
_OFFICE_NETWORK = "192.0.2"  # RFC 5737


class Ordinary(StrEnum):
    """Kinds of clean files."""

    NOTE = "note"
    LOG = "log"
    SETTINGS = "settings"
    TABLE = "table"
    PICTURE = "picture"
    ARCHIVE = "archive"
    PACKED = "packed"
    PROGRAM = "program"
    AGENT = "agent"  # a program that hides its settings, as kf_sync does


FREQUENT = (*Ordinary, Ordinary.NOTE, Ordinary.NOTE, Ordinary.PROGRAM)  # from which kinds are drawn
HAS_ADDRESS = frozenset({Ordinary.LOG, Ordinary.SETTINGS, Ordinary.AGENT})  # some name under .example, maybe hidden


def ordinary_file(stream: Stream, kind: Ordinary) -> bytes:
    """Return a clean file of that kind."""
    return _MAKERS[kind](stream)


@lru_cache(maxsize=4)
def ordinary_files(seed: bytes, count: int) -> tuple[bytes, ...]:
    """Return clean files that are the same for all who have the seed; made once in a process.

    Each has a stream of its own, so that a larger ``count`` only adds.
    """
    streams = [Stream(seed, f"clean file/{number}") for number in range(count)]
    return tuple(ordinary_file(stream, stream.pick(FREQUENT)) for stream in streams)


def program_file(stream: Stream, own: Sequence[bytes] = ()) -> bytes:
    """Return a file that looks like a program with strings of its own."""
    return elf_like(stream, [*own, *_own_strings(stream)], stream.between(5000, 14000))


def log_lines(stream: Stream, targets: Sequence[str]) -> list[str]:
    """Return lines of a proxy's log, one for each address that was asked for."""
    day = f"2026-03-{stream.between(1, 12):02d}"
    seconds = sorted(stream.between(8 * 3600, 18 * 3600) for _ in targets)
    clocks = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in seconds]
    return [
        f"{day} {clock} {_OFFICE_NETWORK}.{stream.between(10, 60)} "
        f"GET {target} {stream.pick(('200', '200', '200', '304', '404'))} {stream.between(180, 90000)}"
        for clock, target in zip(clocks, targets, strict=True)
    ]


def ordinary_targets(stream: Stream, count: int) -> list[str]:
    """Return addresses that people in an office ask for."""
    names = [f"{stream.pick(word_list('plain'))}.example" for _ in range(8)]
    return [f"http://{stream.pick(names)}/{stream.pick(word_list('plain'))}" for _ in range(count)]


def settings_lines(stream: Stream) -> list[str]:
    """Return the lines of a program's settings."""
    words = stream.sample(word_list("plain"), 8)
    return [
        f"[{words[0]}]",
        f"host={words[1]}.example",
        f"port={stream.between(1024, 65000)}",
        f"every={stream.pick((60, 120, 300, 600))}",
        f"log={words[2]}.txt",
        *(f"{word}={stream.pick(('on', 'off', 'auto'))}" for word in words[3:]),
    ]


def _own_strings(stream: Stream) -> list[bytes]:
    name = stream.pick(word_list("plain"))
    return [f"{name}: {sentence}".encode() for sentence in paragraphs(stream, "en", 200)]


def _note(stream: Stream) -> bytes:
    language = stream.pick(LANGUAGES)
    size = stream.between(_SMALLEST_TEXT_BYTES, _LARGEST_TEXT_BYTES)
    text = "\n\n".join(paragraphs(stream, language, size))
    encoding = stream.pick(("utf-8", "utf-8", "utf-16-le", "cp1251")) if language == "ru" else "utf-8"
    return text.encode(encoding)


def _log(stream: Stream) -> bytes:
    return "\n".join(log_lines(stream, ordinary_targets(stream, stream.between(20, 80)))).encode()


def _settings(stream: Stream) -> bytes:
    return "\r\n".join(line for _ in range(stream.between(2, 9)) for line in settings_lines(stream)).encode()


def _table(stream: Stream) -> bytes:
    return "\n".join(";".join(row) for row in rows(stream, "en", stream.between(20, 90))).encode()


def _picture(stream: Stream) -> bytes:
    return png(stream, columns=stream.between(40, 120), rows=stream.between(30, 80))


def _archive(stream: Stream) -> bytes:
    names = stream.sample(word_list("plain"), stream.between(2, 4))
    return zip_stored([(f"{name}.txt", "\n".join(paragraphs(stream, "en", 900)).encode()) for name in names])


def _packed(stream: Stream) -> bytes:
    return stream.take(stream.between(2000, 9000))


def _agent(stream: Stream) -> bytes:
    """A program that hides its settings in the same way as ``kf_sync``, under a mark of its own."""
    key = stream.between(1, 255)
    plain = "\n".join(settings_lines(stream)[1:5]).encode().ljust(_AGENT_BYTES)
    hidden = _AGENT_MARK + _AGENT_BYTES.to_bytes(2, "little") + bytes(byte ^ key for byte in plain)
    return program_file(stream, [b"print agent heartbeat #%lu", hidden])


_MAKERS: Mapping[Ordinary, Callable[[Stream], bytes]] = {
    Ordinary.NOTE: _note,
    Ordinary.LOG: _log,
    Ordinary.SETTINGS: _settings,
    Ordinary.TABLE: _table,
    Ordinary.PICTURE: _picture,
    Ordinary.ARCHIVE: _archive,
    Ordinary.PACKED: _packed,
    Ordinary.PROGRAM: program_file,
    Ordinary.AGENT: _agent,
}
