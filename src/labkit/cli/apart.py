"""A group of commands that read untrusted images: each runs in a process of its own (``labkit.evidence.isolation``)."""

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from labkit.cli.reporting import reported
from labkit.errors import EvidenceError

MIB = 1024 * 1024


class _Apart(click.Command):
    """Runs in a reader process. Its options ``timeout`` and ``memory`` are the limits."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command apart, and leave with the exit code of the reader."""
        if not _writes_to_a_real_output():
            return super().invoke(ctx)  # called from Python, such as from a test
        from labkit.evidence import isolation

        code = 0
        if isolation.started_as_reader():
            isolation.become_reader_anew()
            code = self._read(ctx)
        elif hasattr(os, "fork"):
            timeout, memory = ctx.params["timeout"], ctx.params["memory"] * MIB
            code = isolation.read_apart(lambda: self._read(ctx), timeout_seconds=timeout, memory_bytes=memory)
        else:
            code = isolation.read_anew(sys.argv[1:], timeout_seconds=ctx.params["timeout"])
        return ctx.exit(code)

    def _read(self, ctx: click.Context) -> int:
        """Run the command in the reader; return its exit code."""
        command = super().invoke
        return reported(lambda: _known_errors(lambda: command(ctx)))


class ApartGroup(_Apart, click.Group):
    """A group whose commands run in a reader process."""


class ApartCommand(_Apart):
    """A command of its own that runs in a reader process."""


def _known_errors(command: Callable[[], Any]) -> Any:
    """Run a command; what only damage can cause becomes an error with a remedy."""
    try:
        return command()
    except MemoryError:
        raise EvidenceError(
            "the reader of this image needs more memory than it may take",
            remedy="The image is damaged, made to mislead, or very large: give it more with labkit image --memory MIB.",
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
