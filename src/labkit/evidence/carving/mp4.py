"""MP4 and its relatives: from box to box.

Source: ISO/IEC 14496-12, 4.2 "Object Structure" (32-bit size and type; size 1: 64 bits follow; size 0: to the end) and
4.3 "File Type Box"; ISO/IEC 23008-12 for the brands of HEIF.
"""

from labkit.evidence.carving.extent import Extent, Source, complete, header_only, partial

_TOP_LEVEL = frozenset(
    b"ftyp moov mdat free skip wide uuid moof mfra sidx styp meta pnot udta emsg prft pdin ssix mvex".split()
)
_LARGEST_TYPE_BOX_BYTES = 1024
_STILL_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif"})


def walk(source: Source, start: int) -> Extent | None:
    """Return how far an ISO base media file holds that begins at ``start``."""
    head = source.read(start, 12)
    if len(head) < 12 or not 16 <= int.from_bytes(head[:4], "big") <= _LARGEST_TYPE_BOX_BYTES:  # noqa: PLR2004 - the type box
        return None
    brand = head[8:12]
    if not brand.isascii() or not brand.decode().isprintable():
        return None
    kind = "mov" if brand == b"qt  " else "heic" if brand in _STILL_BRANDS else "mp4"
    position = start
    seen: list[bytes] = []
    while True:
        head = source.read(position, 16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if name not in _TOP_LEVEL or (name == b"ftyp" and seen):
            break
        if size == 1 and len(head) == 16:  # noqa: PLR2004 - with its long size
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # noqa: PLR2004 - size and type
            return _broken(kind, start, position, seen, f"the box {name.decode()} has no length")
        if position + size > source.size_bytes:
            return _broken(kind, start, source.size_bytes, seen, f"the space ends inside the box {name.decode()}")
        seen.append(name)
        position += size
    boxes = ", ".join(name.decode() for name in seen)
    has_index = b"moov" in seen or b"moof" in seen or (kind == "heic" and b"meta" in seen)
    if has_index and b"mdat" in seen:
        return complete(kind, position - start, f"boxes {boxes}")
    return _broken(kind, start, position, seen, f"boxes {boxes}; without an index or without its data")


def _broken(kind: str, start: int, end: int, seen: list[bytes], why: str) -> Extent:
    if len(seen) > 1:
        return partial(kind, end - start, why)
    return header_only(kind, end - start if seen else 8, why)
