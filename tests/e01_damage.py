"""Damage a small E01 and see whether ``labkit image verify`` notices: ``python -m tests.e01_damage [FLIPS] [CUTS]``.

With its provenance record beside it, every damage of an image must be noticed. Alone, so must every damage of a
portable one. A compressed one alone may hide a few: deflate can say the same in several ways (in a chunk of zeros a
distance of 1 and one of 2 give the same bytes), and then the medium is unharmed and every checksum of the format fits.
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from labkit.acquisition.target import Target
from labkit.cli import main as labkit
from tests.unit.acquisition.devices import MIB, acquired, medium_bytes, write_device

SEGMENT_BYTES = MIB
# How the image is compressed, whether its record lies beside it, and whether every damage must be noticed.
CASES = (("fast", True, True), ("portable", True, True), ("portable", False, True), ("fast", False, False))


def small_images(folder: Path, kind: str) -> tuple[Path, ...]:
    """Acquire 3 MiB into segments of 1 MiB; return them."""
    device = write_device(folder / "source", medium_bytes(3 * MIB), head="unreadable = [[700, 2]]")
    target = Target("E01", folder / "KF-06.E01", segmented=True)
    record = acquired(device, target, compression=kind, segment_bytes=SEGMENT_BYTES)
    return tuple(folder / file.name for file in record.image.files)


def damages(files: tuple[Path, ...], flips: int, cuts: int, chance: random.Random) -> Iterator[tuple[str, Path, bytes]]:
    """Yield (what, file, its damaged content): single flipped bits, then cuts anywhere, each over all segments."""
    contents = {path: path.read_bytes() for path in files}
    total = sum(map(len, contents.values()))
    for _ in range(flips):
        position = chance.randrange(total)
        for path, content in contents.items():
            if position < len(content):
                bit = chance.randrange(8)
                damaged = bytearray(content)
                damaged[position] ^= 1 << bit
                yield f"bit {bit} of byte {position} of {path.name}", path, bytes(damaged)
                break
            position -= len(content)
    for _ in range(cuts):
        path = chance.choice(files)
        length = chance.randrange(len(contents[path]))
        yield f"{path.name} cut to {length} bytes", path, contents[path][:length]


def unnoticed(folder: Path, kind: str, flips: int, cuts: int, *, with_record: bool, seed: int = 1) -> list[str]:
    """Return the damages after which ``labkit image verify`` does not end with exit code 5 or 6 and a remedy."""
    folder.mkdir()
    files = small_images(folder, kind)
    if not with_record:
        (folder / "KF-06.E01.acquisition.json").unlink()
    sound = CliRunner().invoke(labkit, ["image", "verify", str(files[0])])
    assert sound.exit_code == 0, sound.output
    missed = []
    for what, path, damaged in damages(files, flips, cuts, random.Random(seed)):
        whole = path.read_bytes()
        path.write_bytes(damaged)
        result = CliRunner().invoke(labkit, ["image", "verify", str(files[0])])
        if result.exit_code not in {5, 6} or "Next:  " not in result.stderr:
            missed.append(f"{what}: exit code {result.exit_code}")
        path.write_bytes(whole)
    return missed


def main(words: list[str]) -> int:
    """Print how many of the damages were noticed, with the provenance record beside the image and without."""
    flips, cuts = (int(words[0]) if words else 1000), (int(words[1]) if len(words) > 1 else 100)
    broken = False
    for kind, with_record, promised in CASES:
        with tempfile.TemporaryDirectory() as folder:
            missed = unnoticed(Path(folder) / "image", kind, flips, cuts, with_record=with_record)
        what = f"{kind}, {'with its record' if with_record else 'alone'}"
        print(f"{what}: {flips + cuts - len(missed)} of {flips + cuts} noticed", *missed, sep="\n  ", flush=True)  # noqa: T201
        broken = broken or (promised and bool(missed))
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
