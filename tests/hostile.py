"""Small images of every kind, damaged at random in the places that readers believe, and every command over them."""

import gzip
import os
import struct
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from labkit.errors import EvidenceError, LabkitError
from labkit.evidence.image import open_image
from labkit.evidence.isolation import alive, read_apart
from labkit.evidence.listing import json_lines
from labkit.model.evidence import EntryType
from labkit.usecases import examiner, timelines
from labkit.usecases.examiner import Place, Selection
from tests.oracles import oracle

MIB = 1024 * 1024
SECTOR = 512
TIMEOUT_SECONDS = 20
MEMORY_BYTES = 3 << 30
_RESULT, _ERROR, _FAULT = 0, 5, 70


def fat12(folder: Path) -> Path:
    return _fat(folder, "12", 1440 * 1024)


def fat16(folder: Path) -> Path:
    return _fat(folder, "16", 5 * MIB)


def _fat(folder: Path, width: str, size_bytes: int) -> Path:
    image = _empty(folder / f"fat{width}.raw", size_bytes)
    oracle(["mkfs.fat", "-F", width, "-s", "1", "-i", "1234abcd", "-n", "STICK", image])
    oracle(["mmd", "-i", image, "::papers"])
    for name, content in _files().items():
        (folder / name).write_bytes(content)
        oracle(["mcopy", "-i", image, folder / name, f"::papers/{name}"])
    oracle(["mdel", "-i", image, "::papers/gone.txt"])
    return image


def ntfs(folder: Path) -> Path:
    image = _empty(folder / "ntfs.raw", 3 * MIB)
    oracle(["mkntfs", "-q", "-F", "-f", image])
    with _mounted(["ntfs-3g", "-o", "streams_interface=windows"], image, folder) as mount:
        (mount / "papers").mkdir()
        for number in range(40):
            (mount / "papers" / f"paper number {number}.txt").write_bytes(b"x" * number * 40)
        for name, content in _files().items():
            (mount / "papers" / name).write_bytes(content)
        (mount / "papers" / "first file.txt:stream").write_bytes(b"stream" * 300)
        (mount / "papers" / "gone.txt").unlink()
    return image


def ext4(folder: Path) -> Path:
    image, files = _empty(folder / "ext4.raw", 3 * MIB), folder / "files"
    (files / "papers").mkdir(parents=True)
    for name, content in _files().items():
        (files / "papers" / name).write_bytes(content)
    (files / "link").symlink_to("papers/first file.txt")
    oracle(["mke2fs", "-q", "-t", "ext4", "-d", files, image])
    oracle(["debugfs", "-w", "-R", "rm /papers/gone.txt", image])
    return image


def exfat(folder: Path) -> Path:
    image = _empty(folder / "exfat.raw", 4 * MIB)
    oracle(["mkfs.exfat", image])
    return image


def mbr(folder: Path) -> Path:
    volume = fat12(folder).read_bytes()
    entries = [(0x01, 8, len(volume) // SECTOR), (0x05, 4000, 900)]
    table = b"".join(struct.pack("<B3xB3xII", 0, *entry) for entry in entries)
    sector = bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa"
    image = folder / "mbr.raw"
    image.write_bytes((sector.ljust(8 * SECTOR, b"\0") + volume).ljust(5000 * SECTOR, b"\0"))
    return image


def gpt(folder: Path) -> Path:
    volume = fat12(folder).read_bytes()
    image = _empty(folder / "gpt.raw", 4 * MIB)
    oracle(["sgdisk", "-a", "8", "-n", f"1:2048:{2047 + len(volume) // SECTOR}", image])
    with image.open("r+b") as file:
        file.seek(2048 * SECTOR)
        file.write(volume)
    return image


def e01(folder: Path) -> Path:
    raw = fat12(folder)
    oracle(["ewfacquire", "-u", "-f", "encase6", "-c", "deflate:fast", "-t", folder / "disk", raw])
    return folder / "disk.E01"


def gzipped(folder: Path) -> Path:
    image = folder / "fat12.raw.gz"
    image.write_bytes(gzip.compress(fat12(folder).read_bytes(), 6))
    return image


KINDS: dict[str, Callable[[Path], Path]] = {
    "FAT12": fat12,
    "FAT16": fat16,
    "NTFS": ntfs,
    "ext4": ext4,
    "exFAT": exfat,
    "MBR": mbr,
    "GPT": gpt,
    "E01": e01,
    "gzip": gzipped,
}


def tried(kind: str, folder: Path, mutations: int, *, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """Run every command over ``mutations`` damaged images of one kind.

    Returns:
        How they ended: ``result``, ``clear error``, ``ended from outside``; and what must not happen, as tracebacks
        with the number of the mutation.
    """
    whole = KINDS[kind](folder).read_bytes()
    places = _believed(whole)
    suffix = ".E01" if kind == "E01" else ".raw"
    image, notes = folder / f"hostile{suffix}", folder / "faults.txt"
    ends: Counter[str] = Counter()
    faults = []
    for number in range(mutations):
        data = bytearray(whole)
        _damage(data, Random(f"{seed}/{kind}/{number}"), places)
        image.write_bytes(data)
        notes.write_text("")
        try:
            code = read_apart(
                lambda: _all_commands(image, notes), timeout_seconds=TIMEOUT_SECONDS, memory_bytes=MEMORY_BYTES
            )
        except EvidenceError as error:
            ends[f"ended from outside: {error.message}"] += 1
            continue
        ends[{_RESULT: "result", _ERROR: "clear error"}.get(code, "fault")] += 1
        if code not in (_RESULT, _ERROR):
            faults.append(f"{kind} {number}: exit {code}\n{notes.read_text()}")
    return ends, faults


def _all_commands(image: Path, notes: Path) -> int:
    """Run all commands; return whether all gave a result, some ended with an error that says what to do, or worse."""
    code = _RESULT
    for command in _commands(image):
        try:
            command()
        except LabkitError as error:
            code = max(code, _ERROR if error.message and error.remedy else _FAULT)
        except MemoryError:
            code = max(code, _ERROR)  # the command line says so with a remedy
        except Exception:  # noqa: BLE001 - whatever it is, it must not be
            notes.write_text(traceback.format_exc(limit=-6))
            return _FAULT
        alive()
    return code


def _commands(image: Path) -> Iterator[Callable[[], object]]:
    everywhere = Place()
    rows = []

    def listed() -> None:
        with examiner.listing(image, everywhere, deleted=True, under="/") as readers:
            for reader in readers:
                found = list(reader.rows())
                files = (row for row in found if row.type is EntryType.FILE and not row.reallocated)
                rows.extend((reader.volume.number, row) for row in files)
                for line in json_lines(reader, iter(found)):
                    line.encode("utf-8")
                for line in reader.body_lines():
                    line.encode("utf-8")

    yield lambda: examiner.describe(image)
    yield lambda: examiner.list_volumes(image)
    yield listed
    yield lambda: _drained(timelines.timeline(image, everywhere, timelines.choice(), details={}))
    yield lambda: examiner.hash_image(image)
    yield lambda: examiner.verify_image(image)
    yield lambda: _end_of(open_image(image))
    for volume, row in rows[:: max(1, len(rows) // 6)]:
        place = Place(volume)
        yield lambda place=place, row=row: examiner.stat(image, place, Selection(address=row.address))
        yield lambda place=place, row=row: examiner.stat(image, place, Selection(path=row.path))
        for slack in (False, True):
            selection = Selection(address=row.address, stream=row.stream, slack=slack)
            yield lambda place=place, selection=selection: _read(examiner.read(image, place, selection))


def _drained(found: Iterator[object]) -> None:
    for _ in found:
        pass


def _read(blocks: Iterator[bytes], limit_bytes: int = 64 * MIB) -> None:
    """Read content to its end, but no petabytes that a damaged size promises."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > limit_bytes:
            return


def _end_of(image: object) -> None:
    with image as opened:  # type: ignore[attr-defined]
        opened.read(max(0, opened.size_bytes - 4096), 8192)


def _believed(data: bytes) -> list[int]:
    """Return the numbers of the sectors that are not empty: metadata, nearly all of it."""
    empty = bytes(SECTOR)
    return [at // SECTOR for at in range(0, len(data), SECTOR) if data[at : at + SECTOR] != empty[: len(data) - at]]


def _damage(data: bytearray, draw: Random, places: list[int]) -> None:
    early = [place for place in places if place < 16]
    for _ in range(draw.randrange(1, 6)):
        sector = draw.choice(early if draw.random() < 0.3 else places) * SECTOR
        at = min(sector + draw.randrange(SECTOR), len(data) - 1)
        how = draw.randrange(5)
        if how == 0:
            data[at] ^= 1 << draw.randrange(8)
        elif how == 1:
            data[at] = draw.randrange(256)
        elif how == 2:
            value = draw.choice([0xFF, 0x7F, 0x80, 0x00])
            length = min(draw.choice([2, 4, 8]), len(data) - at)
            data[at : at + length] = bytes([value]) * length
        elif how == 3:
            length = min(draw.randrange(1, SECTOR), len(data) - at)
            data[at : at + length] = bytes(length)
        else:
            source = draw.choice(places) * SECTOR
            length = min(SECTOR, len(data) - sector, len(data) - source)
            data[sector : sector + length] = data[source : source + length]
    if draw.random() < 0.03:
        del data[draw.randrange(1, len(data)) :]


def _files() -> dict[str, bytes]:
    return {"first file.txt": b"A" * 5000, "gone.txt": b"gone" * 700, "Счёт за март.txt": "сумма".encode()}


def _empty(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


class _mounted:  # noqa: N801 - used as a verb
    def __init__(self, command: list[str], image: Path, folder: Path) -> None:
        self._command, self._image, self._mount = command, image, folder / "mount"

    def __enter__(self) -> Path:
        self._mount.mkdir()
        oracle([*self._command, self._image, self._mount])
        return self._mount

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", self._mount], check=True, timeout=60)


def main() -> None:
    """Print a table of how 2,000 damaged images of each kind end (another number as argument)."""
    import tempfile

    mutations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for kind in sys.argv[2:] or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            ends, faults = tried(kind, Path(folder), mutations)
        print(kind, dict(ends), flush=True)  # noqa: T201
        for fault in faults[:5]:
            print(fault, flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main()
