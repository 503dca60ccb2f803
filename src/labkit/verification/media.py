"""Media and containers: sizes, digests, what containers state of their media."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from labkit.model.evidence import Digests
from labkit.model.truth import Trace
from labkit.verification.acquisition_log import error_lines, unreadable_sectors
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.programs import ask
from labkit.verification.volume_view import SECTOR_BYTES

EWF_SUFFIX = ".e01"
OWN_MEDIUM, CONTAINER = "media", "container"
_STORED = ("stored_md5", "stored_sha1")


def confirm_container(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a file that holds a medium: its own digests, and what it states of its medium."""
    path = item.file(str(trace.facts["name"]))
    found = item.file_digests(path)
    testimonies = [Testimony("the file itself", {"name": path.name, **digest_facts(found)})]
    if path.suffix.lower() == EWF_SUFFIX:
        testimonies += _stated(item, path)
    yield from weigh(trace, testimonies)


def confirm_medium(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a medium, read through every file that holds it."""
    paths = _holders(trace, item)
    for path in paths:
        if path.suffix.lower() == EWF_SUFFIX:
            item.begin_ewfverify(path)
    testimonies = []
    for path in paths:
        image = item.image(path)
        found = digest_facts(item.media_digests(path))
        found["size_sectors"] = image.size_bytes // SECTOR_BYTES
        reader = "libewf" if path.suffix.lower() == EWF_SUFFIX else image.container
        if path is paths[0]:
            found["name"] = path.name
        testimonies.append(Testimony(f"{reader}: {path.name}", found))
        if path.suffix.lower() == EWF_SUFFIX:
            testimonies += [*_stated(item, path), _ewfverify(item, path)]
    if "lbas" in trace.facts or "lba_count" in trace.facts:
        testimonies += _unreadable_sectors(item, paths[0])
    elif "offset_bytes" in trace.facts:
        testimonies.append(_changed_byte(item, paths[0]))
    yield from weigh(trace, testimonies)


def _holders(trace: Trace, item: BuiltItem) -> list[Path]:
    """Return the files that hold the medium of a trace, the named one first.

    The item's own medium (trace ``media``) is in the raw image, where there is one, and in the container that the
    trace ``container`` names. A medium without a name is in the container of the trace beside it (``x-container``).
    """
    names = [str(trace.facts["name"])] if "name" in trace.facts else []
    beside = item.truth.traces.get(CONTAINER if trace.id == OWN_MEDIUM else f"{trace.id}-container")
    if beside is not None and "name" in beside.facts:
        names.append(str(beside.facts["name"]))
    found = [item.file(name) for name in names]
    if trace.id == OWN_MEDIUM:
        with suppress(FileNotFoundError):  # an item of loose files hands out a container only
            found.append(item.raw)
    if not found:
        raise FileNotFoundError("the item has no file that holds this medium")
    return list(dict.fromkeys(found))


def _stated(item: BuiltItem, path: Path) -> Iterator[Testimony]:
    """What libewf and ``ewfinfo`` read as the digests that the container states."""
    stored = item.image(path).stored_digests
    yield Testimony("libewf", {f"stored_{name}": stored.get(name) for name in ("md5", "sha1")})
    answer = ask("ewfinfo", path)
    if answer is None:
        yield Testimony("ewfinfo", None, _STORED)
    elif not answer.succeeded:
        yield Testimony("ewfinfo", {"stored_md5": Unreadable(answer.complaint)})
    else:
        yield Testimony("ewfinfo", {f"stored_{name.lower()}": _digest(answer.text, name) for name in ("MD5", "SHA1")})


def _ewfverify(item: BuiltItem, path: Path) -> Testimony:
    """What ``ewfverify`` computes over the medium in the container."""
    answer = item.ewfverify(path)
    if answer is None:
        return Testimony("ewfverify", None, ("md5", "sha1", "sha256", *_STORED))
    facts: dict[str, Any] = {}
    for fact, name in (("md5", "MD5"), ("sha1", "SHA1"), ("sha256", "SHA256")):
        facts[fact] = _digest(answer.text, name, "calculated over data")
    for fact, name in (("stored_md5", "MD5"), ("stored_sha1", "SHA1")):
        facts[fact] = _digest(answer.text, name, "stored in file")
    return Testimony("ewfverify", facts)


def _digest(text: str, name: str, where: str = "") -> str | None:
    match = re.search(rf"^\W*{name}(?: hash)?\s*{where}:\s*([0-9a-f]+)\s*$", text, re.MULTILINE)
    return match[1] if match else None


def _unreadable_sectors(item: BuiltItem, path: Path) -> Iterator[Testimony]:
    """The sectors that a second pass could not read: by comparing both passes, and by the log of the tool."""
    changed = item.reading(path).changed_sectors
    image = item.image(path)
    filled = [number for number in changed if image.read(number * SECTOR_BYTES, SECTOR_BYTES).strip(b"\0")]
    found: object = Unreadable(f"sectors {filled[:3]} differ and hold no zeros") if filled else changed
    yield Testimony("both passes compared", {"lbas": found, "lba_count": len(changed)})
    for log in item.with_suffix(".log"):
        text = log.read_text("utf-8")
        sectors = unreadable_sectors(text)
        yield Testimony(log.name, {"lbas": sectors, "lba_count": len(sectors), "lines": error_lines(text)})


def _changed_byte(item: BuiltItem, path: Path) -> Testimony:
    """The only byte in which a copy differs from the item's own medium."""
    places = []
    for number in item.reading(path).changed_sectors[:2]:
        start = number * SECTOR_BYTES
        pairs = zip(item.medium.read(start, SECTOR_BYTES), item.image(path).read(start, SECTOR_BYTES), strict=True)
        places += [start + place for place, (one, other) in enumerate(pairs) if one != other]
    found: object = places[0] if len(places) == 1 else Unreadable(f"{len(places)} bytes differ")
    return Testimony("both media compared", {"offset_bytes": found})


def digest_facts(found: Digests) -> dict[str, Any]:
    """Return length and digests as facts."""
    return {"size_bytes": found.size_bytes, "md5": found.md5, "sha1": found.sha1, "sha256": found.sha256}
