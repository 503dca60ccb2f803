"""From a raw capture to the folder of a base: scrubbed, described, mapped, tried, packed."""

import hashlib
import json
import lzma
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.symbol_table import SymbolTable
from memory_base import gates, kernel_package
from memory_base import story as stories
from memory_base.applying import apply, sample_values
from memory_base.capturing import COMMAND_LINE
from memory_base.entries import Entry, json_lines
from memory_base.patch_map import patch_map
from memory_base.tokens import TOKENS, Token
from memory_base.truth import observed, truth_of

FORMAT = 1
IMAGE, TRUTH, PATCHES, MANIFEST = "memory.raw.xz", "truth.json", "patches.jsonl.xz", "manifest.json"
_START_KERNEL_MAP = 0xFFFFFFFF80000000
_SCRUBBED = (("kernel text", "_stext", "_etext"), ("type information (BTF)", "__start_BTF", "__stop_BTF"))
_SAMPLE_SHIFT_S = -417
_PACKAGES = ("qemu-system-x86", "seabios", "ipxe-qemu", "busybox-static", "bash-static", "gcc-12", "libc6-dev")
# A higher preset takes five times as long for a hundredth of the size.
_PACKING = ({"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 64 << 20},)
_CHOICES = {
    "hidden": "which child of kf_sync is taken out of the list of tasks; one has to be chosen",
    "region": "which anonymous region of kf_sync is executable; option 1 is how it was captured",
}


class GateError(RuntimeError):
    """A base must not be published; the message lists why."""


def scrub(image: bytearray, symbols: SymbolTable, physical_shift: int) -> list[dict[str, Any]]:
    """Zero what nobody asks for and costs half the size; return the ranges."""
    ranges = []
    for what, first, last in _SCRUBBED:
        begin, end = (symbols.address(name) - _START_KERNEL_MAP + physical_shift for name in (first, last))
        image[begin:end] = bytes(end - begin)
        ranges.append({"what": what, "begin": begin, "end": end})
    return ranges


def assemble(
    raw: Path, symbols_file: Path, console: bytes, story: stories.Story, folder: Path, tell: Callable[[str], None]
) -> None:
    """Write the folder of a base.

    Args:
        raw: The capture; it is scrubbed in place.
        symbols_file: The symbol table, where the base will look for it.
        console: What the machine printed while it ran.
        story: What was played.
        folder: Where the base goes.
        tell: Hears what is being done.

    Raises:
        GateError: Something that must hold does not.
    """
    symbols = SymbolTable.load(symbols_file)
    image = bytearray(raw.read_bytes())
    with Kernel.open(raw, symbols) as kernel:
        scrubbed = scrub(image, symbols, kernel.placement.physical_shift)
    raw.write_bytes(image)
    with Kernel.open(raw, symbols) as kernel:
        truth = truth_of(kernel, story)
        tell(f"truth: {len(truth['processes'])} processes, {len(truth['files'])} files")
        entries = patch_map(kernel, bytes(image), story)
        tell(f"patch map: {len(entries)} entries")
    wrong = [
        *gates.nothing_is_on_the_console(console),
        *gates.counts_are_equal(bytes(image), entries),
        *gates.straddling_copies_are_whole(entries),
        *_tried(raw, symbols, image, entries, truth, story),
    ]
    if wrong:
        raise GateError("\n".join(wrong))
    tell("all gates passed; packing")
    _write(folder, image, symbols_file, truth, entries, scrubbed)


def _tried(
    raw: Path, symbols: SymbolTable, image: bytearray, entries: list[Entry], truth: dict[str, Any], story: stories.Story
) -> Iterator[str]:
    """Personalise a copy with sample values, each option once, and have it read."""
    for option in truth["roles"]["hidden"]:
        values = sample_values(f"sample {option}")
        personal = bytearray(image)
        apply(personal, entries, values, _SAMPLE_SHIFT_S, {"hidden": option, "region": option})
        if option == "1":
            yield from gates.nothing_is_left(bytes(personal), values, entries)
        copy = raw.with_suffix(".sample")
        copy.write_bytes(personal)
        with Kernel.open(copy, symbols) as kernel:
            seen = observed(kernel, story)
        copy.unlink()
        texts = {name: value.decode("latin-1") for name, value in values.items()}
        yield from gates.reader_agrees(truth, seen, texts, _SAMPLE_SHIFT_S, truth["roles"]["hidden"][option])


def _write(
    folder: Path, image: bytearray, symbols_file: Path, truth: dict[str, Any], entries: list[Entry], scrubbed: list[Any]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(image, filters=_PACKING)
    patches = lzma.compress(json_lines(entries), preset=9)
    described = json.dumps(truth, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    manifest = {
        "format": FORMAT,
        "base": truth["base"],
        "image": {
            "file": IMAGE, "size_bytes": len(image), "sha256": _sha256(bytes(image)), "packed_sha256": _sha256(packed),
        },
        "truth": {"file": TRUTH, "sha256": _sha256(described)},
        "patches": {"file": PATCHES, "sha256": _sha256(patches), "entries": len(entries)},
        "symbols": {
            "file": f"../{symbols_file.parent.name}/{symbols_file.name}", "sha256": _sha256(symbols_file.read_bytes()),
        },
        "kernel": {
            "package": kernel_package.PACKAGE, "version": kernel_package.VERSION, "sha256": kernel_package.SHA256,
            "release": kernel_package.RELEASE, "command_line": COMMAND_LINE,
        },
        "notice": "../NOTICE",
        "made_with": {name: _installed(name) for name in _PACKAGES},
        "scrubbed": scrubbed,
        "captured_s": truth["host"]["captured_s"],
        "tokens": {token.name: _described(token) for token in TOKENS.values()},
        "choices": {
            name: {"about": about, "options": sorted(truth["roles"]["hidden"])} for name, about in _CHOICES.items()
        },
    }  # fmt: skip
    (folder / IMAGE).write_bytes(packed)
    (folder / PATCHES).write_bytes(patches)
    (folder / TRUTH).write_bytes(described)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")


def _described(token: Token) -> dict[str, Any]:
    common: dict[str, Any] = {"width": token.width, "form": token.form, "about": token.about}
    if token.template:
        return common | {"derived": {"template": token.template, "key": token.key}}
    return common | {"placeholder": token.placeholder if token.text else None}


def _installed(package: str) -> str:
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
    )
    return done.stdout or "not installed"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
