"""Looking up where each trace of a played story now is: names, places, times, digests, as facts of the truth."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.hashing import digest_blocks, digest_bytes
from labkit.model.evidence import Digests
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.filesystems.fat import FileState
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.world.world import Planted, World

VOLUME_NUMBER = 1  # the world plays on the only partition


def story_traces(world: World) -> tuple[Trace, ...]:
    """Return every trace that the story names, as it stands now. The volume must be flushed."""
    return tuple(_trace(world, planted) for planted in world.planted.values())


def volume_traces(world: World, *, start_sector: int, size_sectors: int, label: str) -> tuple[Trace, ...]:
    """Return the partition and the clock that wrote its times."""
    start, size = start_sector * SECTOR_BYTES, size_sectors * SECTOR_BYTES
    partition: dict[str, FactValue] = {
        "volume": VOLUME_NUMBER,
        "offset_bytes": start,
        "offset_sectors": start_sector,
        "size_sectors": size_sectors,
        "serial": world.volume.serial_text,
        "label": label,
        "cluster_bytes": world.volume.cluster_bytes,
        **digest_facts(digest_blocks(part_of(world.medium, start, size))),
    }
    return (
        Trace("partition", "volume", None, partition),
        Trace("clock", "clock", None, _clock(world)),
    )


def part_of(medium: Medium, start_bytes: int, size_bytes: int) -> Iterator[bytes]:
    """Yield a range of a medium in blocks."""
    position = 0
    for chunk in medium.chunks():
        begin, end = max(start_bytes - position, 0), min(start_bytes + size_bytes - position, len(chunk))
        if begin < end:
            yield chunk[begin:end]  # the same object where it is the whole chunk
        position += len(chunk)


def digest_facts(digests: Digests) -> dict[str, FactValue]:
    """Return length and digests as facts."""
    return {
        "size_bytes": digests.size_bytes,
        "md5": digests.md5,
        "sha1": digests.sha1,
        "sha256": digests.sha256,
    }


def _trace(world: World, planted: Planted) -> Trace:
    facts: dict[str, FactValue] = {**planted.facts}
    if planted.kind == "unallocated":
        facts |= _unallocated(world, planted)
    elif planted.kind == "slack":
        facts |= _slack(world, planted)
    else:
        facts |= _file(world, planted)
        if planted.kind == "overwritten_file":
            facts |= _overwritten(world, planted)
    return Trace(planted.trace, planted.kind, planted.event, facts)


def _file(world: World, planted: Planted) -> dict[str, FactValue]:
    state = world.volume.state(planted.node_id)
    content = world.last_content.get(state.node_id) if state.deleted else world.volume.read(state.path)
    if content is None:
        raise SynthesisError(
            f"{world.item.slug}:{planted.trace}: the content of {state.path} was not kept",
            remedy="Delete the file by an action of its own, not with its directory.",
        )
    facts: dict[str, FactValue] = {
        "volume": VOLUME_NUMBER,
        "name": state.name,
        "path": state.path,
        "address": state.address,
        "parent_address": state.parent_address,
        "entry_offset_bytes": state.entry_offset_bytes,
        "first_cluster": state.first_cluster,
        "last_cluster": state.clusters[-1],
        "clusters": state.clusters,
        "offset_bytes": state.offset_bytes,
        **digest_facts(digest_bytes(content)),
        "sha256_with_slack": digest_bytes(content + _slack_bytes(world, state)).sha256,
        **_times(world, state),
        **_clock(world),
    }
    if state.old_entries:
        facts["old_path"] = state.old_entries[0][0]
    if "." in state.name:
        facts["extension"] = state.name.rpartition(".")[2].lower()
    return facts


def _overwritten(world: World, planted: Planted) -> dict[str, FactValue]:
    state = world.volume.state(planted.node_id)
    lost_cluster, owner = state.lost[0]
    candidate = next(
        other.trace
        for other in world.planted.values()
        if other.kind == "deleted_file" and other.node_id == planted.node_id
    )
    now = b"".join(
        world.medium.read(world.volume.cluster_offset_bytes(cluster), world.volume.cluster_bytes)
        for cluster in state.clusters
    )
    return {
        "option": candidate,
        "lost_cluster": lost_cluster,
        "other_path": owner,
        "sha256_mixed": digest_bytes(now[: state.size_bytes]).sha256,
        "sha256_with_slack": digest_bytes(now).sha256,
    }


def _slack(world: World, planted: Planted) -> dict[str, FactValue]:
    state = world.volume.state(planted.node_id)
    last = state.clusters[-1]
    in_cluster = planted.offset_bytes - world.volume.cluster_offset_bytes(last)
    return {
        **_text(planted),
        "volume": VOLUME_NUMBER,
        "name": state.name,
        "path": state.path,
        "address": state.address,
        "last_cluster": last,
        "offset_bytes": planted.offset_bytes,
        "volume_offset_bytes": planted.offset_bytes - _volume_start(world),
        "file_offset_bytes": (len(state.clusters) - 1) * world.volume.cluster_bytes + in_cluster,
    }


def _unallocated(world: World, planted: Planted) -> dict[str, FactValue]:
    return {
        **_text(planted),
        "volume": VOLUME_NUMBER,
        "offset_bytes": planted.offset_bytes,
        "offset_sectors": planted.offset_bytes // SECTOR_BYTES,
        "volume_offset_bytes": planted.offset_bytes - _volume_start(world),
    }


def _text(planted: Planted) -> dict[str, FactValue]:
    return {"text": planted.text, "words": tuple(planted.text.split())}


def _slack_bytes(world: World, state: FileState) -> bytes:
    used = state.size_bytes % world.volume.cluster_bytes
    if not used or not state.clusters:
        return b""
    start = world.volume.cluster_offset_bytes(state.clusters[-1])
    return world.medium.read(start + used, world.volume.cluster_bytes - used)


def _times(world: World, state: FileState) -> Mapping[str, FactValue]:
    facts: dict[str, FactValue] = {}
    for name, stored in (("born", state.born), ("modified", state.modified), ("accessed", state.accessed)):
        facts |= _moment(world, name, stored)
    return facts


def _moment(world: World, name: str, stored: datetime) -> Mapping[str, FactValue]:
    return {
        f"{name}_utc": world.clock.true_utc(stored),
        f"{name}_device_utc": world.clock.local_to_device_utc(stored),
        f"{name}_stored": stored.replace(tzinfo=UTC),
    }


def _clock(world: World) -> dict[str, FactValue]:
    return {"zone": world.clock.machine.zone, "clock_offset_s": world.clock.machine.clock_offset_s}


def _volume_start(world: World) -> int:
    assert world.item.volume is not None  # noqa: S101 - a world has a volume
    return world.item.volume.start_sector * SECTOR_BYTES
