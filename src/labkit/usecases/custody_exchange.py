"""Ledgers that come and go: printed, as tables, in CASE; lines from a table; signatures with keys."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.atomic import write_whole
from labkit.custody import given, signing
from labkit.custody.overlay import overlay as overlay_of
from labkit.custody.table import from_csv, to_csv
from labkit.errors import CustodyError, LabkitError
from labkit.model.custody import Event, EventType
from labkit.usecases import custodian
from labkit.usecases.custodian import Added, LedgerPlace

FORMATS = ("html", "csv", "case", "svg")
_SUFFIXES: Mapping[str, str] = {"html": "html", "csv": "csv", "case": "jsonld", "svg": "svg"}
NOTHING: Mapping[str, Any] = {}
_MOST_PROBLEMS = 20
_MOST_BYTES = 10 * 1024 * 1024


def exported(place: LedgerPlace, form: str, *, overlay: str | None = None, language: str = "") -> str:
    """Return the ledger as a text: ``html`` to print, ``csv``, ``case`` (CASE/UCO in JSON-LD) or ``svg``.

    Args:
        place: The ledger.
        form: One of ``FORMATS``.
        overlay: Names the seizure protocol on the printed form; that of the class if left out.
        language: The reader's language; that of the workspace if left out.

    Raises:
        CustodyError: There is no such overlay.
    """
    from labkit.i18n import translator

    ledger = custodian.read_ledger(place)
    t = translator(language or place.language)
    if form == "csv":
        return to_csv(ledger)
    if form == "case":
        from labkit.custody.case_export import case_bundle

        return json.dumps(case_bundle(ledger), ensure_ascii=False, indent=2) + "\n"
    if form == "svg":
        from labkit.reports.custody_picture import picture

        return picture(ledger, t)
    from labkit.reports.custody_pages import ledger_form

    return ledger_form(ledger, t, overlay_of(overlay or place.overlay))


def export_to(
    place: LedgerPlace, form: str, out: Path | None, *, overlay: str | None = None, language: str = ""
) -> Path:
    """Write the ledger to a file and return its path; see ``exported``. Without ``out`` it lies beside the ledger.

    Raises:
        CustodyError: The file would be the ledger itself, or there is no such overlay.
        StorageError: It can not be written.
    """
    path = out or place.path.with_name(f"custody-log.{_SUFFIXES[form]}")
    if path.resolve() == place.path.resolve():
        raise CustodyError(
            f"{path} is the ledger itself", remedy="Give another name; the ledger is only ever added to."
        )
    # A byte order mark lets spreadsheets see that a table is UTF-8.
    text = exported(place, form, overlay=overlay, language=language)
    write_whole(path, text.encode("utf-8-sig" if form == "csv" else "utf-8"))
    return path


def import_table(place: LedgerPlace, source: Path, *, now: datetime) -> tuple[Added, ...]:
    """Add a line for each row of a CSV table: all of them, or none.

    A row without a note gets one that says where it comes from, because it is written down later than it happened.

    Raises:
        CustodyError: The table can not be read, or rows of it are wrong; the first twenty are named.
    """
    rows = [(number, _imported(kind, cells, source)) for number, kind, cells in from_csv(_table_text(source))]
    if not rows:
        raise CustodyError(f"{source.name} holds no rows", remedy="Fill in one row for each line of the ledger.")
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(place, path=Path(folder) / place.path.name)
        if place.path.exists():
            shutil.copyfile(place.path, trial.path)
        problems = [f"row {number}: {why}" for number, entry in rows if (why := _why_not(trial, entry, now))]
    if problems:
        shown = "; ".join(problems[:_MOST_PROBLEMS])
        raise CustodyError(
            f"{len(problems)} of {len(rows)} rows do not fit: {shown}",
            remedy="Nothing was added. Put these rows right and import the table again.",
        )
    return tuple(custodian.add(place, _built(entry), now=now) for _, entry in rows)


def _table_text(source: Path) -> str:
    try:
        if source.stat().st_size > _MOST_BYTES:
            raise CustodyError(f"{source.name} is larger than 10 MiB", remedy="Divide the table.")
        return source.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CustodyError(f"{source} can not be read: {error.strerror}", remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise CustodyError(f"{source.name} is not UTF-8", remedy="Save it as CSV in UTF-8.") from error


def _imported(kind: str, cells: Mapping[str, Any], source: Path) -> tuple[str, dict[str, Any]]:
    is_event = kind in set(EventType)
    return kind, {**cells, "note": cells.get("note") or (f"entered from the table {source.name}" if is_event else "")}


def _built(entry: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return given.entry(*entry)


def _why_not(trial: LedgerPlace, entry: tuple[str, dict[str, Any]], now: datetime) -> str:
    try:
        custodian.add(trial, _built(entry), now=now)
    except LabkitError as error:
        return error.message
    return ""


def make_key(path: Path) -> str:
    """Write a new private key to a file that only its owner can read, and return the public key.

    Raises:
        CustodyError: There is a file of that name already, or it can not be written.
    """
    private = signing.new_key()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(private + "\n")
    except FileExistsError:
        raise CustodyError(
            f"{path} is there already; a key is never overwritten", remedy="Choose another name for the new key."
        ) from None
    except OSError as error:
        raise CustodyError(f"{path} can not be written: {error.strerror}", remedy="Choose another place.") from error
    return signing.public_key(private)


def read_key(path: Path) -> str:
    """Return the private key in a file.

    Raises:
        CustodyError: The file can not be read or holds no key.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CustodyError(f"{path} can not be read as a key: {error}", remedy="Check the path of the key.") from error
    if len(text) != 64 or not set(text.lower()) <= set("0123456789abcdef"):  # noqa: PLR2004 - 32 bytes in hex
        raise CustodyError(f"{path} holds no key", remedy="Make one with 'labkit custody key FILE'.")
    return text


def signed_with(entry: Mapping[str, Any], person: str, key: Path, place: LedgerPlace, now: datetime) -> dict[str, Any]:
    """Return an entry with a signature of ``person`` over all that is written in it.

    Everything that the ledger would fill in is filled in here, because it is signed too.

    Raises:
        CustodyError: The key does not fit the one that the person declared, or the entry is not complete.
    """
    private = _key_of(person, key, place)
    whole = custodian.completed(place, entry, now=now)
    over = signing.content_digest(whole)
    return _with_signature(whole, person, private, over)


def countersign(
    place: LedgerPlace,
    line: int,
    person: str,
    key: Path,
    *,
    location: str,
    now: datetime,
    beside: Mapping[str, Any] = NOTHING,
) -> Added:
    """Add the receipt that answers a release, signed by the receiver: over the release, and over the receipt itself.

    ``beside`` has further fields of the receipt, such as the seals as they were found.

    Raises:
        CustodyError: The line is no open release, the person may not answer it, or the key does not fit.
    """
    ledger = custodian.read_ledger(place)
    release = next((event for event in ledger.events if event.seq == line), None)
    if release is None or release.type is not EventType.RELEASED:
        raise CustodyError(
            f"line {line} is not a release", remedy="Give the line of type released; 'labkit custody show' lists it."
        )
    if _is_answered(ledger.events, release):
        raise CustodyError(
            f"line {line} was answered already", remedy="Look at the lines after it: 'labkit custody show'."
        )
    if person in (release.released_by, release.actor):
        raise CustodyError(
            f"{person} released it and can not countersign that", remedy="The one who receives it countersigns."
        )
    private = _key_of(person, key, place)
    entry = {**beside, "type": EventType.RECEIVED.value, "exhibits": list(release.exhibits), "actor": person}
    entry |= {"received_by": person, "released_by": release.released_by or release.actor}
    entry |= {"location": location or release.location}
    whole = custodian.completed(place, {key: value for key, value in entry.items() if value}, now=now)
    whole = _with_signature(whole, person, private, signing.content_digest(whole))
    return custodian.add(place, _with_signature(whole, person, private, release.event_hash), now=now)


def _is_answered(events: tuple[Event, ...], release: Event) -> bool:
    ends = {EventType.RECEIVED, EventType.STORED, EventType.RETURNED, EventType.CHECKED_OUT, EventType.RELEASED}
    later = [event for event in events if event.seq > release.seq and event.type in ends]
    return any(set(event.exhibits) & set(release.exhibits) for event in later)


def _key_of(person: str, key: Path, place: LedgerPlace) -> str:
    private = read_key(key)
    declared = next((one for one in custodian.read_ledger(place).people if one.person_id == person), None)
    if declared is None or declared.specimen_signature.lower() != signing.public_key(private):
        raise CustodyError(
            f"the key does not belong to {person}",
            remedy=f"Declare the person with the public key first: labkit custody add person {person} --name NAME "
            f"--role ROLE --specimen {signing.public_key(private)}",
        )
    return private


def _with_signature(entry: Mapping[str, Any], person: str, private: str, over: str) -> dict[str, Any]:
    own = {"person": person, "method": signing.ED25519, "over": over, "value": signing.sign(private, over)}
    return {**entry, "signatures": [*entry.get("signatures", []), own]}
