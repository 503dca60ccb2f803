"""What the content of a file says of itself: what it is, how it is encoded, when a photo was taken."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Testimony, Unreadable
from labkit.verification.content_types import extension_of, recognised
from labkit.verification.exif import taken_at
from labkit.verification.hearing import Witness
from labkit.verification.programs import ask_with
from labkit.zones import zone as zone_named

Content = Callable[[], bytes]
ENCODINGS: Mapping[str, str] = {
    # name in the truth: codec that writes no byte order mark
    "utf-8": "utf-8",
    "utf-16": "utf-16-le",
    "cp1251": "cp1251",
    "koi8-r": "koi8-r",
    "cp866": "cp866",
}
# Kinds of content that a task offers as options, by what the first bytes say.
OPTIONS: Mapping[str, str] = {"pdf": "pdf", "jpeg": "photo", "xlsx": "spreadsheet", "ods": "spreadsheet"}
_MIME_TYPES: Mapping[str, str] = {
    "application/pdf": "pdf",
    "image/jpeg": "jpeg",
    "image/png": "png",
    "audio/mpeg": "mp3",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/plain": "text",
}
KEYWORD = "keyword"  # the public variable that tasks about encodings search for


def content_witnesses(trace: Trace, item: BuiltItem, content: Content) -> list[Witness]:
    """Return who can say something about the content of a file; ``content`` gives it."""
    return [
        partial(kind, trace, content),
        partial(kind_by_file, trace, content),
        partial(extension, trace),
        partial(encoding, trace, item, content),
        partial(photo, trace, content),
        partial(photo_by_exiftool, trace, content),
    ]


def kind(trace: Trace, content: Content) -> Iterator[Testimony]:
    """The first bytes, by hand."""
    if trace.facts.keys() & {"real_type", "option"}:
        yield Testimony("signature", _kind_facts(trace, recognised(content())))


def kind_by_file(trace: Trace, content: Content) -> Iterator[Testimony]:
    """``file``, which tells types by an own list of signatures."""
    told = _asked_kinds(trace)
    if not told:
        return
    answer = ask_with("file", "--brief", "--mime-type", content=content())
    if answer is None:
        yield Testimony("file", None, told)
        return
    shown = answer.text.strip()
    yield Testimony("file", _kind_facts(trace, _MIME_TYPES.get(shown, shown)))


def extension(trace: Trace) -> Iterator[Testimony]:
    """The end of the name, behind its last dot."""
    if "extension" in trace.facts:
        found = extension_of(str(trace.facts["path"]), like=str(trace.facts["extension"]))
        yield Testimony("path", {"extension": found})
    if "option" in trace.facts and "option" not in _asked_kinds(trace):
        yield Testimony("path", {"option": extension_of(str(trace.facts["path"]), like="txt")})


def encoding(trace: Trace, item: BuiltItem, content: Content) -> Iterator[Testimony]:
    """In which encoding the keyword of the case, or the trace's own text, stands in the file."""
    text = str(trace.facts.get("text", item.variables.get(KEYWORD, "")))
    if "encoding" not in trace.facts or not text:
        return
    data = content()
    found = [name for name, codec in ENCODINGS.items() if _encoded(text, codec) in data]
    value: object = found[0] if len(found) == 1 else Unreadable(f"{text!r} stands there in {found}")
    yield Testimony("bytes of the file", {"encoding": value})


def photo(trace: Trace, content: Content) -> Iterator[Testimony]:
    """When a photo was taken, by its Exif, read by hand: local digits of a camera whose zone the story knows."""
    if "local_text" in trace.facts:
        yield Testimony("Exif by hand", _taken(trace, taken_at(content())))


def photo_by_exiftool(trace: Trace, content: Content) -> Iterator[Testimony]:
    """The same by ``exiftool``."""
    if "local_text" not in trace.facts:
        return
    answer = ask_with("exiftool", "-s3", "-DateTimeOriginal", content=content())
    if answer is None:
        yield Testimony("exiftool", None, ("local_text", "taken_utc"))
    else:
        yield Testimony("exiftool", _taken(trace, answer.text.strip()))


def _taken(trace: Trace, shown: str) -> dict[str, Any]:
    try:
        local = datetime.strptime(shown, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - a camera knows no zone
    except ValueError:
        return {"local_text": Unreadable(f"{shown!r} is no time")}
    facts: dict[str, Any] = {"local_text": local.isoformat(" ")}
    if "camera_zone" in trace.facts:
        facts["taken_utc"] = local.replace(tzinfo=zone_named(str(trace.facts["camera_zone"]))).astimezone(UTC)
    return facts


def _asked_kinds(trace: Trace) -> tuple[str, ...]:
    """Return the facts that say what content is. An option may also be the end of a name."""
    option = ("option",) if trace.facts.get("option") in OPTIONS.values() else ()
    return (*(("real_type",) if "real_type" in trace.facts else ()), *option)


def _kind_facts(trace: Trace, found: str) -> dict[str, Any]:
    facts = {"real_type": found.upper() if str(trace.facts.get("real_type", "")).isupper() else found}
    if "option" in _asked_kinds(trace):
        facts["option"] = OPTIONS.get(found, found)
    return facts


def _encoded(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return b"\0" * 64  # stands in no text
