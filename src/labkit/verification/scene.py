"""Confirming what a scene shows: pictures and forms are read again from the files that are handed out."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.pages import Page, read_page
from labkit.verification.strokes import BLOT
from labkit.zones import zone as zone_named

_READER = "drawn lines"
_FORM = "html.parser"


def confirm_page(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one file, and that it is well-formed and has no text that a picture should only show."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    facts: dict[str, Any] = {
        "name": path.name,
        "size_bytes": path.stat().st_size,
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    yield from weigh(trace, [Testimony("hashlib", facts)])
    page = read_page(data)
    yield statement(trace.id, "(tags)", _FORM, (), page.problems)
    yield statement(trace.id, "(letters that can be copied)", _FORM, False, "text" in page.tags)
    if path.suffix == ".svg":
        try:
            root = ET.fromstring(data).tag  # noqa: S314 - made by this program a moment ago
        except ET.ParseError as error:
            root = str(error)
        yield statement(trace.id, "(root)", "expat", "{http://www.w3.org/2000/svg}svg", root)


def confirm_object(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a numbered object: its number in the picture, its name in the legend."""
    name = trace.id.removeprefix("object-")
    number = int(_page(item, trace).drawn(f"number-{name}"))
    seen: dict[str, Any] = {"number": number, "option": f"object-{number}", "picture": _picture(item, trace)}
    listed = [page for page in _forms(item) if f"legend-{name}" in page.attributes]
    legend: dict[str, Any] = {"number": Unreadable("no page has it in its legend"), "name": None}
    if listed:
        entry = f"legend-{name}"
        text = listed[0].texts[entry]
        known = str(trace.facts["name"])
        legend = {
            "number": int(listed[0].attributes[entry]["value"]),
            "name": known if text.startswith(known) else text,
        }
    yield from weigh(trace, [Testimony(_READER, seen), Testimony(_FORM, legend)])


def confirm_objects(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a choice of objects: the numbers that those objects have in the picture."""
    fact, value = ("seize", "yes") if trace.id == "to-seize" else ("scope", "out")
    page = _page(item, trace)
    chosen = [each.id for each in item.truth.traces.values() if each.facts.get(fact) == value]
    numbers = tuple(sorted(int(page.drawn(f"number-{name.removeprefix('object-')}")) for name in chosen))
    options = tuple(f"object-{number}" for number in numbers)
    facts = {"numbers": numbers, "options": options, "picture": _picture(item, trace)}
    yield from weigh(trace, [Testimony(_READER, facts)])


def confirm_exhibit(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of what label, bag and seal of an exhibit show."""
    bag = _page(item, trace, "bag_picture")
    seal = bag.drawn("seal")
    facts: dict[str, Any] = {
        "exhibit": bag.drawn("exhibit"),
        "bag_number": bag.drawn("bag"),
        "seal_number": seal,
        "bag_picture": _picture(item, trace, "bag_picture"),
    }
    if "picture" in trace.facts:
        label = _page(item, trace)
        facts |= {name: label.drawn(name) for name in ("make", "model", "serial", "capacity")}
        facts["picture"] = _picture(item, trace)
    yield from weigh(trace, [Testimony(_READER, facts)])
    smudged = [each.facts["exhibit"] for each in item.truth.traces.values() if each.kind == "scene_smudge"]
    yield statement(trace.id, "(smudged)", _READER, trace.facts["exhibit"] in smudged, BLOT in seal)


def confirm_smudge(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the seal that can not be read whole: on which bag, and which of its digits."""
    bag = _page(item, trace, "bag_picture")
    seal = bag.drawn("seal")
    facts: dict[str, Any] = {
        "exhibit": bag.drawn("exhibit"),
        "seal_number": seal,
        "bag_picture": _picture(item, trace, "bag_picture"),
        "smudged_position": sum(sign.isdigit() for sign in seal.partition(BLOT)[0]) + 1 if BLOT in seal else 0,
        "guesses": tuple(seal.replace(BLOT, digit) for digit in "0123456789"),
    }
    yield from weigh(trace, [Testimony(_READER, facts)])


def confirm_event(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one line of the duty log: its time with the offset, and its exhibits."""
    page = _page(item, trace)
    text = f"{page.drawn(f'day-{trace.id}')} {page.drawn(f'time-{trace.id}')}"
    moment = _moment(text)
    offset = moment.astimezone(zone_named(str(trace.facts["zone"]))).utcoffset()
    fits = offset == moment.utcoffset()
    seen: dict[str, Any] = {
        "written": text,
        "at_utc": moment.astimezone(UTC),
        "zone": trace.facts["zone"] if fits else Unreadable(f"the offset in {text} is not that of the zone"),
        "picture": _picture(item, trace),
    }
    exhibits = {"exhibits": tuple(page.texts.get(f"exhibits-{trace.id}", "").split())}
    writer = {"by": trace.facts["by"] if _ends_with(page, trace) else Unreadable("the line ends with another name")}
    yield from weigh(trace, [Testimony(_READER, seen), Testimony(_FORM, {**exhibits, **writer})])


def _ends_with(page: Page, trace: Trace) -> bool:
    """Return whether the last column of the line names who wrote it."""
    return page.texts.get(f"line-{trace.id}", "").rstrip().endswith(str(trace.facts["by"]))


def confirm_clocks(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of two clocks in one picture: both readings, and their difference."""
    page = _page(item, trace)
    reference, device = page.drawn("reference-clock"), page.drawn("device-clock")
    offset = page.drawn("reference-offset").removeprefix("UTC")
    right = datetime.fromisoformat(f"{page.drawn('reference-date')}T{reference}{offset}")
    shown = datetime.strptime(f"{page.drawn('device-date')} {device}", "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007
    wrong = shown.replace(tzinfo=zone_named(str(trace.facts["zone"])))
    facts: dict[str, Any] = {
        "reference_text": reference,
        "device_text": device,
        "at_utc": right.astimezone(UTC),
        "at_device_utc": wrong.astimezone(UTC),
        "clock_offset_s": (wrong - right) // timedelta(seconds=1),
        "picture": _picture(item, trace),
    }
    yield from weigh(trace, [Testimony(_READER, facts)])


def confirm_warrant(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a warrant: its number, and between which moments it is valid."""
    page = _page(item, trace)
    facts: dict[str, Any] = {
        "document_number": page.texts["warrant-number"],
        "valid_from_utc": _stated(page, "valid-from"),
        "valid_to_utc": _stated(page, "valid-to"),
        "picture": _picture(item, trace),
    }
    yield from weigh(trace, [Testimony(_FORM, facts)])


def confirm_order(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:  # noqa: ARG001 - same shape as all
    """Yield the order of collecting; it is a rule of the craft, not a thing in a picture."""
    yield from weigh(trace, ())


def _stated(page: Page, name: str) -> object:
    """Return the moment of a time element, if its text says the same."""
    stated, text = page.attributes[name]["datetime"], page.texts[name]
    if _moment(text) != datetime.fromisoformat(stated):
        return Unreadable(f"the text says {text}, the element {stated}")
    return datetime.fromisoformat(stated).astimezone(UTC)


def _moment(text: str) -> datetime:
    """Return the moment that people write as ``2026-03-10 10:42 +05:00``."""
    day, clock, offset = text.split()
    return datetime.fromisoformat(f"{day}T{clock}{offset}")


def _page(item: BuiltItem, trace: Trace, fact: str = "picture") -> Page:
    return read_page(item.file(str(trace.facts[fact])).read_bytes())


def _picture(item: BuiltItem, trace: Trace, fact: str = "picture") -> str:
    return item.file(str(trace.facts[fact])).name


def _forms(item: BuiltItem) -> Iterator[Page]:
    return (read_page(path.read_bytes()) for path in item.with_suffix(".html"))


SCENE_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "scene_page": confirm_page,
    "scene_object": confirm_object,
    "scene_objects": confirm_objects,
    "scene_exhibit": confirm_exhibit,
    "scene_smudge": confirm_smudge,
    "scene_event": confirm_event,
    "scene_clocks": confirm_clocks,
    "scene_warrant": confirm_warrant,
    "scene_order": confirm_order,
}
