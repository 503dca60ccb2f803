"""What all handlers of a computer share: the computer itself, its time, and names that stay the same."""

import hashlib
from datetime import datetime
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.world.computer.computer import Computer
from labkit.synthesis.world.world import World


def computer_of(world: World) -> Computer:
    """Return the computer that the story is about.

    Raises:
        SynthesisError: The item has none.
    """
    if world.computer is None:
        raise SynthesisError(
            f"the item {world.item.slug} has no computer, and the action needs one",
            remedy="Describe it in scenario.toml under [computer], or take another action.",
        )
    return world.computer


def device_time(world: World, action: Action) -> datetime:
    """Return when an action happens by the machine's clock, in UTC."""
    return world.clock.device_utc(action.at)


def name_based(text: str) -> UUID:
    """Return an identifier that is fixed by ``text``, in the form of one drawn at random."""
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4)


def put(world: World, path: str, data: bytes, at: datetime) -> None:
    """Write a file of the system volume that no trace is about: new, or over what is there."""
    if world.volume.exists(path):
        world.volume.overwrite(path, data, at)
    else:
        world.volume.create(path, data, at)
