"""The log of an acquisition tool: which sectors it could not read."""

import re

SECTOR_BYTES = 512
_HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]+)")
_PLACE_AND_LENGTH = 2
_ERROR = re.compile(r"error|unread|bad", re.IGNORECASE)


def unreadable_sectors(text: str) -> tuple[int, ...]:
    """Return the sectors of every line about an error that gives a byte offset and a length, both hexadecimal.

    Raises:
        ValueError: A place or a length is not a whole number of sectors.
    """
    sectors: set[int] = set()
    for line in text.splitlines():
        numbers = _HEXADECIMAL.findall(line)
        if not _tells_an_error(line):
            continue
        offset, length = (int(number, 16) for number in numbers)
        if offset % SECTOR_BYTES or length % SECTOR_BYTES:
            raise ValueError(f"{line.strip()!r} is not about whole sectors")
        sectors.update(range(offset // SECTOR_BYTES, (offset + length) // SECTOR_BYTES))
    return tuple(sorted(sectors))


def error_lines(text: str) -> tuple[int, ...]:
    """Return the numbers, from 1, of the lines that tell of an error with its place and length."""
    return tuple(number for number, line in enumerate(text.splitlines(), start=1) if _tells_an_error(line))


def _tells_an_error(line: str) -> bool:
    return len(_HEXADECIMAL.findall(line)) == _PLACE_AND_LENGTH and bool(_ERROR.search(line))
