"""``labkit image timeline``: what happened when."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.image_options import image_place, place_options
from labkit.cli.output import examples, note, output_options, safe, write_lines
from labkit.cli.progress import entry_progress

if TYPE_CHECKING:
    from labkit.evidence.timeline import Event

_FILE = click.Path(path_type=Path)
_SECOND = 1_000_000_000
COLUMNS = ("time_utc", "macb", "source", "volume", "address", "type", "state", "size_bytes", "path", "stream", "detail")
_KINDS = ("born", "modified", "changed", "accessed", "journal")


@click.command(
    epilog=examples(
        "labkit image timeline KF-06.E01",
        "labkit image timeline KF-06.E01 --from 2026-03-03T00:00:00+05:00 --to 2026-03-04T00:00:00+05:00 --csv",
        'labkit image timeline KF-06.E01 --path "*/invoices/*" --kind born --kind journal',
    )
)
@click.argument("image", type=_FILE)
@place_options
@click.option("--from", "from_text", metavar="TIME", help="Not before this moment: ISO 8601 with an offset or Z.")
@click.option("--to", "to_text", metavar="TIME", help="Before this moment.")
@click.option("--path", metavar="GLOB", help="Only entries whose whole path fits, e.g. '*/invoices/*.xlsx'.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this; can be repeated.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a header.")
@click.option("--bodyfile", is_flag=True, help="A body file for mactime, each line with one moment.")
@output_options
def timeline(
    image: Path,
    volume: int | None,
    offset: int | None,
    zone: str,
    from_text: str | None,
    to_text: str | None,
    path: str | None,
    kinds: tuple[str, ...],
    as_csv: bool,
    bodyfile: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """Show all times of all entries in their order, deleted ones included.

    M: content modified, A: accessed, C: record changed, B: born. The source says where a time stands: SI and FN are
    NTFS's two sets, USN its change journal; other file systems are named. Times are UTC; FAT's local times are shown
    as stored, or shifted with --zone.
    """
    from labkit.usecases import timelines

    forms = [name for name, is_wanted in _forms(as_csv, bodyfile, as_json, plain).items() if is_wanted]
    if len(forms) > 1:
        raise click.UsageError(f"Choose one of {' and '.join(forms)}.")
    wanted = timelines.choice(from_text=from_text, to_text=to_text, path=path, kinds=kinds)
    details = {"from": from_text, "to": to_text, "path": path, "kind": ",".join(kinds) or None}
    writer: Callable[[Iterator[Event]], Iterator[str]]
    writer = _json if as_json else _body if bodyfile else _csv if as_csv else _plain if plain else _table
    with entry_progress("Reading entries", silent=plain) as seen:
        found = timelines.timeline(
            image,
            image_place(volume, offset, zone),
            wanted,
            details={key: value for key, value in details.items() if value is not None},
            seen=seen,
            problem=lambda text: note(f"Warning: {text}"),
        )
        write_lines(writer(found))


def _forms(as_csv: bool, bodyfile: bool, as_json: bool, plain: bool) -> dict[str, bool]:
    return {"--csv": as_csv, "--bodyfile": bodyfile, "--json": as_json, "--plain": plain}


def _cells(event: "Event") -> tuple[str, ...]:
    from labkit.evidence.timestamps import iso_text

    return (
        iso_text(event.time_ns) or "",
        event.macb,
        event.source,
        str(event.volume),
        str(event.address),
        event.type,
        _state(event),
        "" if event.size_bytes is None else str(event.size_bytes),
        event.path,
        event.stream or "",
        event.detail,
    )


def _state(event: "Event") -> str:
    return "reused" if event.reallocated else "deleted" if event.deleted else ""


def _plain(found: "Iterator[Event]") -> Iterator[str]:
    yield "\t".join(COLUMNS) + "\n"
    for event in found:
        yield "\t".join(map(safe, _cells(event))) + "\n"


def _csv(found: "Iterator[Event]") -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in found:
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        # A cell that begins like a formula would be run by a spreadsheet.
        writer.writerow(f"'{cell}" if cell[:1] in "=+-@" and cell else cell for cell in map(safe, _cells(event)))
    yield text.getvalue()


def _json(found: "Iterator[Event]") -> Iterator[str]:
    import json

    from labkit.evidence.listing import json_text

    for event in found:
        cells = dict(zip(COLUMNS, _cells(event), strict=True))
        value: dict[str, object] = {
            **cells,
            "volume": event.volume,
            "address": event.address,
            "size_bytes": event.size_bytes,
            "deleted": event.deleted,
        }
        value.pop("state")
        texts = {"path": value.pop("path"), "stream": value.pop("stream"), "detail": value.pop("detail")}
        if event.reallocated:
            value["reallocated"] = True
        named = "".join(f', "{key}": {json_text(str(text))}' for key, text in texts.items() if text)
        yield f"{json.dumps(value)[:-1]}{named}}}\n"


def _body(found: "Iterator[Event]") -> Iterator[str]:
    for event in found:
        name = safe(event.path) + (f":{safe(event.stream)}" if event.stream else "")
        mark = {"SI": "", "FN": " ($FILE_NAME)", "USN": f" ($UsnJrnl: {event.detail})"}.get(event.source, "")
        state = " (deleted-realloc)" if event.reallocated else " (deleted)" if event.deleted else ""
        letters = event.macb if event.source != "USN" else "M..."
        second = event.time_ns // _SECOND
        modified, accessed, changed, born = (0 if letter == "." else second for letter in letters)
        yield (
            f"0|{name}{mark}{state}|{event.address}|{event.mode}|{event.owner}|{event.group}|{event.size_bytes or 0}"
            f"|{accessed}|{modified}|{changed}|{born}\n"
        )


def _table(found: "Iterator[Event]") -> Iterator[str]:
    yield f"{'time (UTC)':<26}  {'MACB':<4}  {'source':<6}  {'vol':>3}  {'address':>9}  path\n"
    for event in found:
        time, macb, source, volume, address, _, state, _, path, stream, detail = _cells(event)
        name = safe(f"{path}:{stream}" if stream else path)
        notes = "".join(f"  ({text})" for text in (state, detail) if text)
        time = time.removesuffix("Z").replace("T", " ")
        yield f"{time:<26}  {macb}  {source:<6}  {volume:>3}  {address:>9}  {name}{notes}\n"
