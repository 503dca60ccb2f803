"""A group of commands that read untrusted images: each runs in a process of its own (``labkit.evidence.isolation``)."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import click

from labkit.cli.lazy_group import PROGRAM
from labkit.cli.output import note
from labkit.cli.reporting import reported
from labkit.errors import EvidenceError

Command = TypeVar("Command", bound=Callable[..., Any])
MIB = 1024 * 1024


def reader_options(command: Command) -> Command:
    """Add the limits of the reader process, ``--timeout`` and ``--memory``; they are parameters of the command."""
    command = click.option(
        "--memory",
        type=click.IntRange(min=256),
        default=4096,
        metavar="MIB",
        help="Memory that the reader may take (4096).",
    )(command)
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=300,
        metavar="SECONDS",
        help="End a reader that is silent longer (300).",
    )(command)


class _Apart(click.Command):
    """Runs in a reader process. Its parameters ``timeout`` and ``memory`` are the limits."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command apart, and leave with the exit code of the reader."""
        if not _writes_to_a_real_output():
            return self._watched(ctx)  # called from Python, such as from a test
        from labkit.evidence import isolation

        code = 0
        if isolation.started_as_reader():
            isolation.become_reader_anew()
            code = self._read(ctx)
        elif hasattr(os, "fork"):
            timeout, memory = ctx.params["timeout"], ctx.params["memory"] * MIB
            code = isolation.read_apart(
                lambda: self._read(ctx), timeout_seconds=timeout, memory_bytes=memory, left_off=_write_down
            )
            if ctx.obj is PROGRAM:
                _end(code)
        else:
            code = isolation.read_anew(sys.argv[1:], timeout_seconds=ctx.params["timeout"], left_off=_write_down)
        return ctx.exit(code)

    def _read(self, ctx: click.Context) -> int:
        """Run the command in the reader; return its exit code."""
        return reported(lambda: _known_errors(lambda: self._watched(ctx)))

    def _watched(self, ctx: click.Context) -> Any:
        """Run the command, and tell as warnings what its readers remark."""
        from labkit.evidence.remarks import listening

        with listening(lambda text: note(f"Warning: {text}")):
            return super().invoke(ctx)


class ApartGroup(_Apart, click.Group):
    """A group whose commands run in a reader process."""


class ApartCommand(_Apart):
    """A command of its own that runs in a reader process."""


def _end(code: int) -> NoReturn:
    """End a program that has only waited, without taking apart all that it has loaded."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _write_down(doing: Mapping[str, Any], reason: str) -> None:
    """Write the line of the examination log that the reader did not live to write."""
    from labkit.usecases.examiner import left_off

    reported(lambda: left_off(doing, reason))  # the reader's own end is told after it


def _known_errors(command: Callable[[], Any]) -> Any:
    """Run a command; what only damage can cause becomes an error with a remedy."""
    try:
        return command()
    except MemoryError:
        raise EvidenceError(
            "the reader of this image needs more memory than it may take",
            remedy="The image is damaged, made to mislead, or very large: give it more with --memory MIB.",
        ) from None
    except (ArithmeticError, AssertionError, LookupError, RecursionError, TypeError, ValueError) as error:
        if "LABKIT_TRACEBACK" in os.environ:
            raise
        raise EvidenceError(
            f"the image can not be read: {type(error).__name__}: {error}",
            remedy="The image is damaged in a way that labkit does not know. Compare it with its master and with the "
            "Sleuth Kit. Maintainers see where it happened if LABKIT_TRACEBACK is set.",
        ) from error


def _writes_to_a_real_output() -> bool:
    try:
        return sys.stdout.fileno() >= 0
    except (OSError, ValueError, AttributeError):
        return False
