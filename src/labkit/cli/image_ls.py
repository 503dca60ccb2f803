"""``labkit image ls``: all entries of all volumes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.image_options import image_place, place_options
from labkit.cli.image_views import PLAIN_HEADER, TABLE_HEADER, plain_lines, table_lines
from labkit.cli.output import examples, note, output_options, write_lines

if TYPE_CHECKING:
    from labkit.evidence.disk import VolumeReader
    from labkit.evidence.rows import Row

_FILE = click.Path(path_type=Path)


@click.command(
    epilog=examples(
        "labkit image ls KF-06.E01",
        "labkit image ls KF-06.E01 --volume 1 --json",
        "labkit image ls KF-06.raw --offset 1048576 --zone Asia/Almaty",
    )
)
@click.argument("image", type=_FILE)
@place_options
@click.option("--deleted/--no-deleted", default=True, help="With or without deleted entries (with).")
@click.option("--under", default="/", metavar="PATH", help="Only what this directory holds.")
@click.option("--bodyfile", is_flag=True, help="A body file, as fls -m writes it, for mactime.")
@output_options
def ls(
    image: Path,
    volume: int | None,
    offset: int | None,
    zone: str,
    deleted: bool,
    under: str,
    bodyfile: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """List all entries of all volumes, deleted ones included."""
    from labkit.usecases import examiner

    lines_of: Callable[[VolumeReader, Iterator[Row]], Iterator[str]] = plain_lines if plain else table_lines
    if as_json:
        from labkit.evidence.listing import json_lines as lines_of
    with examiner.listing(image, image_place(volume, offset, zone), deleted=deleted, under=under) as readers:
        for number, reader in enumerate(readers):
            if not as_json and not bodyfile and not number:
                write_lines([PLAIN_HEADER if plain else TABLE_HEADER])
            if bodyfile:
                write_lines(reader.body_lines(deleted=deleted, under=under))
            else:
                write_lines(lines_of(reader, reader.rows(deleted=deleted, under=under)))
            for problem in reader.problems:
                note(f"Warning: volume {reader.volume.number}: {problem}")
            if not as_json and reader.time_basis == "local":
                shown = "as stored. --zone shifts them to UTC." if zone == "UTC" else f"in UTC, taken from {zone}."
                note(f"Note: volume {reader.volume.number} stores local times without a zone; they are shown {shown}")
