"""Looking up where each trace of a played story now is: names, places, times, digests, as facts of the truth."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.hashing import digest_bytes
from labkit.model.evidence import Digests
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.filesystems.contract import NodeState, VolumeWriter
from labkit.synthesis.filesystems.fat_state import FileState
from labkit.synthesis.filesystems.ntfs.state import NtfsState
from labkit.synthesis.medium import SECTOR_BYTES
from labkit.synthesis.world.world import Planted, World

Facts = dict[str, FactValue]
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def story_traces(world: World) -> tuple[Trace, ...]:
    """Return every trace that the story names, as it stands now. The volumes must be flushed."""
    return tuple(_trace(world, planted) for planted in world.planted.values())


def digest_facts(digests: Digests) -> Facts:
    """Return length and digests as facts."""
    return {
        "size_bytes": digests.size_bytes,
        "md5": digests.md5,
        "sha1": digests.sha1,
        "sha256": digests.sha256,
    }


def clock_facts(world: World) -> Facts:
    """Return the zone and the error of the machine's clock."""
    return {"zone": world.clock.machine.zone, "clock_offset_s": world.clock.machine.clock_offset_s}


def _trace(world: World, planted: Planted) -> Trace:
    facts = _MAKERS.get(planted.kind, _event)(world, planted)
    return Trace(planted.trace, planted.kind, planted.event, {**planted.facts, **facts})


def _event(world: World, planted: Planted) -> Facts:
    """Something that happened, and the file that it is about, if there is one."""
    facts = _file(world, planted) if planted.node_id >= 0 else clock_facts(world)
    return {
        "at_utc": planted.at_utc,
        "at_device_utc": world.clock.device_utc(planted.at_utc),
        "at_local": world.clock.shown(planted.at_utc).replace(tzinfo=UTC),
        **facts,
    }


def _deleted_file(world: World, planted: Planted) -> Facts:
    """A deleted file; NTFS notes in its journal when it was removed, FAT nowhere."""
    journaled = isinstance(world.state(planted), NtfsState)
    return _event(world, planted) if journaled else _file(world, planted)


def _stream(world: World, planted: Planted) -> Facts:
    """A named stream beside the content of a file: digests and length are its own, the words those planted in it."""
    state, volume = world.state(planted), world.volumes[planted.volume]
    assert isinstance(state, NtfsState)  # noqa: S101 - no other file system has streams
    stream = next(one for one in state.streams if one.name == planted.facts["stream"])
    if stream.resident:
        data = world.medium.read(stream.offset_bytes, stream.size_bytes)
    else:
        places = map(volume.cluster_offset_bytes, stream.clusters)
        whole = b"".join(world.medium.read(place, volume.cluster_bytes) for place in places)
        data = whole[: stream.size_bytes]
    own = {f"stream_{name}": value for name, value in digest_facts(digest_bytes(data)).items()}
    return {**_event(world, planted), **(_text(planted) if planted.text else {}), **own}


def _file(world: World, planted: Planted) -> Facts:
    state, volume = world.state(planted), world.volumes[planted.volume]
    content = world.last_content.get((planted.volume, state.node_id)) if state.deleted else volume.read(state.path)
    if content is None:
        raise SynthesisError(
            f"{world.item.slug}:{planted.trace}: the content of {state.path} was not kept",
            remedy="Delete the file by an action of its own, not with its directory.",
        )
    facts: Facts = {
        "volume": world.places[planted.volume].number,
        "name": state.name,
        "path": state.path,
        "address": state.address,
        "parent_address": state.parent_address,
        "entry_offset_bytes": state.entry_offset_bytes,
        "offset_bytes": state.offset_bytes,
        **digest_facts(digest_bytes(content)),
        **_times(world, volume, state),
        **clock_facts(world),
    }
    if state.clusters:
        facts |= {
            "first_cluster": state.clusters[0],
            "last_cluster": state.clusters[-1],
            "clusters": state.clusters,
            "sha256_with_slack": digest_bytes(content + _slack_bytes(world, volume, state)).sha256,
        }
    if isinstance(state, FileState) and state.old_entries:
        facts["old_path"] = state.old_entries[0][0]
    if isinstance(state, NtfsState):
        facts["sequence"] = state.sequence
    if "." in state.name:
        facts["extension"] = state.name.rpartition(".")[2].lower()
    return facts


def _overwritten_file(world: World, planted: Planted) -> Facts:
    state, volume = world.state(planted), world.volumes[planted.volume]
    lost_cluster, owner = state.lost[0]
    candidate = next(
        other.trace
        for other in world.planted.values()
        if other.kind == "deleted_file" and (other.volume, other.node_id) == (planted.volume, planted.node_id)
    )
    now = b"".join(
        world.medium.read(volume.cluster_offset_bytes(cluster), volume.cluster_bytes) for cluster in state.clusters
    )
    return {
        **_file(world, planted),
        "option": candidate,
        "lost_cluster": lost_cluster,
        "other_path": owner,
        "sha256_mixed": digest_bytes(now[: state.size_bytes]).sha256,
        "sha256_with_slack": digest_bytes(now).sha256,
    }


def _slack(world: World, planted: Planted) -> Facts:
    state, volume = world.state(planted), world.volumes[planted.volume]
    last = state.clusters[-1]
    in_cluster = planted.offset_bytes - volume.cluster_offset_bytes(last)
    return {
        **_text(planted),
        "volume": world.places[planted.volume].number,
        "name": state.name,
        "path": state.path,
        "address": state.address,
        "last_cluster": last,
        "offset_bytes": planted.offset_bytes,
        "volume_offset_bytes": planted.offset_bytes - _volume_start(world, planted),
        "file_offset_bytes": (len(state.clusters) - 1) * volume.cluster_bytes + in_cluster,
    }


def _unallocated(world: World, planted: Planted) -> Facts:
    facts: Facts = {
        "volume": world.places[planted.volume].number,
        "offset_bytes": planted.offset_bytes,
        "offset_sectors": planted.offset_bytes // SECTOR_BYTES,
        "volume_offset_bytes": planted.offset_bytes - _volume_start(world, planted),
    }
    return _text(planted) | facts if planted.text else facts


def _carved(world: World, planted: Planted) -> Facts:
    """A whole file in unallocated space."""
    size = planted.facts["size_bytes"]
    assert isinstance(size, int)  # noqa: S101 - the handler put it there
    data = world.medium.read(planted.offset_bytes, size)
    facts: Facts = {**_unallocated(world, planted), **digest_facts(digest_bytes(data))}
    inner = data.find(_JPEG_START, len(_JPEG_START))
    if data.startswith(_JPEG_START) and inner > 0:
        facts["thumbnail_offset_bytes"] = planted.offset_bytes + inner
        facts["thumbnail_size_bytes"] = data.index(_JPEG_END, inner) + len(_JPEG_END) - inner
    return facts


def _split_hit(world: World, planted: Planted) -> Facts:
    """A word that begins in one piece of a file and ends in another: its first byte, on the medium and in the file."""
    state, volume = world.state(planted), world.volumes[planted.volume]
    word = str(planted.facts["text"])
    place = volume.read(state.path).index(word.encode(str(planted.facts.get("encoding", "utf-8"))))
    index, within = divmod(place, volume.cluster_bytes)
    offset = volume.cluster_offset_bytes(state.clusters[index]) + within
    return {
        **_file(world, planted),
        "file_offset_bytes": place,
        "offset_bytes": offset,
        "volume_offset_bytes": offset - _volume_start(world, planted),
    }


def _text(planted: Planted) -> Facts:
    return {"text": planted.text, "words": tuple(planted.text.split())}


def _slack_bytes(world: World, volume: VolumeWriter, state: NodeState) -> bytes:
    used = state.size_bytes % volume.cluster_bytes
    if not used or not state.clusters:
        return b""
    start = volume.cluster_offset_bytes(state.clusters[-1])
    return world.medium.read(start + used, volume.cluster_bytes - used)


def _times(world: World, volume: VolumeWriter, state: NodeState) -> Facts:
    stored = {"born": state.born, "modified": state.modified, "accessed": state.accessed}
    if isinstance(state, NtfsState):
        named = state.file_name_times
        stored |= {"changed": state.changed, "name_born": named.born, "name_modified": named.modified}
    facts: Facts = {}
    for name, moment in stored.items():
        facts |= _local_moment(world, name, moment) if volume.time_basis == "local" else _moment(world, name, moment)
    return facts


def _local_moment(world: World, name: str, stored: datetime) -> Mapping[str, FactValue]:
    return {
        f"{name}_utc": world.clock.true_utc(stored),
        f"{name}_device_utc": world.clock.local_to_device_utc(stored),
        f"{name}_stored": stored.replace(tzinfo=UTC),
    }


def _moment(world: World, name: str, stored: datetime) -> Mapping[str, FactValue]:
    """Return a time that is stored in UTC: true, by the device's clock, and its local digits taken for UTC."""
    true = world.clock.true_from_device(stored.astimezone(UTC))
    return {
        f"{name}_utc": true,
        f"{name}_device_utc": stored.astimezone(UTC),
        f"{name}_local": world.clock.shown(true).replace(tzinfo=UTC),
    }


def _volume_start(world: World, planted: Planted) -> int:
    return world.places[planted.volume].start_sector * SECTOR_BYTES


_MAKERS: Mapping[str, Callable[[World, Planted], Facts]] = {
    "file": _file,
    "deleted_file": _deleted_file,
    "overwritten_file": _overwritten_file,
    "slack": _slack,
    "record_slack": _unallocated,
    "unallocated": _unallocated,
    "carved": _carved,
    "split_hit": _split_hit,
    "stream": _stream,
    "names": lambda _world, _planted: {},  # the story itself says them
}
