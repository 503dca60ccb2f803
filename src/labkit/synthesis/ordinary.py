"""Where ordinary content lies on a medium: places in which damage spoils no trace of the story."""

from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_allocation import runs
from labkit.synthesis.medium import SECTOR_BYTES
from labkit.synthesis.world.world import World

_LEAST_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sectors in a row that hold content of one ordinary file, away from its ends; sector 0 is that of the medium."""

    first_sector: int
    count: int


def ordinary_stretches(world: World, least: int) -> tuple[Stretch, ...]:
    """Return one stretch of each large live file of everyday life, in the order of the medium.

    Raises:
        SynthesisError: There are fewer than ``least``.
    """
    found = []
    volume = world.volume
    sectors_in_cluster = volume.cluster_bytes // SECTOR_BYTES
    for node_id in world.nodes.get(world.main, []):
        state = volume.state(node_id)
        is_story = (world.main, node_id) in world.story_nodes
        if state.directory or state.deleted or is_story or state.size_bytes < _LEAST_BYTES:
            continue
        first, count = max(runs(state.clusters), key=lambda run: run[1])
        if count * volume.cluster_bytes >= _LEAST_BYTES:
            start = volume.cluster_offset_bytes(first + 1) // SECTOR_BYTES
            found.append(Stretch(start, (count - 2) * sectors_in_cluster))
    if len(found) < least:
        raise SynthesisError(
            f"the item {world.item.slug} has {len(found)} large everyday files, and {least} are to be damaged",
            remedy="Add photos or music to its ordinary life.",
        )
    return tuple(sorted(found, key=lambda stretch: stretch.first_sector))
