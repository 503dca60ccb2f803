"""The world plays a story on the volumes of one item. ``World.play`` is the only way in.

A story's action has a true time; the machine's clock turns it into the time that the device stores. File systems are
changed in the order of the actions, so that allocation, reuse and remnants arise by themselves. What the story names
as a trace is remembered by node, not by path, and looked up when the story is over.

What is the same for all trainees is played once, on a world that is then forked for each of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.errors import SynthesisError
from labkit.model.scenario import ACTION_KINDS, Action, ItemScenario, VolumeSpec
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.filesystems.contract import NodeState, VolumeWriter
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.world.contents import Setting, persona, render

if TYPE_CHECKING:
    from labkit.synthesis.world.computer.computer import Computer

_PLAIN_TEXTS = frozenset({"write_slack", "write_unallocated", "write_record_slack"})
_DEFAULT_KINDS = {
    "delete": "deleted_file",
    "write_slack": "slack",
    "write_unallocated": "unallocated",
    "write_stream": "stream",
    "recycle": "recycled",
    "plug_in_usb": "usb_device",
    "unplug_usb": "usb_device",
    "save_document": "file",
    "save_mail": "file",
    "pack": "file",
    "visit": "visit",
    "forget": "forgotten_visit",
    "download": "download",
    "receive_mail": "mail",
    "send_mail": "mail",
    "run_program": "program_run",
    "log_on": "log_on",
    "log_off": "log_off",
    "open_document": "opened_document",
    "open_on_device": "opened_on_device",
    "set_clock": "clock_change",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A partition as it lies on the medium. Sectors have 512 bytes and count from 0 of the medium."""

    spec: VolumeSpec
    number: int  # in the order of the medium, from 1; 0 where the table does not name it
    start_sector: int
    size_sectors: int

    @property
    def end_sector(self) -> int:
        """The first sector behind it."""
        return self.start_sector + self.size_sectors


@dataclass(frozen=True, slots=True)
class Left:
    """What an action left behind: a file or directory, a text and where it begins on the medium, further facts."""

    node_id: int = -1
    text: str = ""
    offset_bytes: int = -1
    facts: Mapping[str, FactValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planted:
    """What the story did for one trace. ``node_id`` is -1 for a text that belongs to no file."""

    trace: str
    kind: str
    event: str
    node_id: int
    at_utc: datetime
    text: str = ""
    offset_bytes: int = -1  # of a planted text, on the medium
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    volume: str = "data"


def action_stream(seed: bytes, slug: str, purpose: str, action: Action) -> Stream:
    """Return the named randomness of one purpose of one action of the item ``slug``."""
    place = f"{action.kind}/{action.path}/{action.to_path}/{action.at.isoformat()}"
    return Stream(seed, f"{purpose}/{slug}/{place}")


def personal_time(seed: bytes, slug: str, action: Action) -> datetime:
    """Return when an action of the story of the item ``slug`` truly happens for one trainee."""
    return action.at + timedelta(seconds=action_stream(seed, slug, "time", action).below(max(1, action.spread_s)))


@dataclass
class World:
    """The volumes of one medium, one clock, one trainee's values, and what happened so far."""

    item: ItemScenario
    medium: Medium
    places: Mapping[str, Place]
    volumes: dict[str, VolumeWriter]
    clock: DeviceClock
    values: Mapping[str, str]
    seed: bytes
    handlers: "Mapping[str, Handler]"
    computer: "Computer | None" = None
    table: tuple[Trace, ...] = ()  # what is to know about the partition table
    planted: dict[str, Planted] = field(default_factory=dict)
    nodes: dict[str, list[int]] = field(default_factory=dict)  # by volume: what was ever made there
    story_nodes: set[tuple[str, int]] = field(default_factory=set)  # what the story made, not everyday life
    last_content: dict[tuple[str, int], bytes] = field(default_factory=dict)  # of deleted files, as it was at the end
    _path_nodes: dict[tuple[str, str], int] = field(default_factory=dict)  # who was last at a path, deleted or not

    @property
    def main(self) -> str:
        """The name of the volume that actions without one happen on."""
        return next(iter(self.places))

    @property
    def volume(self) -> VolumeWriter:
        """The volume that actions without one happen on."""
        return self.volumes[self.main]

    def fork(self, medium: Medium, values: Mapping[str, str], seed: bytes) -> "World":
        """Return an independent world that goes on from here on ``medium``, a fork of this world's medium."""
        return replace(
            self,
            medium=medium,
            volumes={name: volume.fork(medium) for name, volume in self.volumes.items()},
            values=values,
            seed=seed,
            computer=self.computer.fork() if self.computer else None,
            planted=dict(self.planted),
            nodes={name: list(nodes) for name, nodes in self.nodes.items()},
            story_nodes=set(self.story_nodes),
            last_content=dict(self.last_content),
            _path_nodes=dict(self._path_nodes),
        )

    def play_all(self, story: Iterable[Action], life: Iterable[Action]) -> None:
        """Play everyday life and story together, in the order of their true times."""
        told = [(self._personal_time(action), True, action) for action in story]
        lived = [(action.at, False, action) for action in life]
        for at, is_story, action in sorted(told + lived, key=lambda entry: entry[0]):
            self.play(replace(action, at=at, spread_s=0), story=is_story)

    def play(self, action: Action, *, story: bool = True) -> Left:
        """Make one thing happen.

        Raises:
            SynthesisError: There is no such kind of action, or it can not happen now; the message names it.
        """
        handler = self.handlers.get(action.kind)
        if action.kind not in ACTION_KINDS or handler is None:
            raise SynthesisError(
                f"there is no action {action.kind!r}", remedy=f"Take one of: {', '.join(sorted(ACTION_KINDS))}."
            )
        filled = replace(
            action,
            path=fill(action.path, self.values),
            to_path=fill(action.to_path, self.values),
            volume=action.volume or self.main,
            details={key: self._filled(value) for key, value in action.details.items()},
        )
        before = {name: len(nodes) for name, nodes in self.nodes.items()}
        try:
            left = handler(self, filled)
        except SynthesisError as error:
            where = f"{action.kind} {filled.path}".strip()
            raise SynthesisError(f"{self.item.slug}: {where}: {error.message}", remedy=error.remedy) from error
        if story:
            for name, nodes in self.nodes.items():
                self.story_nodes.update((name, node) for node in nodes[before.get(name, 0) :])
        if action.trace is not None:
            self._remember(filled, left)
        return left

    def make_folders(self, folder: str, at: datetime, *, volume: str = "") -> None:
        """Make a folder and those above it, as far as they are missing."""
        path = ""
        writer = self.volumes[volume or self.main]
        for name in folder.strip("/").split("/"):
            path += f"/{name}"
            if name and not writer.exists(path):
                self.play(Action("make_directory", at, path=path, volume=volume), story=False)

    def state(self, planted: Planted) -> NodeState:
        """Return what is known now about the file of a trace."""
        return self.volumes[planted.volume].state(planted.node_id)

    # -- what handlers share --------------------------------------------------------------------------------------

    def on(self, action: Action) -> VolumeWriter:
        """Return the volume that an action happens on."""
        try:
            return self.volumes[action.volume]
        except KeyError:
            raise SynthesisError(
                f"there is no volume {action.volume!r} with a file system",
                remedy=f"Take one of: {', '.join(self.volumes)}.",
            ) from None

    def stamp(self, moment: datetime, volume: VolumeWriter) -> datetime:
        """Return a true time as a volume stores it when this machine writes it."""
        match volume.time_basis:
            case "local":
                return self.clock.local(moment)
            case "zoned":
                return self.clock.shown(moment)
            case "utc":
                return self.clock.device_utc(moment)

    def made(self, action: Action, path: str, node_id: int) -> Left:
        """Remember a new file or directory."""
        self.nodes.setdefault(action.volume, []).append(node_id)
        self.now_at(action, path, node_id)
        return Left(node_id)

    def now_at(self, action: Action, path: str, node_id: int) -> None:
        """Remember that a node has a path now."""
        self._path_nodes[action.volume, path] = node_id

    def node_at(self, action: Action, path: str) -> int:
        """Return who was last at a path, deleted or not.

        Raises:
            SynthesisError: Nothing ever was.
        """
        try:
            return self._path_nodes[action.volume, path]
        except KeyError:
            raise SynthesisError(
                f"nothing was ever at {path}", remedy="Create the file before the action that names it."
            ) from None

    def content(self, action: Action, *, written: datetime | None = None) -> bytes:
        """Return the bytes that an action writes, made at ``written`` if that is not when the clock shows it."""
        assert action.content is not None  # noqa: S101 - ACTION_KINDS says which actions have content
        stream = self.stream("content", action)
        written = written or self.clock.shown(action.modified or action.at)
        path = "" if action.kind in _PLAIN_TEXTS else action.path  # the host's ending says nothing about the text
        author, company = persona(stream), ""
        if self.computer:
            author, company = self.computer.spec.full_name, self.computer.spec.organisation
        return render(action.content, Setting(path, author, written, self.values, self.item.corpus, company), stream)

    def stream(self, purpose: str, action: Action) -> Stream:
        """Return the named randomness of one purpose of one action."""
        return action_stream(self.seed, self.item.slug, purpose, action)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _filled(self, value: str | int) -> str | int:
        return fill(value, self.values) if isinstance(value, str) else value

    def _filled_fact(self, value: str | int | tuple[str, ...]) -> FactValue:
        return tuple(fill(text, self.values) for text in value) if isinstance(value, tuple) else self._filled(value)

    def _personal_time(self, action: Action) -> datetime:
        return personal_time(self.seed, self.item.slug, action)

    def _remember(self, action: Action, left: Left) -> None:
        assert action.trace is not None  # noqa: S101 - the caller has looked
        if action.trace in self.planted:
            raise SynthesisError(
                f"{self.item.slug}: the trace {action.trace!r} is named twice",
                remedy="Give each trace a name of its own.",
            )
        self.planted[action.trace] = Planted(
            trace=action.trace,
            kind=action.trace_kind or _DEFAULT_KINDS.get(action.kind, "file"),
            event=action.kind,
            node_id=left.node_id,
            at_utc=action.at,
            text=left.text,
            offset_bytes=left.offset_bytes,
            facts={**left.facts, **{key: self._filled_fact(value) for key, value in action.facts.items()}},
            requires=action.requires,
            volume=action.volume,
        )


Handler = Callable[[World, Action], Left]
