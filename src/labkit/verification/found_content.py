"""Content that is found by what it is, not by a name: whole files in free space, words across two pieces of a file."""

import struct
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from labkit.hashing import digest_blocks
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.content_witnesses import ENCODINGS
from labkit.verification.fat_view import FatView
from labkit.verification.hearing import heard
from labkit.verification.ntfs_files import file_witnesses, state, without
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.programs import ask, ask_with
from labkit.verification.remnants import unowned
from labkit.verification.volume_view import SECTOR_BYTES

_LIVE = "live"
_MARGIN_BYTES = 64 * 1024
_LARGEST_BYTES = 1 << 24
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_SCAN, _RESTARTS = 0xDA, range(0xD0, 0xD8)
_THUMBNAIL_TAGS = (513, 514)  # where the small picture begins, and its length (TIFF 6.0, "JPEGInterchangeFormat")
_CONTENT = ("size_bytes", "md5", "sha1", "sha256")
_OF_THUMBNAIL = ("thumbnail_offset_bytes", "thumbnail_size_bytes")


def confirm_carved(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a whole file in clusters that belong to nobody."""
    view = item.view(int(str(trace.facts["volume"])))
    offset, size = int(str(trace.facts["offset_bytes"])), int(str(trace.facts["size_bytes"]))
    yield from unowned(trace, view, offset, size)
    witnesses = [
        partial(_structure, trace, view),
        partial(_foremost, trace, view),
        partial(_blkcat, trace, view),
        partial(_exiftool, trace, view),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def confirm_split_hit(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a word that begins in one piece of a file and ends in another."""
    view = item.view(int(str(trace.facts["volume"])))
    if not isinstance(view, NtfsView):
        raise LookupError("a split word is verified on NTFS volumes only")  # noqa: TRY004 - the truth is wrong
    yield from state(trace, view, _LIVE)
    host = without(trace, "offset_bytes", "text", "encoding", "file_offset_bytes", "volume_offset_bytes")
    yield from weigh(host, heard(host, file_witnesses(host, item, view)))
    facts = ("offset_bytes", "text", "encoding", "file_offset_bytes", "volume_offset_bytes")
    own = without(trace, *(name for name in trace.facts if name not in facts))
    yield from weigh(own, heard(own, [partial(_word, trace, view), partial(_word_by_icat, trace, view)]))


def _structure(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    """The bytes at the place, and where the structure of a JPEG ends (ITU T.81, B.1: markers and their lengths)."""
    offset = int(str(trace.facts["offset_bytes"]))
    data = view.medium.read(offset, _LARGEST_BYTES)
    facts: dict[str, Any] = {
        "volume": view.volume.number,
        "offset_bytes": offset,
        "offset_sectors": offset // SECTOR_BYTES,
        "volume_offset_bytes": offset - view.volume.start_bytes,
    }
    if not data.startswith(_JPEG):
        yield Testimony("structure by hand", {"offset_bytes": Unreadable("no JPEG begins there")})
        return
    content = data[: _jpeg_size(data)]
    facts |= _digests(content)
    thumbnail = _thumbnail(content)
    if thumbnail is not None:
        facts |= zip(_OF_THUMBNAIL, (offset + thumbnail[0], thumbnail[1]), strict=True)
    yield Testimony("structure by hand", facts)


def _jpeg_size(data: bytes) -> int:
    """Return how long a JPEG is: segments up to the scan, then the scan up to a marker that is not its own."""
    at = 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        if marker != _SCAN:
            continue
        while at + 1 < len(data) and (data[at] != 0xFF or data[at + 1] == 0 or data[at + 1] in _RESTARTS):  # noqa: PLR2004
            at += 1
        if data[at : at + 2] == _JPEG_END:
            return at + 2
    raise ValueError("the JPEG has no end")


def _thumbnail(content: bytes) -> tuple[int, int] | None:
    """Return place and length of the small picture that the second directory of the Exif names."""
    start = content.find(b"Exif\0\0")
    if start < 0:
        return None
    tiff = content[start + 6 :]
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    (second,) = struct.unpack_from(f"{order}I", tiff, first + 2 + 12 * count)
    if not second:
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, second)
    entries = (struct.unpack_from(f"{order}HHII", tiff, second + 2 + 12 * number) for number in range(count))
    values = {tag: value for tag, _, _, value in entries}
    if not set(_THUMBNAIL_TAGS) <= values.keys():
        return None
    place, length = (values[tag] for tag in _THUMBNAIL_TAGS)
    return start + 6 + place, length


def _foremost(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    """``foremost`` finds the file in the stretch around it, by its own structure."""
    offset = int(str(trace.facts["offset_bytes"]))
    size = int(str(trace.facts["size_bytes"]))
    begin = max(offset - _MARGIN_BYTES, view.volume.start_bytes) // SECTOR_BYTES * SECTOR_BYTES
    with tempfile.TemporaryDirectory(prefix="labkit-carve-") as folder:
        path = Path(folder) / "stretch.img"
        path.write_bytes(view.medium.read(begin, offset - begin + size + _MARGIN_BYTES))
        answer = ask("foremost", "-Q", "-t", "jpg", "-o", Path(folder) / "out", "-i", path)
        if answer is None:
            yield Testimony("foremost", None, (*_CONTENT, "offset_bytes"))
            return
        # A file is named by the number of its first sector.
        name = f"{(offset - begin) // SECTOR_BYTES:08d}.jpg"
        found = {one.name: one.read_bytes() for one in (Path(folder) / "out").rglob("*.jpg")}
    if name not in found:
        yield Testimony("foremost", {"offset_bytes": Unreadable(f"nothing begins there, only {sorted(found)}")})
    else:
        yield Testimony("foremost", {**_digests(found[name]), "offset_bytes": offset})


def _blkcat(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    """``blkcat`` reads the blocks, ``blkstat`` says that the first of them is free."""
    inside = int(str(trace.facts["offset_bytes"])) - view.volume.start_bytes
    size = int(str(trace.facts["size_bytes"]))
    block, rest = divmod(inside, view.block_bytes)
    content = view.sleuthkit("blkcat", block, -(-(rest + size) // view.block_bytes))
    state_of = view.sleuthkit("blkstat", block)
    if content is None or state_of is None:
        yield Testimony("blkcat", None, _CONTENT)
    elif "Not Allocated" not in state_of.text:
        yield Testimony("blkstat", {"offset_bytes": Unreadable("the block is allocated")})
    else:
        yield Testimony("blkcat", _digests(content.output[rest : rest + size]))


def _exiftool(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    """``exiftool`` says where in a photo its small picture lies."""
    if not set(_OF_THUMBNAIL) <= trace.facts.keys():
        return
    offset, size = int(str(trace.facts["offset_bytes"])), int(str(trace.facts["size_bytes"]))
    content = view.medium.read(offset, size)
    answer = ask_with("exiftool", "-s3", "-n", "-ThumbnailOffset", "-ThumbnailLength", content=content)
    if answer is None:
        yield Testimony("exiftool", None, _OF_THUMBNAIL)
        return
    numbers = [int(line) for line in answer.text.split() if line.isdecimal()]
    if len(numbers) != len(_OF_THUMBNAIL):
        yield Testimony("exiftool", {_OF_THUMBNAIL[0]: Unreadable(f"exiftool says {answer.text.strip()!r}")})
    else:
        yield Testimony("exiftool", dict(zip(_OF_THUMBNAIL, (offset + numbers[0], numbers[1]), strict=True)))


def _word(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    record = view.by_libfsntfs(int(str(trace.facts["address"])))
    yield Testimony("libfsntfs", _word_facts(trace, view, record.content, record.runs))
    other = view.by_pytsk3(int(str(trace.facts["address"]))).content
    yield Testimony("pytsk3", _word_facts(trace, view, other.content, other.runs))


def _word_facts(trace: Trace, view: NtfsView, content: bytes, runs: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    word = _encoded(trace)
    place = content.find(word)
    if place < 0 or content.count(word) != 1:
        return {"text": Unreadable(f"the file holds the word {content.count(word)} times")}
    before = 0
    for offset, size in runs:
        if place < before + size:
            begin = offset + place - before
            if place + len(word) <= before + size:
                return {"offset_bytes": Unreadable("the word lies in one piece")}
            return {
                "text": trace.facts["text"],
                "encoding": trace.facts.get("encoding"),
                "file_offset_bytes": place,
                "offset_bytes": begin,
                "volume_offset_bytes": begin - view.volume.start_bytes,
            }
        before += size
    return {"offset_bytes": Unreadable("the word lies behind the runs of the file")}


def _word_by_icat(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    answer = view.sleuthkit("icat", int(str(trace.facts["address"])))
    if answer is None:
        yield Testimony("icat", None, ("text", "file_offset_bytes"))
        return
    place = answer.output.find(_encoded(trace))
    facts = {"text": trace.facts["text"], "file_offset_bytes": place}
    yield Testimony("icat", facts if place >= 0 else {"text": Unreadable("the file does not hold the word")})


def _encoded(trace: Trace) -> bytes:
    name = str(trace.facts.get("encoding", "utf-8"))
    return str(trace.facts["text"]).encode(ENCODINGS.get(name, "utf-8"), "replace")


def _digests(content: bytes) -> dict[str, Any]:
    found = digest_blocks([content])
    return {"size_bytes": found.size_bytes, "md5": found.md5, "sha1": found.sha1, "sha256": found.sha256}
