"""The text that ``sgdisk`` prints, cut into facts. The shapes were read off version 1.0.9; ``-p`` and ``-v``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LINE = re.compile(r"\s*(?P<slot>\d+)\s+(?P<first>\d+)\s+(?P<last>\d+)\s+\S+ \S+\s+(?P<code>[0-9A-F]{4})\b.*")
_GUID = re.compile(r"^Disk identifier \(GUID\): (\S+)$", re.MULTILINE)
_HEADER = re.compile(r"^(Main|Backup) header: (OK|ERROR)$", re.MULTILINE)
# The program's own codes for types, by the name that the truth gives them. Source: sgdisk -L.
CODES: Mapping[str, str] = {"EF00": "efi", "0C01": "reserved", "0700": "basic", "2700": "recovery", "8300": "linux"}
_COPIES = {"Main": "primary", "Backup": "backup"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One partition. Sectors count from 0 of the medium; ``last_sector`` belongs to it."""

    first_sector: int
    last_sector: int
    code: str


def entries(text: str) -> tuple[Entry, ...]:
    """Return the partitions that ``sgdisk -p`` prints, in the order of the medium."""
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    found = (Entry(int(match["first"]), int(match["last"]), match["code"]) for match in matches if match)
    return tuple(sorted(found, key=lambda entry: entry.first_sector))


def disk_guid(text: str) -> str | None:
    """Return the GUID of the disk that ``sgdisk -p`` prints."""
    match = _GUID.search(text)
    return match[1].lower() if match else None


def damaged_headers(text: str) -> tuple[str, ...]:
    """Return which copies of the header ``sgdisk`` complains of, on either of its outputs."""
    return tuple(_COPIES[name] for name, state in _HEADER.findall(text) if state == "ERROR")
