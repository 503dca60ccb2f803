"""What a line of a ledger says besides the columns of the printed form: label and text, for each thing that is told.

Labels are keys of the catalogue ``form.po``. A field that nobody filled in is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from labkit.custody.ledger import Ledger
from labkit.i18n import Translator
from labkit.model.custody import Authority, Event, Exhibit, HashRecord, Location, Observation, Person

Labelled = tuple[str, str]
Names = Mapping[str, str]
_AT_ONCE = timedelta(minutes=1)  # between an event and its line
_DIGITS = 16  # of a digest, enough to find the file


def names_of(ledger: Ledger) -> Names:
    """Return identifier to identifier with name, for each declared person; of two with one identifier the first."""
    return {one.person_id: f"{one.person_id} {one.name}" for one in reversed(ledger.people)}


def of_case(ledger: Ledger, names: Names, t: Translator) -> Iterator[Labelled]:
    """Yield what the first declaration of the case says: who leads it, what permits it, what the protocol lists."""
    case = ledger.cases[0] if ledger.cases else None
    if case is None:
        return
    found = (
        ("officer", _person(names, case.officer_in_charge)),
        ("jurisdiction", case.jurisdiction),
        ("offence", case.offence_ref),
        *(("permit", _permit(one, t)) for one in case.authority),
        *(
            ("protocol-item", _joined((one.exhibit_no, one.description, one.serial), ", "))
            for one in case.protocol_items
        ),
        ("note", case.note),
    )
    yield from _filled(found)


def of_person(person: Person, t: Translator) -> tuple[str, ...]:
    """Return the cells of a person: identifier, name, role, service and badge, specimen of the signature, note."""
    name = person.name if person.name_latin in ("", person.name) else f"{person.name} ({person.name_latin})"
    times = " \N{EN DASH} ".join(one.text if one else "" for one in (person.joined_at, person.left_at)).strip()
    return (
        person.person_id,
        name,
        t(f"form.role.{person.role.value}") if person.role else "",
        _joined((person.org, person.badge_no), ", "),
        person.specimen_signature,
        _joined((times.strip("\N{EN DASH} "), person.note)),
    )


def of_place(place: Location, names: Names, t: Translator) -> tuple[str, ...]:
    """Return the cells of a place: identifier, kind, address and site, zone, who may enter, note."""
    return (
        place.loc_id,
        t(f"form.place.{place.kind.value}") if place.kind else "",
        _joined((place.address_fictional, place.site), ", "),
        place.tz,
        _people(names, place.access_list),
        place.note,
    )


def of_exhibit(exhibit: Exhibit, names: Names, t: Translator) -> Iterator[Labelled]:
    """Yield what was declared of an exhibit besides its description and number."""
    sizes = (("bytes", exhibit.capacity_bytes), ("sector", exhibit.sector_size))
    clocks = (exhibit.clock_observed, exhibit.clock_reference.text if exhibit.clock_reference else "")
    found = (
        ("capacity", ", ".join(t(f"form.size.{name}", count=count) for name, count in sizes if count is not None)),
        ("quantity", str(exhibit.quantity) if exhibit.quantity is not None else ""),
        ("condition", exhibit.condition),
        ("power", t(f"form.power.{exhibit.power_state_at_seizure.value}") if exhibit.power_state_at_seizure else ""),
        ("clocks", " / ".join(one or "?" for one in clocks) if any(clocks) else ""),
        ("found", _joined((exhibit.found_at, _person(names, exhibit.found_by)), ", ")),
        ("radio", t("form.yes") if exhibit.radio else ""),
        ("photos", ", ".join(exhibit.photo_refs)),
        ("note", exhibit.note),
    )
    yield from _filled(found)


def of_event(event: Event, names: Names, t: Translator) -> Iterator[Labelled]:
    """Yield what an event says besides who, when, where, why, seals, digests and signatures."""
    by, block = event.transport, event.write_block
    found = (
        ("corrects", str(event.corrects_event) if event.corrects_event is not None else ""),
        ("entered", event.recorded_at.text if event.recorded_at and not _at_once(event) else ""),
        ("authority", event.authority_ref),
        ("witnesses", _people(names, event.witnesses)),
        ("transport", _joined((by.carrier, by.tracking_no, by.vehicle), ", ") if by else ""),
        ("escort", _people(names, by.escort) if by else ""),
        ("condition-before", event.condition_before),
        ("condition-after", event.condition_after),
        ("blocker", _joined((t(f"form.blocker.{block.kind.value}"), block.id), " ") if block and block.kind else ""),
        ("tested", str(block.tested_event) if block and block.tested_event is not None else ""),
        ("tool-options", event.tool.options if event.tool else ""),
        ("observed", _joined(_observed(one, t) for one in event.observed)),
        ("read-errors", ", ".join(_sectors(one.lba, one.count) for one in event.read_errors)),
        ("changed", event.change_description or (t("form.yes") if event.changed_evidence else "")),
        ("justification", event.justification),
        ("competence", event.competence_ref),
        ("attachments", _joined(f"{one.name} {one.sha256[:_DIGITS]}".strip() for one in event.attachments)),
        ("note", event.note),
    )
    yield from _filled(found)


def of_digest(record: HashRecord, t: Translator) -> str:
    """Return a digest with what it is of: algorithm, value, and behind them object, exhibit, time and tool."""
    what = t(f"form.digest.{record.of.value}") if record.of else ""
    beside = _joined((what, record.exhibit, record.computed_at.text if record.computed_at else "", record.tool), ", ")
    return f"{record.alg} {record.value}" + (f" ({beside})" if beside else "")


def _permit(authority: Authority, t: Translator) -> str:
    issued = authority.issued_at.text if authority.issued_at else ""
    ends = [one.text if one else "" for one in (authority.valid_from, authority.valid_to)]
    return _joined(
        (
            authority.auth_id,
            t(f"form.permit.{authority.kind.value}") if authority.kind else "",
            _joined((authority.issuer, issued), ", "),
            " \N{EN DASH} ".join(ends) if any(ends) else "",
            authority.scope_text,
            ", ".join(authority.scope_items),
        )
    )


def _observed(seen: Observation, t: Translator) -> str:
    sizes = (("bytes", seen.capacity_bytes), ("sectors", seen.sectors))
    told = [t(f"form.size.{name}", count=count) for name, count in sizes if count is not None]
    return _joined((seen.exhibit, seen.serial, *told), ", ")


def _sectors(first: int, count: int) -> str:
    return str(first) if count == 1 else f"{first}\N{EN DASH}{first + count - 1}"


def _at_once(event: Event) -> bool:
    entered = event.recorded_at.utc if event.recorded_at else None
    happened = event.event_at.utc if event.event_at else None
    return entered is not None and happened is not None and abs(entered - happened) <= _AT_ONCE


def _person(names: Names, identifier: str) -> str:
    return names.get(identifier, identifier)


def _people(names: Names, identifiers: Iterable[str]) -> str:
    return ", ".join(_person(names, one) for one in dict.fromkeys(identifiers))


def _joined(parts: Iterable[str], between: str = "; ") -> str:
    return between.join(part for part in parts if part)


def _filled(found: Iterable[Labelled]) -> Iterator[Labelled]:
    yield from ((f"form.told.{name}", text) for name, text in found if text)
