"""``labkit image``: look into a disk image without changing it."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labkit.cli.apart import ApartGroup, reader_options
from labkit.cli.image_views import (
    PLAIN_HEADER,
    TABLE_HEADER,
    detail_object,
    plain_lines,
    show_detail,
    table_lines,
)
from labkit.cli.output import (
    examples,
    note,
    output_options,
    progress,
    write_fields,
    write_json,
    write_lines,
    write_table,
)

if TYPE_CHECKING:
    from labkit.evidence.disk import VolumeReader
    from labkit.evidence.rows import Row
    from labkit.usecases.examiner import Place, Selection

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


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


@click.group(cls=ApartGroup)
@reader_options
def image(timeout: float, memory: int) -> None:
    """Examine a disk image, read-only.

    IMAGE is a raw image, the first part of a split one (.001), an E01, or a gzip'ed raw image. What is done inside a
    workspace is written to its examination log.
    """


@image.command(epilog=examples("labkit image info KF-06.E01"))
@click.argument("image", type=_FILE)
@output_options
def info(image: Path, as_json: bool, plain: bool) -> None:
    """Show the container: segments, medium size, header values, stored digests."""
    from labkit.usecases import examiner

    found = examiner.describe(image)
    if as_json:
        write_json({"image": str(image), **asdict(found)})
        return
    fields: list[tuple[str, object]] = [
        ("container", found.container),
        ("segments", ", ".join(found.segments)),
        ("medium", f"{found.media_size_bytes} bytes"),
        ("sectors", f"{-(-found.media_size_bytes // found.bytes_per_sector)} of {found.bytes_per_sector} bytes"),
        *((name.replace("_", " "), value) for name, value in found.metadata.items()),
        *((f"stored {name}", value) for name, value in found.stored_digests.items()),
    ]
    write_fields(fields, plain=plain)


@image.command(epilog=examples("labkit image volumes KF-06.E01"))
@click.argument("image", type=_FILE)
@output_options
def volumes(image: Path, as_json: bool, plain: bool) -> None:
    """List the partitions and what lies between them, with number, first byte, size and file system."""
    from labkit.usecases import examiner

    table = examiner.list_volumes(image)
    found: list[dict[str, Any]] = [asdict(volume) for volume in table.volumes]
    found += [{"number": None, **asdict(gap), "description": "unallocated", "filesystem": None} for gap in table.gaps]
    found.sort(key=lambda row: (row["start_bytes"], row["number"] or 0))
    if as_json:
        for row in found:
            write_json(row)
        return
    rows = [
        (
            "-" if row["number"] is None else row["number"],
            row["start_bytes"],
            row["start_bytes"] // 512,
            row["size_bytes"],
            row["filesystem"] or "-",
            row["description"],
        )
        for row in found
    ]
    headers = ("volume", "start bytes", "start sector", "size bytes", "file system", "description")
    write_table(headers, rows, plain=plain, right=headers[:4])


@image.command(
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
    from labkit.evidence.listing import json_lines
    from labkit.usecases import examiner

    lines_of: Callable[[VolumeReader, Iterator[Row]], Iterator[str]]
    lines_of = json_lines if as_json else plain_lines if plain else table_lines
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
            if not as_json and reader.time_basis == "local" and zone == "UTC":
                note(
                    f"Note: volume {reader.volume.number} stores local times without a zone; they are shown as stored. "
                    "--zone shifts them to UTC."
                )


@image.command(
    epilog=examples("labkit image stat KF-06.E01 /invoices/2026-03.xlsx", "labkit image stat KF-06.E01 --address 39")
)
@click.argument("image", type=_FILE)
@selection_options
@place_options
@output_options
def stat(
    image: Path,
    path: str | None,
    address: int | None,
    volume: int | None,
    offset: int | None,
    zone: str,
    as_json: bool,
    plain: bool,
) -> None:
    """Show everything about one entry: times, attributes, where its content lies."""
    from labkit.usecases import examiner

    reader, detail = examiner.stat(image, image_place(volume, offset, zone), selection_of(path, address))
    if as_json:
        write_json(detail_object(reader, detail))
    else:
        show_detail(reader, detail, plain=plain)


@image.command(
    epilog=examples(
        "labkit image cat KF-06.E01 /notes.txt", "labkit image cat KF-06.E01 --address 39 --slack > slack.bin"
    )
)
@click.argument("image", type=_FILE)
@selection_options
@content_options
@place_options
def cat(
    image: Path,
    path: str | None,
    address: int | None,
    stream: str | None,
    slack: bool,
    volume: int | None,
    offset: int | None,
    zone: str,
) -> None:
    """Write the content of one entry to standard output, byte for byte."""
    from labkit.usecases import examiner

    out = sys.stdout.buffer
    for block in examiner.read(image, image_place(volume, offset, zone), selection_of(path, address, stream, slack)):
        out.write(block)
    out.flush()


@image.command(epilog=examples("labkit image export KF-06.E01 --address 39 --to invoice.xlsx"))
@click.argument("image", type=_FILE)
@selection_options
@content_options
@click.option("--to", "destination", type=_FILE, default=Path(), help="File or folder to write to (this folder).")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@place_options
@output_options
def export(
    image: Path,
    path: str | None,
    address: int | None,
    stream: str | None,
    slack: bool,
    destination: Path,
    force: bool,
    volume: int | None,
    offset: int | None,
    zone: str,
    as_json: bool,
    plain: bool,
) -> None:
    """Write the content of one entry to a file, whole or not at all, and show its digests."""
    from labkit.usecases import examiner

    with progress(plain=plain) as watch:
        done = examiner.export(
            image,
            image_place(volume, offset, zone),
            selection_of(path, address, stream, slack),
            destination,
            force=force,
            watch=watch,
        )
    values = {"file": str(done.path), "address": done.address, **asdict(done.digests)}
    if as_json:
        write_json(values)
    else:
        write_fields(values.items(), plain=plain)


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
