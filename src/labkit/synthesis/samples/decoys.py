"""Clean files at which a careless rule stumbles: each holds some of what a copy of ``kf_sync`` holds, and is none."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from labkit.synthesis.samples.clean_files import log_lines, ordinary_targets, program_file, settings_lines
from labkit.synthesis.samples.kf_sync import CONFIG_MARK, LARGEST_BYTES, own_strings
from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list
from labkit.synthesis.world.everyday import paragraphs

REPORT_BYTES = LARGEST_BYTES + 8192  # a report that quotes all strings is longer than any copy of the program


class Decoy(StrEnum):
    """Kinds of clean files by what a rule finds in them."""

    INVENTORY = "inventory"  # the program's name
    HANDBOOK = "handbook"  # its messages
    PROGRAM = "program"  # the same, in a program that shows messages of others
    DEFAULTS = "defaults"  # the mark of its configuration
    REPORT = "report"  # messages and mark, in a file that is too long
    FIRST_HOST = "first-host"  # the address that most copies have
    SECOND_HOST = "second-host"  # the address that the others have


# How many of each kind there are, least and most: a number that a neighbour can not know.
NUMBERS: Mapping[Decoy, tuple[int, int]] = {
    Decoy.INVENTORY: (2, 5),
    Decoy.HANDBOOK: (1, 4),
    Decoy.PROGRAM: (1, 3),
    Decoy.DEFAULTS: (2, 5),
    Decoy.REPORT: (2, 4),
    Decoy.FIRST_HOST: (3, 7),
    Decoy.SECOND_HOST: (1, 3),
}
HAS_MESSAGES = frozenset({Decoy.HANDBOOK, Decoy.PROGRAM, Decoy.REPORT})
HAS_NAME = HAS_MESSAGES | {Decoy.INVENTORY}  # one of the messages begins with it
HAS_ADDRESS = frozenset({Decoy.DEFAULTS, Decoy.FIRST_HOST, Decoy.SECOND_HOST})  # some name under .example
IS_LONG = frozenset({Decoy.REPORT})  # longer than any copy of the program; all others are not


def decoy_file(stream: Stream, kind: Decoy, hosts: tuple[str, str]) -> bytes:
    """Return a clean file of that kind; ``hosts`` are the addresses of the case, the frequent one first."""
    return _MAKERS[kind](stream, hosts)


def _inventory(stream: Stream, _hosts: tuple[str, str]) -> bytes:
    names = stream.shuffled(["kf_sync", *stream.sample(word_list("plain"), stream.between(20, 60))])
    rows = [f"{name};{stream.between(1, 9)}.{stream.between(0, 30)};{stream.pick(('yes', 'no'))}" for name in names]
    return "\r\n".join(("program;version;allowed", *rows)).encode()


def _handbook(stream: Stream, _hosts: tuple[str, str]) -> bytes:
    pages = paragraphs(stream, "en", stream.between(1500, 5000))
    shown = '" or "'.join(text.decode() for text in own_strings(stream))
    quoted = f'If the screen shows "{shown}", call the help desk.'
    return "\n\n".join(stream.shuffled([quoted, *pages])).encode()


def _program(stream: Stream, _hosts: tuple[str, str]) -> bytes:
    return program_file(stream, [*own_strings(stream), b"known messages of other programs:"])


def _defaults(stream: Stream, _hosts: tuple[str, str]) -> bytes:
    lines = [line for _ in range(stream.between(2, 6)) for line in settings_lines(stream)]
    place = stream.between(1, len(lines) - 1)
    lines.insert(place, f"{CONFIG_MARK.decode()} is not set here")
    return "\r\n".join(lines).encode()


def _report(stream: Stream, _hosts: tuple[str, str]) -> bytes:
    pages = paragraphs(stream, "en", REPORT_BYTES + stream.between(0, 6000))
    quoted = [f"Searched for: {text.decode()}. Nothing found." for text in (*own_strings(stream), CONFIG_MARK)]
    return "\n".join(stream.shuffled([*quoted, *pages])).encode()


def _proxy_log(stream: Stream, host: str) -> bytes:
    asked = [f"http://{host}:{stream.between(20000, 59999)}/" for _ in range(stream.between(1, 4))]
    targets = stream.shuffled([*asked, *ordinary_targets(stream, stream.between(20, 60))])
    return "\n".join(log_lines(stream, targets)).encode()


_MAKERS: Mapping[Decoy, Callable[[Stream, tuple[str, str]], bytes]] = {
    Decoy.INVENTORY: _inventory,
    Decoy.HANDBOOK: _handbook,
    Decoy.PROGRAM: _program,
    Decoy.DEFAULTS: _defaults,
    Decoy.REPORT: _report,
    Decoy.FIRST_HOST: lambda stream, hosts: _proxy_log(stream, hosts[0]),
    Decoy.SECOND_HOST: lambda stream, hosts: _proxy_log(stream, hosts[1]),
}
