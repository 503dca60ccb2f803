"""The disk itself as traces: its partitions, where they begin and end, and the clock that wrote its times."""

from collections.abc import Iterator, Mapping

from labkit.hashing import digest_blocks
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.deferred import DeferredFacts, MadeTogether, Maker
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.traces import clock_facts, digest_facts
from labkit.synthesis.world.world import Place, World


def disk_traces(world: World) -> tuple[Trace, ...]:
    """Return a trace for each partition of the item, for gaps with a lost one, for the table and the machine's clock.

    The trace of an item's only partition is called ``partition``, those of several ``partition-<name>``.
    """
    single = len(world.places) == 1
    return (
        *(
            Trace("partition" if single else f"partition-{name}", "volume", None, _partition(world, place))
            for name, place in world.places.items()
        ),
        *_gaps(world),
        *world.table,
        Trace("clock", "clock", None, clock_facts(world)),
    )


def part_of(medium: Medium, start_bytes: int, size_bytes: int) -> Iterator[bytes]:
    """Yield a range of a medium in blocks."""
    position = 0
    for chunk in medium.chunks():
        begin, end = max(start_bytes - position, 0), min(start_bytes + size_bytes - position, len(chunk))
        if begin < end:
            yield chunk[begin:end]  # the same object where it is the whole chunk
        position += len(chunk)


def _gaps(world: World) -> Iterator[Trace]:
    """Yield the unpartitioned stretch around each partition that the table lost."""
    listed = sorted((place for place in world.places.values() if place.number), key=lambda place: place.start_sector)
    for place in world.places.values():
        if not place.number:
            start = max(other.end_sector for other in listed if other.start_sector < place.start_sector)
            end = min(other.start_sector for other in listed if other.start_sector > place.start_sector)
            facts: dict[str, FactValue] = {
                "offset_sectors": start,
                "size_sectors": end - start,
                "offset_bytes": start * SECTOR_BYTES,
                "size_bytes": (end - start) * SECTOR_BYTES,
            }
            digests = _digests_later(world.medium, start * SECTOR_BYTES, (end - start) * SECTOR_BYTES)
            yield Trace(f"gap-{place.spec.name}", "gap", None, DeferredFacts(facts, digests))


def _partition(world: World, place: Place) -> Mapping[str, FactValue]:
    start, size = place.start_sector * SECTOR_BYTES, place.size_sectors * SECTOR_BYTES
    facts: dict[str, FactValue] = {
        "volume": place.number,
        "offset_bytes": start,
        "offset_sectors": place.start_sector,
        "size_sectors": place.size_sectors,
        "last_sector": place.end_sector - 1,
    }
    volume = world.volumes.get(place.spec.name)
    if volume is not None:
        facts |= {"serial": volume.serial_text, "label": place.spec.label, "cluster_bytes": volume.cluster_bytes}
    if place.spec.common:  # nobody is asked for the digest of what all have
        return facts
    return DeferredFacts(facts | {"size_bytes": size}, _digests_later(world.medium, start, size))


def _digests_later(medium: Medium, start_bytes: int, size_bytes: int) -> Mapping[str, Maker]:
    later = MadeTogether(lambda: digest_facts(digest_blocks(part_of(medium, start_bytes, size_bytes))))
    return later.facts(("md5", "sha1", "sha256"))
