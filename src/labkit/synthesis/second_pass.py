"""The second pass over a medium with bad sectors: zeros in their place, and the log of the tool that met them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from labkit.containers.gzip_raw import write_gzip
from labkit.errors import SynthesisError
from labkit.hashing import Digester
from labkit.model.truth import Trace
from labkit.synthesis.clock import zone
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.ordinary import ordinary_stretches
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts
from labkit.synthesis.world.world import World

# How six unreadable sectors fall into runs; every trainee gets two or three runs.
_SPLITS = ((4, 2), (3, 3), (2, 4), (3, 2, 1), (2, 2, 2), (1, 3, 2), (4, 1, 1))
_MOST_DRAWS = 1000
_ERROR = "read error at"
_SPEED_BYTES_PER_S = 1_100_000  # of an old stick with errors, for the times in the log


def second_pass_traces(played: PlayedItem, world: World, shelf: Shelf) -> tuple[Trace, Trace]:
    """Make the second pass and its log; return the trace of its medium and of the file that it is handed out in."""
    runs, stream = second_pass_runs(played, world)
    medium = played.medium.fork()
    for first, count in runs:
        medium.write(first * SECTOR_BYTES, bytes(count * SECTOR_BYTES))
    name = played.name("-second-pass.raw.gz")
    product = shelf.open(f"{played.item.slug}/{name}")
    with Digester() as digester:

        def digested(chunk: bytes) -> bytes:
            digester.update(chunk)
            return chunk

        write_gzip(map(digested, medium.chunks()), product)
        media = digester.finish()
    log = _log(played, runs, stream)
    shelf.put(f"{played.item.slug}/{played.name('-second-pass.log')}", log.encode())
    lbas = tuple(lba for first, count in runs for lba in range(first, first + count))
    return (
        Trace(
            "second-pass",
            "medium",
            None,
            {
                "name": name,
                "size_sectors": medium.size_bytes // SECTOR_BYTES,
                **digest_facts(media),
                "lbas": lbas,
                "lba_count": len(lbas),
                "lines": tuple(number for number, line in enumerate(log.splitlines(), start=1) if _ERROR in line),
            },
        ),
        Trace("second-pass-container", "container", None, {"name": name, **digest_facts(product.finish())}),
    )


def second_pass_runs(played: PlayedItem, world: World) -> tuple[tuple[tuple[int, int], ...], Stream]:
    """Return the runs that the second pass can not read, and the stream from which the rest of it is drawn."""
    stream = Stream(played.seed, f"second-pass/{played.item.slug}")
    return bad_runs(played.medium, world, stream), stream


def bad_runs(
    medium: Medium, world: World, stream: Stream, avoid: frozenset[int] = frozenset()
) -> tuple[tuple[int, int], ...]:
    """Return (first sector, count) of runs in different files, without the sectors to ``avoid``.

    No sector of them holds zeros only: its loss must be seen.
    """
    split = stream.pick(_SPLITS)
    stretches = ordinary_stretches(world, len(split))
    chosen = []
    for stretch, count in zip(stream.sample(stretches, len(split)), split, strict=True):
        for _ in range(_MOST_DRAWS):
            first = stretch.first_sector + stream.below(stretch.count - count + 1)
            sectors = (medium.read((first + number) * SECTOR_BYTES, SECTOR_BYTES) for number in range(count))
            if not avoid.intersection(range(first, first + count)) and all(sector.strip(b"\0") for sector in sectors):
                chosen.append((first, count))
                break
        else:
            raise SynthesisError(
                f"the file at sector {stretch.first_sector} holds little but zeros, whose loss nobody would see",
                remedy="Use generators that fill their files.",
            )
    return tuple(sorted(chosen))


def _log(played: PlayedItem, runs: Sequence[tuple[int, int]], stream: Stream) -> str:
    """Return the log as the tool writes it: offsets and lengths in bytes, hexadecimal, never as sector numbers."""
    size = played.medium.size_bytes
    begun = played.moment("second_pass")
    place = zone(played.clock.machine.zone)

    def stamp(moment: datetime) -> str:
        return moment.astimezone(place).isoformat(timespec="seconds")

    lines = [
        f"{played.setting('tool')} {played.setting('tool_version')} - acquisition log",
        f"case             {played.setting('case_number')}",
        f"evidence         {played.setting('evidence_number')}, second pass",
        f"source           {played.setting('description')}",
        f"source length    0x{size:X} bytes",
        f"destination      {played.name('-second-pass.raw')}",
        "on read error    retry 3 times, then write zeros and go on",
        "",
        f"{stamp(begun)}  begin",
    ]
    delay = 0
    for first, count in runs:
        offset = first * SECTOR_BYTES
        delay += stream.between(3, 9)
        moment = begun + timedelta(seconds=offset // _SPEED_BYTES_PER_S + delay)
        lines.append(
            f"{stamp(moment)}  {_ERROR} offset 0x{offset:08X}, length 0x{count * SECTOR_BYTES:X}: "
            "3 retries failed, zeros written"
        )
    end = begun + timedelta(seconds=size // _SPEED_BYTES_PER_S + delay + stream.between(1, 4))
    unreadable = sum(count for _, count in runs) * SECTOR_BYTES
    lines += [
        f"{stamp(end)}  end, {len(runs)} read error(s), 0x{unreadable:X} bytes not read",
        "",
        "The destination was compressed with gzip afterwards.",
    ]
    return "\n".join(lines) + "\n"
