"""``labkit image``: the group of the commands on disk images, each imported when it is called."""

import click

from labkit.cli.apart import ApartGroup, reader_options
from labkit.cli.lazy_group import LazyGroup

_PLACES = {
    "carve": ("labkit.cli.image_carve", "carve"),
    "cat": ("labkit.cli.image", "cat"),
    "export": ("labkit.cli.image", "export"),
    "hash": ("labkit.cli.image_digests", "hash_command"),
    "hex": ("labkit.cli.image_hex", "hex_command"),
    "info": ("labkit.cli.image", "info"),
    "ls": ("labkit.cli.image_ls", "ls"),
    "search": ("labkit.cli.image_search", "search"),
    "slack": ("labkit.cli.image_slack", "slack"),
    "stat": ("labkit.cli.image", "stat"),
    "timeline": ("labkit.cli.image_timeline", "timeline"),
    "verify": ("labkit.cli.image_digests", "verify"),
    "volumes": ("labkit.cli.image", "volumes"),
}


class _ImageGroup(ApartGroup, LazyGroup):
    """Runs in a reader process; its commands are imported when they are called."""


@click.group(cls=_ImageGroup, places=_PLACES)
@reader_options
def image(timeout: float, memory: int) -> None:
    """Examine a disk image, read-only.

    IMAGE is a raw image, the first part of a split one (.001), an E01, or a gzip'ed raw image. What is done inside a
    workspace is written to its examination log.
    """
