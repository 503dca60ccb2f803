"""The pipeline: a case and a seed become evidence files and the truth about them.

``derive_truth`` goes the same way without writing anything, so what grading compares with is what was built.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import SynthesisError
from labkit.lasting import lasting_objects
from labkit.model.scenario import CaseScenario, ItemScenario
from labkit.model.truth import FACTS, CaseTruth, GroundTruth, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.conditions import check_traces
from labkit.synthesis.disk_traces import disk_traces
from labkit.synthesis.loose_files import fill_small_medium
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.products import make_products
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.staging import play_computer, play_stick
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import story_traces
from labkit.synthesis.variables import draw_variables, public_names


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
    machine = case.machines[item.machine]
    clock = DeviceClock(machine)
    if not item.volumes:
        medium = Medium(item.size_bytes or SECTOR_BYTES)  # a scene has none; nothing is made of this one
        fill_small_medium(medium, Stream(seed, f"medium/{slug}"))
        return PlayedItem(item, seed, values, clock, medium, None)
    with lasting_objects():
        world = (play_computer if item.computer else play_stick)(item, machine, seed, values)
    check_traces(world)
    return PlayedItem(item, seed, values, clock, world.medium, world)


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


def _world_traces(played: PlayedItem) -> tuple[Trace, ...]:
    world = played.world
    return () if world is None else (*disk_traces(world), *story_traces(world))


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
