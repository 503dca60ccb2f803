"""``labkit image hash|verify``: the digests of a medium, and whether they are the recorded ones."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from labkit.cli.image_options import Offset
from labkit.cli.image_views import DIGESTS, comparison
from labkit.cli.output import examples, note, output_options, progress, write_fields, write_json, write_table
from labkit.errors import EvidenceError, IntegrityError

_FILE = click.Path(path_type=Path)


@click.command(
    name="hash",
    epilog=examples("labkit image hash KF-06.E01", "labkit image hash KF-06.E01 --offset 1048576 --length 65011712"),
)
@click.argument("image", type=_FILE)
@click.option("--offset", type=Offset(), help="With --length: only this stretch of the medium, from this byte on.")
@click.option("--length", type=Offset(), help="How many bytes of it.")
@output_options
def hash_command(image: Path, offset: int | None, length: int | None, as_json: bool, plain: bool) -> None:
    """Compute the digests of the medium and, apart, of its container.

    The medium is the disk; the container is the file that holds it. For a raw image they are the same bytes, for an
    E01 they are not. Of several segments the container is their bytes in order.
    """
    from labkit.usecases import image_digests

    if (offset is None) != (length is None):
        raise click.UsageError("A stretch of the medium needs both --offset and --length, in bytes.")
    if offset is not None and length is not None:
        with progress(plain=plain) as watch:
            stretch = image_digests.hash_stretch(image, offset, length, watch)
        values = {"image": str(image), "offset_bytes": offset, **asdict(stretch)}
        if as_json:
            write_json(values)
        else:
            write_fields(values.items(), plain=plain)
        return
    with progress(plain=plain) as watch:
        found = image_digests.hash_image(image, watch)
    if as_json:
        value: dict[str, Any] = {
            "image": str(image),
            "media": asdict(found.media),
            "container": asdict(found.container),
            "stored": dict(found.stored),
            "agrees": found.agrees,
        }
        if found.segments:
            value["segments"] = {name: asdict(digests) for name, digests in found.segments.items()}
        write_json(value)
    else:
        rows = [("medium", found.media), ("container", found.container), *found.segments.items()]
        headers = ("what", "algorithm", "digest")
        cells = [
            row
            for what, digests in rows
            for row in (
                (what, "size", f"{digests.size_bytes} bytes"),
                *((what, name, getattr(digests, name)) for name in DIGESTS),
            )
        ]
        cells.extend(("stored in container", name, value) for name, value in found.stored.items())
        write_table(headers, cells, plain=plain, whole=headers)
    if found.agrees is False:
        note(
            "Warning: the digests of the medium differ from those stored in the container. Do not examine this copy; "
            "labkit image verify says which differ."
        )


@click.command(
    epilog=examples(
        "labkit image verify KF-06.E01",
        "labkit image verify KF-06.raw --expect 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )
)
@click.argument("image", type=_FILE)
@click.option("--expect", metavar="DIGEST", help="MD5, SHA-1 or SHA-256 that the medium must have.")
@output_options
def verify(image: Path, expect: str | None, as_json: bool, plain: bool) -> None:
    """Compute the medium's digests anew and compare them with the recorded ones.

    Recorded are those in the container and those in the provenance record beside the image. Of an E01 every checksum
    is computed too. Exit code 0: everything agrees. 6: something differs. 5: nothing was recorded to compare with, or
    the image can not be read.
    """
    from labkit.usecases import image_digests

    with progress(plain=plain) as watch:
        found = image_digests.verify_image(image, expect, watch)
    if as_json:
        write_json(
            {
                "image": str(image),
                "media": asdict(found.stored.computed),
                "stored": dict(found.stored.stored),
                "record": dict(found.record.stored),
                "expected": dict(found.expected.stored),
                "damage": list(found.damage),
                "agrees": found.agrees,
            }
        )
    else:
        write_table(("algorithm", "recorded in", "recorded", "computed", "result"), comparison(found), plain=plain)
    for damage in found.damage:
        note(f"Warning: {damage}")
    if found.agrees is None:
        raise EvidenceError(
            f"{image.name}: nothing is stored to compare with; the digests were computed, nothing was verified",
            remedy="Compare them with the acquisition log, or give the recorded digest with --expect.",
        )
    if not found.agrees:
        names = ", ".join(found.differing)
        what = f"computed and recorded {names} differ" if names else "its medium agrees, its container is damaged"
        raise IntegrityError(
            f"{image.name} does not verify: {what}",
            remedy="Do not examine this copy. Make a new working copy from the master and verify it.",
        )
    if not as_json and not plain:
        note(f"{image.name}: verified, every recorded digest agrees.")
