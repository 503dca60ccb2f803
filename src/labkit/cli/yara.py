"""``labkit yara``: rules over files, folders and media."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.apart import ApartCommand, reader_options
from labkit.cli.image_search import owner_text, place_object
from labkit.cli.output import examples, note, output_options, progress, safe, write, write_json

if TYPE_CHECKING:
    from labkit.evidence.owners import Region
    from labkit.usecases.scanning import ScanHit

_FILE = click.Path(path_type=Path)
_COLUMNS = (
    *("file", "rule", "string", "offset_bytes", "size_bytes", "region", "volume", "address", "deleted", "path"),
    *("offset_in_file", "data"),
)
_SHOWN = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))  # noqa: PLR2004 - printable ASCII


@click.command(
    cls=ApartCommand,
    epilog=examples(
        "labkit yara rules.yar KF-06.E01",
        "labkit yara rules.yar KF-06.raw --in unallocated,slack --json",
        "labkit yara rules.yar KF-06.E01 --files",
        "labkit yara rules.yar exported/",
    ),
)
@click.argument("rules", type=_FILE)
@click.argument("target", type=_FILE)
@click.option("--in", "regions", metavar="REGIONS", help="Only these regions of an image, e.g. unallocated.")
@click.option("--files", is_flag=True, help="Of an image, each live file as a whole, wherever its pieces lie.")
@click.option(
    "--rules-timeout",
    "limit_s",
    type=click.IntRange(min=1),
    default=600,
    metavar="SECONDS",
    help="Stop rules that take longer, all in all (600).",
)
@reader_options
@output_options
def yara(
    rules: Path,
    target: Path,
    regions: str | None,
    files: bool,
    limit_s: int,
    timeout: float,  # noqa: ARG001 - read by ApartCommand
    memory: int,  # noqa: ARG001 - read by ApartCommand
    as_json: bool,
    plain: bool,
) -> None:
    """Search with YARA rules: a file, a folder, or an image.

    Of an image the medium is scanned, and each hit names the file it lies in. A raw image is scanned as a whole; other
    images and chosen regions in windows of 16 MiB that overlap by 1 MiB, and conditions see one window at a time.
    With --files each live file inside the image is scanned as a file of its own, and offsets count in it.
    """
    from labkit.usecases import scanning

    with progress(plain=plain) as watch:
        hits = scanning.scan(
            rules,
            target,
            regions=None if regions is None else _regions(regions),
            files=files,
            limit_s=limit_s,
            tell=lambda text: note(f"Warning: {text}"),
            watch=watch,
        )
        for number, hit in enumerate(hits):
            if as_json:
                write_json(_object(hit))
                continue
            if plain and not number:
                write("\t".join(_COLUMNS) + "\n")
            write(_plain_line(hit) if plain else _table_line(hit))


def _regions(names: str) -> "frozenset[Region] | None":
    from labkit.usecases.searches import regions_named

    return regions_named(names)


def _object(found: "ScanHit") -> dict[str, Any]:
    hit = found.hit
    return {
        "file": str(found.file),
        "rule": hit.rule,
        "tags": list(hit.tags),
        "string": hit.string,
        "size_bytes": hit.size_bytes,
        "region": found.region,
        **place_object(found.place, found.owner),
        "offset_bytes": found.offset_bytes,
        "offset_in_file": found.offset_in_file,
        "data": hit.data.hex(),
        **({} if found.memory is None else {"memory": str(found.memory)}),
    }


def _plain_line(found: "ScanHit") -> str:
    value = _object(found)
    cells = [value[name] for name in _COLUMNS]
    return "\t".join(["" if cell is None else safe(str(cell)) for cell in cells]) + "\n"


def _table_line(found: "ScanHit") -> str:
    where, offset = safe(str(found.file)), found.offset_bytes
    if found.inside is not None:
        where, offset = f"whole file  {safe(owner_text(found.inside))}", found.offset_in_file
    elif found.region is not None:
        where = f"{found.region}  {safe(owner_text(found.owner))}"
    elif found.memory is not None:
        where = f"memory  {safe(str(found.memory))}"
    text = found.hit.data[:32].translate(_SHOWN).decode("ascii")
    shown = "-" if offset is None else offset
    return f"{safe(found.hit.rule)} {found.hit.string or '-'}  {shown}  {where}  {text}\n"
