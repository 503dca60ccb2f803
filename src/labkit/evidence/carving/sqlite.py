"""SQLite: the number of pages times their size, and what each page has to begin with.

Source: SQLite, "Database File Format": 1.3 "The Database Header" (page size at 16, change counter at 24, pages at 28,
version-valid-for at 92), 1.5 "The Freelist", 1.6 "B-tree Pages", 1.7 "Cell Payload Overflow Pages", 1.8 "Pointer Map".
"""

import struct

from labkit.evidence.carving.extent import Extent, Source, complete, header_only, partial

_HEADER_BYTES = 100
_BTREE_KINDS = frozenset({2, 5, 10, 13})
_POINTER_MAP_ENTRY_BYTES = 5
_POINTER_MAP_KINDS = frozenset(range(1, 6))


def walk(source: Source, start: int) -> Extent | None:
    """Return how far an SQLite database holds that begins at ``start``."""
    head = source.read(start, _HEADER_BYTES + 8)
    if len(head) < _HEADER_BYTES + 8:
        return header_only("sqlite", len(head), "the space ends inside the header")
    stated, write_version, read_version, reserved, most, least, leaf = struct.unpack_from(">HBBBBBB", head, 16)
    page_bytes = 65536 if stated == 1 else stated
    if page_bytes < 512 or page_bytes & page_bytes - 1 or (most, least, leaf) != (64, 32, 32):  # noqa: PLR2004 - fixed
        return None
    counter, pages = struct.unpack_from(">II", head, 24)
    (valid_for,) = struct.unpack_from(">I", head, 92)
    why = ""
    if write_version not in (1, 2) or read_version not in (1, 2) or head[_HEADER_BYTES] not in _BTREE_KINDS:
        why = "the first page is no B-tree page"
    elif not pages or counter != valid_for:
        why = "the header does not say how many pages there are"
    elif start + page_bytes > source.size_bytes:
        why = "the space ends inside the first page"
    if why:
        return header_only("sqlite", _HEADER_BYTES, why)
    for number in range(1, pages + 1):
        offset = (number - 1) * page_bytes
        if start + offset + page_bytes > source.size_bytes:
            return partial("sqlite", offset, f"{number - 1} of {pages} pages; the space ends")
        page = source.read(start + offset, 16)
        if number > 1 and not _plausible(page, number, pages, page_bytes - reserved):
            return partial("sqlite", offset, f"page {number} of {pages} is no page of a database")
    return complete("sqlite", pages * page_bytes, f"{pages} pages of {page_bytes} bytes, each of a known type")


def _plausible(page: bytes, number: int, pages: int, usable_bytes: int) -> bool:
    """Return whether a page can be a B-tree, overflow, freelist or pointer map page, or was never used."""
    if page[0] in _BTREE_KINDS:
        free_block, cells, content, fragments = struct.unpack_from(">HHHB", page, 1)
        return bool(
            free_block < usable_bytes
            and cells * 2 + 8 <= usable_bytes
            and (content == 0 or content <= usable_bytes)
            and fragments <= 60  # noqa: PLR2004 - 1.6: no well-formed page has more
        )
    if page[0] in _POINTER_MAP_KINDS and number == 2:  # noqa: PLR2004 - the first pointer map
        return int.from_bytes(page[1:_POINTER_MAP_ENTRY_BYTES], "big") <= pages
    following = int.from_bytes(page[:4], "big")
    return following <= pages or (page[0] in _POINTER_MAP_KINDS and int.from_bytes(page[1:5], "big") <= pages)
