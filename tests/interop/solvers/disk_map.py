"""L04 solved with the Sleuth Kit, gdisk and the standard library; nothing of labkit is imported here."""

import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

SECTOR_BYTES = 512
TYPES = {
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "efi-system",
    "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "ms-reserved",
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "basic-data",
    "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": "windows-recovery",
}
DAMAGED = {
    ("ERROR", "OK"): "primary",
    ("OK", "ERROR"): "backup",
    ("ERROR", "ERROR"): "both-copies",
    ("OK", "OK"): "neither-copy",
}


@dataclass(frozen=True)
class Stretch:
    """Sectors of the disk; both ends belong to it."""

    first: int
    last: int
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.first}-{self.last} sectors from disk"


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it; no public value is needed, nothing is written."""
    disk = evidence / "pc" / "KF-05.raw"
    table = partitions(disk)
    gap = between(table)
    lost = file_system_in(disk, gap)
    return {
        "scheme": scheme(disk),
        "partitions": "\n".join(["first;last;type", *(f"{one.first};{one.last};{one.kind}" for one in table)]),
        "last-start": f"{table[-1].first * SECTOR_BYTES} bytes",
        "damaged-copy": damaged_copy(disk),
        "gap": str(gap),
        "boot-record": f"sector {lost.first} of the disk",
        "lost-sha256": sha256_of(disk, lost),
        "lost-region": str(lost),
    }


def scheme(disk: Path) -> str:
    """Return what gdisk makes of the first two sectors."""
    scanned = dict(re.findall(r"^  (\w+): ([\w ]+)$", run("gdisk", "-l", disk), re.MULTILINE))
    if scanned["GPT"] == "not present":
        return "mbr" if scanned["MBR"] == "MBR only" else "no-table"
    return "hybrid" if scanned["MBR"] == "hybrid" else "gpt"


def partitions(disk: Path) -> list[Stretch]:
    """Return what the table names, in the order of the disk: places from mmls, types from gdisk."""
    lines = re.findall(r"^\d+:  (\d+)\s+(\d+)\s+(\d+)\s+\d+", run("mmls", "-a", disk), re.MULTILINE)
    found = []
    for slot, first, last in lines:
        about = run("sgdisk", "-i", int(slot) + 1, disk)  # mmls counts entries from 0, gdisk from 1
        (guid,) = re.findall(r"^Partition GUID code: (\S+)", about, re.MULTILINE)
        assert re.findall(r"^(?:First|Last) sector: (\d+)", about, re.MULTILINE) == [str(int(first)), str(int(last))]
        found.append(Stretch(int(first), int(last), TYPES[guid]))
    return sorted(found, key=lambda one: one.first)


def damaged_copy(disk: Path) -> str:
    said = dict(re.findall(r"^(Main|Backup) header: (\w+)$", run("sgdisk", "-v", disk), re.MULTILINE))
    if not said:  # only where something is wrong it judges the parts one by one
        return DAMAGED["OK", "OK"]
    return DAMAGED[said["Main"], said["Backup"]]


def between(table: list[Stretch]) -> Stretch:
    """Return the one stretch between two partitions that belongs to none."""
    (gap,) = [Stretch(one.last + 1, other.first - 1) for one, other in pairwise(table) if other.first > one.last + 1]
    return gap


def file_system_in(disk: Path, gap: Stretch) -> Stretch:
    """Return the file system whose boot record lies in the gap and names its own place."""
    for sector in boot_signatures(disk):
        if gap.first <= sector <= gap.last:
            about = subprocess.run(["fsstat", "-o", str(sector), disk], capture_output=True, check=False, timeout=120)
            said = about.stdout.decode("utf-8", "replace")
            before = re.search(r"^Sectors before file system: (\d+)", said, re.MULTILINE)
            size = re.search(r"^Total Range: 0 - (\d+)", said, re.MULTILINE)
            if before and size and int(before[1]) == sector:
                return Stretch(sector, sector + int(size[1]))
    raise AssertionError("there is no boot record in the gap")


def boot_signatures(disk: Path) -> Iterator[int]:
    """Yield the sectors that end with 55 AA."""
    for sector in re.findall(r"^Block: (\d+)", run("sigfind", "-o", 510, "-l", "AA55", disk), re.MULTILINE):
        yield int(sector)


def sha256_of(disk: Path, stretch: Stretch) -> str:
    digest = hashlib.sha256()
    with disk.open("rb") as file:
        file.seek(stretch.first * SECTOR_BYTES)
        for _ in range(stretch.first, stretch.last + 1):
            digest.update(file.read(SECTOR_BYTES))
    return digest.hexdigest()


def run(*command: object) -> str:
    """Return what a program prints; gdisk complains of a damaged table on standard error as well."""
    done = subprocess.run([*map(str, command)], capture_output=True, check=False, timeout=120)
    return (done.stdout + done.stderr).decode("utf-8", "replace")
