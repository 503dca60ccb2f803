"""From one JSON object to one entry, field by field, and the list of what did not fit.

A field that does not fit is left out and named; the rest of the entry stays readable, because one slip must not hide
an event from the rules.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from labkit.model import custody as m

Reader = Callable[[Any], Any]
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)

_MAX_TEXT = 4_000  # characters of one text
_MAX_ITEMS = 100  # of one list; it also bounds the work that one line can make for the rules
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)  # the ISO 8601 form of RFC 3339, seconds optional, offset optional (a missing one is a finding, not a format error)


class UnfitError(ValueError):
    """The value is not of the kind that its field needs."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An entry and the fields that did not fit: ``unfit`` by value, ``unknown`` by name."""

    entry: m.Entry
    unfit: tuple[str, ...]
    unknown: tuple[str, ...]


def moment(text: str) -> m.Moment:
    """Return an ISO 8601 time with what it means.

    Raises:
        UnfitError: The text is not a date and time in that form, or there is no such day.
    """
    if not _MOMENT.fullmatch(text):
        raise UnfitError(text)
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            _ = m.Moment(text, at).utc  # year 1 or 9999 may fall out of the calendar here
    except (ValueError, OverflowError):
        raise UnfitError(text) from None
    return m.Moment(text, at)


def decode(data: Mapping[str, Any], *, seq: int) -> Decoded | None:
    """Return the entry that ``data`` describes; None where its ``type`` is not one of ``custody/1``.

    Args:
        data: One JSON object.
        seq: The number to use where the object's own is missing or unfit.
    """
    kind = data.get("type")
    made = _ENTRY_KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        return None
    cls, readers = made
    unfit: list[str] = []
    values = _read(data, readers, unfit, "")
    values.setdefault("seq", seq)
    if cls is m.Event:
        values["type"] = m.EventType(str(kind))
    known = readers.keys() | {"type", "schema", "mono_ns", "boot_id"}
    if data.get("schema", m.SCHEMA) != m.SCHEMA:
        unfit.append("schema")
    return Decoded(cls(**values), tuple(unfit), tuple(sorted(data.keys() - known)))


def _read(
    data: Mapping[str, Any], readers: Mapping[str, tuple[str, Reader]], unfit: list[str], prefix: str
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, (attribute, reader) in readers.items():
        if key in data:
            try:
                values[attribute] = reader(data[key])
            except UnfitError:
                unfit.append(prefix + key)
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise UnfitError(value)
    return value.strip()


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UnfitError(value)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(value)
    return value


def _point(value: Any) -> tuple[int, ...]:
    """Read two whole numbers; they may be negative."""
    if not isinstance(value, list) or len(value) != 2 or not all(type(part) is int for part in value):  # noqa: PLR2004
        raise UnfitError(value)
    return tuple(value)


def _moment(value: Any) -> m.Moment:
    return moment(_text(value))


def _choice(choices: type[_E]) -> Callable[[Any], _E]:
    def read(value: Any) -> _E:
        try:
            return choices(_text(value))
        except ValueError:
            raise UnfitError(value) from None

    return read


def _several(reader: Callable[[Any], _T]) -> Callable[[Any], tuple[_T, ...]]:
    def read(value: Any) -> tuple[_T, ...]:
        if not isinstance(value, list) or len(value) > _MAX_ITEMS:
            raise UnfitError(value)
        return tuple(reader(part) for part in value)

    return read


def _record(cls: Callable[..., _T], **readers: Reader) -> Callable[[Any], _T]:
    pairs = {key: (key, reader) for key, reader in readers.items()}

    def read(value: Any) -> _T:
        if not isinstance(value, dict) or value.keys() - readers.keys():
            raise UnfitError(value)
        unfit: list[str] = []
        values = _read(value, pairs, unfit, "")
        if unfit:
            raise UnfitError(value)
        return cls(**values)

    return read


def _fields(**readers: Reader) -> dict[str, tuple[str, Reader]]:
    """Name the readers of an entry; the JSON key ``hash`` becomes the attribute ``hashes``."""
    everywhere: dict[str, Reader] = {
        "seq": _number,
        "recorded_at": _moment,
        "prev_event_hash": _text,
        "event_hash": _text,
        "note": _text,
    }
    return {key: ("hashes" if key == "hash" else key, reader) for key, reader in (everywhere | readers).items()}


_texts = _several(_text)
_seals = _several(_record(m.Seal, number=_text, type=_text, state=_choice(m.SealState)))
_authorities = _several(
    _record(
        m.Authority,
        auth_id=_text,
        kind=_choice(m.AuthorityKind),
        issuer=_text,
        issued_at=_moment,
        valid_from=_moment,
        valid_to=_moment,
        scope_text=_text,
        scope_items=_texts,
    )
)
_hashes = _several(
    _record(
        m.HashRecord,
        alg=_text,
        value=_text,
        of=_choice(m.HashOf),
        stage=_choice(m.HashStage),
        computed_at=_moment,
        tool=_text,
        exhibit=_text,
    )
)

_CASE = _fields(
    case_id=_text,
    jurisdiction=_text,
    officer_in_charge=_text,
    offence_ref=_text,
    authority=_authorities,
    protocol_no=_text,
    protocol_items=_several(_record(m.ProtocolItem, exhibit_no=_text, description=_text, serial=_text)),
)
_PERSON = _fields(
    person_id=_text,
    name=_text,
    name_latin=_text,
    role=_choice(m.Role),
    org=_text,
    badge_no=_text,
    specimen_signature=_text,
    joined_at=_moment,
    left_at=_moment,
)
_LOCATION = _fields(
    loc_id=_text,
    kind=_choice(m.LocationKind),
    address_fictional=_text,
    tz=_text,
    access_list=_texts,
    site=_text,
    map_km=_point,
)
_EXHIBIT = _fields(
    exhibit_no=_text,
    root_exhibit_no=_text,
    derived_from=_texts,
    kind=_choice(m.ExhibitKind),
    description=_text,
    make=_text,
    model=_text,
    serial=_text,
    capacity_bytes=_number,
    sector_size=_number,
    condition=_text,
    power_state_at_seizure=_choice(m.PowerState),
    clock_observed=_text,
    clock_reference=_moment,
    photo_refs=_texts,
    found_at=_text,
    found_by=_text,
    quantity=_number,
    radio=_flag,
)
_EVENT = _fields(
    event_id=_text,
    event_at=_moment,
    tz=_text,
    location=_text,
    exhibits=_texts,
    actor=_text,
    released_by=_text,
    received_by=_text,
    purpose=_text,
    authority_ref=_text,
    seal_before=_seals,
    seal_after=_seals,
    bag_no_before=_text,
    bag_no_after=_text,
    condition_before=_text,
    condition_after=_text,
    hash=_hashes,
    tool=_record(m.Tool, name=_text, version=_text, options=_text),
    write_block=_record(m.WriteBlock, kind=_choice(m.WriteBlockKind), id=_text, tested_event=_number),
    changed_evidence=_flag,
    change_description=_text,
    justification=_text,
    competence_ref=_text,
    observed=_several(_record(m.Observation, exhibit=_text, serial=_text, capacity_bytes=_number, sectors=_number)),
    read_errors=_several(_record(m.ReadErrors, lba=_number, count=_number)),
    witnesses=_texts,
    signatures=_several(_record(m.Signature, person=_text, method=_text, over=_text, value=_text)),
    transport=_record(m.Transport, carrier=_text, tracking_no=_text, vehicle=_text, escort=_texts),
    corrects_event=_number,
    attachments=_several(_record(m.Attachment, name=_text, sha256=_text)),
)
_RECOVERY = _fields(torn_bytes=_number, torn_sha256=_text)
del _RECOVERY["note"]

_ENTRY_KINDS: dict[str, tuple[Callable[..., m.Entry], dict[str, tuple[str, Reader]]]] = {
    m.DeclarationType.CASE: (m.Case, _CASE),
    m.DeclarationType.PERSON: (m.Person, _PERSON),
    m.DeclarationType.LOCATION: (m.Location, _LOCATION),
    m.DeclarationType.EXHIBIT: (m.Exhibit, _EXHIBIT),
    m.RECOVERED: (m.Recovery, _RECOVERY),
    **{kind.value: (m.Event, _EVENT) for kind in m.EventType},
}
