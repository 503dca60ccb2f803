"""The log of an acquisition tool: which sectors it could not read."""

import re

SECTOR_BYTES = 512
_HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]+)")
_ERROR = re.compile(r"error|unread|bad", re.IGNORECASE)


def unreadable_sectors(text: str) -> tuple[int, ...]:
    """Return the sectors of every line about an error that gives a byte offset and a length, both hexadecimal.

    Raises:
        ValueError: A place or a length is not a whole number of sectors.
    """
    sectors: set[int] = set()
    for line in text.splitlines():
        numbers = _HEXADECIMAL.findall(line)
        if len(numbers) != 2 or not _ERROR.search(line):  # noqa: PLR2004 - offset and length
            continue
        offset, length = (int(number, 16) for number in numbers)
        if offset % SECTOR_BYTES or length % SECTOR_BYTES:
            raise ValueError(f"{line.strip()!r} is not about whole sectors")
        sectors.update(range(offset // SECTOR_BYTES, (offset + length) // SECTOR_BYTES))
    return tuple(sorted(sectors))
