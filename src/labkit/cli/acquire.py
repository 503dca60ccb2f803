"""``labkit acquire`` and ``labkit device``: from a source device to a verified image."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.language import in_words
from labkit.cli.output import (
    examples,
    note,
    output_options,
    progress,
    write_fields,
    write_json,
    write_table,
)
from labkit.errors import AcquisitionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labkit.model.acquisition import ProvenanceRecord
    from labkit.usecases.acquiring import Acquired, CustodyEntry

_FILE = click.Path(path_type=Path)
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SHOWN_RUNS = 20
_CRITERIA = {
    "blocks-writes": "no command that changes the medium gets through",
    "returns-data": "a read returns what the medium holds",
    "tells-capacity": "size and hidden sectors are told as the drive tells them",
    "reports-errors": "errors of the drive are reported",
}


class Size(click.ParamType[int]):
    """A number of bytes, with K, M or G (1,024 each) behind it if wanted."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        text = str(value).strip().upper().removesuffix("IB").removesuffix("B")
        unit = text[-1:] if text[-1:] in {"K", "M", "G"} else ""
        try:
            return int(float(text.removesuffix(unit)) * _UNITS[unit])
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a size; write 640M, 1.5G or a number of bytes.", param, ctx)


@click.command(
    epilog=examples(
        "labkit acquire evidence/KF-02.device.toml work/KF-06.E01 --blocker WB-3",
        "labkit acquire evidence/KF-02.device.toml work/KF-06.E01 --blocker WB-3 --resume",
        "labkit acquire evidence/KF-02.device.toml work/KF-06 --format raw --segment-size 640M --blocker WB-3",
    )
)
@click.argument("source", type=_FILE)
@click.argument("out", type=_FILE)
@click.option("--format", "container", type=click.Choice(["raw", "e01"]), help="By the ending of OUT, else e01.")
@click.option("--segment-size", type=Size(), metavar="SIZE", help="Split into files of this size (e01: 1500M).")
@click.option(
    "--compression",
    type=click.Choice(["portable", "fast", "best"]),
    default="fast",
    help="e01: portable shortens only zeros and is the same on any machine (fast).",
)
@click.option("--blocker", metavar="ID|none", help="The write blocker between source and computer.")
@click.option("--justification", default="", metavar="TEXT", help="Why there is no blocker.")
@click.option("--hidden", is_flag=True, help="Also the sectors that an HPA hides; shown for this session only.")
@click.option("--resume", is_flag=True, help="Go on with an acquisition that stopped on the way.")
@click.option("--no-space-check", is_flag=True, help="Begin even if the image may not fit.")
@click.option("--case", "case_number", default="", metavar="NO", help="Case number, for the image's header.")
@click.option("--evidence", "evidence_number", default="", metavar="NO", help="Exhibit number, for the header.")
@click.option("--examiner", default="", metavar="NAME", help="For the header.")
@click.option("--description", default="", metavar="TEXT", help="For the header.")
@click.option("--notes", default="", metavar="TEXT", help="For the header.")
@click.option("--exhibit", metavar="NO", help="Enter it into the custody ledger: number of the source ...")
@click.option("--image-exhibit", metavar="NO", help="... of the image ...")
@click.option("--by", metavar="PERSON", help="... who did it ...")
@click.option("--location", default="", metavar="PLACE", help="... where ...")
@click.option("--tested", type=click.IntRange(min=1), metavar="LINE", help="... and the line of the blocker's test.")
@output_options
def acquire(
    source: Path,
    out: Path,
    container: str | None,
    segment_size: int | None,
    compression: str,
    blocker: str | None,
    justification: str,
    hidden: bool,
    resume: bool,
    no_space_check: bool,
    case_number: str,
    evidence_number: str,
    examiner: str,
    description: str,
    notes: str,
    exhibit: str | None,
    image_exhibit: str | None,
    by: str | None,
    location: str,
    tested: int | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Copy a source device into a verified image.

    SOURCE is a device file (NAME.device.toml); the source is only read. OUT is the image to be: NAME.E01, NAME.raw or
    NAME.001. Sectors that can not be read become zeros and are listed. The image is read again and compared; its
    provenance record lies beside it, OUT.acquisition.json.

    If the work stops on the way (cable, full disk, Ctrl-C, power), the same command with --resume goes on; nothing is
    lost, and at most 16 MiB are read again.
    """
    from typing import cast

    from labkit.acquisition.plan import Plan
    from labkit.acquisition.target import target_named
    from labkit.containers.ewf_chunks import Compression
    from labkit.model.acquisition import CaseDetails
    from labkit.usecases import acquiring

    entry = _custody_entry(exhibit, image_exhibit, by, location, tested)
    chosen = target_named(
        out, None if container is None else "raw" if container == "raw" else "E01", segmented=segment_size is not None
    )
    plan = Plan(
        chosen.container,
        cast("Compression", compression),
        segment_size or 0,
        hidden,
        CaseDetails(case_number, evidence_number, examiner, description, notes),
        shlex.join(sys.argv[1:]),
    )
    try:
        with progress(plain=plain) as watch:
            done = acquiring.acquire(
                source,
                chosen,
                plan,
                acquiring.Protection(blocker, justification),
                resume=resume,
                check_space=not no_space_check,
                custody=entry,
                watch=watch,
            )
    except KeyboardInterrupt:
        note("")  # behind the ^C of the terminal
        note("Stopped. What was read is safe; go on with the same command and --resume.")
        sys.exit(130)
    for warning in done.warnings:
        note(f"Warning: {warning}")
    if as_json:
        from labkit.acquisition.record import as_json as json_of

        write_json({"image": str(done.first), "record": str(done.record_path), **json_of(done.record)})
        return
    _show(done, plain=plain)


@click.group()
def device() -> None:
    """Look at a source device and test what stands between it and the computer."""


@device.command(epilog=examples("labkit device info evidence/KF-02.device.toml"))
@click.argument("source", type=_FILE)
@output_options
def info(source: Path, as_json: bool, plain: bool) -> None:
    """Show what a device tells of itself, and the write blockers at hand.

    Nothing is acquired. Unreadable sectors show only when they are read.
    """
    from labkit.usecases import acquiring

    found = acquiring.device_info(source)
    told, device_file = found.source, found.device
    sectors, sector_bytes = told.sectors or 0, told.sector_bytes or 0
    blockers = [
        {"id": one.id, "kind": one.kind, "make": one.make, "model": one.model, "firmware": one.firmware}
        for one in device_file.blockers
    ]
    if as_json:
        write_json(
            {
                "device": str(source),
                "make": told.make,
                "model": told.model,
                "serial": told.serial,
                "connection": told.connection,
                "sector_bytes": sector_bytes,
                "sectors": sectors,
                "size_bytes": sectors * sector_bytes,
                "hidden_sectors": told.hidden_sectors,
                "hidden_by": told.hidden_by,
                "blockers": blockers,
            }
        )
        return
    fields: list[tuple[str, object]] = [
        ("make", told.make),
        ("model", told.model),
        ("serial", told.serial),
        ("connection", told.connection),
        ("sectors", f"{sectors} of {sector_bytes} bytes, 0 to {sectors - 1}"),
        ("capacity", f"{sectors * sector_bytes} bytes"),
    ]
    if told.hidden_sectors:
        last = sectors + told.hidden_sectors - 1
        fields.append(("hidden", f"{told.hidden_sectors} sectors behind them ({told.hidden_by}), {sectors} to {last}"))
    fields += [
        (
            "write blocker",
            f"{one['id']}: {one['kind']}, {one['make']} {one['model']}, firmware {one['firmware'] or '?'}",
        )
        for one in blockers
    ]
    _say(fields, plain=plain)


@device.command(
    name="test-blocker", epilog=examples("labkit device test-blocker evidence/KF-02.device.toml --blocker WB-3")
)
@click.argument("source", type=_FILE)
@click.option("--blocker", required=True, metavar="ID", help="The write blocker to test (labkit device info).")
@output_options
def test_blocker(source: Path, blocker: str, as_json: bool, plain: bool) -> None:
    """Test a write blocker with a test drive, never with the evidence.

    Four criteria, after NIST CFTT. Exit code 0: all are met. 15: one is not; do not use this blocker.
    """
    from labkit.usecases import acquiring

    done = acquiring.test_blocker(source, blocker)
    if as_json:
        for result in done.results:
            write_json(
                {"blocker": blocker, "criterion": str(result.criterion), "passed": result.passed, "seen": result.seen}
            )
    else:
        rows = [
            (_CRITERIA[result.criterion], "pass" if result.passed else "FAIL", result.seen) for result in done.results
        ]
        heads = ("criterion", "result", "seen")
        if plain:
            write_table(heads, rows, plain=True)
        else:
            write_table(
                [in_words(head) for head in heads], [[in_words(cell) for cell in row] for row in rows], plain=False
            )
    if not done.passed:
        raise AcquisitionError(
            f"write blocker {blocker} failed its test",
            remedy="Do not connect evidence through it: write the result down, set it aside and test another one.",
        )


@device.command(
    name="import-log",
    epilog=examples(
        "labkit device import-log KF-06.E01.txt --image KF-06.E01 --zone Asia/Almaty",
        "labkit device import-log KF-06.log",
    ),
)
@click.argument("log", type=_FILE)
@click.option("--image", type=_FILE, metavar="FILE", help="The image that the log is about; its record lies beside it.")
@click.option("--zone", metavar="IANA", help="Zone of the machine that wrote the log.")
@output_options
def import_log(log: Path, image: Path | None, zone: str | None, as_json: bool, plain: bool) -> None:
    """Read the log of another tool into a provenance record.

    LOG is the .txt of FTK Imager, the .info of Guymager, the log of dc3dd, or what ewfacquire printed. With its record
    beside it, labkit image verify compares an image with what the tool noted.
    """
    from labkit.acquisition.record import as_json as json_of
    from labkit.usecases import acquiring

    record, path = acquiring.import_log(log, image=image, zone=zone)
    if record.started_at is None and record.ended_at is None:
        note("Note: the times in this log have no zone and were left out; --zone takes them in.")
    if as_json:
        write_json({"record": str(path), **json_of(record)})
        return
    fields: list[tuple[str, object]] = [
        ("tool", f"{record.tool.name} {record.tool.version}"),
        ("device", f"{record.source.make} {record.source.model} {record.source.serial}".strip()),
        ("started", record.started_at or "-"),
        ("ended", record.ended_at or "-"),
        *((name, getattr(record.digests, name) or "-") for name in ("md5", "sha1", "sha256")),
        ("verified", {None: "not said", True: "yes", False: "FAILED"}[_agrees(record)]),
        *_unreadable(record),
        ("record", str(path)),
    ]
    _say(fields, plain=plain)


def _agrees(record: "ProvenanceRecord") -> bool | None:
    return record.verification.agrees if record.verification else None


def _unreadable(record: "ProvenanceRecord") -> list[tuple[str, object]]:
    runs = record.read_errors
    fields: list[tuple[str, object]] = [("unreadable", f"{record.unreadable_sectors} sectors" if runs else "none")]
    fields += [("", f"{run.lba} to {run.end - 1}" if run.count > 1 else str(run.lba)) for run in runs[:_SHOWN_RUNS]]
    if len(runs) > _SHOWN_RUNS:
        fields.append(("", f"and {len(runs) - _SHOWN_RUNS} more runs, see the record"))
    return fields


def _custody_entry(
    exhibit: str | None, image_exhibit: str | None, by: str | None, location: str, tested: int | None
) -> "CustodyEntry | None":
    from labkit.usecases.acquiring import CustodyEntry

    if not (exhibit or image_exhibit or by):
        return None
    if not (exhibit and image_exhibit and by):
        raise click.UsageError("The custody ledger needs --exhibit, --image-exhibit and --by together.")
    return CustodyEntry(exhibit, image_exhibit, by, location, tested)


def _show(done: "Acquired", *, plain: bool) -> None:
    record = done.record
    fields: list[tuple[str, object]] = [
        ("image", ", ".join(file.name for file in record.image.files)),
        ("medium", f"{record.image.media_bytes} bytes, {record.source.sectors} sectors"),
        ("md5", record.digests.md5),
        ("sha1", record.digests.sha1),
        ("sha256", record.digests.sha256),
        ("verified", "read again, the SHA-256 agrees"),
        *_unreadable(record),
    ]
    fields += [
        ("interrupted", f"{stop.at:%Y-%m-%d %H:%M:%S} UTC at sector {stop.reached_lba}: {stop.reason}; resumed")
        for stop in record.interruptions
    ]
    fields.append(("record", done.record_path.name))
    if done.ledger_lines:
        fields.append(("custody ledger", f"lines {', '.join(map(str, done.ledger_lines))}"))
    _say(fields, plain=plain)


def _say(fields: "Iterable[tuple[str, object]]", *, plain: bool) -> None:
    """Write names and values, for people in their language."""
    if not plain:
        fields = [(in_words(name), in_words(str(value))) for name, value in fields]
    write_fields(fields, plain=plain)
