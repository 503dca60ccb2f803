"""When a photo was taken, read by hand from its Exif.

Sources: JEITA CP-3451 (Exif 2.3), 4.5.4 (APP1: "Exif", then a TIFF header), 4.6.3 (Exif IFD pointer, tag 34665), 4.6.5
(DateTimeOriginal, tag 36867, 20 bytes of ASCII); TIFF 6.0, section 2 (header, IFD, entries of 12 bytes).
"""

import struct

_MARK = b"Exif\0\0"
_EXIF_IFD, _TAKEN = 34665, 36867
_TEXT_BYTES = 19


def taken_at(content: bytes) -> str:
    """Return DateTimeOriginal as it is stored: ``2026:02:27 12:11:37``, local time without a zone.

    Raises:
        ValueError: The content has no Exif, or no such time in it.
    """
    start = content.find(_MARK)
    if start < 0:
        raise ValueError("the photo has no Exif")
    tiff = content[start + len(_MARK) :]
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        place = _entry(tiff, order, first, _EXIF_IFD)
        text = _entry(tiff, order, place, _TAKEN)
    except struct.error:
        raise ValueError("the Exif of the photo is damaged") from None
    return tiff[text : text + _TEXT_BYTES].decode("ascii", "replace")


def _entry(tiff: bytes, order: str, directory: int, wanted: int) -> int:
    """Return the value of a tag of a directory: a number, or where the value lies."""
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for number in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHII", tiff, directory + 2 + 12 * number)
        if tag == wanted:
            return int(value)
    raise ValueError(f"the Exif of the photo has no tag {wanted}")
