"""What the commands of ``labkit memory`` have in common: the image, its symbol table, the choice of processes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labkit.cli.output import output_options

if TYPE_CHECKING:
    from labkit.usecases.memory import MemoryImage

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


def image_options(command: Command) -> Command:
    """Add IMAGE, ``--symbols`` and the ways to print."""
    command = output_options(command)
    command = click.option(
        "--symbols", type=FILE, metavar="PATH", help="Symbol table of the kernel (ISF), or a folder of them."
    )(command)
    return click.argument("image", type=FILE)(command)


def pid_option(command: Command) -> Command:
    """Add ``--pid``, which can be repeated."""
    return click.option("--pid", "pids", type=int, multiple=True, metavar="N", help="Only this process.")(command)


def memory_image(image: Path, symbols: Path | None) -> "MemoryImage":
    """Return the image and the table that the options name."""
    from labkit.usecases.memory import MemoryImage

    return MemoryImage(image, symbols)
