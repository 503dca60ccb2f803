"""Part two of L05 solved with the Sleuth Kit and the standard library; nothing of labkit is imported here."""

import hashlib
import os
import re
import struct
import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

SECTOR_BYTES = 512
# The brief: what the PC showed when the reference clock showed the second time.
CLOCK_IS_FAST = timedelta(minutes=37, seconds=13) - timedelta(minutes=30)
RECENT = "/AppData/Roaming/Microsoft/Windows/Recent/"
SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC")


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it. Nothing has to be exported to ``work``."""
    volume = windows_volume(evidence / "pc" / "KF-05.raw")
    sheet_path, sheet = mixed_workbook(volume)
    contract = volume.record(volume.number_of(public["stomped_name"]))
    removal = next(entry for entry in volume.journal if entry.is_about(public["letter_name"], "FILE_DELETE"))
    letter = volume.record(removal.number)
    fates = {begin: fate(volume, begin) for begin in ("letter", "draft", "forecast")}
    note_cluster, note_place, note = slack_note(volume, volume.record(volume.number_of(public["pc_slack_host"])))
    stream, content = hidden_stream(volume)
    return {
        "sheet-path": f"/{sheet_path}",
        "sheet-record": str(sheet.number),
        "sheet-born": true_time(sheet.visible["Created"]),
        "sheet-modified": true_time(sheet.visible["File Modified"]),
        "contract-born": true_time(contract.beside_the_name["Created"]),
        "letter-cluster": str(letter.clusters[0]),
        "letter-size": str(letter.size_bytes),
        "letter-sha256": hashlib.sha256(volume.content(f"{letter.number}")).hexdigest(),
        "letter-removed": true_time(removal.at),
        "fates": "\n".join(
            ["name,record,fate", *(f"{name},{number},{became}" for name, (number, became) in fates.items())]
        ),
        "recycled-from": path_before_the_bin(volume, fates["forecast"][0]),
        "slack-place": f"{volume.place_of(note_cluster) + note_place} bytes from disk",
        "slack-words": ", ".join(note.split()),
        "stream-name": stream,
        "stream-sha256": hashlib.sha256(content).hexdigest(),
        "who-deleted": f"statement-4; KF-05; inode {letter.number}",
    }


@dataclass(frozen=True)
class Entry:
    """One line of ``fls``: the record with type and number of the attribute, and the path without leading slash."""

    address: str
    path: str
    deleted: bool

    @property
    def number(self) -> int:
        return int(self.address.partition("-")[0])

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Change:
    """One record of the change journal."""

    number: int
    at: datetime
    reasons: tuple[str, ...]
    name: str

    def is_about(self, name: str, reason: str) -> bool:
        return self.name == name and reason in self.reasons


@dataclass(frozen=True)
class Record:
    """What ``istat`` says of a record: both sets of times as stored, size and clusters of the main content."""

    number: int
    free: bool
    visible: Mapping[str, datetime]
    beside_the_name: Mapping[str, datetime]
    size_bytes: int
    clusters: tuple[int, ...]


@dataclass(frozen=True)
class Volume:
    """One partition of a raw image."""

    disk: Path
    start_sector: int

    def ask(self, program: str, *arguments: object) -> str:
        """Run a program of the Sleuth Kit on the volume."""
        return self._run(program, *arguments).decode("utf-8", "replace")

    def content(self, address: str) -> bytes:
        """Return a content, of a free record too."""
        return self._run("icat", address)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        lines = re.findall(
            r"^[-\w]/[-\w] (\* )?([\d-]+)(?:\(realloc\))?:\t(.*)$", self.ask("fls", "-r", "-p"), re.MULTILINE
        )
        return tuple(Entry(address, path, bool(star)) for star, address, path in lines)

    @cached_property
    def journal(self) -> tuple[Change, ...]:
        found = re.findall(
            r"^Reference Number: (\d+)-\d+$.*?^Time: ([-\d]+ [:\d]+).*?^Reason: (.*?)$.*?^Name: (.*?)$",
            self.ask("usnjls", "-l"),
            re.MULTILINE | re.DOTALL,
        )
        return tuple(Change(int(number), moment(at), tuple(why.split()), name) for number, at, why, name in found)

    @cached_property
    def cluster_bytes(self) -> int:
        return int(re.findall(r"^Cluster Size: (\d+)$", self.ask("fsstat"), re.MULTILINE)[0])

    def record(self, number: int) -> Record:
        said = self.ask("istat", "-z", "UTC", number)
        data = re.search(
            r"^Type: \$DATA \(128-\d+\) +Name: N/A +Non-Resident +size: (\d+).*?\n((?:[\d ]+\n)*)", said, re.MULTILINE
        )
        return Record(
            number,
            "Not Allocated File" in said,
            times(said, "$STANDARD_INFORMATION"),
            times(said, "$FILE_NAME"),
            int(data[1]) if data else 0,
            tuple(map(int, data[2].split())) if data else (),
        )

    def number_of(self, name: str) -> int:
        """Return the record of the one live file of a name."""
        (number,) = {entry.number for entry in self.entries if entry.name == name and not entry.deleted}
        return number

    def is_free(self, cluster: int) -> bool:
        return "Not Allocated" in self.ask("blkstat", cluster)

    def cluster(self, number: int) -> bytes:
        return self._run("blkcat", number)

    def place_of(self, cluster: int) -> int:
        """Return where a cluster begins, in bytes of the disk."""
        return self.start_sector * SECTOR_BYTES + cluster * self.cluster_bytes

    def _run(self, program: str, *arguments: object) -> bytes:
        options = [str(argument) for argument in arguments if str(argument).startswith("-") or argument == "UTC"]
        rest = [str(argument) for argument in arguments if str(argument) not in options]
        command = [program, *options, "-o", str(self.start_sector), str(self.disk), *rest]
        surroundings = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(command, capture_output=True, check=True, timeout=120, env=surroundings).stdout


def windows_volume(disk: Path) -> Volume:
    """Return the largest partition."""
    listed = subprocess.run(["mmls", str(disk)], capture_output=True, check=True, text=True, timeout=60).stdout
    rows = re.findall(r"^\d+: +\d+ +(\d+) +\d+ +(\d+) +Basic data", listed, re.MULTILINE)
    return Volume(disk, int(max(rows, key=lambda row: int(row[1]))[0]))


def times(said: str, attribute: str) -> dict[str, datetime]:
    """Return the first set of times that ``istat`` prints below an attribute."""
    block = said.partition(f"{attribute} Attribute Values:")[2]
    found = re.findall(r"^(Created|File Modified|MFT Modified|Accessed):\t([-\d]+ [:\d]+)", block, re.MULTILINE)[:4]
    return {name: moment(at) for name, at in found}


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def true_time(stored: datetime) -> str:
    return (stored - CLOCK_IS_FAST).isoformat()


def scripts(name: str) -> set[str]:
    letters = (unicodedata.name(letter, "") for letter in name if letter.isalpha())
    return {script for letter in letters for script in SCRIPTS if letter.startswith(script)}


def mixed_workbook(volume: Volume) -> tuple[str, Record]:
    """Return path and record of the only workbook whose name has letters of two scripts."""
    books = (entry for entry in volume.entries if entry.name.lower().endswith(".xlsx"))
    (found,) = (entry for entry in books if len(scripts(entry.name.rpartition(".")[0])) > 1)
    return found.path, volume.record(found.number)


def fate(volume: Volume, begin: str) -> tuple[int, str]:
    """Return the record of the opened document whose name begins so, and what became of it."""
    form = re.compile(rf"({begin}-[^. ]+\.docx)\.lnk")
    shortcuts = (form.fullmatch(entry.name) for entry in volume.entries if RECENT in entry.path and not entry.deleted)
    (name,) = (found[1] for found in shortcuts if found)
    (number,) = {change.number for change in volume.journal if change.name == name}
    record = volume.record(number)
    if record.free:
        whole = all(volume.is_free(cluster) for cluster in record.clusters)
        return number, "deleted-whole" if whole else "deleted-overwritten"
    path = next(entry.path for entry in volume.entries if entry.number == number and not entry.deleted)
    return number, "in-recycle-bin" if path.startswith("$Recycle.Bin/") else "has-new-name"


def path_before_the_bin(volume: Volume, number: int) -> str:
    """Return what the index file in the recycle bin says of a thrown away file (version 2, Windows 10)."""
    kept = next(entry for entry in volume.entries if entry.number == number)
    folder, _, name = kept.path.rpartition("/")
    index_path = f"{folder}/{name.replace('$R', '$I', 1)}"
    index = next(entry for entry in volume.entries if entry.path == index_path)
    data = volume.content(index.address)
    version, _size, _at, length = struct.unpack_from("<QQQI", data)
    assert version == 2
    return data[28 : 28 + 2 * length].decode("utf-16-le").rstrip("\0")


def slack_note(volume: Volume, host: Record) -> tuple[int, int, str]:
    """Return the last cluster of a file, where in it the text behind the content begins, and the text."""
    last = host.clusters[-1]
    used = host.size_bytes - (len(host.clusters) - 1) * volume.cluster_bytes
    behind = volume.cluster(last)[used:]
    text = behind.strip(b"\0")
    return last, used + behind.index(text), text.decode()


def hidden_stream(volume: Volume) -> tuple[str, bytes]:
    """Return name and content of the only stream of people's files that Windows did not make by itself."""
    (found,) = streams(volume)
    return found.name.partition(":")[2], volume.content(found.address)


def streams(volume: Volume) -> Iterator[Entry]:
    for entry in volume.entries:
        if entry.path.startswith("Users/") and ":" in entry.name and not entry.name.endswith(":Zone.Identifier"):
            yield entry
