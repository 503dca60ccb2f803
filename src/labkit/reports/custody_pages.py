"""A ledger as a paper form: one sheet for each exhibit, labelled in two languages, to be signed by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from labkit.custody.chain import checkpoint
from labkit.custody.display import printable
from labkit.custody.ledger import Ledger
from labkit.custody.overlay import Overlay
from labkit.i18n import LANGUAGES, Translator, translator
from labkit.model.custody import Event, Exhibit
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
_LONGEST = 400


def ledger_form(ledger: Ledger, t: Translator, overlay: Overlay) -> str:
    """Return the printable form of a ledger: A4, the reader's language and a second one, one file."""
    second = translator("en" if t.language != "en" else next(code for code in LANGUAGES if code != "en"))
    return render(
        "custody_ledger.html.j2",
        t,
        second=second,
        columns=COLUMNS,
        sheets=[_sheet(ledger, exhibit, t, second, overlay) for exhibit in ledger.exhibits],
        code=checkpoint(ledger.head),
        head=ledger.head,
        lines=len(ledger.entries),
        picture=Markup(picture(ledger, t)),  # noqa: S704 - every text in it is escaped there
    )


def _sheet(ledger: Ledger, exhibit: Exhibit, t: Translator, second: Translator, overlay: Overlay) -> Mapping[str, Any]:
    events = [event for event in ledger.events if exhibit.exhibit_no in event.exhibits]
    return {
        "number": _shown(exhibit.exhibit_no),
        "fields": list(_fields(ledger, exhibit, t, overlay)),
        "rows": [_row(ledger, event, t, second) for event in events],
    }


def _fields(ledger: Ledger, exhibit: Exhibit, t: Translator, overlay: Overlay) -> Iterator[tuple[str, str]]:
    case = ledger.cases[0] if ledger.cases else None
    seized = next((one for one in ledger.events if one.type == "seized" and exhibit.exhibit_no in one.exhibits), None)
    yield "form.custody.case", _shown(case.case_id) if case else ""
    yield "form.custody.exhibit", _shown(exhibit.exhibit_no)
    kind = t(f"custody.kind.{exhibit.kind.value}") if exhibit.kind else ""
    what = (kind, exhibit.description, exhibit.make, exhibit.model)
    yield "form.custody.description", _shown("; ".join(part for part in what if part))
    yield "form.custody.serial", _shown(exhibit.serial)
    at = seized.event_at.text if seized and seized.event_at else ""
    yield "form.custody.seized", _shown(", ".join(part for part in (at, *_where(seized, ledger)) if part))
    authorities = ", ".join(one.auth_id for one in case.authority) if case else ""
    yield "form.custody.authority", _shown((seized.authority_ref if seized else "") or authorities)
    if case and case.protocol_no:
        name = translated(overlay.protocol_names, t.language) if overlay.protocol_names else ""
        yield "form.ledger.protocol", _shown(f"{name} {case.protocol_no}".strip())
    if exhibit.derived_from:
        yield "form.ledger.source", _shown(", ".join(exhibit.derived_from))


def _where(event: Event | None, ledger: Ledger) -> tuple[str, ...]:
    return (event.location, _person(ledger, event.actor)) if event else ()


def _row(ledger: Ledger, event: Event, t: Translator, second: Translator) -> tuple[tuple[str, str], ...]:
    """Return the cells of one event, each with its second line."""
    key = f"custody.event.{event.type.value}"
    at = event.event_at
    date, _, time = at.text.replace("T", " ").partition(" ") if at else ("", "", "")
    seals = ", ".join(
        f"{one.number} ({t(f'custody.seal.{one.state.value}') if one.state else '?'})"
        for one in (*event.seal_before, *event.seal_after)
    )
    bags = ", ".join(dict.fromkeys(bag for bag in (event.bag_no_before, event.bag_no_after) if bag))
    hashes = "; ".join(f"{one.alg} {one.value}" for one in event.hashes)
    signed = "; ".join(_signature(ledger, one.person, one.value) for one in event.signatures)
    cells = (
        (str(event.seq), ""),
        (date, time),
        (t(key), second(key)),
        (_person(ledger, event.actor), ""),
        (_person(ledger, event.released_by), ""),
        (_person(ledger, event.received_by), ""),
        (event.purpose, event.note),
        (event.location, ""),
        (seals, bags),
        (hashes, f"{event.tool.name} {event.tool.version}".strip() if event.tool else ""),
        (signed, ""),
        (checkpoint(event.event_hash), ""),
    )
    return tuple((_shown(first), _shown(other)) for first, other in cells)


def _person(ledger: Ledger, name: str) -> str:
    person = next((one for one in ledger.people if one.person_id == name), None)
    return f"{name} {person.name}" if person is not None else name


def _signature(ledger: Ledger, name: str, value: str) -> str:
    return f"{_person(ledger, name)} {value[:16]}{'…' if len(value) > 16 else ''}".strip()  # noqa: PLR2004


def _shown(text: str) -> str:
    return printable(text, longest=_LONGEST)
