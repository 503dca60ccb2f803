"""What is personal about a scene: numbers of objects, the smudged digit, times of events; and the texts made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scene import SceneEvent, SceneExhibit, SceneSpec
from labkit.synthesis.clock import DeviceClock, zone
from labkit.synthesis.scene.lettering import ILLEGIBLE
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class ToldScene:
    """A scene of one trainee."""

    spec: SceneSpec
    numbers: Mapping[str, int]  # object -> its number in the picture
    seals: Mapping[str, str]  # exhibit -> seal number as it can be read
    smudged: Mapping[str, int]  # exhibit -> which of its digits can not be read, from 1
    moments: Mapping[str, datetime]  # event -> true time
    device_utc: datetime  # what the device's clock showed at spec.compared
    device_zone: str

    def written(self, event: SceneEvent) -> str:
        """Return the time of an event as it stands in the duty log: local, with the offset."""
        return written(self.moments[event.id], event.zone)

    def texts(self) -> dict[str, str]:
        """Return what the templates may show besides the variables of the case."""
        reference = self.spec.compared.astimezone(zone(self.spec.zone))
        device = self.device_utc.astimezone(zone(self.device_zone))
        found = {f"number_{_name(each)}": str(number) for each, number in self.numbers.items()}
        found |= {f"seal_{_name(exhibit)}": seal for exhibit, seal in self.seals.items()}
        found |= {f"time_{_name(event.id)}": self.written(event) for event in self.spec.events}
        return found | {
            "reference_clock": f"{reference:%H:%M:%S}",
            "reference_date": f"{reference:%Y-%m-%d}",
            "reference_offset": f"UTC{offset(reference)}",
            "device_clock": f"{device:%H:%M:%S}",
            "device_date": f"{device:%d.%m.%Y}",
        }


def tell(spec: SceneSpec, clock: DeviceClock, seed: bytes, slug: str, values: Mapping[str, str]) -> ToldScene:
    """Draw what is personal.

    Raises:
        SynthesisError: Drawn times would turn the order of the events round, or a seal has no digit to smudge.
    """
    smudged = _smudged(spec, Stream(seed, f"scene/{slug}/smudge"), values)
    moments = {event.id: moment_of(event, seed, slug) for event in spec.events}
    if list(moments.values()) != sorted(moments.values()):
        raise SynthesisError(
            f"the events of the scene {slug} can change places",
            remedy="Make spread_s smaller, so that each event ends before the next begins.",
        )
    return ToldScene(
        spec=spec,
        numbers=_numbers(spec, Stream(seed, f"scene/{slug}/numbers")),
        seals={each.exhibit: _seal(each, smudged, values) for each in spec.exhibits},
        smudged=smudged,
        moments=moments,
        device_utc=clock.device_utc(spec.compared),
        device_zone=clock.machine.zone,
    )


def written(moment: datetime, place: str) -> str:
    """Return a time as people write it by hand: ``2026-03-10 10:42 +05:00``."""
    local = moment.astimezone(zone(place))
    return f"{local:%Y-%m-%d %H:%M} {offset(local)}"


def offset(local: datetime) -> str:
    """Return the offset from UTC as ``+05:00``."""
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"


def _numbers(spec: SceneSpec, stream: Stream) -> dict[str, int]:
    """Number the objects around the room: from a drawn one on, in a drawn direction."""
    count = len(spec.objects)
    first, step = stream.below(count), stream.pick((1, -1))
    return {each.id: (first + step * place) % count + 1 for place, each in enumerate(spec.objects)}


def _smudged(spec: SceneSpec, stream: Stream, values: Mapping[str, str]) -> dict[str, int]:
    if not spec.smudged:
        return {}
    chosen = stream.pick(spec.smudged)
    seal = next(fill(each.seal, values) for each in spec.exhibits if each.exhibit == chosen)
    digits = sum(sign.isdigit() for sign in seal)
    if not digits:
        raise SynthesisError(f"the seal {seal!r} has no digit to smudge", remedy="Give it a number with digits.")
    return {chosen: stream.between(1, digits)}


def _seal(exhibit: SceneExhibit, smudged: Mapping[str, int], values: Mapping[str, str]) -> str:
    seal = fill(exhibit.seal, values)
    position = smudged.get(exhibit.exhibit, 0)
    if not position:
        return seal
    place = [place for place, sign in enumerate(seal) if sign.isdigit()][position - 1]
    return f"{seal[:place]}{ILLEGIBLE}{seal[place + 1 :]}"


def moment_of(event: SceneEvent, seed: bytes, slug: str) -> datetime:
    """Return the true time of an event of the scene ``slug`` for one trainee: a whole minute, UTC."""
    minutes = max(event.spread_s // _MINUTE, 1)
    drawn = Stream(seed, f"scene/{slug}/event/{event.id}").below(minutes)
    return (event.at + timedelta(minutes=drawn)).astimezone(UTC)


def _name(text: str) -> str:
    """Return an id or exhibit number as a variable is called: ``KF-01`` is ``kf_01``."""
    return text.lower().replace("-", "_")
