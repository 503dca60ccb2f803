"""Which files an image consists of, and whether all of them are there.

A split raw image is numbered from ``.001`` (or ``.000``), or lettered from ``.aa``, as FTK Imager, dc3dd and
``split`` name the parts. An E01 image is numbered ``.E01`` to ``.E99``, then ``.EAA`` and on.
"""

import re
import struct
import zlib
from pathlib import Path

from labkit.errors import EvidenceError

EWF_SIGNATURE = b"EVF\x09\x0d\x0a\xff\x00"

_EWF_FILE_HEADER_BYTES = 13
_EWF_SECTION = struct.Struct("<16sQQ40xI")
_EWF_NUMBERED = r"\.[Ee](\d\d)"
_NUMBERED = r"\.(\d{2,5})"
_MAX_SECTIONS = 1_000_000


def raw_segments(path: Path) -> tuple[Path, ...]:
    """Return the parts of a raw image in order; one path where it is not split.

    Raises:
        EvidenceError: ``path`` is not the first part, or a part is missing or too short.
    """
    numbered = re.fullmatch(_NUMBERED, path.suffix)
    if numbered is not None:
        names = _numbered_parts(path, width=len(numbered[1]))
    elif path.suffix == ".aa":
        names = _lettered_parts(path)
    else:
        return (path,)
    if len(names) > 1:
        _check_sizes(names)
    return tuple(names)


def ewf_segments(path: Path) -> tuple[Path, ...]:
    """Return the segment files of an E01 image in order.

    Raises:
        EvidenceError: ``path`` is not the first segment, a segment is missing, or one is truncated or damaged.
    """
    numbered = re.fullmatch(_EWF_NUMBERED, path.suffix)
    if numbered is not None and numbered[1] != "01":
        first = path.with_suffix(path.suffix[:2] + "01")
        raise EvidenceError(
            f"{path.name} is segment {int(numbered[1])} of an E01 image",
            remedy=f"Open the first segment, {first.name}; the others are found beside it.",
        )
    found = []
    current = path
    while True:
        found.append(current)
        if _closing_section(current) == "done":
            return tuple(found)
        following = _ewf_name(path, len(found) + 1)
        if not following.exists():
            raise EvidenceError(
                f"segment {following.name} is missing: {current.name} says that the image goes on",
                remedy=f"Copy every segment of the image into the folder of {path.name} and try again.",
            )
        current = following


def _numbered_parts(path: Path, *, width: int) -> list[Path]:
    stem = path.name[: -width - 1]
    numbers = sorted(
        int(entry.suffix[1:])
        for entry in path.parent.iterdir()
        if entry.name.startswith(stem + ".")
        and len(entry.name) == len(path.name)
        and re.fullmatch(_NUMBERED, entry.suffix)
    )
    own = int(path.suffix[1:])
    if own > 1 or (own == 1 and 0 in numbers):
        if numbers[0] > 1:  # nothing here begins a series: the name only looks like a part
            return [path]
        first = path.with_name(f"{stem}.{numbers[0]:0{width}}")
        raise EvidenceError(
            f"{path.name} is not the first part of its image",
            remedy=f"Open {first.name}; the other parts are found beside it.",
        )
    for expected, number in enumerate(numbers, start=own):
        if number != expected:
            raise EvidenceError(
                f"part {stem}.{expected:0{width}} is missing; {stem}.{number:0{width}} is there",
                remedy="Copy every part of the image into one folder and try again.",
            )
    return [path.with_name(f"{stem}.{number:0{width}}") for number in numbers]


def _lettered_parts(path: Path) -> list[Path]:
    found = []
    for number in range(26 * 26):
        letters = chr(ord("a") + number // 26) + chr(ord("a") + number % 26)
        part = path.with_suffix(f".{letters}")
        if not part.exists():
            break
        found.append(part)
    return found


def _check_sizes(parts: list[Path]) -> None:
    """Every part but the last has the size of the first; a shorter one was cut off while it was copied."""
    first = parts[0].stat().st_size
    for part in parts[1:-1]:
        if part.stat().st_size != first:
            raise EvidenceError(
                f"{part.name} has {part.stat().st_size} bytes, the parts before it {first}",
                remedy="This part was cut off or belongs to another image. Copy it again and compare its digest.",
            )
    if parts[-1].stat().st_size > first:
        raise EvidenceError(
            f"{parts[-1].name} is longer than the parts before it ({first} bytes)",
            remedy="These parts do not belong together, or an earlier one was cut off. Copy them again.",
        )


def _ewf_name(first: Path, number: int) -> Path:
    """Return the name of segment ``number``: E01..E99, then EAA..EZZ, FAA and on.

    Source: J. Metz, "Expert Witness Compression Format specification", section "Segment files".
    """
    lead = first.suffix[1]
    if number <= 99:  # noqa: PLR2004 - the format's own limit
        return first.with_suffix(f".{lead}{number:02}")
    letter = ord("A") if lead.isupper() else ord("a")
    rest, third = divmod(number - 100, 26)
    extra, second = divmod(rest, 26)
    return first.with_suffix(f".{chr(ord(lead) + extra)}{chr(letter + second)}{chr(letter + third)}")


def _closing_section(path: Path) -> str:
    """Walk the sections of one segment and return its last one: ``done`` or ``next``.

    libewf opens a segment that was cut off and then finds no stored digests in it, which looks like an image
    that never had any; therefore the chain is walked here first.

    Source: J. Metz, "Expert Witness Compression Format specification", section "Section descriptor": 16 bytes
    type, 8 bytes offset of the next section, 8 bytes size, 40 bytes padding, Adler-32 of the 72 bytes before.
    """
    size = path.stat().st_size
    offset = _EWF_FILE_HEADER_BYTES
    with path.open("rb") as file:
        if file.read(len(EWF_SIGNATURE)) != EWF_SIGNATURE:
            raise EvidenceError(
                f"{path.name} does not begin like a segment of an E01 image",
                remedy="Copy this segment again from its master and compare its digest.",
            )
        for _ in range(_MAX_SECTIONS):
            file.seek(min(offset, size))  # a damaged offset may be larger than any file
            head = file.read(_EWF_SECTION.size)
            if len(head) < _EWF_SECTION.size:
                raise EvidenceError(
                    f"{path.name} is cut off: it has {size} bytes and a section should begin at byte {offset}",
                    remedy="Copy the image again from its master, compare its digest, and open the new copy.",
                )
            kind, following, _, checksum = _EWF_SECTION.unpack(head)
            if zlib.adler32(head[:-4]) != checksum:
                raise EvidenceError(
                    f"{path.name} is damaged: the section descriptor at byte {offset} has a wrong checksum",
                    remedy="Copy the image again from its master, compare its digest, and open the new copy.",
                )
            name: bytes = kind.rstrip(b"\0")
            if name in {b"done", b"next"}:
                return name.decode("ascii")
            if following <= offset:
                break
            offset = following
    raise EvidenceError(
        f"{path.name} is damaged: its chain of sections does not end",
        remedy="Copy the image again from its master, compare its digest, and open the new copy.",
    )
