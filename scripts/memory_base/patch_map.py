"""The patch map of a capture: every place of every personal value."""

from collections.abc import Iterator

from labkit.evidence.memory.clock import read_clock
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.pages import pages_of
from labkit.evidence.memory.tasks import Task, processes
from memory_base import story as stories
from memory_base.choices import hidden_entries, region_entries, regions_of
from memory_base.copies import PAGE, entries_in, straddling
from memory_base.entries import Entry, grouped, sorted_entries
from memory_base.numbers import number_entries
from memory_base.truth import sessions
from memory_base.wall_times import session_times, wall_times

_SECOND = 1_000_000_000


def patch_map(kernel: Kernel, image: bytes, story: stories.Story) -> list[Entry]:
    """Return all entries in the order of their places.

    Args:
        kernel: The kernel in the capture.
        image: The same capture, all bytes of it.
        story: What was played.
    """
    tasks = {task.name: task for task in processes(kernel)}
    sync = tasks["kf_sync"]
    clock = read_clock(kernel)
    logins = sessions(kernel, cached_files(kernel))
    times = [
        *wall_times(image, clock.started_ns // _SECOND, clock.captured_ns // _SECOND),
        *(time for one in logins for time in session_times(image, one["kind"], one["pid"], one["line"])),
    ]
    candidates = {str(number): tasks[name].pid for number, name in enumerate(story.children, start=1)}
    regions = regions_of(sync)
    return sorted_entries(
        [
            *entries_in(image),
            *straddling(image, separate_neighbours(kernel)),
            *number_entries(kernel, story),
            *grouped(times),
            *hidden_entries(kernel, candidates),
            *region_entries(sync, regions),
        ]
    )


def separate_neighbours(kernel: Kernel) -> Iterator[tuple[int, int]]:
    """Yield pages that follow each other for a process or in a file, and lie apart in the image."""
    seen = set()
    holders: list[Task | CachedFile] = [*processes(kernel), *cached_files(kernel)]
    for holder in holders:
        before: tuple[int, int] | None = None
        for place, physical in pages_of(holder):
            if before is not None and place == before[0] + PAGE and physical != before[1] + PAGE:
                seen.add((before[1], physical))
            before = (place, physical)
    yield from sorted(seen)
