"""The short ways of writing that a person types, turned into fields of the record.

``sha256:9f86...:media`` is a digest, ``S-1204:broken`` a seal, ``hw:WB-3`` a write blocker, ``4096:8`` a run of
unreadable sectors. A slip is answered with the right form, before anything is written.
"""

from collections.abc import Callable, Iterable
from typing import Any

from labkit.custody.entries import UnfitError, moment
from labkit.custody.rules.form import HEX_DIGITS, plain_algorithm
from labkit.errors import CustodyError
from labkit.model.custody import HashOf, Moment, SealState, WriteBlockKind

_DASHES = str.maketrans({"\N{EN DASH}": "-", "\N{MINUS SIGN}": "-"})


def time_with_offset(text: str) -> Moment:
    """Return a time that says its offset from UTC.

    Raises:
        CustodyError: It is not ISO 8601, or it has no offset.
    """
    try:
        read = moment(text.strip().translate(_DASHES))
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
    """Return ``algorithm:value[:of]`` as a hash record; ``of`` is left out where it was not written.

    A value of the wrong length is taken as it is: that is a finding of CC-18, not a slip of form.
    """
    parts = [part.strip() for part in text.split(":")]
    kinds = [of.value for of in HashOf]
    if len(parts) not in (2, 3) or not all(parts) or plain_algorithm(parts[0]) not in HEX_DIGITS:
        raise CustodyError(
            f"{text!r} is not a digest",
            remedy=f"Write algorithm:value or algorithm:value:of, such as sha256:9f86...:media; of is one of "
            f"{', '.join(kinds)}.",
        )
    if len(parts) == 3 and parts[2] not in kinds:  # noqa: PLR2004 - algorithm, value, of
        raise CustodyError(f"a digest can not be of {parts[2]!r}", remedy=f"Write one of {', '.join(kinds)}.")
    record: dict[str, Any] = {"alg": parts[0].upper(), "value": parts[1].lower()}
    return record | {"of": parts[2]} if len(parts) > 2 else record  # noqa: PLR2004


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
    """Return ``number[:state]`` as a seal; ``state`` is meant where none was written."""
    number, _, written = (part.strip() for part in text.partition(":"))
    states = [one.value for one in SealState]
    if not number or (written and written not in states):
        raise CustodyError(
            f"{text!r} is not a seal", remedy=f"Write number or number:state; state is one of {', '.join(states)}."
        )
    return {"number": number, "state": written or state.value}


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


# option -> (field of the record, how it is read)
EVENT_OPTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "exhibit": ("exhibits", listed),
    "by": ("actor", str.strip),
    "released_by": ("released_by", str.strip),
    "received_by": ("received_by", str.strip),
    "at": ("event_at", lambda text: time_with_offset(text).text),
    "location": ("location", str.strip),
    "purpose": ("purpose", str.strip),
    "authority": ("authority_ref", str.strip),
    "hash": ("hash", lambda texts: [digest(text) for text in texts]),
    "tool": ("tool", tool),
    "write_block": ("write_block", write_block),
    "seal_before": ("seal_before", lambda texts: [seal(text, SealState.INTACT) for text in listed(texts)]),
    "seal_after": ("seal_after", lambda texts: [seal(text, SealState.NEW) for text in listed(texts)]),
    "bag_before": ("bag_no_before", str.strip),
    "bag_after": ("bag_no_after", str.strip),
    "condition_before": ("condition_before", str.strip),
    "condition_after": ("condition_after", str.strip),
    "change": ("change_description", str.strip),
    "justification": ("justification", str.strip),
    "read_errors": ("read_errors", lambda texts: [read_errors(text) for text in texts]),
    "witness": ("witnesses", listed),
    "corrects": ("corrects_event", int),
    "note": ("note", str.strip),
}
TRANSPORT_OPTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "carrier": ("carrier", str.strip),
    "tracking": ("tracking_no", str.strip),
    "vehicle": ("vehicle", str.strip),
    "escort": ("escort", listed),
}


def event(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return an event as the record has it, from what was typed. Options that were not given stay out."""
    entry: dict[str, Any] = {"type": kind} | _read(given, EVENT_OPTIONS)
    transport = _read(given, TRANSPORT_OPTIONS)
    if transport:
        entry["transport"] = transport
    if entry.get("change_description"):
        entry["changed_evidence"] = True
    return entry


def _read(given: dict[str, Any], options: dict[str, tuple[str, Callable[[Any], Any]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option, (name, reader) in options.items():
        if given.get(option) not in (None, "", ()):
            found[name] = reader(given[option])
    return found
