"""``labkit memory``: the group of the commands on memory images, each imported when it is called."""

import click

from labkit.cli.apart import ApartGroup, reader_options
from labkit.cli.lazy_group import LazyGroup

_PLACES = {
    "cmdline": ("labkit.cli.memory_processes", "cmdline"),
    "env": ("labkit.cli.memory_processes", "env"),
    "files": ("labkit.cli.memory_holdings", "files"),
    "history": ("labkit.cli.memory_texts", "history"),
    "info": ("labkit.cli.memory_processes", "info"),
    "log": ("labkit.cli.memory_texts", "log"),
    "maps": ("labkit.cli.memory_holdings", "maps"),
    "mounts": ("labkit.cli.memory_holdings", "mounts"),
    "net": ("labkit.cli.memory_holdings", "net"),
    "owner": ("labkit.cli.memory_texts", "owner"),
    "ps": ("labkit.cli.memory_processes", "ps"),
    "recover": ("labkit.cli.memory_recover", "recover"),
    "strings": ("labkit.cli.memory_texts", "strings"),
    "tree": ("labkit.cli.memory_processes", "tree"),
}


class _MemoryGroup(ApartGroup, LazyGroup):
    """Runs in a reader process; its commands are imported when they are called."""


@click.group(cls=_MemoryGroup, places=_PLACES)
@reader_options
def memory(timeout: float, memory: int) -> None:
    """Examine a memory image of a Linux machine, read-only.

    IMAGE is a raw image of physical memory, an ELF core or a LiME file. The symbol table of its kernel is looked for
    beside the image, in a folder "symbols" there, and among those that come with labkit.
    """
