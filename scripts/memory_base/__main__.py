"""``scripts/build_memory_base``: makes the symbol table and the bases of KF-04 anew. For maintainers, on Debian.

It needs qemu-system-x86, gcc, busybox-static and bash-static, no rights and no KVM. Two runs give different bytes: a
base is made once, between courses, and kept by its digest.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from memory_base.assembly import GateError, assemble
from memory_base.capturing import captured
from memory_base.kernel_package import RELEASE, PackageError, unpacked_kernel
from memory_base.machine import MachineError
from memory_base.story import STORIES
from memory_base.symbols import symbols_of
from memory_base.truth import TruthError


def main() -> int:
    """Build what the arguments name; return 0, or 1 and a message if something must not be published."""
    parser = argparse.ArgumentParser(prog="build_memory_base", description=__doc__)
    parser.add_argument("target", type=Path, help="folder of the item, such as evidence_images/kestrel/memory")
    parser.add_argument("--base", action="append", choices=sorted(STORIES), help="only this base (may be repeated)")
    parser.add_argument("--package", type=Path, help="the kernel package as a file, instead of apt-get download")
    parser.add_argument("--new-symbols", action="store_true", help="make the symbol table anew even if it is there")
    parser.add_argument("--work", type=Path, help="keep what is made on the way in this folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (chosen.work or Path(temporary)).absolute()
        try:
            _build(chosen, work)
        except (GateError, MachineError, PackageError, TruthError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _build(chosen: argparse.Namespace, work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    kernel = unpacked_kernel(work, chosen.package)
    symbols = chosen.target / "symbols" / f"linux-{RELEASE}.json.xz"
    if chosen.new_symbols or not symbols.exists():
        symbols.parent.mkdir(parents=True, exist_ok=True)
        symbols.write_bytes(symbols_of(kernel, _empty(work / "symbols")))
        print(f"{symbols}: {symbols.stat().st_size} bytes")
    for name in chosen.base or STORIES:
        folder = _empty(work / f"base-{name}")
        raw = captured(STORIES[name], kernel, folder)
        print(f"base {name}: captured")
        console = (folder / "console").read_bytes()
        assemble(raw, symbols, console, STORIES[name], chosen.target / f"base-{name}", print)


def _empty(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for left in ("console", "control", "data", "memory.raw"):
        (folder / left).unlink(missing_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
