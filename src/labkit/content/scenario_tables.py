"""The shape of case.toml and scenario.toml. Unknown keys are errors; every key is described."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, model_validator

from labkit.content.logs_tables import LogsTable
from labkit.content.scene_tables import SceneTable
from labkit.content.schemas import Slug, Strict, Translated, VariableName
from labkit.model.scenario import ACTION_DETAILS, ACTION_KINDS
from labkit.model.truth import FACTS

Names = Annotated[list[VariableName], Field(min_length=2)]


class VariableTable(Strict):
    """What every variable has."""

    public: bool = Field(False, description="whether a brief may show it to the trainee; never for an answer")


class ConstantVariable(VariableTable):
    """The same for everybody; may hold {variables} declared above it."""

    kind: Literal["constant"] = Field(description="kind of variable")
    value: str = Field(min_length=1, description="its value; may hold {variables} declared above")


class PatternVariable(VariableTable):
    """Digits, letters and words in a fixed shape."""

    kind: Literal["pattern"] = Field(description="kind of variable")
    pattern: str = Field(
        min_length=1,
        description="# a digit, ^ a digit but not 0, @ a capital letter, % a hex digit, & a small one, ~ a small letter"
        " or digit, <list> a word of that list",
    )


class PlainVariable(VariableTable):
    """Kinds that need nothing more to be said."""

    kind: Literal[
        "person", "company", "account", "phone", "serial", "volume_serial", "seal", "bag", "port", "address", "password"
    ] = Field(description="kind of variable")


class AmountVariable(VariableTable):
    """A sum of money: a whole number with as many digits for everybody."""

    kind: Literal["amount"] = Field(description="kind of variable")
    low: int = Field(gt=0, description="smallest amount")
    high: int = Field(gt=0, description="largest amount")
    step: int = Field(1, gt=0, description="amounts are low plus a multiple of it")


class MomentVariable(VariableTable):
    """A local time or date inside a window, without a zone."""

    kind: Literal["time", "date"] = Field(description="kind of variable")
    begin: datetime = Field(description="earliest, local and without a zone")
    end: datetime = Field(description="latest, not reached")
    hours: tuple[int, int] = Field((0, 24), description="hours of the day from which a time is drawn, half-open")


class WordsVariable(VariableTable):
    """One word or several different ones of a list."""

    kind: Literal["words"] = Field(description="kind of variable")
    list: str = Field(min_length=1, description="word list of synthesis/words")
    count: int = Field(1, ge=1, le=12, description="how many words")


class ChoiceVariable(VariableTable):
    """One of a few values."""

    kind: Literal["choice"] = Field(description="kind of variable")
    of: list[str] = Field(min_length=2, description="values; may hold {variables} declared above")


class PermutationVariable(VariableTable):
    """The members in a personal order, each under a name of its own."""

    kind: Literal["permutation"] = Field(description="kind of variable")
    of: list[str] = Field(min_length=2, description="values; may hold {variables} declared above")
    names: Names = Field(description="names of the variables that take the members in drawn order")

    @model_validator(mode="after")
    def _as_many_names(self) -> "PermutationVariable":
        if len(self.of) != len(self.names):
            raise ValueError("'of' and 'names' must be equally long")
        return self


AnyVariable = Annotated[
    ConstantVariable
    | PatternVariable
    | PlainVariable
    | AmountVariable
    | MomentVariable
    | WordsVariable
    | ChoiceVariable
    | PermutationVariable,
    Field(discriminator="kind"),
]


class MachineTable(Strict):
    """A clock that writes times."""

    zone: str = Field(description="IANA zone, e.g. Asia/Almaty")
    clock_offset_s: int = Field(0, description="device minus true, in seconds; positive is fast")
    clock_set_at: AwareDatetime | None = Field(None, description="true time from which the clock is wrong")


class CaseFile(Strict):
    """case.toml: what the items of a case share."""

    slug: Slug = Field(description="the folder's name")
    title: Translated = Field(description="title by language")
    items: list[Slug] = Field(min_length=1, description="evidence items, each a folder with a scenario.toml")
    machines: dict[Slug, MachineTable] = Field(description="machines by name")
    variables: dict[VariableName, AnyVariable] = Field(description="personal values by name, drawn in this order")
    comment: Any = Field(None, description="a note for authors; not used")


class ContentTable(Strict):
    """Where the bytes of a file come from."""

    corpus: str | None = Field(None, description="template in corpus/; becomes the type that the file's ending names")
    text: str | None = Field(
        None, description="the text itself, with {variables}; becomes the type that the ending names"
    )
    generator: str | None = Field(None, description="maker of everyday content, e.g. photo, or note:ru for a language")
    size_bytes: int | None = Field(None, gt=0, description="length of the content")
    spread_bytes: int = Field(0, ge=0, description="the length is drawn from [size_bytes, size_bytes + spread_bytes)")
    encoding: Literal["utf-8", "utf-16", "cp1251", "koi8-r", "cp866", "cp1256"] = Field(
        "utf-8", description="encoding of a plain text"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "ContentTable":
        if sum(source is not None for source in (self.corpus, self.text, self.generator)) != 1:
            raise ValueError("needs exactly one of 'corpus', 'text' and 'generator'")
        return self


class ActionTable(Strict):
    """Something the story makes happen."""

    kind: str = Field(description="kind of action, see model/scenario.py ACTION_KINDS")
    at: AwareDatetime = Field(description="true time, with an offset")
    spread_s: int = Field(0, ge=0, description="the time is drawn from [at, at + spread_s)")
    path: str = Field("", description="path on the volume, with {variables}")
    to_path: str = Field("", description="second path, for copy, rename and move")
    content: ContentTable | None = Field(None, description="what is written")
    trace: Slug | None = Field(None, description="name of the trace in the truth")
    trace_kind: str | None = Field(None, description="kind of the trace, where the action does not say it")
    offset_bytes: int = Field(0, ge=0, description="distance: gap before slack text, place in the file of a remount")
    born: AwareDatetime | None = Field(None, description="true time to set as creation time")
    modified: AwareDatetime | None = Field(None, description="true time to set as last-write time")
    accessed: AwareDatetime | None = Field(None, description="true time to set as last access")
    facts: dict[str, str | int | list[str]] = Field(default_factory=dict, description="fixed facts of the trace")
    requires: list[str] = Field(default_factory=list, description="what must hold when the story is over")
    volume: str = Field("", description="name of the volume; the item's first one by default")
    details: dict[str, str | int] = Field(default_factory=dict, description="what only this kind of action takes")

    @model_validator(mode="after")
    def _fields_of_its_kind(self) -> "ActionTable":
        needed = ACTION_KINDS.get(self.kind)
        if needed is None:
            raise ValueError(f"'{self.kind}' is not a kind of action; known are {', '.join(sorted(ACTION_KINDS))}")
        missing = sorted(name for name in needed if not getattr(self, name))
        if missing:
            raise ValueError(f"an action '{self.kind}' needs {', '.join(missing)}")
        required, optional = ACTION_DETAILS.get(self.kind, (frozenset(), frozenset()))
        missing = sorted(required - self.details.keys())
        if missing:
            raise ValueError(f"the details of an action '{self.kind}' need {', '.join(missing)}")
        strange = sorted(self.details.keys() - required - optional)
        if strange:
            raise ValueError(f"the details of an action '{self.kind}' do not have {', '.join(strange)}")
        unknown = sorted(self.facts.keys() - FACTS.keys())
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not a fact of model/truth.py")
        return self


class LifeTable(Strict):
    """Everyday files under one folder."""

    folder: str = Field(pattern="^/", description="folder; it is made when the volume is formatted")
    count: int = Field(ge=0, description="how many files")
    kinds: list[str] = Field(min_length=1, description="kinds of files, see synthesis/world/life.py")
    languages: list[Literal["en", "ru", "fa"]] = Field(min_length=1, description="languages of names and texts")
    begin: AwareDatetime = Field(description="earliest creation")
    end: AwareDatetime = Field(description="nothing happens to the files from then on")
    deletions: int = Field(0, ge=0, description="how many of them are deleted again")
    volume: str = Field("", description="name of the volume; the item's first one by default")


Sector = Annotated[int | str, Field(description="sectors of 512 bytes; a text is filled with {variables}")]


class VolumeTable(Strict):
    """One partition and how it is formatted."""

    name: Slug = Field("data", description="how actions and traces name it")
    filesystem: Literal["", "FAT12", "FAT16", "FAT32", "exFAT", "NTFS", "ext4"] = Field(
        description="kind of file system; empty for a partition without one"
    )
    start_sector: Sector = Field(description="first sector of the partition")
    size_sectors: Sector = Field(description="length of the partition in sectors")
    cluster_bytes: int = Field(512, gt=0, description="bytes in one cluster or block")
    label: str = Field("", description="volume label")
    serial: str = Field(
        "", description="1A2B-3C4D for FAT and exFAT, 16 hex digits for NTFS, a UUID for ext4; may hold {variables}"
    )
    formatted: AwareDatetime = Field(description="true time of formatting")
    partition_type: Literal["", "efi", "reserved", "basic", "recovery", "linux"] = Field(
        "", description="type in the table; by the file system where it is left out"
    )
    in_table: bool = Field(True, description="false: its entry was deleted from the partition table")
    common: bool = Field(False, description="made once for all trainees; nothing of it may hold {variables}")


class DiskTable(Strict):
    """The partition table."""

    scheme: Literal["mbr", "gpt"] = Field("mbr", description="kind of partition table")
    damaged: str = Field("", description="copy of the GPT that is damaged: primary or backup; may hold {variables}")


class DeviceTable(Strict):
    """A stick that is plugged into the computer; every text may hold {variables}."""

    vendor: str = Field(max_length=8, description="vendor as the stick says it")
    product: str = Field(max_length=16, description="product as the stick says it")
    revision: str = Field(max_length=4, description="revision as the stick says it")
    serial: str = Field(description="serial number of the stick")
    volume_serial: str = Field(description="serial of its volume, 1A2B-3C4D")
    label: str = Field(description="label of its volume")
    letter: str = Field(pattern="^[D-Z]$", description="drive letter that it gets")


class ComputerTable(Strict):
    """A Windows computer and the person who works at it."""

    name: str = Field(max_length=15, description="name of the computer")
    user: str = Field(description="account of the person")
    full_name: str = Field(description="name of the person")
    organisation: str = Field(description="where the person works")
    mail: str = Field(description="mail address of the person")
    installed: AwareDatetime = Field(description="when Windows was installed")
    common_until: AwareDatetime = Field(description="what happens before is the same for all trainees")
    life_until: AwareDatetime = Field(description="end of everyday life")
    system_files: int = Field(gt=0, description="how many files the system itself has")
    languages: list[Literal["en", "ru", "fa"]] = Field(min_length=1, description="languages of everyday files and mail")
    devices: dict[Slug, DeviceTable] = Field(default_factory=dict, description="sticks by name")


class AcquisitionTable(Strict):
    """What the containers and logs say about how the image was made."""

    evidence_number: str = Field(description="evidence number of the container; may hold {variables}")
    description: str = Field(description="description in the container; may hold {variables}")
    examiner: str = Field(description="examiner in the container; may hold {variables}")
    case_number: str = Field(description="case number of the container; may hold {variables}")
    notes: str = Field("", description="notes in the container; may hold {variables}")
    tool: str = Field(description="name of the fictional acquisition tool")
    tool_version: str = Field(description="its version")
    operating_system: str = Field("", description="system that it ran on")
    acquired: AwareDatetime = Field(description="when the first pass began")
    second_pass: AwareDatetime | None = Field(None, description="when the second pass began")
    device_make: str | None = Field(None, description="maker of the source device")
    device_model: str | None = Field(None, description="model of the source device")
    device_serial: str | None = Field(None, description="serial number of the source device; may hold {variables}")
    device_connection: str | None = Field(None, description="how the source device is connected")


class QuartetTable(Strict):
    """Four small texts: two equal ones, a twin that differs from them in one byte, and another. Names of files."""

    pair_1: str = Field(description="one of the equal files; may hold {variables}")
    pair_2: str = Field(description="the other equal file; may hold {variables}")
    twin: str = Field(description="the file that differs in one byte; may hold {variables}")
    other: str = Field(description="the file that is different; may hold {variables}")
    near_1: str = Field(description="one of the near twins that the brief names; may hold {variables}")
    near_2: str = Field(description="the other of them; may hold {variables}")


class NoteTable(Strict):
    """A moment that somebody noted as local time."""

    trace: Slug = Field(description="name of the trace")
    variable: VariableName = Field(description="variable that holds the local time")
    zone: str = Field(description="IANA zone of the place")


class SyncCopyTable(Strict):
    """One copy of the fictional program in a folder of samples."""

    host: str = Field(min_length=1, description="host of its configuration; may hold {variables}")
    port: str = Field(min_length=1, description="port of its configuration, in digits; may hold {variables}")
    key: str = Field(min_length=1, description="byte that hides the configuration, 1 to 255; may hold {variables}")


class SamplesTable(Strict):
    """A folder of small files for YARA."""

    clean_count: int = Field(gt=0, le=900, description="how many clean files, decoys among them")
    variants: list[SyncCopyTable] = Field(min_length=3, description="copies of the program, with two hosts in all")


class CapturedTable(Strict):
    """The moment at which memory was copied: an event of a scene of the same case."""

    scene: Slug = Field(description="item of kind scene")
    event: Slug = Field(description="id of the event in its duty log")


class MemoryTable(Strict):
    """The memory of a machine: bases that were captured, and the personal values in them."""

    bases: list[Slug] = Field(min_length=1, description="folders of the item; a trainee gets one of them")
    captured: CapturedTable = Field(description="when it was copied")
    tokens: dict[str, str] = Field(description="value of each token of the bases; may hold {variables}")
    rows: dict[str, str] = Field(
        default_factory=dict, description="shape of tokens that are numbered, such as name_001; # is a digit"
    )


class ItemFile(Strict):
    """scenario.toml: one evidence item."""

    exhibit: str = Field(description="exhibit number")
    kind: Literal["medium", "files", "scene", "records", "samples", "memory", "logs"] = Field(
        description="partitioned image, loose files, a searched room, the papers of another case, files for YARA, a"
        " memory image, or logs with mail and a network capture"
    )
    machine: Slug = Field(description="machine whose clock writes the times")
    size_bytes: int = Field(0, ge=0, multiple_of=512, description="length of the medium; for kinds medium and files")
    volume: VolumeTable | None = Field(None, description="the only partition and its file system; for kind medium")
    volumes: list[VolumeTable] = Field(
        default_factory=list, description="partitions in the order of the medium, that of the story first marked by use"
    )
    disk: DiskTable = Field(
        default_factory=lambda: DiskTable.model_validate({}), description="the partition table; for kind medium"
    )
    computer: ComputerTable | None = Field(None, description="the computer whose disk it is")
    acquisition: AcquisitionTable | None = Field(
        None, description="what containers and logs say; for kinds medium and files"
    )
    stem: str = Field("", description="name of the image files, without ending; for kinds medium, files and memory")
    quartet: QuartetTable | None = Field(None, description="four small texts; for kind files")
    note: NoteTable | None = Field(None, description="a noted moment; for kind files")
    scene: SceneTable | None = Field(None, description="a searched room; for kind scene")
    samples: SamplesTable | None = Field(None, description="a folder of files for YARA; for kind samples")
    memory: MemoryTable | None = Field(None, description="a captured machine; for kind memory")
    logs: LogsTable | None = Field(None, description="logs, mail and captured traffic; for kind logs")
    products: list[Slug] = Field(min_length=1, description="what is handed out, see synthesis/products.py")
    life: list[LifeTable] = Field(default_factory=list, description="ordinary life")
    actions: list[ActionTable] = Field(default_factory=list, description="the story")
    comment: Any = Field(None, description="a note for authors; not used")

    @model_validator(mode="after")
    def _volumes_where_needed(self) -> "ItemFile":
        if self.volume is not None and self.volumes:
            raise ValueError("has both [volume] and [[volumes]]; take one of them")
        if (self.volume is None and not self.volumes) == (self.kind == "medium"):
            raise ValueError("kind 'medium' needs [volume] or [[volumes]], and only that kind has them")
        names = [volume.name for volume in self.volumes]
        if len(set(names)) < len(names):
            raise ValueError("two volumes have the same name")
        return self

    @model_validator(mode="after")
    def _what_its_kind_needs(self) -> "ItemFile":
        tables = {"scene": self.scene, "samples": self.samples, "memory": self.memory, "logs": self.logs}
        for kind, table in tables.items():
            if (table is None) == (self.kind == kind):
                raise ValueError(f"kind '{kind}' needs [{kind}], and only that kind has it")
        if self.kind in {"medium", "files"} and not (self.size_bytes and self.acquisition and self.stem):
            raise ValueError("needs size_bytes, stem and [acquisition]; only kinds 'medium' and 'files' have them")
        if self.kind == "memory" and not self.stem:
            raise ValueError("kind 'memory' needs stem")
        return self
