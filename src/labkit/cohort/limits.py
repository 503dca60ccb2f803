"""How large a submission may be. A submission is text; whatever is larger is a mistake or an attack."""

from dataclasses import dataclass

from labkit.custody.copies import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; the defaults leave ten times the room of an honest submission."""

    archive_bytes: int = 200 * 1024**2
    members: int = 500
    total_bytes: int = 512 * 1024**2  # of all members, unpacked
    member_bytes: int = 100 * 1024**2
    ratio: int = 200  # unpacked : packed, for members above ratio_from_bytes
    ratio_from_bytes: int = 1024**2
    name_bytes: int = 200
    json_bytes: int = 1024**2
    custody_lines: int = 20_000
    examination_lines: int = 100_000
    line_bytes: int = 16 * 1024
    answers: int = 2_000
    peer_bytes: int = MAX_BYTES


LIMITS = Limits()
