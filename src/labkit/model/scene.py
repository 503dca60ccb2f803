"""The scene of a case as data: what stood in a room, what its labels say, which clocks were compared, what happened.

Texts may hold ``{variable}``. Times are aware and true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One numbered object of the room. Its number is drawn for each trainee."""

    id: str
    name: Mapping[str, str]  # by language, as the legend of the picture says it
    in_scope: bool  # whether the warrant covers it
    seize: bool  # whether it is taken away


@dataclass(frozen=True, slots=True)
class SceneExhibit:
    """What the close-ups of one exhibit show: its label, its bag and its seal. An empty text is shown nowhere."""

    exhibit: str
    object: str  # the SceneObject that it is
    bag: str
    seal: str
    bag_picture: str
    make: str = ""
    model: str = ""
    serial: str = ""
    capacity: str = ""
    label_picture: str = ""


@dataclass(frozen=True, slots=True)
class SceneEvent:
    """One line of the duty log. ``at`` is drawn from the whole minutes of [at, at + spread_s)."""

    id: str
    at: datetime
    spread_s: int
    zone: str  # IANA zone of the place; the line is written in its local time with the offset
    type: str  # type of the custody event, or "noted" for what belongs into the duty log only
    exhibits: tuple[str, ...]
    by: str
    text: Mapping[str, str]  # by language
    giver: str = ""  # of a handover, as the text tells it
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """A searched room. Every ``.svg`` and ``.html`` file of the item's corpus is a template of a page about it."""

    room_picture: str
    clock_picture: str
    log_page: str
    warrant_page: str
    warrant_number: str
    valid_from: datetime
    valid_to: datetime
    compared: datetime  # what the reference clock showed when the clocks were compared
    zone: str
    objects: tuple[SceneObject, ...]
    exhibits: tuple[SceneExhibit, ...]
    events: tuple[SceneEvent, ...]
    collection_order: tuple[str, ...]  # the steps of collecting, what is lost first comes first
    smudged: tuple[str, ...]  # the exhibits of which one has a digit of its seal that nobody can read
