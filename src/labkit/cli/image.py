"""``labkit image info|volumes|stat|cat|export``: look into a disk image without changing it."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from labkit.cli.image_options import content_options, image_place, place_options, selection_of, selection_options
from labkit.cli.image_views import detail_object, show_detail
from labkit.cli.output import examples, output_options, progress, write_fields, write_json, write_table

_FILE = click.Path(path_type=Path)


@click.command(epilog=examples("labkit image info KF-06.E01"))
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


@click.command(epilog=examples("labkit image volumes KF-06.E01"))
@click.argument("image", type=_FILE)
@output_options
def volumes(image: Path, as_json: bool, plain: bool) -> None:
    """List the partitions and what lies between them, with number, first byte, size and file system."""
    from labkit.usecases import examiner

    table = examiner.list_volumes(image)
    found: list[dict[str, Any]] = [volume._asdict() for volume in table.volumes]
    found += [{"number": None, **gap._asdict(), "description": "unallocated", "filesystem": None} for gap in table.gaps]
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


@click.command(
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


@click.command(
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


@click.command(epilog=examples("labkit image export KF-06.E01 --address 39 --to invoice.xlsx"))
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
    from labkit.usecases.exporting import export as exported

    with progress(plain=plain) as watch:
        done = exported(
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
