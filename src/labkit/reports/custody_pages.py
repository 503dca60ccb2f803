"""A ledger as a paper form: one sheet for each exhibit, labelled in two languages, to be signed by hand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from labkit.custody.chain import checkpoint
from labkit.custody.display import printable
from labkit.custody.ledger import Ledger
from labkit.custody.overlay import Overlay
from labkit.i18n import LANGUAGES, Translator, translator
from labkit.model.custody import Event, Exhibit, Seal
from labkit.reports import custody_particulars as particulars
from labkit.reports.custody_picture import picture
from labkit.reports.pages import render, translated

COLUMNS = (
    "form.custody.number",
    "form.custody.time",
    "form.ledger.what",
    "form.ledger.who",
    "form.custody.released",
    "form.custody.received",
    "form.custody.purpose",
    "form.custody.place",
    "form.custody.seal",
    "form.custody.hash",
    "form.custody.signatures",
    "form.ledger.code",
)
PEOPLE = ("code", "name", "role", "service", "specimen", "remarks")
PLACES = ("code", "kind", "address", "zone", "access", "remarks")
_LONGEST = 400
Cells = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One event: its cells, each with a second line, and below them what else it says, with labels."""

    cells: Cells
    told: Cells


@dataclass(frozen=True, slots=True)
class _Printed:
    """What every part of the form is made from."""

    ledger: Ledger
    names: Mapping[str, str]
    t: Translator
    second: Translator


def ledger_form(ledger: Ledger, t: Translator, overlay: Overlay) -> str:
    """Return the printable form of a ledger: A4, the reader's language and a second one, one file.

    A sheet for each exhibit has all events about it; one without exhibits that corrects a line stands where that line
    does. What is about no declared exhibit has a sheet of its own, and so have case, people and places.
    """
    second = translator("en" if t.language != "en" else next(code for code in LANGUAGES if code != "en"))
    printed = _Printed(ledger, particulars.names_of(ledger), t, second)
    events = _events_by_exhibit(ledger)
    declared = {exhibit.exhibit_no for exhibit in ledger.exhibits}
    elsewhere = {event.seq: event for number, some in events.items() if number not in declared for event in some}
    on_sheets = {event.seq for number in declared for event in events.get(number, ())}
    return render(
        "custody_ledger.html.j2",
        t,
        second=second,
        columns=COLUMNS,
        sheets=[_sheet(printed, exhibit, events.get(exhibit.exhibit_no, ()), overlay) for exhibit in ledger.exhibits],
        elsewhere=[_row(printed, elsewhere[seq]) for seq in sorted(elsewhere.keys() - on_sheets)],
        case=_labelled(particulars.of_case(ledger, printed.names, t)),
        lists=[
            ("form.people", PEOPLE, [_plain(particulars.of_person(one, t)) for one in ledger.people]),
            ("form.places", PLACES, [_plain(particulars.of_place(one, printed.names, t)) for one in ledger.locations]),
        ],
        code=checkpoint(ledger.head),
        head=ledger.head,
        lines=len(ledger.entries),
        picture=Markup(picture(ledger, t)),  # noqa: S704 - every text in it is escaped there
    )


def _events_by_exhibit(ledger: Ledger) -> Mapping[str, Sequence[Event]]:
    """Return exhibit number to its events; under "" stand those that are about nothing."""
    about: dict[int, tuple[str, ...]] = {one.seq: (one.exhibit_no,) for one in ledger.exhibits}
    found: dict[str, list[Event]] = defaultdict(list)
    for event in ledger.events:
        about[event.seq] = event.exhibits or about.get(event.corrects_event or 0, ())
        for number in dict.fromkeys(about[event.seq] or ("",)):
            found[number].append(event)
    return found


def _sheet(printed: _Printed, exhibit: Exhibit, events: Sequence[Event], overlay: Overlay) -> Mapping[str, Any]:
    return {
        "number": _shown(exhibit.exhibit_no),
        "fields": _labelled(_fields(printed, exhibit, events, overlay)),
        "rows": [_row(printed, event) for event in events],
    }


def _fields(
    printed: _Printed, exhibit: Exhibit, events: Sequence[Event], overlay: Overlay
) -> Iterator[tuple[str, str]]:
    ledger, t = printed.ledger, printed.t
    case = ledger.cases[0] if ledger.cases else None
    seized = next((one for one in events if one.type == "seized"), None)
    yield "form.custody.case", case.case_id if case else ""
    yield "form.custody.exhibit", exhibit.exhibit_no
    kind = t(f"custody.kind.{exhibit.kind.value}") if exhibit.kind else ""
    what = (kind, exhibit.description, exhibit.make, exhibit.model)
    yield "form.custody.description", "; ".join(part for part in what if part)
    yield "form.custody.serial", exhibit.serial
    at = seized.event_at.text if seized and seized.event_at else ""
    where = (seized.location, printed.names.get(seized.actor, seized.actor)) if seized else ()
    yield "form.custody.seized", ", ".join(part for part in (at, *where) if part)
    authorities = ", ".join(one.auth_id for one in case.authority) if case else ""
    yield "form.custody.authority", (seized.authority_ref if seized else "") or authorities
    if case and case.protocol_no:
        name = translated(overlay.protocol_names, t.language) if overlay.protocol_names else ""
        yield "form.ledger.protocol", f"{name} {case.protocol_no}".strip()
    if exhibit.derived_from:
        yield "form.ledger.source", ", ".join(exhibit.derived_from)
    yield from particulars.of_exhibit(exhibit, printed.names, t)


def _row(printed: _Printed, event: Event) -> Row:
    t, names = printed.t, printed.names
    key = f"custody.event.{event.type.value}"
    at = event.event_at
    date, _, time = at.text.replace("T", " ").partition(" ") if at else ("", "", "")
    seals = ", ".join(_seal(one, t) for one in (*event.seal_before, *event.seal_after))
    bags = ", ".join(dict.fromkeys(bag for bag in (event.bag_no_before, event.bag_no_after) if bag))
    hashes = "; ".join(particulars.of_digest(one, t) for one in event.hashes)
    signed = "; ".join(_signature(names.get(one.person, one.person), one.value) for one in event.signatures)
    cells = (
        (str(event.seq), ""),
        (date, time),
        (t(key), printed.second(key)),
        (names.get(event.actor, event.actor), ""),
        (names.get(event.released_by, event.released_by), ""),
        (names.get(event.received_by, event.received_by), ""),
        (event.purpose, ""),
        (event.location, ""),
        (seals, bags),
        (hashes, f"{event.tool.name} {event.tool.version}".strip() if event.tool else ""),
        (signed, ""),
        (checkpoint(event.event_hash), ""),
    )
    told = _labelled(particulars.of_event(event, names, t))
    return Row(tuple((_shown(first), _shown(other)) for first, other in cells), told)


def _seal(seal: Seal, t: Translator) -> str:
    state = t(f"custody.seal.{seal.state.value}") if seal.state else "?"
    return f"{seal.number} ({state}{', ' if seal.type else ''}{seal.type})"


def _signature(name: str, value: str) -> str:
    return f"{name} {value[:16]}{'…' if len(value) > 16 else ''}".strip()  # noqa: PLR2004


def _labelled(found: Iterable[tuple[str, str]]) -> Cells:
    return tuple((key, _shown(text)) for key, text in found)


def _plain(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(_shown(cell) for cell in cells)


def _shown(text: str) -> str:
    return printable(text, longest=_LONGEST)
