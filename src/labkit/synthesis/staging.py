"""How an item comes to life: its world is set up, what all trainees share is played once, then each one's story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, ComputerSpec, ItemScenario, Machine
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.formatting import common_places, format_volume, places_of, write_table
from labkit.synthesis.medium import Medium
from labkit.synthesis.world.computer.actions import COMPUTER_ACTIONS
from labkit.synthesis.world.computer.computer import Computer
from labkit.synthesis.world.computer.installation import install_windows
from labkit.synthesis.world.computer.routine import Routine
from labkit.synthesis.world.file_actions import FILE_ACTIONS
from labkit.synthesis.world.life import plan_life
from labkit.synthesis.world.world import Place, World

_COMMON_SEED = b"what all trainees share"


def play_stick(item: ItemScenario, machine: Machine, seed: bytes, values: Mapping[str, str]) -> World:
    """Play an item whose files are all there is: nobody's computer, only what was stored on it.

    Raises:
        SynthesisError: The story can not be played.
    """
    clock = DeviceClock(machine)
    medium = Medium(item.size_bytes)
    places = places_of(item, values)
    table = write_table(medium, item, places, seed, values)
    volumes = _formatted(medium, places, clock, values)
    world = World(item, medium, places, volumes, clock, values, seed, FILE_ACTIONS, table=table)
    _make_life_folders(world, places[world.main].spec.formatted + timedelta(minutes=2))
    world.play_all(item.actions, plan_life(item, seed, clock))
    _flush(world)
    return world


def play_computer(item: ItemScenario, machine: Machine, seed: bytes, values: Mapping[str, str]) -> World:
    """Play an item that is the disk of a computer: its months up to now from the shelf, then the trainee's own weeks.

    Raises:
        SynthesisError: The story can not be played.
    """
    shared = _shared(_SharedPart(item, machine))
    medium = shared.world.medium.fork()
    places = places_of(item, values)
    world = replace(shared.world.fork(medium, values, seed), item=item, places=places)
    own = {name: place for name, place in places.items() if not place.spec.common}
    world.table = write_table(medium, item, places, seed, values)
    world.volumes |= _formatted(medium, own, world.clock, values)
    spec = _computer(item)
    _make_life_folders(world, spec.common_until)
    own_story = [action for action in item.actions if action.at >= spec.common_until]
    routine = Routine(
        spec,
        world.clock,
        seed,
        list(shared.documents),
        set(shared.taken) | _story_paths(item),
        _appointments(own_story, world.clock),
    )
    life = [
        action
        for action in plan_life(item, seed, world.clock)
        if action.at >= spec.common_until or action.volume in own
    ]
    world.play_all(own_story, [*life, *routine.days(spec.common_until, spec.life_until)])
    _settle(world)
    return world


def _appointments(story: Sequence[Action], clock: DeviceClock) -> Mapping[date, tuple[datetime, datetime]]:
    """Return on which days the story needs the person at the computer, and from when to when."""
    found: dict[date, tuple[datetime, datetime]] = {}
    for action in story:
        ends = action.at + timedelta(seconds=action.spread_s)
        day = clock.shown(action.at).date()
        first, last = found.get(day, (action.at, ends))
        found[day] = (min(first, action.at), max(last, ends))
    return found


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all trainees share, played and written."""

    world: World
    documents: tuple[str, ...]
    taken: frozenset[str]


@dataclass(frozen=True)
class _SharedPart:
    """The key under which it is kept: whatever of the scenario it depends on."""

    item: ItemScenario = field(compare=False)
    machine: Machine
    key: str = ""

    def __post_init__(self) -> None:
        spec = _computer(self.item)
        actions = [action for action in self.item.actions if action.at < spec.common_until]
        life = [life for life in self.item.life if life.begin < spec.common_until]
        common = [volume for volume in self.item.volumes if volume.common]
        object.__setattr__(self, "key", repr((self.item.slug, self.item.size_bytes, spec, common, life, actions)))


@lru_cache(maxsize=1)
def _shared(part: _SharedPart) -> _Shared:
    item, clock = part.item, DeviceClock(part.machine)
    spec = _computer(item)
    medium = Medium(item.size_bytes)
    places = common_places(item)
    volumes = _formatted(medium, places, clock, {})
    handlers = {**FILE_ACTIONS, **COMPUTER_ACTIONS}
    world = World(item, medium, places, volumes, clock, {}, _COMMON_SEED, handlers, computer=Computer(spec))
    install_windows(world)
    _make_life_folders(world, spec.installed + timedelta(hours=8))
    routine = Routine(spec, clock, _COMMON_SEED, taken=_story_paths(item))
    life = [
        action
        for action in plan_life(item, _COMMON_SEED, clock)
        if action.at < spec.common_until and (action.volume or world.main) in volumes
    ]
    world.play_all(
        [action for action in item.actions if action.at < spec.common_until],
        [*life, *routine.days(spec.installed + timedelta(days=1), spec.common_until)],
    )
    _settle(world)
    return _Shared(world, tuple(routine.documents), frozenset(routine.taken))


def _make_life_folders(world: World, at: datetime) -> None:
    """Make the folders of everyday life, on the main volume ``at``, on others soon after they were formatted."""
    for name, folder in dict.fromkeys((life.volume or world.main, life.folder) for life in world.item.life):
        if name in world.volumes:
            soon = world.places[name].spec.formatted + timedelta(minutes=2)
            world.make_folders(folder, at if name == world.main else soon, volume=name)


def _settle(world: World) -> None:
    if world.computer is not None:
        world.computer.write_stores(world.volume)
    _flush(world)


def _flush(world: World) -> None:
    for volume in world.volumes.values():
        volume.flush()


def _formatted(
    medium: Medium, places: Mapping[str, Place], clock: DeviceClock, values: Mapping[str, str]
) -> dict[str, VolumeWriter]:
    return {
        name: format_volume(medium, place, clock, values) for name, place in places.items() if place.spec.filesystem
    }


def _story_paths(item: ItemScenario) -> set[str]:
    return {path.upper() for action in item.actions for path in (action.path, action.to_path) if path}


def _computer(item: ItemScenario) -> ComputerSpec:
    if item.computer is None:
        raise SynthesisError(f"the item {item.slug} has no computer", remedy="Describe it under [computer].")
    return item.computer
