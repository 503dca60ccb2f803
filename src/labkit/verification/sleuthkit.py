"""The text that Sleuth Kit programs print, cut into facts.

The shapes were read off version 4.11.1 and 4.12.1; ``fls -r -p``, ``istat -z UTC``, ``fsstat``, ``mmls``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_FLS = re.compile(
    r"(?P<type>\S+)\s+(?P<deleted>\* )?(?P<address>\d+)(?:-(?P<attribute>\d+-\d+))?(?:\(realloc\))?:\t(?P<path>.*)"
)
_MMLS = re.compile(
    r"\d{3}:\s+(?P<slot>\d{3}(?::\d{3})?|-+)\s+(?P<start>\d+)\s+\d+\s+(?P<length>\d+)\s+(?P<description>.*)"
)
_ISTAT_TIME = re.compile(r"(?P<name>Written|Accessed|Created):\t(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \(UTC\)")
_TIME_NAMES = {"Written": "modified", "Accessed": "accessed", "Created": "born"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of ``fls``. The path starts with ``/``."""

    path: str
    address: int
    deleted: bool
    directory: bool
    attribute: str = ""  # NTFS: type and number, such as 128-4

    @property
    def stream(self) -> str:
        """Return the name of the stream that the line is of; NTFS allows no colon in a name of a file."""
        return self.path.rpartition("/")[2].partition(":")[2] if self.attribute else ""


@dataclass(frozen=True, slots=True)
class Partition:
    """One line of ``mmls`` that is a partition, or a gap. Sectors count from 0 of the medium."""

    start_sector: int
    size_sectors: int
    description: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What ``istat`` says of one FAT entry. Sectors count from 0 of the volume; times are whole seconds."""

    allocated: bool
    size_bytes: int
    sectors: tuple[int, ...]
    times: Mapping[str, datetime]  # by born, modified, accessed


def listed(text: str) -> tuple[Listed, ...]:
    """Return the lines of ``fls -r -p``."""
    found = []
    for line in text.splitlines():
        match = _FLS.fullmatch(line)
        if match:
            directory = match["type"].endswith("d")
            attribute = match["attribute"] or ""
            found.append(
                Listed(f"/{match['path']}", int(match["address"]), bool(match["deleted"]), directory, attribute)
            )
    return tuple(found)


def partitions(text: str) -> tuple[Partition, ...]:
    """Return the partitions that ``mmls`` prints, in its order."""
    return tuple(_partition(match) for match in _mmls_lines(text) if match["slot"].strip("-"))


def gaps(text: str) -> tuple[Partition, ...]:
    """Return the stretches that ``mmls`` prints as unallocated, in its order."""
    return tuple(_partition(match) for match in _mmls_lines(text) if not match["slot"].strip("-"))


def _mmls_lines(text: str) -> Iterator[re.Match[str]]:
    matches = (_MMLS.fullmatch(line) for line in text.splitlines())
    return (match for match in matches if match is not None)


def _partition(match: re.Match[str]) -> Partition:
    return Partition(int(match["start"]), int(match["length"]), match["description"])


def stated(text: str) -> Stated | None:
    """Return what ``istat -z UTC`` prints, or None where it is not about a FAT entry."""
    size = re.search(r"^Size: (\d+)$", text, re.MULTILINE)
    if size is None:
        return None
    times = {
        _TIME_NAMES[match["name"]]: datetime.fromisoformat(match["time"]).replace(tzinfo=UTC)
        for match in _ISTAT_TIME.finditer(text)
    }
    after = text.partition("\nSectors:\n")[2]
    numbers = re.match(r"[\d\s]*", after)
    sectors = tuple(int(number) for number in (numbers[0].split() if numbers else ()))
    return Stated("\nNot Allocated" not in text, int(size[1]), sectors, times)


def labelled(text: str, label: str) -> str | None:
    """Return the value behind ``label:`` in what ``fsstat`` prints."""
    match = re.search(rf"^\W*{re.escape(label)}:[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return match[1] if match else None
