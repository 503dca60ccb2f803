"""What Sleuth Kit programs print of NTFS, cut into facts: ``istat -z UTC`` and ``usnjls -m`` of 4.11.1 and 4.12.1."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_NTFS_TIME = re.compile(r"(?P<name>[A-Z][A-Za-z ]+):\t(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})\d{3} \(UTC\)")
_NTFS_TIME_NAMES = {"Created": "born", "File Modified": "modified", "MFT Modified": "changed", "Accessed": "accessed"}
_NTFS_STREAM = re.compile(
    r"Type: \$DATA \((?P<attribute>128-\d+)\)   Name: (?P<name>.*?)   (?:Non-)?Resident   size: (?P<size>\d+)"
)
_SHORTENED = re.compile(r"~\d+(?:\.|$)")  # the mark of a short name that Windows made beside a long one
_JOURNAL_FIELDS = 11


@dataclass(frozen=True, slots=True)
class StatedStream:
    """A stream that ``istat`` shows; the unnamed content has no name."""

    name: str
    attribute: str
    size_bytes: int
    clusters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StatedRecord:
    """What ``istat`` says of one NTFS record. Times are cut to microseconds."""

    allocated: bool
    address: int
    sequence: int
    names: tuple[tuple[str, int], ...]  # each with the record of its folder, the long name first
    times: Mapping[str, datetime]  # born, modified, changed, accessed; name_born, name_modified of the long name
    streams: tuple[StatedStream, ...]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of ``usnjls -m``: what happened to a file, in whole seconds, aware UTC."""

    address: int
    parent_address: int
    at_utc: datetime
    reasons: int  # the bits of USN_RECORD_V2
    name: str


def stated_record(text: str) -> StatedRecord | None:
    """Return what ``istat -z UTC`` prints, or None where it is not about an NTFS record."""
    head = re.search(r"^Entry: (\d+)\s+Sequence: (\d+)", text, re.MULTILINE)
    if head is None:
        return None
    before, *parts = text.split("$FILE_NAME Attribute Values:")
    names = []
    for part in parts:
        name = re.search(r"^Name: (.*)$", part, re.MULTILINE)
        parent = re.search(r"^Parent MFT Entry: (\d+)", part, re.MULTILINE)
        if name is not None and parent is not None:
            names.append((name[1], int(parent[1]), _ntfs_times(part)))
    times = dict(_ntfs_times(before))
    names.sort(key=lambda one: (_SHORTENED.search(one[0]) is not None, -len(one[0])))
    if names:
        of_name = names[0][2]
        times |= {f"name_{key}": of_name[key] for key in ("born", "modified") if key in of_name}
    return StatedRecord(
        allocated="\nAllocated File" in text,
        address=int(head[1]),
        sequence=int(head[2]),
        names=tuple((name, parent) for name, parent, _ in names),
        times=times,
        streams=tuple(_ntfs_streams(text.partition("\nAttributes:")[2])),
    )


def _ntfs_times(text: str) -> Mapping[str, datetime]:
    return {
        _NTFS_TIME_NAMES[match["name"]]: datetime.fromisoformat(match["time"]).replace(tzinfo=UTC)
        for match in _NTFS_TIME.finditer(text)
        if match["name"] in _NTFS_TIME_NAMES
    }


def _ntfs_streams(text: str) -> Iterator[StatedStream]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _NTFS_STREAM.match(line)
        if match is None:
            continue
        clusters: list[int] = []
        for below in lines[number + 1 :]:
            if not below or not all(word.isdecimal() for word in below.split()):
                break
            clusters += map(int, below.split())
        name = "" if match["name"] == "N/A" else match["name"]
        yield StatedStream(name, match["attribute"], int(match["size"]), tuple(clusters))


def journal_lines(text: str) -> tuple[JournalLine, ...]:
    """Return the lines of ``usnjls -m``."""
    found = []
    for line in text.splitlines():
        fields = line.split("|", _JOURNAL_FIELDS - 1)
        if len(fields) == _JOURNAL_FIELDS:
            file, parent, seconds, reasons, name = fields[2], fields[3], fields[5], fields[6], fields[10]
            at = datetime.fromtimestamp(int(float(seconds)), tz=UTC)
            found.append(
                JournalLine(int(file.partition("-")[0]), int(parent.partition("-")[0]), at, int(reasons), name)
            )
    return tuple(found)
