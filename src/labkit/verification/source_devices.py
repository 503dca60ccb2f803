"""Confirming a source device: what acquiring it and testing its write blockers gives, from its file and its medium."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, weigh
from labkit.verification.volume_view import SECTOR_BYTES

_READER = "device file and raw medium"
_BROKEN_BY = {
    "hides-capacity": "tells-capacity",
    "hides-errors": "reports-errors",
    "passes-writes": "blocks-writes",
    "wrong-data": "returns-data",
}
_BLOCK_BYTES = 1024 * 1024


def confirm_own_image(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the image that a trainee makes: zeros for what can not be read."""
    device = _device(item)
    lbas = tuple(lba for first, count in device["unreadable"] for lba in range(first, first + count))
    hidden = {lba * SECTOR_BYTES: bytes(SECTOR_BYTES) for lba in lbas}
    writes = {
        write["lba"] * SECTOR_BYTES + write["offset_bytes"]: bytes.fromhex(write["hex"])
        for write in device.get("host_writes", [])
    }
    read, written = _digests(item, hidden), _digests(item, {**writes, **hidden})
    facts: dict[str, Any] = {
        "name": item.with_suffix(".device.toml")[0].name,
        "lbas": lbas,
        "lba_count": len(lbas),
        "size_sectors": item.raw.stat().st_size // SECTOR_BYTES,
        **read,
        "sha256_written": written["sha256"],
        "sha256_skipped": _digest_without(item, lbas),
    }
    yield from weigh(trace, [Testimony(_READER, facts)])


def confirm_blocker(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of which write blocker is sound and which is not."""
    blockers = _device(item)["blocker"]
    sound = [one["id"].lower() for one in blockers if not one["faults"]]
    failing = [one["id"].lower() for one in blockers if one["faults"]]
    facts = {"option": ", ".join(sound), "other_option": ", ".join(failing)}
    yield from weigh(trace, [Testimony("tomllib", facts)])


def confirm_criterion(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one criterion for one write blocker; the trace is named after both."""
    broken = {f"{one['id'].lower()}-{_BROKEN_BY[fault]}" for one in _device(item)["blocker"] for fault in one["faults"]}
    yield from weigh(trace, [Testimony("tomllib", {"option": "fails" if trace.id in broken else "meets"})])


def _device(item: BuiltItem) -> Mapping[str, Any]:
    name = item.with_suffix(".device.toml")[0].name
    return tomllib.loads(item.file(name).read_text("utf-8"))


def _digest_without(item: BuiltItem, lbas: tuple[int, ...]) -> str:
    """Return the SHA-256 of the raw medium without some of its sectors."""
    digest, begin, left_out = hashlib.sha256(), 0, frozenset(lbas)
    with item.raw.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            first = begin // SECTOR_BYTES
            numbers = range(first, first + len(block) // SECTOR_BYTES)
            if left_out.isdisjoint(numbers):
                digest.update(block)
            else:
                sectors = (block[each : each + SECTOR_BYTES] for each in range(0, len(block), SECTOR_BYTES))
                for number, sector in zip(numbers, sectors, strict=True):
                    digest.update(b"" if number in left_out else sector)
            begin += len(block)
    return digest.hexdigest()


def _digests(item: BuiltItem, patches: Mapping[int, bytes]) -> dict[str, str]:
    found = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")}
    with item.raw.open("rb") as file:
        begin = 0
        while block := bytearray(file.read(_BLOCK_BYTES)):
            for place, data in patches.items():
                if begin <= place < begin + len(block):
                    block[place - begin : place - begin + len(data)] = data
            for digest in found.values():
                digest.update(block)
            begin += len(block)
    return {name: digest.hexdigest() for name, digest in found.items()}
