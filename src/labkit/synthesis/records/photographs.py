"""The photographs of the search: labels, bags with their seals, clocks. They show what was, whatever the file says.

Numbers are drawn as lines, as in the pictures of a scene; where a digit is smudged, nothing lies under the blot.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.model.truth import FactValue, Trace
from labkit.synthesis.clock import zone
from labkit.synthesis.records.cast import HOME_ZONE, PC, PHONE, Cast
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.red_herrings import SMUDGED
from labkit.synthesis.records.setting import CAPACITIES, CASE_NUMBER, ORIGINALS, SEIZED
from labkit.synthesis.scene.lettering import ILLEGIBLE
from labkit.synthesis.scene.templates import finish
from labkit.synthesis.scene.told import offset
from labkit.synthesis.streams import Stream

RUNNING = (PC, PHONE)  # what was found running, with its clock
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture: its file name, its SVG, and of which exhibit it is."""

    name: str
    content: str
    exhibit: str


def photographs(cast: Cast, draft: Draft, templates: Mapping[str, bytes], stream: Stream) -> Iterator[Photograph]:
    """Yield a label and a bag of each exhibit that was seized, and the clocks of what was running.

    Args:
        cast: The true numbers.
        draft: The file; what it says of clocks, and that a digit is smudged.
        templates: ``bag.svg``, ``label.svg``, ``clock-hn-01.svg`` ..., and what lies in each bag (``inside-....part``).
        stream: What handwriting is drawn from.
    """
    for exhibit in SEIZED:
        values, parts = _values(exhibit, cast, draft), _parts(exhibit, templates)
        kinds = ("label", "bag", *(("clock",) if exhibit in RUNNING else ()))
        for kind in kinds:
            name = picture_name(kind, exhibit)
            template = templates.get(name) or templates[f"{kind}.svg"]
            yield Photograph(name, finish(template.decode(), values, parts, stream), exhibit)


def picture_name(kind: str, exhibit: str) -> str:
    """Return the file name of a picture: ``bag-hn-01.svg``."""
    return f"{kind}-{exhibit.lower()}.svg"


def photograph_traces(cast: Cast, draft: Draft) -> Iterator[Trace]:
    """Yield what can be seen on the photographs."""
    for exhibit in SEIZED:
        shown = _values(exhibit, cast, draft)
        facts: dict[str, FactValue] = {name: shown[name] for name in ("exhibit", "make", "model", "serial", "capacity")}
        facts |= {"bag_number": shown["bag"], "seal_number": shown["seal"]}
        facts |= {"picture": picture_name("label", exhibit), "bag_picture": picture_name("bag", exhibit)}
        yield Trace(f"exhibit-{exhibit.lower()}", "scene_exhibit", None, facts)
        if ILLEGIBLE in shown["seal"]:
            yield _smudge(exhibit, shown["seal"])
    for exhibit in RUNNING:
        yield _clocks(exhibit, draft)


def _values(exhibit: str, cast: Cast, draft: Draft) -> dict[str, str]:
    number = SEIZED.index(exhibit)
    _, _, make, model = ORIGINALS[exhibit]
    seal = cast.seals[number]
    if exhibit == PHONE and SMUDGED in draft[f"{PHONE} sealed"].get("note", ""):
        seal = f"{seal[: cast.smudged]}{ILLEGIBLE}{seal[cast.smudged + 1 :]}"
    return {
        "case_number": CASE_NUMBER,
        "exhibit": exhibit,
        "make": make.upper(),
        "model": model.upper(),
        "serial": cast.serials[exhibit],
        "capacity": CAPACITIES[exhibit],
        "bag": cast.bags[number],
        "seal": seal,
        **(_clock_texts(exhibit, draft) if exhibit in RUNNING else {}),
    }


def _parts(exhibit: str, templates: Mapping[str, bytes]) -> dict[str, str]:
    return {"part_inside": templates[f"inside-{exhibit.lower()}.part"].decode()}


def _both_clocks(exhibit: str, draft: Draft) -> tuple[datetime, datetime]:
    """Return what the reference clock and the device showed, each in local time."""
    line = draft[exhibit]
    reference = datetime.fromisoformat(line["clock_reference"]).astimezone(zone(HOME_ZONE))
    return reference, datetime.fromisoformat(line["clock_observed"]).replace(tzinfo=zone(HOME_ZONE))


def _clock_texts(exhibit: str, draft: Draft) -> dict[str, str]:
    reference, device = _both_clocks(exhibit, draft)
    return {
        "reference_clock": f"{reference:%H:%M:%S}",
        "reference_date": f"{reference:%Y-%m-%d}",
        "reference_offset": f"UTC{offset(reference)}",
        "device_clock": f"{device:%H:%M:%S}",
        "device_date": f"{device:%d.%m.%Y}",
    }


def _clocks(exhibit: str, draft: Draft) -> Trace:
    texts = _clock_texts(exhibit, draft)
    reference, device = _both_clocks(exhibit, draft)
    facts: dict[str, FactValue] = {
        "picture": picture_name("clock", exhibit),
        "reference_text": texts["reference_clock"],
        "device_text": texts["device_clock"],
        "at_utc": reference.astimezone(UTC),
        "at_device_utc": device.astimezone(UTC),
        "clock_offset_s": (device - reference) // timedelta(seconds=1),
        "zone": HOME_ZONE,
    }
    return Trace(f"clocks-{exhibit.lower()}", "scene_clocks", None, facts)


def _smudge(exhibit: str, seal: str) -> Trace:
    facts: dict[str, FactValue] = {
        "exhibit": exhibit,
        "seal_number": seal,
        "bag_picture": picture_name("bag", exhibit),
        "smudged_position": sum(sign.isdigit() for sign in seal.partition(ILLEGIBLE)[0]) + 1,
        "guesses": tuple(seal.replace(ILLEGIBLE, digit) for digit in _DIGITS),
    }
    return Trace("smudged-seal", "scene_smudge", None, facts)
