"""The product ``scene``: every template of the item becomes a page; the truth says what can be seen on them."""

from collections.abc import Iterator, Mapping
from datetime import UTC

from labkit.errors import SynthesisError
from labkit.model.scene import SceneEvent, SceneExhibit, SceneSpec
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.scene.lettering import ILLEGIBLE
from labkit.synthesis.scene.tables import legend, log_rows
from labkit.synthesis.scene.templates import finish
from labkit.synthesis.scene.told import ToldScene, tell
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts
from labkit.synthesis.variables import fill

_PAGES = (".svg", ".html")
_PART = ".part"


def scene_traces(played: PlayedItem, shelf: Shelf) -> Iterator[Trace]:
    """Write every page of the scene and yield the traces of the pages and of what they show.

    Raises:
        SynthesisError: The item has no scene, or a template can not be filled in.
    """
    item = played.item
    if item.scene is None:
        raise SynthesisError(
            f"the item {item.slug} has no scene to make pictures of",
            remedy="Add a table [scene] to its scenario.toml, or take the product out of its list.",
        )
    told = tell(item.scene, played.clock, played.seed, item.slug, played.values)
    values = {**played.values, **told.texts()}
    parts = {
        f"part_{name.removesuffix(_PART).replace('-', '_')}": data.decode()
        for name, data in item.corpus.items()
        if name.endswith(_PART)
    }
    parts |= {"part_legend": legend(told), "part_log_rows": log_rows(told, played.values)}
    for name, template in sorted(item.corpus.items()):
        if name.endswith(_PAGES):
            stream = Stream(played.seed, f"scene/{item.slug}/page/{name}")
            page = finish(template.decode(), values, parts, stream)
            digests = shelf.put(f"{item.slug}/{name}", page.encode())
            yield Trace(f"page-{name.partition('.')[0]}", "scene_page", None, {"name": name, **digest_facts(digests)})
    yield from _objects(told)
    yield from (_exhibit(each, told, played.values) for each in told.spec.exhibits)
    yield from _smudges(told)
    yield from (
        Trace(each.id, "scene_event", each.id, _event_facts(each, told, played.values)) for each in told.spec.events
    )
    yield _clocks(told)
    yield _warrant(told.spec, played.values)
    yield Trace("collection", "scene_order", None, {"order": told.spec.collection_order})


def _objects(told: ToldScene) -> Iterator[Trace]:
    picture = told.spec.room_picture
    for each in told.spec.objects:
        number = told.numbers[each.id]
        facts: dict[str, FactValue] = {
            "name": each.name["en"],
            "picture": picture,
            "number": number,
            "option": _option(number),
            "scope": "in" if each.in_scope else "out",
            "seize": "yes" if each.seize else "no",
        }
        yield Trace(f"object-{each.id}", "scene_object", None, facts)
    for name, numbers in (
        ("to-seize", [told.numbers[each.id] for each in told.spec.objects if each.seize]),
        ("out-of-scope", [told.numbers[each.id] for each in told.spec.objects if not each.in_scope]),
    ):
        found = tuple(sorted(numbers))
        options = tuple(_option(number) for number in found)
        yield Trace(name, "scene_objects", None, {"picture": picture, "numbers": found, "options": options})


def _option(number: int) -> str:
    return f"object-{number}"


def _exhibit(exhibit: SceneExhibit, told: ToldScene, values: Mapping[str, str]) -> Trace:
    seal = told.seals[exhibit.exhibit]
    shown = {name: fill(getattr(exhibit, name), values) for name in ("make", "model", "serial", "capacity")}
    facts: dict[str, FactValue] = {name: text for name, text in shown.items() if text}
    facts |= {
        "exhibit": exhibit.exhibit,
        "bag_number": fill(exhibit.bag, values),
        "seal_number": seal,
        "bag_picture": exhibit.bag_picture,
    }
    if exhibit.label_picture:
        facts["picture"] = exhibit.label_picture
    return Trace(f"exhibit-{exhibit.exhibit.lower()}", "scene_exhibit", None, facts)


def _smudges(told: ToldScene) -> Iterator[Trace]:
    """Yield the one seal with a digit that nobody can read, if there is one; which exhibit has it is personal."""
    for exhibit in told.spec.exhibits:
        if exhibit.exhibit in told.smudged:
            seal = told.seals[exhibit.exhibit]
            facts: dict[str, FactValue] = {
                "exhibit": exhibit.exhibit,
                "seal_number": seal,
                "bag_picture": exhibit.bag_picture,
                "smudged_position": told.smudged[exhibit.exhibit],
                "guesses": tuple(seal.replace(ILLEGIBLE, digit) for digit in "0123456789"),
            }
            yield Trace("smudged-seal", "scene_smudge", None, facts)


def _event_facts(event: SceneEvent, told: ToldScene, values: Mapping[str, str]) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {
        "picture": told.spec.log_page,
        "at_utc": told.moments[event.id],
        "zone": event.zone,
        "written": told.written(event),
        "event_type": event.type,
    }
    people = {name: fill(getattr(event, name), values) for name in ("by", "giver", "receiver")}
    facts |= {name: text for name, text in people.items() if text}
    return facts | ({"exhibits": event.exhibits} if event.exhibits else {})


def _clocks(told: ToldScene) -> Trace:
    texts = told.texts()
    facts: dict[str, FactValue] = {
        "picture": told.spec.clock_picture,
        "reference_text": texts["reference_clock"],
        "device_text": texts["device_clock"],
        "at_utc": told.spec.compared.astimezone(UTC),
        "at_device_utc": told.device_utc,
        "clock_offset_s": int((told.device_utc - told.spec.compared).total_seconds()),
        "zone": told.device_zone,
    }
    return Trace("clocks", "scene_clocks", None, facts)


def _warrant(spec: SceneSpec, values: Mapping[str, str]) -> Trace:
    facts: dict[str, FactValue] = {
        "picture": spec.warrant_page,
        "document_number": fill(spec.warrant_number, values),
        "valid_from_utc": spec.valid_from,
        "valid_to_utc": spec.valid_to,
    }
    return Trace("warrant", "scene_warrant", None, facts)
