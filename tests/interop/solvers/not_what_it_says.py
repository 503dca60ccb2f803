"""L06 solved with the Sleuth Kit, ExifTool and the standard library; nothing of labkit is imported here."""

import mmap
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

SECTOR_BYTES = 512
USER = "Users/mira.solen"
BEGINNINGS = {".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n"}
KINDS = {b"%PDF": "pdf", b"\xff\xd8\xff": "photo"}
PARTS = {b"xl/workbook.xml": "spreadsheet", b"word/document.xml": "document"}  # of a ZIP
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "cp1251": "cp1251",
    "koi8-r": "koi8-r",
    "cp866": "cp866",
}


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it; ``work`` is a folder for what is exported."""
    volume = windows_volume(evidence / "pc" / "KF-05.raw")
    files = volume.export(USER, work)
    pictures = {name: data for name, data in files.items() if name.startswith("Pictures/Album/")}
    start, length = photo_without_a_file(volume)
    found = keyword_hits(files, public["keyword"])
    return {
        "wrong-extensions": ", ".join(name for name, data in pictures.items() if not fits_its_name(name, data)),
        "report-type": kind_of(files["Documents/report.docx"]),
        "photo-region": f"start {start}, length {length} bytes from disk",
        "turned-name": next(name for name in files if "\u202e" in name).rpartition(".")[2],
        "photo-taken": taken(work / "Pictures" / public["yard_photo"], camera_zone(files)).isoformat(),
        "keyword-files": ", ".join(name for _, name in found),
        "keyword-encodings": ", ".join(sorted({encoding for encoding, _ in found})),
        "split-place": f"{volume.place_of(*hit_in_a_document(files, public['split_word']))} bytes from disk",
    }


@dataclass(frozen=True)
class Volume:
    """One partition of a raw image: where it begins, how large its clusters are and how many it has."""

    disk: Path
    start_sector: int
    cluster_bytes: int
    clusters: int

    @property
    def start_bytes(self) -> int:
        return self.start_sector * SECTOR_BYTES

    def ask(self, program: str, *arguments: object) -> str:
        """Run a program of the Sleuth Kit on the volume."""
        return run(program, "-o", self.start_sector, *arguments)

    def export(self, folder: str, to: Path) -> dict[str, bytes]:
        """Write all live files below ``folder``; return their paths below it and their content."""
        directory = self.ask("ifind", "-n", f"/{folder}", self.disk).strip()
        self.ask("tsk_recover", "-a", "-d", directory, self.disk, to)
        return {path.relative_to(to).as_posix(): path.read_bytes() for path in sorted(to.rglob("*")) if path.is_file()}

    def place_of(self, name: str, offset_bytes: int) -> int:
        """Return where a byte of a file of the user stands on the disk."""
        address = self.ask("ifind", "-n", f"/{USER}/{name}", self.disk).strip()
        listed = self.ask("istat", self.disk, address).partition("$DATA")[2].partition("\n")[2]
        clusters = [int(number) for number in listed.split()]
        index, within = divmod(offset_bytes, self.cluster_bytes)
        return self.start_bytes + clusters[index] * self.cluster_bytes + within

    def belongs_to_nobody(self, cluster: int) -> bool:
        """Tell whether a cluster is free, and no file or deleted file names it."""
        if "Not Allocated" not in self.ask("blkstat", self.disk, cluster):
            return False
        return "not found" in self.ask("ifind", "-d", cluster, self.disk)


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, check=True, timeout=120)
    return done.stdout.decode("utf-8", "replace")


def windows_volume(disk: Path) -> Volume:
    """Return the NTFS volume that is called Windows."""
    for start in re.findall(r"^\d+:\s+\d+\s+(\d+)", run("mmls", disk), re.MULTILINE):
        about = subprocess.run(["fsstat", "-o", start, disk], capture_output=True, check=False, timeout=120)
        if b"Volume Name: Windows" in about.stdout:
            said = about.stdout.decode()
            (size,), (last,) = (
                re.findall(f"{label}(\\d+)", said) for label in ("Cluster Size: ", "Cluster Range: 0 - ")
            )
            return Volume(disk, int(start), int(size), int(last) + 1)
    raise AssertionError("there is no Windows partition")


def fits_its_name(name: str, data: bytes) -> bool:
    return data.startswith(BEGINNINGS[Path(name).suffix.lower()])


def kind_of(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        return next(kind for part, kind in PARTS.items() if part in data)
    return next(kind for beginning, kind in KINDS.items() if data.startswith(beginning))


def photo_without_a_file(volume: Volume) -> tuple[int, int]:
    """Return start on the disk and length of the one JPEG in free clusters that no directory entry knows."""
    with volume.disk.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as disk:
        starts = [at for at in photo_starts(disk, volume) if volume.belongs_to_nobody(cluster_at(at, volume))]
        assert len(starts) == 1, starts
        return starts[0], jpeg_end(disk, starts[0]) - starts[0]


def photo_starts(disk: mmap.mmap, volume: Volume) -> Iterator[int]:
    for cluster in range(volume.clusters):
        at = volume.start_bytes + cluster * volume.cluster_bytes
        if disk[at : at + 3] == b"\xff\xd8\xff":
            yield at


def cluster_at(offset_bytes: int, volume: Volume) -> int:
    return (offset_bytes - volume.start_bytes) // volume.cluster_bytes


def jpeg_end(disk: mmap.mmap, start: int) -> int:
    """Follow the segments (FF, marker, length) of a baseline JPEG to the first byte behind FF D9 (ITU-T T.81, B.1)."""
    at = start + 2
    while disk[at : at + 2] != b"\xff\xda":
        assert disk[at] == 0xFF, at
        at += 2 + int.from_bytes(disk[at + 2 : at + 4], "big")
    return disk.find(b"\xff\xd9", at) + 2  # in the coded picture FF is always followed by 00 or D0 to D7


def camera_zone(files: Mapping[str, bytes]) -> ZoneInfo:
    """Return the zone of the one city that the note beside the photos names."""
    note = next(data.decode() for name, data in files.items() if re.fullmatch(r"Pictures/[^/]*\.txt", name))
    cities = {zone.rpartition("/")[2]: zone for zone in available_timezones()}
    (zone,) = (cities[word] for word in re.findall(r"[A-Z]\w+", note) if word in cities)
    return ZoneInfo(zone)


def taken(photo: Path, zone: ZoneInfo) -> datetime:
    digits = run("exiftool", "-s3", "-DateTimeOriginal", photo).strip()
    return datetime.strptime(digits, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)


def keyword_hits(files: Mapping[str, bytes], word: str) -> list[tuple[str, str]]:
    """Return encoding and name of each file that holds the word."""
    return [
        (encoding, name.rpartition("/")[2])
        for name, data in files.items()
        for encoding, codec in ENCODINGS.items()
        if word.encode(codec) in data
    ]


def hit_in_a_document(files: Mapping[str, bytes], word: str) -> tuple[str, int]:
    """Return the one file that holds a word, and where in it."""
    ((name, data),) = ((name, data) for name, data in files.items() if word.encode() in data)
    return name, data.index(word.encode())
