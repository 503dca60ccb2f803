"""``labkit image search``: words on a medium, whatever wrote them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.output import examples, output_options, progress, safe, write, write_json

if TYPE_CHECKING:
    from labkit.evidence.owner_table import Owner
    from labkit.evidence.owners import Place as MediumPlace
    from labkit.evidence.search import Hit

_FILE = click.Path(path_type=Path)
_PLAIN = "offset_bytes\tregion\tencoding\tfound_in\tvolume\taddress\tdeleted\tpath\toffset_in_file\tword\tcontext\n"
_TABLE = f"{'byte on medium':>14}  {'region':<13}  {'encoding':<10}  where and what\n"


@click.command(
    epilog=examples(
        "labkit image search KF-06.E01 Аскаров",
        "labkit image search KF-06.E01 invoice счёт --in slack,unallocated --json",
        "labkit image search KF-06.E01 Password --case --encoding UTF-16LE --path /Users",
    )
)
@click.argument("image", type=_FILE)
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@click.option("--encoding", "encodings", multiple=True, metavar="NAME", help="Only in this encoding; can be repeated.")
@click.option("--case", is_flag=True, help="Tell capital and small letters apart.")
@click.option("--in", "regions", metavar="REGIONS", help="Only in these, e.g. slack,unallocated.")
@click.option("--path", "under", metavar="PATH", help="Only in this file or below this directory.")
@output_options
def search(
    image: Path,
    words: tuple[str, ...],
    encodings: tuple[str, ...],
    case: bool,
    regions: str | None,
    under: str | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Find words on the whole medium, in many encodings at once.

    Live content, slack, free space and metadata are searched, and the content of files that lie in pieces is put
    together. Encodings: UTF-8, UTF-16LE, UTF-16BE, cp1251, KOI8-R, cp866, cp1256, ISO-8859-1. Where several write a
    word with the same bytes, the first of them is named. Regions: allocated, slack, unallocated, metadata,
    unpartitioned.
    """
    from labkit.usecases import searches

    with progress(plain=plain) as watch:
        hits = searches.search(
            image,
            words,
            encodings=encodings,
            case=case,
            regions=searches.regions_named(regions),
            under=under,
            watch=watch,
        )
        for number, hit in enumerate(hits):
            if as_json:
                write_json(_object(hit))
                continue
            if not number:
                write(_PLAIN if plain else _TABLE)
            write(_plain_line(hit) if plain else _table_line(hit))


def place_object(place: "MediumPlace | None", owner: "Owner | None") -> dict[str, Any]:
    """Return what is known of a place, ready for JSON."""
    return {
        "offset_bytes": None if place is None else place.offset_bytes,
        "volume": owner.volume if owner else place.volume.number if place and place.volume else None,
        "offset_in_volume": None if place is None else place.offset_in_volume,
        "cluster": None if place is None else place.cluster,
        "path": owner.path if owner else None,
        "address": owner.address if owner else None,
        "stream": owner.stream if owner else None,
        "deleted": owner.deleted if owner else None,
    }


def owner_text(owner: "Owner | None") -> str:
    """Return the name of a file for people: path, stream, and whether it is deleted."""
    if owner is None:
        return "-"
    name = owner.path + (f":{owner.stream}" if owner.stream else "")
    return name + (" (deleted)" if owner.deleted else "")


def _object(hit: "Hit") -> dict[str, Any]:
    from labkit.usecases import searches

    return {
        "word": hit.word,
        "encoding": hit.encoding,
        "size_bytes": hit.size_bytes,
        "region": searches.region_of(hit),
        "found_in": hit.found_in,
        **place_object(hit.place, searches.owner_of(hit)),
        "offset_in_file": hit.offset_in_file,
        "text": hit.text,
        "context": hit.context,
    }


def _plain_line(hit: "Hit") -> str:
    value = _object(hit)
    names = _PLAIN.rstrip("\n").split("\t")
    return "\t".join("" if value[name] is None else safe(str(value[name])) for name in names) + "\n"


def _table_line(hit: "Hit") -> str:
    from labkit.usecases import searches

    offset = "-" if hit.place is None else str(hit.place.offset_bytes)
    where = safe(owner_text(searches.owner_of(hit)))
    if hit.offset_in_file is not None:
        where += f" +{hit.offset_in_file}"
    mark = "" if hit.found_in == "medium" else "  [over the seam of fragments]"
    return (
        f"{offset:>14}  {searches.region_of(hit):<13}  {hit.encoding:<10}  {where}{mark}\n"
        f"{'':>14}  {safe(hit.context)}\n"
    )
