"""The world plays a story on one volume. ``World.play`` is the only way in.

A story's action has a true time; the machine's clock turns it into the local time that the device stores. The file
system is changed in the order of the actions, so that allocation, reuse and remnants arise by themselves. What the
story names as a trace is remembered by node, not by path, and looked up when the story is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import ACTION_KINDS, Action, ItemScenario
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.filesystems.fat import FatVolume
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.world.contents import Setting, persona, render
from labkit.synthesis.world.life import plan_life

_PLAIN_TEXTS = frozenset({"write_slack", "write_unallocated"})


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
    facts: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()


@dataclass
class World:
    """One volume, one clock, one trainee's values, and what happened so far."""

    item: ItemScenario
    medium: Medium
    volume: FatVolume
    clock: DeviceClock
    values: Mapping[str, str]
    seed: bytes
    planted: dict[str, Planted] = field(default_factory=dict)
    nodes: list[int] = field(default_factory=list)  # every file and directory that was ever made
    story_nodes: set[int] = field(default_factory=set)  # those that the story made, not everyday life
    last_content: dict[int, bytes] = field(default_factory=dict)  # of deleted files, as it was at the end
    _path_nodes: dict[str, int] = field(default_factory=dict)  # who was last at a path, deleted or not

    def play_all(self) -> None:
        """Make the folders of everyday life, then play life and story in the order of their true times."""
        assert self.item.volume is not None  # noqa: S101 - the build gives a world to items with a volume only
        formatted = self.item.volume.formatted
        for folder in dict.fromkeys(life.folder for life in self.item.life):
            self._make_folders(folder, formatted + timedelta(minutes=2))
        story = [(self._personal_time(action), True, action) for action in self.item.actions]
        life = [(action.at, False, action) for action in plan_life(self.item, self.seed, self.clock)]
        for at, is_story, action in sorted(story + life, key=lambda entry: entry[0]):
            self.play(replace(action, at=at, spread_s=0), story=is_story)

    def play(self, action: Action, *, story: bool = True) -> None:
        """Make one thing happen.

        Raises:
            SynthesisError: There is no such kind of action, or it can not happen now; the message names it.
        """
        if action.kind not in ACTION_KINDS:
            raise SynthesisError(
                f"there is no action {action.kind!r}", remedy=f"Take one of: {', '.join(sorted(ACTION_KINDS))}."
            )
        filled = replace(action, path=fill(action.path, self.values), to_path=fill(action.to_path, self.values))
        before = len(self.nodes)
        try:
            handler = getattr(self, f"_{action.kind}")
            node_id, text, offset = handler(filled)
        except SynthesisError as error:
            where = f"{action.kind} {filled.path}".strip()
            raise SynthesisError(f"{self.item.slug}: {where}: {error.message}", remedy=error.remedy) from error
        if story:
            self.story_nodes.update(self.nodes[before:])
        if action.trace is not None:
            self._remember(filled, node_id, text, offset)

    # -- handlers: (node, planted text, where it begins) ----------------------------------------------------------

    def _make_directory(self, action: Action) -> tuple[int, str, int]:
        node_id = self.volume.make_directory(action.path, self._local(action))
        return self._made(action.path, node_id)

    def _create(self, action: Action) -> tuple[int, str, int]:
        node_id = self.volume.create(action.path, self._content(action), self._local(action))
        self._set_wished_times(action, action.path)
        return self._made(action.path, node_id)

    def _copy(self, action: Action) -> tuple[int, str, int]:
        node_id = self.volume.copy(action.path, action.to_path, self._local(action))
        self._set_wished_times(action, action.to_path)
        return self._made(action.to_path, node_id)

    def _rename(self, action: Action) -> tuple[int, str, int]:
        node_id = self.volume.node(action.path)
        self.volume.rename(action.path, action.to_path, self._local(action))
        self._path_nodes[action.to_path] = node_id
        return node_id, "", -1

    _move = _rename

    def _append(self, action: Action) -> tuple[int, str, int]:
        self.volume.append(action.path, self._content(action), self._local(action))
        return self.volume.node(action.path), "", -1

    def _overwrite(self, action: Action) -> tuple[int, str, int]:
        self.volume.overwrite(action.path, self._content(action), self._local(action))
        return self.volume.node(action.path), "", -1

    def _open(self, action: Action) -> tuple[int, str, int]:
        self.volume.open(action.path, self._local(action))
        return self.volume.node(action.path), "", -1

    def _delete(self, action: Action) -> tuple[int, str, int]:
        node_id = self.volume.node(action.path)
        if not self.volume.state(node_id).directory:
            self.last_content[node_id] = self.volume.read(action.path)
        self.volume.delete(action.path, self._local(action))
        return node_id, "", -1

    def _set_times(self, action: Action) -> tuple[int, str, int]:
        self._set_wished_times(action, action.path)
        return self.volume.node(action.path), "", -1

    def _write_slack(self, action: Action) -> tuple[int, str, int]:
        text = self._content(action)
        # A personal gap, so that the text does not begin where the file ends.
        gap = action.offset_bytes + self._stream("gap", action).below(16)
        offset = self.volume.write_slack(action.path, bytes(gap) + text) + gap
        return self.volume.node(action.path), text.decode(), offset

    def _write_unallocated(self, action: Action) -> tuple[int, str, int]:
        text = self._content(action)
        return -1, text.decode(), self.volume.write_unallocated(text)

    def _remount(self, action: Action) -> tuple[int, str, int]:
        if not action.path:
            self.volume.remount()
            return -1, "", -1
        node_id = self._node_at(action.path)
        clusters = self.volume.state(node_id).clusters
        index = action.offset_bytes // self.volume.cluster_bytes
        if not 0 < index < len(clusters):
            raise SynthesisError(
                f"byte {action.offset_bytes} is not inside a file of {len(clusters)} clusters",
                remedy="Choose an offset behind the first cluster and before the end of the file.",
            )
        self.volume.remount(after=clusters[index - 1])
        return -1, "", -1

    def _watch(self, action: Action) -> tuple[int, str, int]:
        return self._node_at(action.path), "", -1

    # -- what handlers share --------------------------------------------------------------------------------------

    def _made(self, path: str, node_id: int) -> tuple[int, str, int]:
        self.nodes.append(node_id)
        self._path_nodes[path] = node_id
        return node_id, "", -1

    def _node_at(self, path: str) -> int:
        try:
            return self._path_nodes[path]
        except KeyError:
            raise SynthesisError(
                f"nothing was ever at {path}", remedy="Create the file before the action that names it."
            ) from None

    def _content(self, action: Action) -> bytes:
        assert action.content is not None  # noqa: S101 - ACTION_KINDS says which actions have content
        stream = self._stream("content", action)
        written = self.clock.shown(action.modified or action.at)
        path = "" if action.kind in _PLAIN_TEXTS else action.path  # the host's ending says nothing about the text
        setting = Setting(path, persona(stream), written, self.values, self.item.corpus)
        return render(action.content, setting, stream)

    def _set_wished_times(self, action: Action, path: str) -> None:
        wished = {
            name: self.clock.local(moment)
            for name, moment in (("born", action.born), ("modified", action.modified), ("accessed", action.accessed))
            if moment is not None
        }
        if wished:
            self.volume.set_times(path, **wished)

    def _local(self, action: Action) -> datetime:
        return self.clock.local(action.at)

    def _personal_time(self, action: Action) -> datetime:
        return action.at + timedelta(seconds=self._stream("time", action).below(max(1, action.spread_s)))

    def _stream(self, purpose: str, action: Action) -> Stream:
        place = f"{action.kind}/{action.path}/{action.to_path}/{action.at.isoformat()}"
        return Stream(self.seed, f"{purpose}/{self.item.slug}/{place}")

    def _make_folders(self, folder: str, at: datetime) -> None:
        path = ""
        for name in folder.strip("/").split("/"):
            path += f"/{name}"
            if name and not self.volume.exists(path):
                self.play(Action("make_directory", at, path=path), story=False)

    def _remember(self, action: Action, node_id: int, text: str, offset: int) -> None:
        assert action.trace is not None  # noqa: S101 - the caller has looked
        if action.trace in self.planted:
            raise SynthesisError(
                f"{self.item.slug}: the trace {action.trace!r} is named twice",
                remedy="Give each trace a name of its own.",
            )
        defaults = {"delete": "deleted_file", "write_slack": "slack", "write_unallocated": "unallocated"}
        self.planted[action.trace] = Planted(
            trace=action.trace,
            kind=action.trace_kind or defaults.get(action.kind, "file"),
            event=action.kind,
            node_id=node_id,
            at_utc=action.at,
            text=text,
            offset_bytes=offset,
            facts=action.facts,
            requires=action.requires,
        )
