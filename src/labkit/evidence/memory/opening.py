"""An image and the symbol table that fits it: named, beside the image, or shipped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.isolation import alive
from labkit.evidence.memory.banner import is_windows, linux_banners
from labkit.evidence.memory.extent import remark_missing_end
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.physical import PhysicalMemory
from labkit.evidence.memory.placement import holds_kernel
from labkit.evidence.memory.symbol_table import SymbolTable, banner_in, unpacked

_ENDINGS = (".json", ".json.xz")
_FOLDER = "symbols"
_MOST_TABLES = 500


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    banner: bytes


@contextmanager
def open_kernel(image: Path, given: Path | None, shipped: Sequence[Path] = ()) -> Iterator[Kernel]:
    """Open the kernel in an image.

    Args:
        image: A raw image of physical memory, or an ELF core.
        given: A symbol table, or a folder of them; None to look beside the image, then among the shipped ones.
        shipped: Folders with symbol tables.

    Raises:
        EvidenceError: The image or a table can not be read, or no table fits the kernel in the image.
    """
    with PhysicalMemory(image) as memory:
        kernel = Kernel(memory, find_symbols(memory, given, shipped))
        remark_missing_end(kernel)
        yield kernel


def find_symbols(memory: PhysicalMemory, given: Path | None, shipped: Sequence[Path] = ()) -> SymbolTable:
    """Return the symbol table of the kernel in an image; arguments and errors as ``open_kernel``."""
    if given is not None and not given.is_dir():
        return SymbolTable.load(given)
    refused: list[_Candidate] = []
    places = [given] if given is not None else [memory.path.absolute().parent, *shipped]
    for place in places:
        for path in _tables(place, deep=given is not None or place in shipped):
            alive()
            try:
                text = unpacked(path)
            except EvidenceError:
                if given is not None:
                    raise
                continue
            banner = banner_in(text)
            if banner is None:
                continue  # some other JSON
            symbols = SymbolTable.of_json(text, path.name)
            if holds_kernel(memory, symbols):
                return symbols
            refused.append(_Candidate(path, banner))
    raise _nothing_fits(memory, refused)


def _tables(folder: Path, *, deep: bool) -> Iterator[Path]:
    """Yield the files of a folder that may be symbol tables, those of its folder ``symbols`` included."""
    found = folder.rglob("*") if deep else (*folder.iterdir(), *(folder / _FOLDER).rglob("*"))
    named = (path for path in found if path.name.lower().endswith(_ENDINGS) and path.is_file())
    yield from sorted(islice(named, _MOST_TABLES))


def _nothing_fits(memory: PhysicalMemory, refused: Sequence[_Candidate]) -> EvidenceError:
    banners = linux_banners(memory)
    works = "strings, labkit yara and labkit image hash work without one."
    if banners:
        kernel = next(iter(banners)).decode("ascii", "replace")
        others = f" Those that were found are of {', '.join(sorted({_version(one) for one in refused}))}." * bool(
            refused
        )
        return EvidenceError(
            f"there is no symbol table for the kernel of this image: {kernel}",
            remedy=f"Give one with --symbols FILE, or put it beside the image.{others} It can be made from a machine "
            f"with that very kernel; labkit memory {works}",
        )
    if is_windows(memory):
        return EvidenceError(
            "this image is of Windows, whose processes labkit does not read",
            remedy="Use a tool that has Microsoft's symbols for this kernel, such as Volatility 3. labkit memory "
            f"{works}",
        )
    return EvidenceError(
        "no Linux kernel is in this image",
        remedy="Is it an image of physical memory? It may be of another system, packed, encrypted or cut off. "
        f"labkit memory {works}",
    )


def _version(candidate: _Candidate) -> str:
    return " ".join(candidate.banner.decode("ascii", "replace").split()[2:3])
