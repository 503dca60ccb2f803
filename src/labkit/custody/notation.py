"""The short ways of writing that a person types, turned into fields of the record.

``sha256:9f86...:media`` is a digest, ``S-1204:broken`` a seal, ``hw:WB-3`` a write blocker, ``4096:8`` a run of
unreadable sectors. A slip is answered with the right form, before anything is written.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labkit.custody.algorithms import HEX_DIGITS, plain_algorithm
from labkit.custody.entries import UnfitError, moment
from labkit.errors import CustodyError
from labkit.model.custody import AuthorityKind, HashOf, HashStage, Moment, SealState, WriteBlockKind

_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:\d{2}$|Z$)")  # as forms and clocks show it: 14:05 +05:00
_DASHES = str.maketrans({"\N{EN DASH}": "-", "\N{MINUS SIGN}": "-"})


def time_with_offset(text: str) -> Moment:
    """Return a time that says its offset from UTC; a space may stand before the offset, and in place of the ``T``.

    Raises:
        CustodyError: It is not ISO 8601, or it has no offset.
    """
    try:
        read = moment(_SPACE_BEFORE_OFFSET.sub("", text.strip().translate(_DASHES)))
    except UnfitError:
        raise CustodyError(
            f"{text!r} is not a date and time", remedy="Write it as 2026-03-10T14:05:00+05:00."
        ) from None
    if not read.has_offset:
        raise CustodyError(
            f"{text!r} has no offset from UTC, so nobody can say which moment it means",
            remedy=f"Add the offset that the place had on that day, for example {read.at.isoformat()}+05:00.",
        )
    return Moment(read.at.isoformat(), read.at)


def digest(text: str) -> dict[str, Any]:
    """Return ``algorithm:value[:of[:stage[:exhibit]]]`` as a hash record; what was not written is left out.

    A value of the wrong length is taken as it is: that is a finding of CC-18, not a slip of form.
    """
    parts = [part.strip() for part in text.split(":")]
    if not 2 <= len(parts) <= 5 or not all(parts[:2]) or plain_algorithm(parts[0]) not in HEX_DIGITS:  # noqa: PLR2004
        raise CustodyError(
            f"{text!r} is not a digest",
            remedy=f"Write algorithm:value or algorithm:value:of, such as sha256:9f86...:media; of is one of "
            f"{', '.join(kind.value for kind in HashOf)}.",
        )
    record: dict[str, Any] = {"alg": parts[0].upper(), "value": parts[1].lower()}
    for name, choices, value in zip(("of", "stage"), (HashOf, HashStage), parts[2:], strict=False):
        kinds = [kind.value for kind in choices]
        if not value:
            continue
        if value not in kinds:
            raise CustodyError(f"a digest can not be of {value!r}", remedy=f"Write one of {', '.join(kinds)}.")
        record[name] = value
    return record | ({"exhibit": parts[4]} if parts[4:] and parts[4] else {})


def tool(text: str) -> dict[str, Any]:
    """Return ``name version`` as a tool; the version is the last word."""
    name, _, version = text.strip().rpartition(" ")
    if not name:
        raise CustodyError(
            f"{text!r} names no version", remedy="Write name and version, such as 'ewfacquire 20230101'."
        )
    return {"name": name, "version": version}


def write_block(text: str) -> dict[str, Any]:
    """Return ``hw:ID``, ``sw:NAME`` or ``none`` as a write block."""
    kind, _, name = text.strip().partition(":")
    kinds = [block.value for block in WriteBlockKind]
    if kind.strip().lower() not in kinds:
        raise CustodyError(
            f"{text!r} does not say how writing was blocked",
            remedy="Write hw:ID for a hardware blocker, sw:NAME for a software one, or none.",
        )
    found = {"kind": kind.strip().lower()}
    return found | {"id": name.strip()} if name.strip() else found


def seal(text: str, state: SealState) -> dict[str, Any]:
    """Return ``number[:state[:type]]`` as a seal; ``state`` is meant where none was written."""
    number, _, rest = (part.strip() for part in text.partition(":"))
    written, _, kind = (part.strip() for part in rest.partition(":"))
    states = [one.value for one in SealState]
    if not number or (written and written not in states):
        raise CustodyError(
            f"{text!r} is not a seal", remedy=f"Write number or number:state; state is one of {', '.join(states)}."
        )
    return {"number": number, "state": written or state.value} | ({"type": kind} if kind else {})


def read_errors(text: str) -> dict[str, Any]:
    """Return ``lba:count`` as a run of unreadable sectors."""
    lba, _, count = (part.strip() for part in text.partition(":"))
    if not lba.isdecimal() or not count.isdecimal():
        raise CustodyError(
            f"{text!r} is not a run of sectors",
            remedy="Write first sector and how many, such as 4096:8, counted from sector 0 of the medium.",
        )
    return {"lba": int(lba), "count": int(count)}


def listed(texts: Iterable[str]) -> list[str]:
    """Return names that were given one by one, or several with commas, without repeats."""
    names = (name.strip() for text in texts for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def authority(text: str) -> dict[str, Any]:
    """Return ``id; kind; issuer; from; to; scope; items; issued`` as an authority; parts at the end may be left out.

    ``items`` are places, exhibit numbers or kinds of exhibits, with commas; the times need an offset.
    """
    parts = [part.strip() for part in text.split(";")]
    kinds = [kind.value for kind in AuthorityKind]
    names = ("auth_id", "kind", "issuer", "valid_from", "valid_to", "scope_text", "scope_items", "issued_at")
    if len(parts) < 2 or len(parts) > len(names) or not parts[0] or parts[1] not in kinds:  # noqa: PLR2004
        raise CustodyError(
            f"{text!r} is not an authority",
            remedy="Write 'id; kind; issuer; valid from; valid to; scope; items; issued', for example "
            f"'W-1; warrant; district court; 2026-03-10T00:00+05:00'; kind is one of {', '.join(kinds)}.",
        )
    found: dict[str, Any] = {name: part for name, part in zip(names, parts, strict=False) if part}
    for name in ("valid_from", "valid_to", "issued_at"):
        if name in found:
            found[name] = time_with_offset(found[name]).text
    return found | ({"scope_items": listed([found["scope_items"]])} if "scope_items" in found else {})


def protocol_item(text: str) -> dict[str, Any]:
    """Return ``number; description; serial`` as an item of the seizure protocol."""
    number, _, rest = (part.strip() for part in text.partition(";"))
    description, _, serial = (part.strip() for part in rest.partition(";"))
    if not number:
        raise CustodyError(
            f"{text!r} is not an item of the protocol",
            remedy="Write 'number; description; serial', as the paper has it.",
        )
    found = {"exhibit_no": number, "description": description, "serial": serial}
    return {name: value for name, value in found.items() if value}


def observation(text: str) -> dict[str, Any]:
    """Return ``serial; bytes; sectors; exhibit`` as what a device says of itself; each part may be empty."""
    parts = [part.strip() for part in text.split(";")]
    if not any(parts) or len(parts) > 4 or not all(part.isdecimal() for part in parts[1:3] if part):  # noqa: PLR2004
        raise CustodyError(
            f"{text!r} does not say what the device shows",
            remedy="Write 'serial; capacity in bytes; number of sectors', for example '4C53; 67108864; 131072'.",
        )
    names = ("serial", "capacity_bytes", "sectors", "exhibit")
    given = {name: part for name, part in zip(names, parts, strict=False) if part}
    return {name: int(part) if name in names[1:3] else part for name, part in given.items()}


def attachment(text: str) -> dict[str, Any]:
    """Return ``name:SHA-256``, or a file that is there, as an attachment."""
    named = re.fullmatch(r"(.+):([0-9a-fA-F]{64})", text.strip())
    if named:
        return {"name": named[1], "sha256": named[2].lower()}
    try:
        with Path(text.strip()).open("rb") as file:
            value = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CustodyError(
            f"{text!r} can not be attached: {error.strerror or error}",
            remedy="Name a file that is there, or write name:SHA-256 with its 64 digits.",
        ) from error
    return {"name": Path(text.strip()).name, "sha256": value}


def on_paper(people: Iterable[str]) -> list[dict[str, str]]:
    """Return the signatures of people who signed the paper form; ``person:SHA-256`` also names a scan of it."""
    found = []
    for text in listed(people):
        scanned = re.fullmatch(r"(.+):([0-9a-fA-F]{64})", text)
        scan = {"value": scanned[2].lower()} if scanned else {}
        found.append({"person": scanned[1].strip() if scanned else text, "method": "paper", **scan})
    return found


def map_km(text: str) -> list[int]:
    """Return ``east,north`` in whole kilometres as a point of the map."""
    found = re.fullmatch(r"\s*(-?\d{1,5})\s*[,;]\s*(-?\d{1,5})\s*", text)
    if not found:
        raise CustodyError(
            f"{text!r} is not a point of the map", remedy="Write kilometres east and north, for example 120,-40."
        )
    return [int(found[1]), int(found[2])]
