"""Whether the readers accept each image as a whole, and see the same live entries in it."""

from collections.abc import Iterator

from labkit.errors import EvidenceError
from labkit.evidence.libyal import dfvfs_paths
from labkit.model.entry_type import EntryType
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, statement
from labkit.verification.fat_view import FatView
from labkit.verification.filesystem_checks import checked
from labkit.verification.media import EWF_SUFFIX
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.programs import ask
from labkit.verification.sgdisk import damaged_headers
from labkit.verification.sleuthkit import Listed, partitions

WHOLE = "(image)"
_ACCEPTED = "accepted"
_HIDDEN = "/$"  # names that the Sleuth Kit makes up


def accepted(item: BuiltItem) -> Iterator[Confirmation]:
    """Yield what mmls, sgdisk, fls, fsck.fat, ntfsresize, ewfverify, libyal and dfvfs say of the images of one item."""
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
        yield from _header_damage(item)
        for volume in (*item.table.volumes, *item.lost):
            if volume.filesystem is not None:
                yield from _same_entries(item, item.view(volume.number))
                yield from checked(WHOLE, item.medium, volume)
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
    places = tuple((volume.start_bytes // 512, volume.size_bytes // 512) for volume in item.table.volumes)
    answer = ask("mmls", item.raw)
    if answer is None:
        yield Confirmation(WHOLE, "partitions", "mmls", places, None, None)
        return
    found = tuple((partition.start_sector, partition.size_sectors) for partition in partitions(answer.text))
    yield statement(WHOLE, "partitions", "mmls", places, found if answer.succeeded else answer.complaint)


def _header_damage(item: BuiltItem) -> Iterator[Confirmation]:
    """Yield whether ``sgdisk`` complains of the headers that the story damaged, of no other, and of nothing else."""
    if item.table.kind != "GPT":
        return
    damaged = tuple(str(trace.facts["option"]) for trace in item.truth.traces.values() if trace.kind == "gpt_header")
    answer = ask("sgdisk", "-v", item.raw)
    if answer is None:
        yield Confirmation(WHOLE, "damaged headers", "sgdisk", damaged, None, None)
        return
    found = damaged_headers(f"{answer.text}\n{answer.errors}")
    yield statement(WHOLE, "damaged headers", "sgdisk", damaged, found)
    said = _ACCEPTED if "No problems found" in answer.text else answer.complaint
    yield statement(WHOLE, "partition table", "sgdisk", _ACCEPTED, said)


def _same_entries(item: BuiltItem, view: FatView | NtfsView) -> Iterator[Confirmation]:
    """Yield whether fls, libyal and dfvfs list the live entries that labkit shows to trainees."""
    kinds = {EntryType.FILE, EntryType.DIRECTORY}
    live = tuple(sorted({row.path for row in view.rows if not row.deleted and row.type in kinds and row.path != "/"}))
    yield statement(WHOLE, "unreadable directories", "labkit", (), tuple(view.reader.problems))
    if isinstance(view, FatView):
        yield _compared("libfsfat", live, tuple(sorted(view.records)))
    else:
        yield _compared("libfsntfs", live, tuple(sorted({path for path, _ in view.libfsntfs.live_paths()})))
    lines = view.listed
    if lines is None:
        yield Confirmation(WHOLE, "live entries", "fls", len(live), None, None)
    else:
        yield _compared("fls", live, tuple(sorted({_path(line) for line in lines if _is_entry(line, view)})))
    if len(item.table.volumes) == 1:
        try:
            yield _compared("dfvfs", live, dfvfs_paths(item.raw))
        except EvidenceError as error:
            yield statement(WHOLE, "live entries", "dfvfs", len(live), error.message)


def _is_entry(line: Listed, view: FatView | NtfsView) -> bool:
    """Return whether a line of ``fls`` is a live file or directory: no volume label, and nothing that it made up."""
    if line.deleted or line.path == "/$OrphanFiles":
        return False
    is_ntfs = isinstance(view, NtfsView)
    return is_ntfs or not (line.path.startswith(_HIDDEN) or line.path.endswith("(Volume Label Entry)"))


def _path(line: Listed) -> str:
    """Return the path without the name of a stream: some of NTFS's own files have nothing but named streams."""
    return line.path.removesuffix(f":{line.stream}") if line.stream else line.path


def _compared(reader: str, expected: tuple[str, ...], found: tuple[str, ...]) -> Confirmation:
    if expected == found:
        return statement(WHOLE, "live entries", reader, len(expected), len(found))
    lacking, extra = sorted(set(expected) - set(found))[:3], sorted(set(found) - set(expected))[:3]
    return statement(WHOLE, "live entries", reader, len(expected), f"{len(found)}; lacks {lacking}, adds {extra}")
