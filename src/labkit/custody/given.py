"""From what a person gave, option by option, to the fields of a record.

One table for declarations and one for events: the name of an option, the field that it fills, and how its text is
read. The command, its dialogue and the import of a table all use them.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from labkit.custody import notation
from labkit.errors import CustodyError
from labkit.model.custody import DeclarationType, ExhibitKind, LocationKind, PowerState, Role, SealState

Options = Mapping[str, tuple[str, Callable[[Any], Any]]]


def _text(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _time(text: str) -> str:
    return notation.time_with_offset(text).text


def _one_of(option: str, values: type[StrEnum]) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text.strip() not in list(values):
            raise CustodyError(
                f"{text!r} is no value of {option}", remedy=f"Write one of: {', '.join(one.value for one in values)}."
            )
        return text.strip()

    return reader


def _each(reader: Callable[[str], Any]) -> Callable[[Any], list[Any]]:
    return lambda texts: [reader(text) for text in texts]


EVENT_OPTIONS: Options = {
    "exhibit": ("exhibits", notation.listed),
    "by": ("actor", _text),
    "released_by": ("released_by", _text),
    "received_by": ("received_by", _text),
    "at": ("event_at", _time),
    "location": ("location", _text),
    "purpose": ("purpose", _text),
    "authority": ("authority_ref", _text),
    "hash": ("hash", _each(notation.digest)),
    "tool": ("tool", notation.tool),
    "write_block": ("write_block", notation.write_block),
    "seal_before": (
        "seal_before",
        lambda texts: [notation.seal(one, SealState.INTACT) for one in notation.listed(texts)],
    ),
    "seal_after": ("seal_after", lambda texts: [notation.seal(one, SealState.NEW) for one in notation.listed(texts)]),
    "bag_before": ("bag_no_before", _text),
    "bag_after": ("bag_no_after", _text),
    "condition_before": ("condition_before", _text),
    "condition_after": ("condition_after", _text),
    "change": ("change_description", _text),
    "justification": ("justification", _text),
    "competence": ("competence_ref", _text),
    "observed": ("observed", _each(notation.observation)),
    "read_errors": ("read_errors", _each(notation.read_errors)),
    "witness": ("witnesses", notation.listed),
    "signed": ("signatures", notation.on_paper),
    "attach": ("attachments", _each(notation.attachment)),
    "corrects": ("corrects_event", int),
    "note": ("note", _text),
}
TRANSPORT_OPTIONS: Options = {
    "carrier": ("carrier", _text),
    "tracking": ("tracking_no", _text),
    "vehicle": ("vehicle", _text),
    "escort": ("escort", notation.listed),
}
# These complete what another option gave.
_TESTED, _COMPUTED_AT, _TOOL_OPTIONS = "tested", "computed_at", "tool_options"
COMPLETIONS = (_TESTED, _COMPUTED_AT, _TOOL_OPTIONS)

IDENTIFIERS: Mapping[str, str] = {
    DeclarationType.CASE: "case_id",
    DeclarationType.PERSON: "person_id",
    DeclarationType.LOCATION: "loc_id",
    DeclarationType.EXHIBIT: "exhibit_no",
}
DECLARATION_OPTIONS: Mapping[str, Options] = {
    DeclarationType.CASE: {
        "jurisdiction": ("jurisdiction", _text),
        "officer": ("officer_in_charge", _text),
        "offence": ("offence_ref", _text),
        "permit": ("authority", _each(notation.authority)),
        "protocol": ("protocol_no", _text),
        "protocol_item": ("protocol_items", _each(notation.protocol_item)),
    },
    DeclarationType.PERSON: {
        "name": ("name", _text),
        "name_latin": ("name_latin", _text),
        "role": ("role", _one_of("--role", Role)),
        "org": ("org", _text),
        "badge": ("badge_no", _text),
        "specimen": ("specimen_signature", _text),
        "joined": ("joined_at", _time),
        "left": ("left_at", _time),
    },
    DeclarationType.LOCATION: {
        "kind": ("kind", _one_of("--kind", LocationKind)),
        "address": ("address_fictional", _text),
        "tz": ("tz", _text),
        "access": ("access_list", notation.listed),
        "site": ("site", _text),
        "map_km": ("map_km", notation.map_km),
    },
    DeclarationType.EXHIBIT: {
        "kind": ("kind", _one_of("--kind", ExhibitKind)),
        "description": ("description", _text),
        "make": ("make", _text),
        "model": ("model", _text),
        "serial": ("serial", _text),
        "capacity_bytes": ("capacity_bytes", _text),
        "sector_bytes": ("sector_size", _text),
        "condition": ("condition", _text),
        "power": ("power_state_at_seizure", _one_of("--power", PowerState)),
        "clock_observed": ("clock_observed", _text),
        "clock_reference": ("clock_reference", _time),
        "photo": ("photo_refs", notation.listed),
        "derived_from": ("derived_from", notation.listed),
        "root": ("root_exhibit_no", _text),
        "found_at": ("found_at", _text),
        "found_by": ("found_by", _text),
        "quantity": ("quantity", _text),
        "radio": ("radio", bool),
    },
}


def is_given(value: Any) -> bool:
    """Return whether somebody gave a value: an empty text, no text and a switch that is off are nothing."""
    return value not in (None, "", (), [], False)


def options_of(kind: str) -> frozenset[str]:
    """Return the options that a type of entry takes."""
    if kind in DECLARATION_OPTIONS:
        return frozenset({*DECLARATION_OPTIONS[kind], "note", "identifier"})
    return frozenset({*EVENT_OPTIONS, *TRANSPORT_OPTIONS, *COMPLETIONS})


def entry(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line as the record has it, from what was typed. Options that were not given stay out.

    Raises:
        CustodyError: A value has not the form that it needs; the remedy shows the form.
    """
    if kind in DECLARATION_OPTIONS:
        declared = {"type": kind, IDENTIFIERS[kind]: (given.get("identifier") or "").strip()}
        return declared | read(given, {**DECLARATION_OPTIONS[kind], "note": ("note", _text)})
    return event(kind, given)


def event(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as the record has it, from what was typed; see ``entry``."""
    found: dict[str, Any] = {"type": kind} | read(given, EVENT_OPTIONS)
    transport = read(given, TRANSPORT_OPTIONS)
    if transport:
        found["transport"] = transport
    if found.get("change_description"):
        found["changed_evidence"] = True
    if is_given(given.get(_TESTED)):
        _completed(found, "write_block", "--tested")["tested_event"] = int(given[_TESTED])
    if is_given(given.get(_TOOL_OPTIONS)):
        _completed(found, "tool", "--tool-options")["options"] = given[_TOOL_OPTIONS].strip()
    if is_given(given.get(_COMPUTED_AT)):
        _completed(found, "hash", "--computed-at")
        found["hash"] = [{**record, "computed_at": _time(given[_COMPUTED_AT])} for record in found["hash"]]
    return found


def read(given: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return the fields that the options fill."""
    return {name: reader(given[option]) for option, (name, reader) in options.items() if is_given(given.get(option))}


def _completed(found: dict[str, Any], field: str, option: str) -> Any:
    if field not in found:
        raise CustodyError(
            f"{option} completes something that was not given",
            remedy=f"Give --{field.replace('_', '-')} too, or leave {option} out.",
        )
    return found[field]
