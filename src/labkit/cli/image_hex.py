"""``labkit image hex``: bytes as they are, and the fields of the structure they hold."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.image_options import Offset, content_options, selection_of, selection_options
from labkit.cli.image_search import owner_text, place_object
from labkit.cli.output import examples, note, output_options, safe, write_json, write_lines

if TYPE_CHECKING:
    from labkit.evidence.structures.field import Reading
    from labkit.usecases.hexdump import View

_WIDTH = 80
_INDENT = 46  # where the meaning of a field begins
_PLAIN_FIELDS = "offset_bytes\tsize_bytes\ttable\tname\tdata\tlittle\tbig\tmeaning\n"
_PLAIN_ROWS = "offset_bytes\tdata\ttext\n"
_SHOWN_BYTES = 8  # of a field in the table
_SHORT_BYTES = 4  # longer fields that mean a time or a name are not shown as numbers besides


@click.command(
    name="hex",
    epilog=examples(
        "labkit image hex KF-06.E01 --as mbr",
        "labkit image hex KF-06.E01 --volume 1 --as auto",
        "labkit image hex KF-06.E01 --volume 1 --cluster 5 --length 64",
        "labkit image hex KF-06.E01 '/$MFT' --offset 65536 --as mft-record",
        "labkit image hex KF-06.E01 /notes.txt --slack",
    ),
)
@click.argument("image", type=click.Path(path_type=Path))
@selection_options
@content_options
@click.option("--volume", type=int, metavar="N", help="Count from the start of this volume.")
@click.option("--offset", type=Offset(), help="First byte; from 0 of the medium, the volume or the content.")
@click.option("--sector", type=int, metavar="N", help="First sector of 512 bytes, of the medium or the volume.")
@click.option("--cluster", type=int, metavar="N", help="A cluster, as the file system counts.")
@click.option("--length", type=Offset(), help="How many bytes (512, or the size of the structure).")
@click.option("--as", "kind", metavar="STRUCTURE", help="Read them as this structure; auto guesses.")
@output_options
def hex_command(
    image: Path,
    path: str | None,
    address: int | None,
    stream: str | None,
    slack: bool,
    volume: int | None,
    offset: int | None,
    sector: int | None,
    cluster: int | None,
    length: int | None,
    kind: str | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Show bytes in hexadecimal, and the fields of the structure that they hold.

    Without PATH and --address the bytes are those of the medium or of a volume. Structures: mbr, ebr, gpt, gpt-entry,
    fat-boot, fat-dir, exfat-boot, exfat-dir, ntfs-boot, mft-record, index-record, usn, ext-super,
    ext-dir.
    """
    from labkit.usecases import hexdump

    if sum(value is not None for value in (offset, sector, cluster)) > 1:
        raise click.UsageError("Give one of --offset, --sector and --cluster.")
    selection = None
    if path is not None or address is not None:
        selection = selection_of(path, address, stream, slack)
        if sector is not None or cluster is not None:
            raise click.UsageError("Sectors and clusters count on the medium or in a volume; in content use --offset.")
    elif stream is not None or slack:
        raise click.UsageError("--stream and --slack belong to an entry: name it by PATH or --address.")
    window = hexdump.Window(offset, sector, cluster, length)
    found = hexdump.view(image, window, volume=volume, selection=selection, kind=kind)
    if as_json:
        write_json(_object(found))
    elif plain:
        write_lines(_plain_lines(found))
    else:
        write_lines(_lines(found))
    if kind == "auto" and found.structure is None:
        note("None of the structures that labkit knows begins here; name one with --as.")


def _object(found: "View") -> dict[str, Any]:
    structure = found.structure
    return {
        "what": found.what,
        "offset_in_it": found.offset_bytes,
        "size_bytes": len(found.data),
        "region": None if found.place is None else found.place.region,
        **place_object(found.place, None if found.place is None else found.place.owner),
        "data": found.data.hex(),
        "structure": structure and structure.name,
        "source": structure and structure.source,
        "fields": [
            {
                "offset_bytes": found.offset_bytes + field.offset,
                "size_bytes": field.size,
                "table": field.table,
                "name": field.name,
                "data": field.data.hex(),
                "little": field.little,
                "big": field.big,
                "meaning": field.meaning,
            }
            for field in found.fields
        ],
    }


def _plain_lines(found: "View") -> Iterator[str]:
    """Yield the fields where there is a structure, else the rows of bytes."""
    from labkit.evidence.hexview import hex_rows

    if found.structure is None:
        yield _PLAIN_ROWS
        for offset, data, text in hex_rows(found.data, found.offset_bytes):
            yield f"{offset}\t{data}\t{text}\n"
        return
    yield _PLAIN_FIELDS
    for field in found.fields:
        numbers = ("" if field.little is None else str(field.little), "" if field.big is None else str(field.big))
        start = str(found.offset_bytes + field.offset)
        cells = (start, str(field.size), field.table, field.name, field.data.hex(), *numbers, safe(field.meaning))
        yield "\t".join(cells) + "\n"


def _lines(found: "View") -> Iterator[str]:
    from labkit.evidence.hexview import hex_rows

    yield f"{safe(found.what)}, byte {found.offset_bytes}, {len(found.data)} bytes\n"
    if found.place is not None:
        cluster = "" if found.place.cluster is None else f", cluster {found.place.cluster}"
        owner = "" if found.place.owner is None else f", {safe(owner_text(found.place.owner))}"
        yield f"byte {found.place.offset_bytes} of the medium: {found.place.region}{cluster}{owner}\n"
    yield "\n"
    before, repeated = "", False
    for offset, data, text in hex_rows(found.data, found.offset_bytes):
        if data == before:  # one star for all rows that are the same as the one above
            if not repeated:
                yield "*\n"
            repeated = True
            continue
        before, repeated = data, False
        yield f"{offset:08x}: {data:<39}  {text}\n"
    if found.structure is None:
        return
    yield f"\n{found.structure.title}  [{found.structure.source}]\n"
    title = ""
    for field in found.fields:
        if field.table != title:
            title = field.table
            yield f"\n{title}\n"
        yield from _field_lines(field, found.offset_bytes)


def _field_lines(field: "Reading", first: int) -> Iterator[str]:
    """Yield a field: offset, size, name, then bytes, the number in both byte orders and the meaning, in 80 columns."""
    parts = [field.data[:_SHOWN_BYTES].hex(" ") + (" ..." if field.size > _SHOWN_BYTES else "")]
    is_number = field.meaning in ("", str(field.little))
    if field.little is not None and (is_number or field.size <= _SHORT_BYTES):
        parts += [str(field.little)] if field.size == 1 else [f"LE {field.little}", f"BE {field.big}"]
    if not is_number:
        parts += textwrap.wrap(safe(field.meaning), _WIDTH - _INDENT)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 2 + len(part) <= _WIDTH - _INDENT:
            lines[-1] += f"  {part}"
        elif lines[-1]:
            lines.append(part)
        else:
            lines[-1] = part
    head = f"{first + field.offset:>8x} {field.size:>4}  {field.name:<30}"
    yield f"{head} {lines[0]}\n"
    for line in lines[1:]:
        yield f"{'':<{_INDENT}}{line}\n"
