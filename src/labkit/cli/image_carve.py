"""``labkit image carve``: files found by their structure, without a file system."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.image_search import owner_text, place_object
from labkit.cli.output import examples, note, output_options, progress, safe, write, write_json

if TYPE_CHECKING:
    from labkit.evidence.carving.carve import Carved

_FILE = click.Path(path_type=Path)
_PLAIN = (
    "offset_bytes\tend_bytes\tsize_bytes\tkind\tconfidence\tfragments\tcluster_aligned\tembedded_in\tregion\tpath\t"
    "sha256\tfile\treason\n"
)
_TABLE = f"{'byte on medium':>14}  {'size':>10}  {'kind':<6}  {'confidence':<11}  what was seen\n"


@click.command(
    epilog=examples(
        "labkit image carve KF-06.E01",
        "labkit image carve KF-06.E01 --kind jpeg,docx --out found",
        "labkit image carve KF-06.E01 --in all --json",
    )
)
@click.argument("image", type=_FILE)
@click.option("--in", "regions", default="unallocated", metavar="REGIONS", help="Where to look (unallocated); or all.")
@click.option("--kind", "kinds", metavar="KINDS", help="Only these kinds, e.g. jpeg,docx.")
@click.option("--out", type=_FILE, metavar="FOLDER", help="Write what is found to this folder.")
@output_options
def carve(image: Path, regions: str, kinds: str | None, out: Path | None, as_json: bool, plain: bool) -> None:
    """Find files by their content: JPEG, PNG, PDF, ZIP and office documents, SQLite, GZIP, MP4.

    Each is followed through its structure. Confidence: complete (it holds to its own end), partial (it breaks off where
    "end" says), header only. Free clusters are read one behind the other, over what lies between them.
    """
    from labkit.usecases import searches

    chosen = frozenset(part.strip().lower() for part in kinds.split(",") if part.strip()) if kinds else None
    count = 0
    with progress(plain=plain) as watch:
        objects = searches.carve(image, regions=searches.regions_named(regions), kinds=chosen, out=out, watch=watch)
        for count, (found, file) in enumerate(objects, start=1):
            if as_json:
                write_json(_object(found, file))
                continue
            if count == 1:
                write(_PLAIN if plain else _TABLE)
            write(_plain_line(found, file) if plain else _table_line(found, file))
    if not count and not as_json and not plain:
        note("Nothing was found that begins like one of the kinds that labkit carves.")


def _object(found: "Carved", file: Path | None) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "confidence": found.confidence,
        "reason": found.reason,
        "size_bytes": found.size_bytes,
        "end_bytes": found.end_bytes,
        "runs": [{"offset_bytes": offset, "size_bytes": size} for offset, size in found.runs],
        "sha256": found.sha256,
        "cluster_aligned": found.cluster_aligned,
        "embedded_in": found.embedded_in,
        "region": found.place.region,
        **place_object(found.place, found.place.owner),
        "file": None if file is None else str(file),
    }


def _plain_line(found: "Carved", file: Path | None) -> str:
    value = _object(found, file) | {"fragments": len(found.runs)}
    names = _PLAIN.rstrip("\n").split("\t")
    return "\t".join("" if value[name] is None else safe(str(value[name])) for name in names) + "\n"


def _table_line(found: "Carved", file: Path | None) -> str:
    notes = [found.reason]
    if found.embedded_in is not None:
        notes.append(f"embedded in {found.embedded_in}")
    if len(found.runs) > 1:
        notes.append(f"in {len(found.runs)} pieces")
    if found.cluster_aligned is False and found.embedded_in is None:
        notes.append("not at the start of a cluster")
    if found.place.owner is not None:
        notes.append(owner_text(found.place.owner))
    if file is not None:
        notes.append(f"written to {file}")
    numbers = f"{found.offset_bytes:>14}  {found.size_bytes:>10}"
    return f"{numbers}  {found.kind:<6}  {found.confidence:<11}  {safe('; '.join(notes))}\n"
