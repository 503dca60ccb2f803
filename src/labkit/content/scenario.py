"""case.toml and scenario.toml to a ``CaseScenario``: what a case folder says, checked, as plain dataclasses."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit.content.codes import Problem, in_order
from labkit.content.logs_tables import LogsTable
from labkit.content.reader import content_root
from labkit.content.scenario_tables import (
    ActionTable,
    AnyVariable,
    CaseFile,
    ComputerTable,
    ItemFile,
    LifeTable,
    MemoryTable,
    SamplesTable,
    VolumeTable,
)
from labkit.content.scene_tables import scene_spec
from labkit.content.toml_files import read_model
from labkit.errors import ContentError
from labkit.model.scenario import (
    Action,
    CaseScenario,
    ComputerSpec,
    Content,
    DeviceSpec,
    DiskSpec,
    ItemScenario,
    Life,
    LogEvent,
    LogsSpec,
    Machine,
    MemorySpec,
    SamplesSpec,
    SyncCopySpec,
    Variable,
    VolumeSpec,
)


def load_case(slug: str, root: Path | None = None) -> CaseScenario:
    """Read ``evidence_images/<slug>`` below ``root``, by default below the content root.

    Raises:
        ContentError: There is no such case, or a file of it is wrong; ``problems`` holds all of them.
    """
    root = content_root() if root is None else root
    folder = root / "evidence_images" / slug
    if not (folder / "case.toml").is_file():
        found = ", ".join(sorted(path.parent.name for path in (root / "evidence_images").glob("*/case.toml"))) or "none"
        raise ContentError(
            f"there is no case {slug!r} in evidence_images/", remedy=f"Choose one of the cases that are there: {found}."
        )
    case, problems = read_model(folder / "case.toml", root, CaseFile)
    items: dict[str, ItemScenario] = {}
    tables: dict[str, ItemFile] = {}
    for name in case.items if case else []:
        path = folder / name / "scenario.toml"
        if not path.is_file():
            problems += (Problem(path.relative_to(root), "", "LK104", "is missing"),)
            continue
        item, found_here = read_model(path, root, ItemFile)
        problems += found_here
        if item is not None and case is not None:
            problems += tuple(_broken_names(path.relative_to(root), item, case))
            items[name] = _item(name, item, path.parent / "corpus")
            tables[name] = item
    machines = _machines(case) if case else {}
    problems += _join_items(items, tables, machines, folder, root)
    if case is not None and case.slug != slug:
        message = f"is {case.slug!r}, the folder is {slug!r}; they must be the same"
        problems += (Problem((folder / "case.toml").relative_to(root), "slug", "LK110", message),)
    if problems or case is None:
        raise ContentError(
            f"the case {slug} has {len(problems)} problem(s)",
            remedy="Correct the files that are named.",
            problems=tuple(str(problem) for problem in in_order(problems)),
        )
    return CaseScenario(
        slug=slug,
        title=case.title,
        variables=tuple(_variable(name, table) for name, table in case.variables.items()),
        machines=machines,
        items=items,
    )


def _join_items(
    items: dict[str, ItemScenario],
    tables: Mapping[str, ItemFile],
    machines: Mapping[str, Machine],
    folder: Path,
    root: Path,
) -> tuple[Problem, ...]:
    """Give the items that tell of others what they need of those; return what is missing."""
    problems: tuple[Problem, ...] = ()
    for name, table in tables.items():
        if table.memory is not None:
            memory, found = _memory(table.memory, folder / name, items, root)
            items[name] = replace(items[name], memory=memory)
            problems += found
    for name, table in tables.items():
        if table.logs is not None:
            logs, found = _logs(table.logs, folder / name, items, machines, root)
            items[name] = replace(items[name], logs=logs)
            problems += found
    return problems


def _machines(case: CaseFile) -> dict[str, Machine]:
    return {
        name: Machine(name, table.zone, table.clock_offset_s, _utc(table.clock_set_at))
        for name, table in sorted(case.machines.items())
    }


def _broken_names(path: Path, item: ItemFile, case: CaseFile) -> Iterator[Problem]:
    """Yield what one table alone can not see: machines, corpus files and traces that do not fit together."""
    if item.machine not in case.machines:
        yield Problem(path, "machine", "LK102", f"is {item.machine!r}; case.toml has no such machine")
    volumes = {volume.name for volume in item.volumes} | {"", "data"}
    traces: set[str] = set()
    for number, action in enumerate(item.actions, start=1):
        if action.trace in traces:
            yield Problem(path, f"actions[{number}].trace", "LK102", f"is {action.trace!r}, which is taken")
        if action.trace:
            traces.add(action.trace)
        if action.volume not in volumes:
            yield Problem(path, f"actions[{number}].volume", "LK102", f"is {action.volume!r}; there is no such volume")


def _variable(name: str, table: AnyVariable) -> Variable:
    options = {key: _frozen(value) for key, value in table.model_dump(exclude={"kind", "public"}).items()}
    return Variable(name, table.kind, options, public=table.public)


def _item(slug: str, table: ItemFile, corpus: Path) -> ItemScenario:
    settings: dict[str, str | int] = {"stem": table.stem}
    for key, value in table.acquisition.model_dump(exclude_none=True).items() if table.acquisition else ():
        settings[key] = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    for name, part in (("quartet", table.quartet), ("note", table.note)):
        if part is not None:
            settings |= {f"{name}_{key}": value for key, value in part.model_dump().items()}
    volumes = table.volumes if table.volume is None else [table.volume]
    files = sorted(corpus.iterdir(), key=lambda path: path.name) if corpus.is_dir() else []
    return ItemScenario(
        slug=slug,
        exhibit=table.exhibit,
        kind=table.kind,
        machine=table.machine,
        size_bytes=table.size_bytes,
        volumes=tuple(_volume(volume) for volume in volumes),
        life=tuple(_life(life) for life in table.life),
        actions=tuple(_action(action) for action in table.actions),
        corpus={path.name: path.read_bytes() for path in files if path.is_file()},
        products=tuple(table.products),
        settings=settings,
        disk=DiskSpec(**table.disk.model_dump()) if table.disk else DiskSpec(),
        computer=_computer(table.computer) if table.computer else None,
        scene=scene_spec(table.scene) if table.scene else None,
        samples=_samples(table.samples) if table.samples else None,
    )


def _memory(
    table: MemoryTable, folder: Path, items: Mapping[str, ItemScenario], root: Path
) -> tuple[MemorySpec | None, tuple[Problem, ...]]:
    """Return the specification of a memory, which names an event of another item; or why there is none."""
    where, scene = table.captured, items.get(table.captured.scene)
    events = scene.scene.events if scene is not None and scene.scene is not None else ()
    event = next((one for one in events if one.id == where.event), None)
    path, problems = (folder / "scenario.toml").relative_to(root), []
    if event is None:
        problems.append(
            Problem(path, "memory.captured", "LK102", f"no scene {where.scene!r} has an event {where.event!r}")
        )
    problems += [
        Problem(path, "memory.bases", "LK104", f"names {name!r}, and {name}/manifest.json is missing")
        for name in table.bases
        if not (folder / name / "manifest.json").is_file()
    ]
    if problems or event is None:
        return None, tuple(problems)
    bases = tuple(folder / name for name in table.bases)
    return MemorySpec(bases, table.tokens, table.rows, event, where.scene), ()


def _logs(
    table: LogsTable,
    folder: Path,
    items: Mapping[str, ItemScenario],
    machines: Mapping[str, Machine],
    root: Path,
) -> tuple[LogsSpec | None, tuple[Problem, ...]]:
    """Return the specification of logs, which tell of other items what those tell themselves; or why there is none."""
    path, problems = (folder / "scenario.toml").relative_to(root), []
    memory = items.get(table.memory)
    if memory is None or memory.kind != "memory":
        problems.append(_nothing(path, "logs.memory", f"the case has no memory {table.memory!r}"))
    computer = items.get(table.computer.item)
    known = {action.trace: action for action in computer.actions} if computer is not None else {}
    problems += [
        _nothing(path, "logs.computer", f"the item {table.computer.item!r} has no trace {trace!r}")
        for trace in table.computer.traces
        if trace not in known
    ]
    if problems or memory is None or memory.machine not in machines:  # the last is told where it stands
        return None, tuple(problems)
    moments = {name: getattr(table, name).astimezone(UTC) for name in ("exported_from", "exported_until")}
    events = tuple(LogEvent(name, one.at.astimezone(UTC), one.spread_s) for name, one in table.events.items())
    shared = {trace: known[trace] for trace in table.computer.traces}
    spec = LogsSpec(
        router_zone=table.router_zone,
        router_offset_s=table.router_offset_s,
        **moments,
        events=events,
        values=table.values,
        computer=table.computer.item,
        shared=shared,
        memory=table.memory,
        captured=memory.memory,
        memory_machine=machines[memory.machine],
    )
    return spec, ()


def _nothing(path: Path, key: str, message: str) -> Problem:
    return Problem(path, key, "LK102", message)


def _samples(table: SamplesTable) -> SamplesSpec:
    return SamplesSpec(table.clean_count, tuple(SyncCopySpec(**copy.model_dump()) for copy in table.variants))


def _volume(table: VolumeTable) -> VolumeSpec:
    return VolumeSpec(**{**table.model_dump(), "formatted": table.formatted.astimezone(UTC)})


def _computer(table: ComputerTable) -> ComputerSpec:
    moments = {key: getattr(table, key).astimezone(UTC) for key in ("installed", "common_until", "life_until")}
    devices = tuple(DeviceSpec(name, **device.model_dump()) for name, device in table.devices.items())
    known = table.model_dump(exclude={"devices", "languages", *moments})
    return ComputerSpec(**known, **moments, languages=tuple(table.languages), devices=devices)


def _life(table: LifeTable) -> Life:
    return Life(
        folder=table.folder,
        count=table.count,
        kinds=tuple(table.kinds),
        languages=tuple(table.languages),
        begin=table.begin.astimezone(UTC),
        end=table.end.astimezone(UTC),
        deletions=table.deletions,
        volume=table.volume,
    )


def _action(table: ActionTable) -> Action:
    content = table.content
    return Action(
        kind=table.kind,
        at=table.at.astimezone(UTC),
        path=table.path,
        to_path=table.to_path,
        content=Content(**content.model_dump()) if content else None,
        trace=table.trace,
        trace_kind=table.trace_kind,
        offset_bytes=table.offset_bytes,
        born=_utc(table.born),
        modified=_utc(table.modified),
        accessed=_utc(table.accessed),
        facts={key: _frozen(value) for key, value in table.facts.items()},
        spread_s=table.spread_s,
        requires=tuple(table.requires),
        volume=table.volume,
        details=table.details,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _frozen(value: Any) -> str | int | tuple[str, ...]:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (list, tuple)):
        return tuple(str(member) for member in value)
    return value if isinstance(value, int) else str(value)
