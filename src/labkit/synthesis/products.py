"""What is handed out of an item: image files, containers, logs. Each product adds the traces that it makes."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from labkit.containers.ewf import encode_ewf
from labkit.errors import SynthesisError
from labkit.hashing import digest_blocks
from labkit.model.evidence import Digests
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.deferred import DeferredFacts, MadeTogether
from labkit.synthesis.logs.handed_out import log_traces
from labkit.synthesis.loose_files import note_trace, quartet_traces
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.memory.handed_out import memory_traces
from labkit.synthesis.ordinary import ordinary_stretches
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.records.handed_out import custody_file_traces
from labkit.synthesis.samples.handed_out import blob_traces
from labkit.synthesis.scene.pages import scene_traces
from labkit.synthesis.second_pass import second_pass_traces
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.source_device import device_traces
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts
from labkit.synthesis.world.world import World


@dataclass(slots=True)
class Bench:
    """What one product needs, and what it leaves for the next: the medium is digested once."""

    played: PlayedItem
    shelf: Shelf
    media: Digests | None = None

    @property
    def folder(self) -> str:
        """The folder of the item on the shelf."""
        return self.played.item.slug

    def world(self) -> World:
        """Return the world of an item that has a volume."""
        if self.played.world is None:
            raise SynthesisError(
                f"the item {self.folder} has no volume, and one of its products needs one",
                remedy="Make the item of kind 'medium', or take the product out of its list.",
            )
        return self.played.world


def make_products(played: PlayedItem, shelf: Shelf, progress: Callable[[str], None]) -> tuple[Trace, ...]:
    """Make every product that the scenario asks for, in its order, and return their traces.

    Raises:
        SynthesisError: There is no such product, or the item does not have what it is made from.
    """
    bench = Bench(played, shelf)
    traces: list[Trace] = []
    for name in played.item.products:
        maker = PRODUCTS.get(name)
        if maker is None:
            raise SynthesisError(
                f"the item {played.item.slug} asks for the unknown product {name!r}",
                remedy=f"Take some of: {', '.join(sorted(PRODUCTS))}.",
            )
        progress(f"{played.item.slug}: {name}")
        traces += maker(bench)
    return tuple(traces)


def _raw(bench: Bench) -> Iterable[Trace]:
    bench.shelf.put_medium(f"{bench.folder}/{bench.played.name('.raw')}", bench.played.medium.chunks())
    return ()


def _e01(bench: Bench) -> Iterable[Trace]:
    """Make the container, and the trace of the medium, which is digested on the way.

    Where nothing is written, and nobody needs the digests for another product, they wait until they are asked for.
    """
    played = bench.played
    size = played.medium.size_bytes
    shown = played.name(".raw") if "raw" in played.item.products else played.name(".E01")
    media: dict[str, FactValue] = {"name": shown, "size_sectors": size // SECTOR_BYTES, "size_bytes": size}
    if bench.shelf.writes or "copy-b" in played.item.products:
        encoded = _encode(bench)
        bench.media = encoded.media
        return (
            Trace("media", "medium", None, media | digest_facts(encoded.media)),
            Trace("container", "container", None, encoded.container),
        )
    later = MadeTogether(lambda: _encode(bench).container)
    names = ("size_bytes", "md5", "sha1", "sha256", "stored_md5", "stored_sha1")
    return (
        Trace("media", "medium", None, DeferredFacts(media, _digests_later(played.medium))),
        Trace("container", "container", None, DeferredFacts({"name": played.name(".E01")}, later.facts(names))),
    )


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A container that was made: the digests of its medium, and its own facts."""

    media: Digests
    container: dict[str, FactValue]


def _encode(bench: Bench) -> _Encoded:
    played, name = bench.played, bench.played.name(".E01")
    product = bench.shelf.open(f"{bench.folder}/{name}")
    size = played.medium.size_bytes
    media, md5, sha1 = encode_ewf(played.medium.chunks(), size, lambda _: product, played.metadata())
    stored: dict[str, FactValue] = {"stored_md5": md5.hex(), "stored_sha1": sha1.hex()}
    return _Encoded(media, {"name": name, **digest_facts(product.finish()), **stored})


def _digests_later(medium: Medium) -> dict[str, Callable[[], FactValue]]:
    """Return a maker for each digest of a medium: one alone is quicker than all three."""

    def one(algorithm: str) -> str:
        found = hashlib.new(algorithm, usedforsecurity=False)
        for chunk in medium.chunks():
            found.update(chunk)
        return found.hexdigest()

    return {algorithm: partial(one, algorithm) for algorithm in ("md5", "sha1", "sha256")}


def _copy_b(bench: Bench) -> Iterable[Trace]:
    """Make a container whose media lost one bit after the digests that it states were taken."""
    played = bench.played
    name = played.name("-copy-b.E01")
    good = bench.media or digest_blocks(played.medium.chunks())
    stream = Stream(played.seed, f"copy-b/{bench.folder}")
    stretch = stream.pick(ordinary_stretches(bench.world(), 1))
    offset = (stretch.first_sector + stream.below(stretch.count)) * SECTOR_BYTES + stream.below(SECTOR_BYTES)
    medium = played.medium.fork()
    medium.write(offset, bytes((medium.read(offset, 1)[0] ^ 1 << stream.below(8),)))
    product = bench.shelf.open(f"{bench.folder}/{name}")
    media, md5, sha1 = encode_ewf(
        medium.chunks(),
        medium.size_bytes,
        lambda _: product,
        played.metadata(),
        stored_md5=bytes.fromhex(good.md5),
        stored_sha1=bytes.fromhex(good.sha1),
    )
    sectors = medium.size_bytes // SECTOR_BYTES
    stored = {"stored_md5": md5.hex(), "stored_sha1": sha1.hex()}
    facts = {"name": name, "size_sectors": sectors, "offset_bytes": offset, **digest_facts(media), **stored}
    return (
        Trace("copy-b", "medium", None, facts),
        Trace("copy-b-container", "container", None, {"name": name, **digest_facts(product.finish())}),
    )


def _second_pass(bench: Bench) -> Iterable[Trace]:
    return second_pass_traces(bench.played, bench.world(), bench.shelf)


def _source_device(bench: Bench) -> Iterable[Trace]:
    return device_traces(bench.played, bench.world(), bench.shelf)


def _quartet(bench: Bench) -> Iterable[Trace]:
    return quartet_traces(bench.played, bench.shelf)


def _note(bench: Bench) -> Iterable[Trace]:
    return (note_trace(bench.played),)


def _scene(bench: Bench) -> Iterable[Trace]:
    return scene_traces(bench.played, bench.shelf)


def _custody_file(bench: Bench) -> Iterable[Trace]:
    return custody_file_traces(bench.played, bench.shelf)


def _blobs(bench: Bench) -> Iterable[Trace]:
    return blob_traces(bench.played, bench.shelf)


def _memory(bench: Bench) -> Iterable[Trace]:
    return memory_traces(bench.played, bench.shelf, _digests_later)


def _logs(bench: Bench) -> Iterable[Trace]:
    return log_traces(bench.played, bench.shelf)


PRODUCTS: Mapping[str, Callable[[Bench], Iterable[Trace]]] = {
    "raw": _raw,
    "e01": _e01,
    "copy-b": _copy_b,
    "second-pass": _second_pass,
    "source-device": _source_device,
    "quartet": _quartet,
    "note": _note,
    "scene": _scene,
    "custody-file": _custody_file,
    "blobs": _blobs,
    "memory": _memory,
    "logs": _logs,
}
