"""Media as raw images, for readers that are not ours."""

from pathlib import Path

from labkit.containers.raw import write_raw
from labkit.synthesis.medium import Medium
from tests.oracles import oracle


def raw_image(medium: Medium, path: Path) -> Path:
    write_raw(medium.chunks(), path)
    return path


def mmls(image: Path) -> list[tuple[str, int, int, str]]:
    """Return slot, start, length and description as the Sleuth Kit lists them."""
    lines = oracle(["mmls", image]).splitlines()
    rows = [line.split(maxsplit=5) for line in lines if line[:3].isdigit()]
    return [(row[1], int(row[2]), int(row[4]), "".join(row[5:])) for row in rows]


def gdisk_verdict(image: Path) -> str:
    """Return all that ``sgdisk -v`` says, its complaints about damage included."""
    oracle(["sgdisk", "--version"])
    return oracle(["sh", "-c", 'sgdisk -v "$0" 2>&1', image])
