"""``labkit artifacts``: what Windows and its programs noted about people's doings."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.apart import ApartCommand, reader_options
from labkit.cli.image_options import image_place
from labkit.cli.output import examples, note, output_options, safe, write_json, write_lines, write_table
from labkit.cli.progress import entry_progress

if TYPE_CHECKING:
    from labkit.evidence.artifacts.record import ArtifactRecord

COLUMNS = ("kind", "time_utc", "what", "state", "volume", "address", "path")


@click.command(
    cls=ApartCommand,
    epilog=examples(
        "labkit artifacts KF-05.E01",
        "labkit artifacts KF-05.E01 --kind usb --kind shortcut",
        "labkit artifacts KF-05.E01 --from 2026-03-06T00:00:00+05:00 --timeline --csv",
    ),
)
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind, or group; can be repeated.")
@click.option("--kinds", "list_kinds", is_flag=True, help="List the kinds and leave.")
@click.option("--volume", type=int, metavar="N", help="The volume of this number (labkit image volumes).")
@click.option("--path", metavar="GLOB", help="Only files whose whole path fits, e.g. '*/mira.solen/*'.")
@click.option("--from", "from_text", metavar="TIME", help="Not before this moment: ISO 8601 with an offset or Z.")
@click.option("--to", "to_text", metavar="TIME", help="Before this moment.")
@click.option("--zone", metavar="IANA", help="Zone of the machine, for local times inside files.")
@click.option("--timeline", is_flag=True, help="By time, whatever the kind.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a header.")
@reader_options
@output_options
def artifacts(
    image: Path,
    kinds: tuple[str, ...],
    list_kinds: bool,
    volume: int | None,
    path: str | None,
    from_text: str | None,
    to_text: str | None,
    zone: str | None,
    timeline: bool,
    as_csv: bool,
    timeout: float,  # noqa: ARG001 - read by ApartCommand
    memory: int,  # noqa: ARG001 - read by ApartCommand
    as_json: bool,
    plain: bool,
) -> None:
    """Show what Windows and its programs noted: registry, event logs, shortcuts, browsers, mail, prefetch.

    Each record says what one file says, not who sat at the computer. Times are UTC as the machine's clock had it.
    """
    from labkit.evidence.artifacts.kinds import KINDS
    from labkit.usecases import artifacts as usecase

    if list_kinds:
        write_table(("kind", "what it is"), list(KINDS.items()), plain=plain)
        return
    if sum((as_csv, as_json, plain)) > 1:
        raise click.UsageError("Choose one of --csv, --json and --plain.")
    wanted = usecase.choice(kinds, path, from_text, to_text)
    with entry_progress("Reading entries", silent=plain) as seen:
        found = usecase.read_artifacts(
            image,
            image_place(volume, None, zone or "UTC"),
            wanted,
            zone=zone,
            seen=seen,
            problem=lambda text: note(f"Warning: {text}"),
        )
    if timeline:
        found = list(usecase.by_time(found))
    if as_json:
        for record in found:
            write_json(record.as_object())
    elif as_csv or plain:
        write_lines(_separated(found, "," if as_csv else "\t"))
    else:
        write_table(COLUMNS, [_cells(record) for record in found], plain=False)
    counts = Counter(record.kind for record in found)
    note(", ".join(f"{kind}: {counts[kind]}" for kind in KINDS if counts[kind]) or "Nothing was found.")


def _cells(record: "ArtifactRecord") -> tuple[str, ...]:
    from labkit.evidence.artifacts.record import utc_text

    return (
        record.kind,
        utc_text(record.at_utc) or "",
        safe(record.what),
        "recovered" if record.recovered else "",
        str(record.source_volume),
        str(record.source_address),
        safe(record.source_path),
    )


def _separated(found: "list[ArtifactRecord]", separator: str) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    for row in (COLUMNS, *map(_cells, found)):
        writer.writerow(row)
        yield text.getvalue()
        text.seek(0)
        text.truncate()
