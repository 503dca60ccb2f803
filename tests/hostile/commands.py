"""Every command that reads an image, called as the command line calls it."""

import io
import json
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click

from labkit.cli.artifacts import artifacts
from labkit.cli.image_commands import image as image_group
from labkit.cli.memory_commands import memory
from labkit.cli.yara import yara
from labkit.errors import LabkitError
from labkit.evidence.hexview import AUTO, STRUCTURES
from labkit.evidence.isolation import alive

RULES = 'rule word { strings: $a = "gone" $b = {41 [3] 00} condition: any of them }\n'
_MOST_OUTPUT_BYTES = 16 << 20
_MOST_ENTRIES = 3
SLOW_SECONDS = 20  # of the processor's time; no command of an image is run after one that took so long
CPU_SECONDS = 180  # for one command: then the clock of the child ends it
_EVERY = 4  # an image is read as every fourth structure, the next one beginning with the next structure
_AN_ENTRY = b'{"type": "file", "volume": 0, "address": 3, "path": "/a"}'
COMMANDS: dict[str, click.Command] = {"image": image_group, "memory": memory, "yara": yara, "artifacts": artifacts}


class Fault(Exception):  # noqa: N818 - not an error that somebody handles
    """A command ended as it must not; the text is where."""


class _Output(io.RawIOBase):
    """Takes what a command writes and, like ``head``, goes away when it is too much: damaged sizes promise a lot."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        new = bytes(data)  # type: ignore[call-overload]
        self.data += new
        if len(self.data) > _MOST_OUTPUT_BYTES:
            raise BrokenPipeError
        return len(new)


def named_commands() -> set[str]:
    """Return the commands that are run, such as ``image ls``."""
    words = [*_on_the_image(Path("image"), Path(), 0), *_on_entries(Path("image"), Path(), _AN_ENTRY)]
    return {" ".join(line[:2] if line[0] == "image" else line[:1]) for line in words}


def all_commands(image: Path, folder: Path, number: int = 0) -> dict[str, int]:
    """Run every command over an image; return how many gave a result or a clear error, and how many were slow.

    A slow one is the last: what one command waits for in a C library, the others wait for too.

    Args:
        image: The image.
        folder: Where the commands write, and where the rules of YARA are.
        number: The image's own; which structures its bytes are read as goes by it.

    Raises:
        Fault: One ended otherwise.
    """
    ends, listed = {"results": 0, "clear errors": 0, "slow": 0}, bytearray()
    for words in _lines(image, folder, number, listed):
        if signal.getitimer(signal.ITIMER_PROF)[0]:
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        before = time.process_time()
        done, output, _ = run(words)
        ends["results" if done else "clear errors"] += 1
        if words[:2] == ["image", "ls"] and "--json" in words:
            listed += output
        if time.process_time() - before > SLOW_SECONDS:
            ends["slow"] += 1
            break
    return ends


def _lines(image: Path, folder: Path, number: int, listed: bytearray) -> Iterator[list[str]]:
    yield from _on_the_image(image, folder, number)
    yield from _on_entries(image, folder, bytes(listed))


def _on_the_image(image: Path, folder: Path, number: int) -> Iterator[list[str]]:
    name = str(image)
    yield ["image", "info", name]
    yield ["image", "volumes", name]
    yield ["image", "ls", name, "--json"]
    yield ["image", "ls", name, "--bodyfile"]
    yield ["image", "ls", name, "--plain", "--zone", "Asia/Almaty"]
    yield ["image", "timeline", name, "--json"]
    yield ["image", "search", name, "gone", "счёт", "--json"]
    yield ["image", "slack", name, "--empty", "--json"]
    yield ["image", "carve", name, "--in", "all", "--out", str(folder / "carved"), "--json"]
    yield ["image", "carve", name, "--plain"]
    yield ["yara", str(folder / "rules.yar"), name, "--json"]
    yield ["yara", str(folder / "rules.yar"), name, "--in", "unallocated,slack", "--plain"]
    yield ["yara", str(folder / "rules.yar"), name, "--files", "--json"]
    yield ["image", "hash", name]
    yield ["image", "verify", name]
    yield ["image", "hash", name, "--offset", "0x200", "--length", "0x10000"]
    yield ["image", "ls", name, "--offset", "0x1000", "--no-deleted"]
    yield ["image", "ls", name, "--under", "/papers", "--plain"]
    yield ["image", "search", name, "aaaa", "--case", "--path", "/papers", "--plain"]
    yield ["image", "timeline", name, "--bodyfile"]
    yield ["image", "hex", name, "/$Extend/$UsnJrnl", "--stream", "$J", "--offset", "65536", "--as", "usn"]
    for structure in [*STRUCTURES][number % _EVERY :: _EVERY]:
        yield ["image", "hex", name, "--as", structure]
    yield ["image", "hex", name, "--as", AUTO]
    for volume in ("0", "1"):
        yield ["image", "hex", name, "--volume", volume, "--as", AUTO]
        yield ["image", "hex", name, "--volume", volume, "--cluster", "9"]
    yield ["artifacts", name, "--json"]
    yield ["artifacts", name, "--timeline", "--csv", "--zone", "Asia/Almaty"]


def _on_entries(image: Path, folder: Path, listed: bytes) -> Iterator[list[str]]:
    rows = [json.loads(line) for line in listed.splitlines() if line.endswith(b"}")]
    files = [row for row in rows if row["type"] == "file"]
    for number, row in enumerate(files[:: max(1, -(-len(files) // _MOST_ENTRIES))]):
        place = [str(image), "--volume", str(row["volume"]), "--address", str(row["address"])]
        stream = ["--stream", row["stream"]] if row.get("stream") else []
        yield ["image", "stat", *place, "--json"]
        yield ["image", "stat", str(image), row["path"], "--volume", str(row["volume"]), "--plain"]
        yield ["image", "cat", *place, *stream]
        yield ["image", "cat", *place, *stream, "--slack"]
        yield ["image", "export", *place, *stream, "--to", str(folder / f"exported-{number}"), "--force"]
        yield ["image", "hex", *place, *stream]


def run(words: list[str]) -> tuple[bool, bytes, str]:
    """Run one command; return whether it gave a result, its output, and what it remarked or why it gave up.

    Raises:
        Fault: It ended with anything but a result or a clear error.
    """
    raw, remarks = _Output(), io.StringIO()
    stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8")
    command = COMMANDS[words[0]]
    done = True
    try:
        with redirect_stdout(stdout), redirect_stderr(remarks):
            command.main(words[1:], prog_name=words[0], standalone_mode=False)
            stdout.flush()
    except LabkitError as error:
        done = False
        remarks.write(error.message)
        if not error.message or not error.remedy:
            raise Fault(f"{' '.join(words)}: an error that says nothing") from error
    except (MemoryError, BrokenPipeError) as error:
        done = False
        remarks.write(type(error).__name__)  # the first has its own remedy in cli.apart; the second is ours
    except OSError as error:
        done = False
        if error.filename is None and error.errno is None:  # a library's, not the file system's
            raise Fault(f"{' '.join(words)}\n{traceback.format_exc(limit=-8)}") from error
    except click.ClickException as error:
        raise Fault(f"{' '.join(words)}: {error.format_message()}") from error
    except Exception as error:
        raise Fault(f"{' '.join(words)}\n{traceback.format_exc(limit=-8)}") from error
    alive()
    return done, bytes(raw.data), remarks.getvalue()
