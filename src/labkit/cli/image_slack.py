"""``labkit image slack``: what lies behind the ends of files, MFT records and volumes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.image_search import owner_text
from labkit.cli.output import examples, output_options, progress, safe, write, write_json, write_lines

if TYPE_CHECKING:
    from labkit.evidence.slack_space import SlackPiece
    from labkit.evidence.strings import Text

_PLAIN = "kind\tvolume\taddress\tpath\toffset_bytes\tsize_bytes\tused_bytes\tencoding\ttext_offset_bytes\ttext\n"
_TABLE = f"{'byte on medium':>14}  {'size':>9}  {'not zero':>9}  {'behind':<7}  whose, and its readable text\n"


@click.command(
    epilog=examples("labkit image slack KF-06.E01", "labkit image slack KF-06.E01 --path /docs --strings 8 --json")
)
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--strings", "shortest", default=4, metavar="MIN", help="Text of at least MIN characters (4).")
@click.option("--empty", is_flag=True, help="Also slack that holds nothing but zeros.")
@click.option("--path", "under", metavar="PATH", help="Only this file, or what lies below this directory.")
@output_options
def slack(image: Path, shortest: int, empty: bool, under: str | None, as_json: bool, plain: bool) -> None:
    """Show all slack of a medium and the readable text in it.

    File slack, the slack of NTFS's MFT records, and what lies behind the last cluster of a volume. Text is read as
    UTF-8, UTF-16 and, where it looks Russian, as cp1251, KOI8-R or cp866.
    """
    from labkit.usecases import searches

    with progress(plain=plain) as watch:
        pieces = searches.slack(image, shortest=shortest, empty=empty, under=under, watch=watch)
        for number, (piece, texts) in enumerate(pieces):
            if as_json:
                write_json(_object(piece, texts))
                continue
            if not number:
                write(_PLAIN if plain else _TABLE)
            write_lines(_plain_lines(piece, texts) if plain else _table_lines(piece, texts))


def _object(piece: "SlackPiece", texts: "tuple[Text, ...]") -> dict[str, object]:
    owner = piece.owner
    return {
        "kind": piece.kind,
        "volume": piece.volume,
        "path": owner.path if owner else None,
        "address": owner.address if owner else None,
        "stream": owner.stream if owner else None,
        "deleted": owner.deleted if owner else None,
        "offset_bytes": piece.offset_bytes,
        "size_bytes": len(piece.data),
        "used_bytes": piece.used_bytes,
        "texts": [
            {"offset_bytes": piece.offset_bytes + text.offset_bytes, "encoding": text.encoding, "text": text.text}
            for text in texts
        ],
    }


def _plain_lines(piece: "SlackPiece", texts: "tuple[Text, ...]") -> Iterator[str]:
    owner = piece.owner
    whose = (str(owner.address), safe(owner.path)) if owner else ("", "")
    sizes = (str(piece.offset_bytes), str(len(piece.data)), str(piece.used_bytes))
    for text in texts:
        found = (text.encoding, str(piece.offset_bytes + text.offset_bytes), safe(text.text))
        yield "\t".join((piece.kind, str(piece.volume), *whose, *sizes, *found)) + "\n"
    if not texts:
        yield "\t".join((piece.kind, str(piece.volume), *whose, *sizes, "", "", "")) + "\n"


def _table_lines(piece: "SlackPiece", texts: "tuple[Text, ...]") -> Iterator[str]:
    sizes = f"{piece.offset_bytes:>14}  {len(piece.data):>9}  {piece.used_bytes:>9}"
    yield f"{sizes}  {piece.kind:<7}  {safe(owner_text(piece.owner))}\n"
    for text in texts:
        yield f"{'':>14}  +{text.offset_bytes:<6} {text.encoding:<8}  {safe(text.text)}\n"
