"""How an item comes to life: its world is set up, what all trainees share is played once, then each one's story."""

from collections.abc import Mapping
from datetime import timedelta

from labkit.model.scenario import ItemScenario, Machine
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.formatting import format_volume, places_of, write_table
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.file_actions import FILE_ACTIONS
from labkit.synthesis.world.life import plan_life
from labkit.synthesis.world.world import World


def play_stick(item: ItemScenario, machine: Machine, seed: bytes, values: Mapping[str, str]) -> World:
    """Play an item whose files are all there is: nobody's computer, only what was stored on it.

    Raises:
        SynthesisError: The story can not be played.
    """
    clock = DeviceClock(machine)
    medium = Medium(item.size_bytes)
    places = places_of(item, values)
    write_table(medium, places, Stream(seed, f"disk-signature/{item.slug}"))
    volumes = {
        name: format_volume(medium, place, clock, values) for name, place in places.items() if place.spec.filesystem
    }
    world = World(item, medium, places, volumes, clock, values, seed, FILE_ACTIONS)
    for folder in dict.fromkeys(life.folder for life in item.life):
        world.make_folders(folder, places[world.main].spec.formatted + timedelta(minutes=2))
    world.play_all(item.actions, plan_life(item, seed, clock))
    for volume in volumes.values():
        volume.flush()
    return world
