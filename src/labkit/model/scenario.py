"""A story as data: variables, machines, items and typed actions with times.

Texts in a story may hold ``{variable}``; they are filled when the world plays the action. Times are aware and true
(what a good clock would have shown); the machine's own clock decides what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Variable:
    """One value drawn for each trainee. ``kind`` decides how it looks; ``options`` narrow the draw."""

    name: str
    kind: str
    options: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)
    public: bool = False  # may be shown to the trainee in briefs and guides


@dataclass(frozen=True, slots=True)
class Machine:
    """A clock that writes times: its IANA zone and its error (device minus true, seconds; positive is fast)."""

    name: str
    zone: str
    clock_offset_s: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """Where the bytes of a file come from: exactly one of the fields is set."""

    corpus: str | None = None  # a template file of the item's corpus/ folder, text with {variables}
    text: str | None = None  # the text itself, with {variables}
    generator: str | None = None  # a named maker: "photo", "spreadsheet", "document", "notes", "random", ...
    size_bytes: int | None = None  # wish for the generators that can be sized
    spread_bytes: int = 0  # the size is drawn from [size_bytes, size_bytes + spread_bytes) for each trainee


@dataclass(frozen=True, slots=True)
class Action:
    """Something the story makes happen. ``trace`` names it in the truth; None plants nothing.

    ``kind`` is one of ``ACTION_KINDS``; which other fields it needs stands there.
    """

    kind: str
    at: datetime
    path: str = ""
    to_path: str = ""
    content: Content | None = None
    trace: str | None = None
    trace_kind: str | None = None
    offset_bytes: int = 0
    born: datetime | None = None
    modified: datetime | None = None
    accessed: datetime | None = None
    facts: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)  # fixed facts to add to the trace
    spread_s: int = 0  # the true time is drawn from [at, at + spread_s) for each trainee
    requires: tuple[str, ...] = ()  # what must hold for the trace when the story is over (see synthesis.conditions)


ACTION_KINDS: Mapping[str, frozenset[str]] = {
    # kind: fields it needs besides at
    "make_directory": frozenset({"path"}),
    "create": frozenset({"path", "content"}),
    "copy": frozenset({"path", "to_path"}),
    "rename": frozenset({"path", "to_path"}),
    "move": frozenset({"path", "to_path"}),
    "append": frozenset({"path", "content"}),
    "open": frozenset({"path"}),
    "delete": frozenset({"path"}),
    "overwrite": frozenset({"path", "content"}),
    "set_times": frozenset({"path"}),
    "write_slack": frozenset({"path", "content"}),
    "write_unallocated": frozenset({"content"}),
    # remount: pulled out after an eject; with path: without one, and the stick remembers as the next free place the
    # one it had while this file was written, offset_bytes into it
    "remount": frozenset(),
    "watch": frozenset({"path", "trace"}),  # plants nothing new: names what already stands at path
}


@dataclass(frozen=True, slots=True)
class Life:
    """Ordinary life: how many everyday files of which kinds appear under a folder, between two times."""

    folder: str
    count: int
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    begin: datetime
    end: datetime
    deletions: int = 0


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """How the medium is formatted."""

    filesystem: str  # "FAT12", "FAT16", "FAT32"
    start_sector: int
    cluster_bytes: int
    label: str
    formatted: datetime


@dataclass(frozen=True, slots=True)
class ItemScenario:
    """One evidence item: the medium, its volume and its story in order."""

    slug: str
    exhibit: str
    kind: str  # "medium" (partitioned image) or "files" (loose files)
    machine: str
    size_bytes: int
    volume: VolumeSpec | None
    life: tuple[Life, ...]
    actions: tuple[Action, ...]
    corpus: Mapping[str, bytes] = field(default_factory=dict)
    products: tuple[str, ...] = ()  # what is handed out: "raw", "e01", "second_pass", ...
    settings: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseScenario:
    """A set of evidence items that share people, places, clocks and variables."""

    slug: str
    title: Mapping[str, str]
    variables: tuple[Variable, ...]
    machines: Mapping[str, Machine]
    items: Mapping[str, ItemScenario]
