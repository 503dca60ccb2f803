"""PDF: to the last ``%%EOF`` whose cross-reference lies where the file says it does.

A PDF that was saved again has an ``%%EOF`` for each time, and a linearised one has its first near the front. An end
counts if the ``startxref`` before it leads to a cross-reference table or stream inside the file.

Source: ISO 32000-1: 7.5.5 "File Trailer", 7.5.6 "Incremental Updates", 7.5.8 "Cross-Reference Streams", Annex F
"Linearized PDF" (the parameter L is the length of the file).
"""

import re

from labkit.evidence.carving.extent import Extent, Source, complete, header_only, partial

_HEADER = re.compile(rb"%PDF-[12]\.\d")
_END = re.compile(rb"%%EOF(?:\r\n|\r|\n)?")
_START = re.compile(rb"startxref\s+(\d{1,15})\s+$")
_XREF = re.compile(rb"xref\s|\d{1,10}\s+\d{1,5}\s+obj\b")
_LINEARISED = re.compile(rb"/Linearized\b.{0,200}?/L\s+(\d{1,15})\b|/L\s+(\d{1,15})\b.{0,200}?/Linearized\b", re.DOTALL)
_NEXT = re.compile(rb"%%EOF(?:\r\n|\r|\n)?|%PDF-[12]\.\d", re.DOTALL)
_WINDOW_BYTES = 256 * 1024
_OVERLAP_BYTES = 16
_FARTHEST_BYTES = 256 * 1024 * 1024  # behind it no end is looked for
_TRAILER_BYTES = 64


def walk(source: Source, start: int) -> Extent | None:
    """Return how far a PDF document holds that begins at ``start``."""
    head = source.read(start, 1024)
    if not _HEADER.match(head):
        return None
    linearised = _LINEARISED.search(head)
    stated = int(linearised[1] or linearised[2]) if linearised else 0
    good, seen, saves = 0, 0, 0
    for end in _ends(source, start):
        seen = end
        reference = _reference(source, start, end)
        # A save adds its cross-reference behind the end before it; only the front part of a linearised file has none.
        if reference is not None and good <= reference < end:
            good, saves = end, saves + 1
        if stated and abs(end - stated) <= 2:  # noqa: PLR2004 - a line end
            good, saves = end, max(saves, 1)
            break
    if stated and good and abs(good - stated) > 2:  # noqa: PLR2004 - saved again after it was linearised, or cut off
        return (
            complete("pdf", good, f"linearised, then saved again; {saves} %%EOF with their cross-reference")
            if good > stated
            else partial("pdf", good, f"linearised with {stated} bytes, of which {good} were found")
        )
    if good:
        how = "linearised, %%EOF at the stated length" if stated else f"{saves} %%EOF with their cross-reference"
        return complete("pdf", good, how)
    if seen:
        return partial("pdf", seen, "an %%EOF, but no cross-reference where startxref leads")
    return header_only("pdf", len(head[:8]), "no %%EOF before the next document or in 256 MiB")


def _ends(source: Source, start: int) -> list[int]:
    """Return where each ``%%EOF`` ends, counted from the start; up to the header of another document."""
    found: list[int] = []
    position = start
    last = min(source.size_bytes, start + _FARTHEST_BYTES)
    while position < last:
        window = source.read(position, _WINDOW_BYTES)
        final = position + len(window) >= last
        for match in _NEXT.finditer(window):
            if not final and match.start() >= len(window) - _OVERLAP_BYTES:
                break
            if match[0].startswith(b"%PDF"):
                if position + match.start() > start:
                    return found
            else:
                found.append(position + match.end() - start)
        position += len(window) if final else len(window) - _OVERLAP_BYTES
    return found


def _reference(source: Source, start: int, end: int) -> int | None:
    """Return where the cross-reference of the part that ends at ``end`` lies, if there is one."""
    begin = max(0, end - _TRAILER_BYTES)
    trailer = source.read(start + begin, end - begin)
    marks = list(_END.finditer(trailer))
    found = _START.search(trailer[: marks[-1].start()]) if marks else None
    if found is None:
        return None
    offset = int(found[1])
    return offset if 0 < offset < end and _XREF.match(source.read(start + offset, 32)) else None
