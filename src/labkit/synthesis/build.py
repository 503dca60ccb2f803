"""The pipeline: a case and a seed become evidence files and the truth about them.

``derive_truth`` goes the same way without writing anything, so what grading compares with is what was built.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario, ItemScenario
from labkit.model.truth import FACTS, CaseTruth, GroundTruth, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.conditions import check_traces
from labkit.synthesis.filesystems.fat import FatKind, FatVolume
from labkit.synthesis.loose_files import fill_small_medium
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.products import make_products
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import story_traces, volume_traces
from labkit.synthesis.variables import draw_variables, public_names
from labkit.synthesis.volumes import FAT_PARTITION_TYPES, MbrPartition, write_mbr
from labkit.synthesis.world.world import World

_FAT_KINDS: Mapping[str, FatKind] = {"FAT12": "FAT12", "FAT16": "FAT16", "FAT32": "FAT32"}


@dataclass(frozen=True, slots=True)
class BuiltCase:
    """What one trainee gets, and what is true about it."""

    truth: CaseTruth
    public_variables: Mapping[str, str]
    files: Mapping[str, Path]  # name relative to evidence/, such as "usb/KF-06.raw"


def build_case(
    case: CaseScenario,
    seed: bytes,
    out: Path,
    *,
    items: Sequence[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> BuiltCase:
    """Build the evidence of one trainee into ``out``.

    The files appear together when all are finished; on an error, Ctrl-C included, none of them is left.

    Args:
        case: The case, from ``content.scenario.load_case``.
        seed: The trainee's secret, any length; the same seed gives the same bytes everywhere.
        out: The folder that becomes ``evidence/``; it is made if it is missing.
        items: Which items, by slug; all by default.
        progress: Called with a short line before each step.

    Raises:
        SynthesisError: The story can not be played, or a trace would not stand as required.
        OSError: ``out`` can not be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    with Shelf(out) as shelf:
        truth = _play_case(case, seed, shelf, items, progress)
        files = shelf.files
    public = {name: truth.variables[name] for name in public_names(case)}
    return BuiltCase(truth, public, files)


def derive_truth(case: CaseScenario, seed: bytes, *, items: Sequence[str] | None = None) -> CaseTruth:
    """Return the truth that ``build_case`` gives, without writing a file.

    Raises:
        SynthesisError: As ``build_case``.
    """
    with Shelf(None) as shelf:
        return _play_case(case, seed, shelf, items, None)


def play_item(case: CaseScenario, slug: str, seed: bytes, values: Mapping[str, str]) -> PlayedItem:
    """Play the story of one item and check its traces; nothing is packed yet.

    Raises:
        SynthesisError: The story can not be played, or a trace does not stand as required.
    """
    item = _item(case, slug)
    clock = DeviceClock(case.machines[item.machine])
    medium = Medium(item.size_bytes)
    if item.volume is None:
        fill_small_medium(medium, Stream(seed, f"medium/{slug}"))
        return PlayedItem(item, seed, values, clock, medium, None)
    played = PlayedItem(item, seed, values, clock, medium, None)
    volume = _format(played)
    world = World(item, medium, volume, clock, values, seed)
    world.play_all()
    volume.flush()
    check_traces(world)
    return PlayedItem(item, seed, values, clock, medium, world)


def _play_case(
    case: CaseScenario,
    seed: bytes,
    shelf: Shelf,
    items: Sequence[str] | None,
    progress: Callable[[str], None] | None,
) -> CaseTruth:
    report = progress or _silent
    values = draw_variables(case, seed)
    truths: dict[str, GroundTruth] = {}
    for slug in case.items if items is None else dict.fromkeys(items):
        report(f"{slug}: story")
        played = play_item(case, slug, seed, values)
        traces = [*make_products(played, shelf, report), *_world_traces(played)]
        truths[slug] = GroundTruth(slug, _by_name(slug, traces))
    return CaseTruth(case.slug, values, truths)


def _format(played: PlayedItem) -> FatVolume:
    spec = played.item.volume
    assert spec is not None  # noqa: S101 - the caller has looked
    kind = _FAT_KINDS.get(spec.filesystem)
    if kind is None:
        raise SynthesisError(
            f"the item {played.item.slug} asks for the file system {spec.filesystem!r}, which can not be written yet",
            remedy=f"Take one of: {', '.join(sorted(_FAT_KINDS))}.",
        )
    sectors = int(played.setting("volume_sectors"))
    signature = Stream(played.seed, f"disk-signature/{played.item.slug}").between(1, 0xFFFFFFFF)
    write_mbr(played.medium, [MbrPartition(FAT_PARTITION_TYPES[kind], spec.start_sector, sectors)], signature)
    serial = played.setting("volume_serial")
    try:
        number = int(serial.replace("-", ""), 16)
    except ValueError:
        raise SynthesisError(
            f"{serial!r} is not a volume serial", remedy="Write eight hexadecimal digits such as 1A2B-3C4D."
        ) from None
    return FatVolume(
        played.medium,
        start_bytes=spec.start_sector * SECTOR_BYTES,
        size_bytes=sectors * SECTOR_BYTES,
        kind=kind,
        cluster_bytes=spec.cluster_bytes,
        label=spec.label,
        serial=number,
        formatted=played.clock.local(spec.formatted),
    )


def _world_traces(played: PlayedItem) -> tuple[Trace, ...]:
    world, spec = played.world, played.item.volume
    if world is None or spec is None:
        return ()
    sectors = int(played.setting("volume_sectors"))
    return (
        *volume_traces(world, start_sector=spec.start_sector, size_sectors=sectors, label=spec.label),
        *story_traces(world),
    )


def _by_name(slug: str, traces: Sequence[Trace]) -> Mapping[str, Trace]:
    found: dict[str, Trace] = {}
    for trace in traces:
        unknown = sorted(trace.facts.keys() - FACTS.keys())
        if trace.id in found or unknown:
            raise SynthesisError(
                f"the trace {slug}:{trace.id} is made twice or has unknown facts: {', '.join(unknown) or 'none'}",
                remedy="Give each trace a name of its own, and describe its facts in model/truth.py.",
            )
        found[trace.id] = trace
    return found


def _item(case: CaseScenario, slug: str) -> ItemScenario:
    try:
        return case.items[slug]
    except KeyError:
        raise SynthesisError(
            f"the case {case.slug} has no item {slug!r}", remedy=f"Take one of: {', '.join(case.items)}."
        ) from None


def _silent(_line: str) -> None:
    """Report nothing."""
