"""Options that commands of ``labkit image`` share: which volume, which entry, which bytes of it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from labkit.usecases.examiner import Place, Selection

Command = TypeVar("Command", bound=Callable[..., Any])


class Offset(click.ParamType[int]):
    """A number of bytes, decimal or hexadecimal with 0x."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            return int(str(value), 0)
        except ValueError:
            self.fail(f"{value!r} is not a number of bytes; write 1048576 or 0x100000.", param, ctx)


def place_options(command: Command) -> Command:
    """Add the options that choose a volume and a zone."""
    command = click.option(
        "--zone", default="UTC", metavar="IANA", help="Zone of the machine that wrote FAT's local times (UTC)."
    )(command)
    command = click.option("--offset", type=Offset(), help="The file system that begins at this byte of the medium.")(
        command
    )
    return click.option("--volume", type=int, metavar="N", help="The volume of this number (labkit image volumes).")(
        command
    )


def selection_options(command: Command) -> Command:
    """Add the ways to name an entry: PATH or ``--address``."""
    command = click.option("--address", type=int, metavar="N", help="Inode, MFT record or FAT entry address.")(command)
    return click.argument("path", required=False)(command)


def content_options(command: Command) -> Command:
    """Add the options that choose which bytes of an entry are meant."""
    command = click.option("--slack", is_flag=True, help="The rest of the last cluster behind the content.")(command)
    return click.option("--stream", metavar="NAME", help="A named data stream (NTFS).")(command)


def image_place(volume: int | None, offset: int | None, zone: str) -> "Place":
    """Return the volumes that the options choose."""
    from labkit.usecases.examiner import Place

    if volume is not None and offset is not None:
        raise click.UsageError("Give --volume or --offset, not both.")
    return Place(volume, offset, zone)


def selection_of(path: str | None, address: int | None, stream: str | None = None, slack: bool = False) -> "Selection":
    """Return which bytes of which entry are meant; PATH or ``--address``, one of the two."""
    from labkit.usecases.examiner import Selection

    if (path is None) == (address is None):
        raise click.UsageError("Name the entry by PATH or by --address N, one of the two.")
    return Selection(_unmangled(path), address, stream, slack)


def _unmangled(path: str | None) -> str | None:
    """Return the path in an image with slashes, also where it was typed with backslashes on Windows."""
    if path is not None and os.name == "nt" and path.startswith("\\"):
        return path.replace("\\", "/")
    return path
