"""JPEG: from marker to marker to the end of the picture, over thumbnails that lie inside its segments.

Source: ITU-T T.81, Annex B: B.1.1 (markers, stuffed zero bytes, restart markers), B.2 (segments), table B.1.
"""

import re

from labkit.evidence.carving.extent import BreakOffError, Extent, Source, complete, header_only, partial

_END = b"\xff\xd9"
_SOS = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = frozenset((*_FRAMES, 0xC4, 0xCC, *range(0xDA, 0xE0), *range(0xE0, 0xF0), 0xFE))
_WINDOW_BYTES = 64 * 1024
_ZEROS = 512  # so many zero bytes in a row are no picture data: the rest of a cluster, or one never written
# In picture data 0xFF is followed by 0x00 (stuffed), a restart marker, or another 0xFF (fill).
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]|\x00{%d}" % _ZEROS, re.DOTALL)


class _Picture:
    """The walk through one picture. ``size`` is its pixels, once its frame header was read."""

    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self._position = start + 2
        self.size = ""

    def end(self) -> int:
        """Go to the end of the picture and return where it is."""
        while True:
            head = self._source.read(self._position, 10)
            if head[:2] == _END:
                return self._position + 2
            if len(head) < 4 or head[0] != 0xFF:  # noqa: PLR2004 - a marker and its length
                raise BreakOffError(self._position, "no marker where one has to stand")
            marker = head[1]
            if marker == 0xFF:  # noqa: PLR2004 - fill byte
                self._position += 1
                continue
            self._segment(marker, head)
            if marker == _SOS:
                self._picture_data()

    def _segment(self, marker: int, head: bytes) -> None:
        length = int.from_bytes(head[2:4], "big")
        if marker not in _SEGMENTS or length < 2:  # noqa: PLR2004 - the length counts itself
            raise BreakOffError(self._position, f"0x{marker:02x} is no marker of a segment")
        if self._position + 2 + length > self._source.size_bytes:
            raise BreakOffError(self._source.size_bytes, "the space ends inside a segment")
        if marker in _FRAMES:
            height, width = int.from_bytes(head[5:7], "big"), int.from_bytes(head[7:9], "big")
            if not width:
                raise BreakOffError(self._position, "a frame without a width")
            self.size = f"{width}x{height}"
        self._position += 2 + length

    def _picture_data(self) -> None:
        if not self.size:
            raise BreakOffError(self._position, "picture data without a frame header")
        while True:
            window = self._source.read(self._position, _WINDOW_BYTES)
            found = _MARKER.search(window)
            if found is not None:
                self._position += found.start()
                if found[0][0] == 0:
                    raise BreakOffError(self._position, f"{_ZEROS} zero bytes in the picture data")
                return
            if len(window) < _WINDOW_BYTES:
                raise BreakOffError(self._position + len(window), "the space ends inside the picture data")
            self._position += _WINDOW_BYTES - _ZEROS


def walk(source: Source, start: int) -> Extent | None:
    """Return how far a JPEG picture holds that begins at ``start``; None where a start and an end have none between."""
    picture = _Picture(source, start)
    try:
        end = picture.end()
    except BreakOffError as broken:
        if picture.size:
            return partial("jpeg", broken.position - start, f"{picture.size} pixels; {broken.why}")
        return header_only("jpeg", broken.position - start, broken.why)
    return complete("jpeg", end - start, f"markers from SOI to EOI, {picture.size} pixels") if picture.size else None
