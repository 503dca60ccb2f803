"""A story as data: variables, machines, items and typed actions with times.

Texts in a story may hold ``{variable}``; they are filled when the world plays the action. Times are aware and true
(what a good clock would have shown); the machine's own clock decides what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from labkit.model.scene import SceneEvent, SceneSpec


@dataclass(frozen=True, slots=True)
class Variable:
    """One value drawn for each trainee. ``kind`` decides how it looks; ``options`` narrow the draw."""

    name: str
    kind: str
    options: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)
    public: bool = False  # may be shown to the trainee in briefs and guides


@dataclass(frozen=True, slots=True)
class Machine:
    """A clock that writes times: its IANA zone and its error (device minus true, seconds; positive is fast).

    Before ``clock_set_at`` (true time), if there is such a moment, the clock was right.
    """

    name: str
    zone: str
    clock_offset_s: int = 0
    clock_set_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Where the bytes of a file come from: exactly one of the fields is set."""

    corpus: str | None = None  # a template file of the item's corpus/ folder, text with {variables}
    text: str | None = None  # the text itself, with {variables}
    generator: str | None = None  # a named maker: "photo", "spreadsheet", "document", "notes", "random", ...
    size_bytes: int | None = None  # wish for the generators that can be sized
    spread_bytes: int = 0  # the size is drawn from [size_bytes, size_bytes + spread_bytes) for each trainee
    encoding: str = "utf-8"  # of a text that becomes a plain text file


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
    volume: str = ""  # the name of the volume it happens on; the item's first one by default
    details: Mapping[str, str | int] = field(default_factory=dict)  # what only this kind of action takes


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
    # a file whose clusters do not follow each other; details.word is put where one piece ends and the next begins
    "create_in_pieces": frozenset({"path", "content"}),
    # a photo comes from a camera, whose clock runs in the zone details.zone: taken at modified, or within
    # details.taken_within_s seconds from then
    "import_photo": frozenset({"path", "content", "modified"}),
    "write_stream": frozenset({"path", "content"}),  # a named stream beside the content; details.stream is its name
    "write_record_slack": frozenset({"path", "content"}),
    # -- a computer with a person at it; each leaves the traces that Windows leaves ------------------------------------
    "boot": frozenset(),
    "log_on": frozenset(),
    "log_off": frozenset(),
    "shut_down": frozenset(),
    "set_clock": frozenset(),  # the clock gets its error; see Machine.clock_set_at
    "install_program": frozenset(),
    "run_program": frozenset(),
    "save_document": frozenset({"path", "content"}),  # written by its program: new, or over what was there
    "open_document": frozenset({"path"}),
    "open_on_device": frozenset({"path"}),  # a document on a stick that is plugged in
    "type_path": frozenset(),  # a path is typed into the address bar of Explorer
    "pack": frozenset({"path", "to_path"}),  # a file, or the files of a folder, into a zip archive
    "visit": frozenset(),
    "forget": frozenset(),  # one address is deleted from a browser's history
    "download": frozenset({"path", "content"}),
    "receive_mail": frozenset({"content"}),
    "send_mail": frozenset({"content"}),
    "save_mail": frozenset({"path"}),  # the message that came last, as a file of its own
    "plug_in_usb": frozenset(),
    "unplug_usb": frozenset(),
    "recycle": frozenset({"path"}),
}

# The keys of ``details``: those that an action must have, and those that it may have.
ACTION_DETAILS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "create_in_pieces": (frozenset({"pieces"}), frozenset({"word"})),
    "write_unallocated": (frozenset(), frozenset({"cluster"})),  # a quiet place, if none is named
    "import_photo": (frozenset({"zone"}), frozenset({"taken_within_s"})),
    "write_stream": (frozenset({"stream"}), frozenset()),
    "install_program": (frozenset({"program"}), frozenset()),
    "run_program": (frozenset({"program"}), frozenset({"argument"})),
    "open_on_device": (frozenset({"device"}), frozenset({"size_bytes"})),
    "type_path": (frozenset({"typed"}), frozenset()),
    "visit": (frozenset({"url", "title"}), frozenset({"browser", "typed"})),
    "forget": (frozenset({"url"}), frozenset({"browser"})),
    "download": (frozenset({"url"}), frozenset({"browser", "referrer"})),
    "receive_mail": (frozenset({"sender", "subject"}), frozenset({"sender_name", "attachment", "relay"})),
    "send_mail": (frozenset({"recipient", "subject"}), frozenset({"recipient_name", "attachment"})),
    "plug_in_usb": (frozenset({"device"}), frozenset({"first"})),
    "unplug_usb": (frozenset({"device"}), frozenset()),
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
    volume: str = ""  # the item's first one by default


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """One partition and how it is formatted. Texts may hold ``{variables}``, numbers too where they are texts."""

    filesystem: str  # "FAT12" ... "exFAT", "NTFS", "ext4"; empty: a partition without a file system
    start_sector: int | str
    cluster_bytes: int
    label: str
    formatted: datetime
    size_sectors: int | str
    serial: str = ""  # 1A2B-3C4D for FAT and exFAT, 16 hexadecimal digits for NTFS, a UUID for ext4
    name: str = "data"  # how actions and traces name it
    partition_type: str = ""  # "efi", "reserved", "basic", "recovery", "linux"; by the file system if it is empty
    in_table: bool = True  # False: its entry was deleted from the partition table
    common: bool = False  # made once for all trainees, with what happens on it before ComputerSpec.common_until


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """The partition table: its scheme, and which copy of a GPT is damaged ("primary", "backup" or none)."""

    scheme: str = "mbr"
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A stick that is plugged into a computer. Texts may hold ``{variables}``."""

    name: str
    vendor: str
    product: str
    revision: str
    serial: str
    volume_serial: str
    label: str
    letter: str


@dataclass(frozen=True, slots=True)
class ComputerSpec:
    """A Windows computer and the person who works at it."""

    name: str
    user: str
    full_name: str
    organisation: str
    mail: str
    installed: datetime
    common_until: datetime  # what happens before is the same for all trainees, and is played once
    life_until: datetime  # the last day of everyday life
    system_files: int  # how many files the system itself has
    languages: tuple[str, ...]  # of everyday files and mail
    devices: tuple[DeviceSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncCopySpec:
    """One copy of the fictional program ``kf_sync`` in a folder of samples. Texts may hold ``{variables}``."""

    host: str
    port: str
    key: str  # the byte that hides its configuration, in decimal


@dataclass(frozen=True, slots=True)
class SamplesSpec:
    """A folder of small files: how many are clean, and the copies of the program among them."""

    clean_count: int
    variants: tuple[SyncCopySpec, ...]


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """Captured bases of a machine's memory, and the values that are put into a copy of one of them."""

    bases: tuple[Path, ...]
    tokens: Mapping[str, str]  # token of the bases -> its value, with ``{variables}``
    rows: Mapping[str, str]  # tokens that are numbered, name_001 and so on: their shape; # is a digit
    captured: SceneEvent  # the event of a scene at which the memory was copied
    scene: str  # the item that has the scene


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that logs tell of: its name, its true time, and how far that is drawn for each trainee."""

    id: str
    at: datetime
    spread_s: int = 0


@dataclass(frozen=True, slots=True)
class LogsSpec:
    """Logs of a provider, of a mailbox and of a router. Texts may hold ``{variables}``.

    What other items of the case tell has the same moments here: ``shared`` are actions of the item ``computer``, by
    the names of their traces; ``memory`` is the item of that name, whose machine has the clock ``memory_machine``.
    """

    router_zone: str
    router_offset_s: str  # router minus true time, in seconds, in digits
    exported_from: datetime
    exported_until: datetime
    events: tuple[LogEvent, ...]
    values: Mapping[str, str]
    computer: str
    shared: Mapping[str, Action]
    memory: str
    captured: MemorySpec | None
    memory_machine: Machine


@dataclass(frozen=True, slots=True)
class ItemScenario:
    """One evidence item: the medium, its volumes and its story in order."""

    slug: str
    exhibit: str
    kind: str  # "medium" (partitioned image), "files" (loose files), "scene" (pictures and forms), "records" (papers)
    # "samples" (files for YARA), "memory" (a memory image) or "logs" (logs, mail and a network capture)
    machine: str
    size_bytes: int
    volumes: tuple[VolumeSpec, ...]
    life: tuple[Life, ...]
    actions: tuple[Action, ...]
    corpus: Mapping[str, bytes] = field(default_factory=dict)
    products: tuple[str, ...] = ()  # what is handed out: "raw", "e01", "second_pass", ...
    settings: Mapping[str, str | int] = field(default_factory=dict)
    disk: DiskSpec = DiskSpec()
    computer: ComputerSpec | None = None
    scene: SceneSpec | None = None
    samples: SamplesSpec | None = None
    memory: MemorySpec | None = None
    logs: LogsSpec | None = None


@dataclass(frozen=True, slots=True)
class CaseScenario:
    """A set of evidence items that share people, places, clocks and variables."""

    slug: str
    title: Mapping[str, str]
    variables: tuple[Variable, ...]
    machines: Mapping[str, Machine]
    items: Mapping[str, ItemScenario]
