"""The measurements, by name: see the table of the same names in ARCHITECTURE.md."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import NotPossibleError, Row, impossible, labkit, program, run, side_by_side
from benchmarks.remembering import examine_memory, scan_with_rules

HASH_BYTES = 1024 * 1024 * 1024
LIST_ENTRIES = 50_000
MIB = 1024 * 1024
MEDIA_BYTES = 1024 * MIB
_BLOCK_BYTES = 8 * MIB


def startup(folder: Path) -> Row:
    """Compare ``labkit --help`` with importing click in a bare interpreter."""
    return side_by_side(
        "startup",
        [*labkit(), "--help"],
        [sys.executable, "-c", "import click"],
        3.0,
        "python -c 'import click'",
        folder,
    )


def hash_media(folder: Path) -> Row:
    """Compare all three digests of a raw image of 1 GiB with hashdeep's."""
    peer = program("hashdeep", "hashdeep")
    image = folder / "random.raw"
    source = random.Random(1)  # the bytes only have to be hard to compress and the same in both runs
    with image.open("wb") as file:
        for _ in range(HASH_BYTES // _BLOCK_BYTES):
            file.write(source.randbytes(_BLOCK_BYTES))
    return side_by_side(
        "hash",
        [*labkit(), "image", "hash", "--json", image],
        [peer, "-c", "md5,sha1,sha256", image],
        0.3,
        "hashdeep -c md5,sha1,sha256, 1 GiB raw, page cache warm",
        folder,
    )


def list_entries(folder: Path) -> Row:
    """Compare listing a volume of 50,000 entries, deleted ones included, with fls."""
    peer = program("fls", "sleuthkit")
    image, what = _volume(folder)
    return side_by_side(
        "list",
        [*labkit(), "image", "ls", "--bodyfile", image],
        [peer, "-r", "-p", "-m", "/", image],
        1.0,
        f"fls -r -p -m /, {what}",
        folder,
    )


def read_content(folder: Path) -> Row:
    """Compare reading the content of every live file of that volume with dfvfs file objects."""
    image, what = _volume(folder)
    command = [sys.executable, "-m", "benchmarks.reading"]
    return side_by_side(
        "read", [*command, "ours", image], [*command, "dfvfs", image], 0.2, f"dfvfs file objects, {what}", folder
    )


def build_disk(folder: Path) -> Row:
    """Compare building a disk of 1 GiB with 50,000 files with formatting one and copying the files to it."""
    for name, package in (("mkntfs", "ntfs-3g"), ("ntfs-3g", "ntfs-3g"), ("umount", "mount")):
        program(name, package)
    files, mount = folder / "files", folder / "mount"
    mount.mkdir()
    command = [sys.executable, "-m", "benchmarks.building"]
    subprocess.run([*command, "files", str(files)], check=True, timeout=600)
    return side_by_side(
        "build",
        [*command, "ours", files, folder / "ours.raw"],
        [*command, "peer", files, folder / "peer.raw", mount],
        0.2,
        "mkntfs and copying through ntfs-3g, 1 GiB, 50,000 files, 300 MB, no digests on either side",
        folder,
    )


def verify_e01(folder: Path) -> Row:
    """Compare verifying a compressed E01 of 1 GiB with ewfverify; both compute MD5, SHA-1 and SHA-256."""
    acquirer, peer = program("ewfacquire", "ewf-tools"), program("ewfverify", "ewf-tools")
    media = _mixed_media(folder)
    name = folder / "verify"
    run([acquirer, "-u", "-q", "-c", "fast", "-d", "sha1", "-t", name, media])
    media.unlink()
    image = name.with_suffix(".E01")
    return side_by_side(
        "verify",
        [*labkit(), "image", "verify", "--json", image],
        [peer, "-q", "-d", "sha1,sha256", image],
        0.65,
        f"ewfverify -d sha1,sha256, 1 GiB in an E01 of {image.stat().st_size // MIB} MiB",
        folder,
    )


def acquire_e01(folder: Path) -> Row:
    """Compare acquiring 1 GiB to a compressed E01 with three digests and verifying it with ewfacquire and ewfverify."""
    program("ewfacquire", "ewf-tools")
    program("ewfverify", "ewf-tools")
    media = _mixed_media(folder)
    device = folder / "source.device.toml"
    device.write_text(f'schema = "labkit-device/1"\nimage = "{media.name}"\nserial = "1"\n', encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.acquiring"]
    return side_by_side(
        "acquire",
        [*command, "ours", device, folder / "ours"],
        [*command, "peer", media, folder / "peer"],
        0.5,
        "ewfacquire -c fast -d sha1,sha256 and ewfverify, 1 GiB",
        folder,
    )


def _mixed_media(folder: Path) -> Path:
    """Write 1 GiB as a disk is: a quarter never written to, half of it documents, a quarter pictures and archives."""
    source = random.Random(1)
    words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz", k=source.randrange(2, 11))) for _ in range(4000)]
    path = folder / "mixed.raw"
    with path.open("wb") as file:
        for number in range(MEDIA_BYTES // MIB):
            if number % 4 == 0:
                file.write(bytes(MIB))
            elif number % 4 == 1:
                file.write(source.randbytes(MIB))
            else:
                file.write(b" ".join(source.choices(words, k=MIB // 6))[:MIB].ljust(MIB, b"."))
    return path


def _volume(folder: Path) -> tuple[Path, str]:
    """Return an NTFS volume of 50,000 files made through ntfs-3g; FAT32 where it can not be mounted."""
    try:
        return _ntfs(folder), f"NTFS made by ntfs-3g, {LIST_ENTRIES} files"
    except (NotPossibleError, subprocess.SubprocessError) as why:
        return _fat(folder), f"FAT32, {LIST_ENTRIES} files (no NTFS here: {why})"


def _ntfs(folder: Path) -> Path:
    image = folder / "list.ntfs"
    mount = folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(512 * 1024 * 1024)
    mkntfs, mounter = program("mkntfs", "ntfs-3g"), program("ntfs-3g", "ntfs-3g")
    unmount = program("umount", "mount")
    subprocess.run([mkntfs, "-q", "-F", "-f", image], check=True, capture_output=True, timeout=120)
    subprocess.run([mounter, image, mount], check=True, capture_output=True, timeout=120)
    try:
        for number in range(LIST_ENTRIES):
            parent = mount / f"folder {number // 250:03d}"
            if number % 250 == 0:
                parent.mkdir()
            (parent / f"document number {number:05d}.txt").write_bytes(b"%d\n" % number)
        for number in range(0, LIST_ENTRIES, 50):
            (mount / f"folder {number // 250:03d}" / f"document number {number:05d}.txt").unlink()
    finally:
        subprocess.run([unmount, mount], check=True, capture_output=True, timeout=120)
    return image


def _fat(folder: Path) -> Path:
    from datetime import datetime

    from labkit.containers.raw import write_raw
    from labkit.synthesis.filesystems.fat import FatVolume
    from labkit.synthesis.medium import Medium

    size_bytes = 256 * 1024 * 1024
    at = datetime(2026, 3, 1, 12, 0, 0)  # noqa: DTZ001 - FAT stores local times
    medium = Medium(size_bytes)
    volume = FatVolume(
        medium,
        start_bytes=0,
        size_bytes=size_bytes,
        kind="FAT32",
        cluster_bytes=512,
        label="LIST",
        serial=1,
        formatted=at,
    )
    for number in range(LIST_ENTRIES):
        parent = f"/folder {number // 250:03d}"
        if number % 250 == 0:
            volume.make_directory(parent, at)
        volume.create(f"{parent}/document number {number:05d}.txt", b"%d\n" % number, at)
    volume.flush()
    image = folder / "list.fat"
    write_raw(medium.chunks(), image)
    return image


CASES: dict[str, tuple[Callable[[Path], Row], float]] = {
    # name: (measurement, largest ratio that meets it)
    "startup": (startup, 3.0),
    "hash": (hash_media, 0.3),
    "list": (list_entries, 1.0),
    "read": (read_content, 0.2),
    "build": (build_disk, 0.2),
    "verify": (verify_e01, 0.65),
    "acquire": (acquire_e01, 0.5),
    "memory": (examine_memory, 0.1),
    "yara": (scan_with_rules, 1.0),
}


def measure(name: str) -> Row:
    """Run one measurement in a folder of its own."""
    case, target = CASES[name]
    with tempfile.TemporaryDirectory(prefix=f"labkit-{name}-") as folder:
        try:
            return case(Path(folder))
        except NotPossibleError as why:
            return impossible(name, target, str(why))
