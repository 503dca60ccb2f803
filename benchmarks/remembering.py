"""Memory images: what is in them, and rules over them."""

import dataclasses
import lzma
import random
import shlex
import shutil
from pathlib import Path
from typing import BinaryIO

from benchmarks.measure import NotPossibleError, Row, anonymous_peak_mib, labkit, program, side_by_side

ROOT = Path(__file__).parents[1]
MIB = 1024 * 1024
Command = list[str | Path]
_BASES = ROOT / "evidence_images" / "kestrel" / "memory"
_OTHER = ROOT / "interop" / "volatility" / ".venv" / "bin" / "python"  # its licence keeps it apart from labkit's
_COMMANDS = ("ps", "cmdline", "env", "net", "files")
_PLUGINS = ("pslist", "psaux", "envars", "sockstat", "lsof")
_GIB_MIB = 1024
_RULES = r"""
rule relay { strings: $a = /relay-[0-9a-f]{10}\.example/ $b = "X-Agent: " condition: any of them }
rule request { strings: $a = "POST /gate" nocase $b = "/gate" wide condition: any of them }
rule program { strings: $a = { 7f 45 4c 46 02 01 01 00 } condition: #a > 3 }
rule card { strings: $a = /4000-0000-0000-[0-9]{1,3}/ condition: #a > 100 }
"""


def examine_memory(folder: Path) -> Row:
    """Compare processes, arguments, environment, sockets and open files with the plugins of Volatility 3."""
    if not _OTHER.exists():
        raise NotPossibleError("Volatility 3 is not in interop/volatility/.venv (interop/volatility/README.md)")
    image, symbols = _capture(folder)
    ours: list[Command] = [[*labkit(), "memory", one, image, "--symbols", symbols, "--json"] for one in _COMMANDS]
    other: Command = [_OTHER, "-m", "interop.volatility", image, "--symbols", symbols, "--out", folder / "other"]
    row = side_by_side(
        "memory",
        _together(ours),
        _together([[*other, plugin] for plugin in _PLUGINS]),
        0.1,
        f"Volatility 3, {', '.join(_PLUGINS)}, {image.stat().st_size // MIB} MiB; each command a process of its own",
        folder,
        rounds=3,
    )
    small = max(anonymous_peak_mib(command) for command in ours)
    with image.open("r+b") as file:  # the same machine in an image of 1 GiB: behind its memory, bytes of no meaning
        file.seek(0, 2)
        _fill(file, _GIB_MIB - image.stat().st_size // MIB)
    large = max(anonymous_peak_mib(command) for command in ours)
    return _with_peaks(row, small, large)


def _together(commands: list[Command]) -> Command:
    """Return one command that runs several, one after the other, from the top of the repository."""
    lines = [shlex.join(map(str, command)) for command in commands]
    return ["sh", "-ec", "\n".join([shlex.join(["cd", str(ROOT)]), *lines])]


def scan_with_rules(folder: Path) -> Row:
    """Compare four rules over 128 MiB with the program of YARA itself; both print each string that matched."""
    peer = program("yara", "yara")
    rules, image, large, nothing = (folder / name for name in ("rules.yar", "128.raw", "1024.raw", "nothing.raw"))
    rules.write_text(_RULES, encoding="ascii")
    nothing.write_bytes(bytes(4096))
    for path, size_mib in ((image, 128), (large, _GIB_MIB)):
        with path.open("wb") as file:
            _fill(file, size_mib)
        _plant(path)
    ours: Command = [*labkit(), "yara", rules, "--plain"]
    row = side_by_side(
        "yara",
        [*ours, image],
        [peer, "-s", rules, image],
        1.0,
        "yara -s, four rules, 128 MiB, page cache warm",
        folder,
        start=[*ours, nothing],
    )
    return _with_peaks(row, anonymous_peak_mib([*ours, image]), anonymous_peak_mib([*ours, large]))


def _with_peaks(row: Row, small_mib: float, large_mib: float) -> Row:
    note = f"{row.note}; peak is memory of its own (RssAnon), with an image of 1 GiB {large_mib:.1f} MiB"
    return dataclasses.replace(row, peak_mib=round(small_mib, 1), note=note)


def _capture(folder: Path) -> tuple[Path, Path]:
    """Unpack the first base capture; return it and the folder of symbols."""
    packed = _BASES / "base-a" / "memory.raw.xz"
    if not packed.exists():
        raise NotPossibleError(f"there is no capture {packed.relative_to(ROOT)}")
    image = folder / "memory.raw"
    with lzma.open(packed) as source, image.open("wb") as target:
        shutil.copyfileobj(source, target, MIB)
    return image, _BASES / "symbols"


def _fill(file: BinaryIO, size_mib: int) -> None:
    """Write what memory is like for a search: much of it zeros, some text, some of it dense."""
    source = random.Random(1)
    words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz", k=source.randrange(2, 11))) for _ in range(4000)]
    for number in range(size_mib):
        if number % 2:
            file.write(bytes(MIB))
        elif number % 4:
            file.write(source.randbytes(MIB))
        else:
            file.write(b" ".join(source.choices(words, k=MIB // 6))[:MIB].ljust(MIB, b"."))


def _plant(path: Path) -> None:
    """Put 3,000 strings of the rules into the first 128 MiB."""
    source = random.Random(2)
    with path.open("r+b") as file:
        for number in range(750):
            for text in (
                b"relay-%010x.example" % source.getrandbits(40),
                b"POST /gate.php",
                b"\x7fELF\x02\x01\x01\0",
                b"4000-0000-0000-%03d" % (number % 1000),
            ):
                file.seek(source.randrange(127 * MIB))
                file.write(text)
