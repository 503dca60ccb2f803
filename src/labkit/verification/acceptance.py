"""Whether the readers accept each image as a whole, and see the same live entries in it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.libyal import dfvfs_paths
from labkit.model.evidence import EntryType
from labkit.verification.built import BuiltItem, VolumeView
from labkit.verification.confirmation import Confirmation, statement
from labkit.verification.media import EWF_SUFFIX
from labkit.verification.programs import ask
from labkit.verification.sleuthkit import partitions

WHOLE = "(image)"
_ACCEPTED = "accepted"
_HIDDEN = "/$"  # names that the Sleuth Kit makes up


def accepted(item: BuiltItem) -> Iterator[Confirmation]:
    """Yield what mmls, fls, fsck.fat, ewfverify, libfsfat and dfvfs say of the images of one item."""
    yield from _containers(item)
    try:
        item.raw  # noqa: B018 - asks whether there is one
    except FileNotFoundError:
        if any(trace.kind == "volume" for trace in item.truth.traces.values()):
            yield statement(WHOLE, "raw image", "the folder", "present", "missing")
        return
    if not any(trace.kind == "volume" for trace in item.truth.traces.values()):
        return
    try:
        yield from _mmls(item)
        for volume in item.volumes:
            view = item.view(volume.number)
            if volume.filesystem is not None and volume.filesystem.startswith("FAT"):
                yield from _same_entries(item, view)
                yield _fsck(item, view)
    except EvidenceError as error:
        yield statement(WHOLE, "reading", "evidence", _ACCEPTED, error.message)


def _containers(item: BuiltItem) -> Iterator[Confirmation]:
    """Yield what ewfverify concludes; a container that states a wrong digest must fail, and no other may."""
    lying = {
        str(trace.facts["name"])
        for trace in item.truth.traces.values()
        if "name" in trace.facts and "md5" in trace.facts and trace.kind == "medium"
        and trace.facts.get("stored_md5", trace.facts["md5"]) != trace.facts["md5"]
    }  # fmt: skip
    for path in item.with_suffix(EWF_SUFFIX):
        expected = "FAILURE" if path.name in lying else "SUCCESS"
        answer = item.ewfverify(path)
        if answer is None:
            yield Confirmation(path.name, "(verification)", "ewfverify", expected, None, None)
            continue
        found = next((word for word in ("SUCCESS", "FAILURE") if word in answer.text), answer.complaint)
        yield statement(path.name, "(verification)", "ewfverify", expected, found)


def _mmls(item: BuiltItem) -> Iterator[Confirmation]:
    places = tuple((volume.start_bytes // 512, volume.size_bytes // 512) for volume in item.volumes)
    answer = ask("mmls", item.raw)
    if answer is None:
        yield Confirmation(WHOLE, "partitions", "mmls", places, None, None)
        return
    found = tuple((partition.start_sector, partition.size_sectors) for partition in partitions(answer.text))
    yield statement(WHOLE, "partitions", "mmls", places, found if answer.succeeded else answer.complaint)


def _same_entries(item: BuiltItem, view: VolumeView) -> Iterator[Confirmation]:
    """Yield whether fls, libfsfat and dfvfs list the live entries that the Sleuth Kit's library lists."""
    kinds = {EntryType.FILE, EntryType.DIRECTORY}
    live = tuple(sorted(row.path for row in view.rows if not row.deleted and row.type in kinds))
    yield statement(WHOLE, "unreadable directories", "pytsk3", (), tuple(view.reader.problems))
    yield _compared("libfsfat", live, tuple(sorted(view.records)))
    lines = view.listed
    if lines is None:
        yield Confirmation(WHOLE, "live entries", "fls", len(live), None, None)
    else:
        names = (
            line.path
            for line in lines
            if not line.deleted and not line.path.startswith(_HIDDEN) and not line.path.endswith("(Volume Label Entry)")
        )
        yield _compared("fls", live, tuple(sorted(names)))
    if len(item.volumes) == 1:
        try:
            yield _compared("dfvfs", live, dfvfs_paths(item.raw))
        except EvidenceError as error:
            yield statement(WHOLE, "live entries", "dfvfs", len(live), error.message)


def _compared(reader: str, expected: tuple[str, ...], found: tuple[str, ...]) -> Confirmation:
    if expected == found:
        return statement(WHOLE, "live entries", reader, len(expected), len(found))
    lacking, extra = sorted(set(expected) - set(found))[:3], sorted(set(found) - set(expected))[:3]
    return statement(WHOLE, "live entries", reader, len(expected), f"{len(found)}; lacks {lacking}, adds {extra}")


def _fsck(item: BuiltItem, view: VolumeView) -> Confirmation:
    """Yield what ``fsck.fat -n`` says of the volume alone; it checks without changing anything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.img"
        with path.open("wb") as file:
            for block in item.medium.blocks(view.volume.start_bytes, view.volume.size_bytes):
                if block.count(0) == len(block):
                    file.seek(len(block), 1)  # leave a hole: most of a volume is empty
                else:
                    file.write(block)
            file.truncate(view.volume.size_bytes)
        answer = ask("fsck.fat", "-n", path)
    if answer is None:
        return Confirmation(WHOLE, "file system", "fsck.fat", _ACCEPTED, None, None)
    return statement(WHOLE, "file system", "fsck.fat", _ACCEPTED, _ACCEPTED if answer.succeeded else answer.complaint)
