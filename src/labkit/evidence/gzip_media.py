"""Reading anywhere in a gzip'ed raw image without inflating it from the start each time.

Deflate can only be read forwards. The first pass over the file checks it and keeps the state of the inflater every
few MiB; a read then goes on from the nearest state. (dfvfs reads gzip too, but starts again at byte 0 for every
step backwards, which a file system does thousands of times.)
"""

import zlib
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labkit.errors import EvidenceError

SPAN_BYTES = 4 * 1024 * 1024  # of media between two kept states
_READ_BYTES = 64 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's sign for "with a gzip header and checked trailer"
_CACHED_SPANS = 8
_ZERO_SPAN = bytes(SPAN_BYTES)


@dataclass(frozen=True, slots=True)
class _State:
    """Where inflating can go on: offset in the media, offset in the file, and the inflater as it was there."""

    media_offset: int
    file_offset: int
    inflater: "zlib._Decompress"

    def fork(self) -> "_State":
        """Return a state that can be used up while this one is kept."""
        return _State(self.media_offset, self.file_offset, self.inflater.copy())


class GzipMedia:
    """The bytes inside a gzip file of one or more members. Read-only; close it after use."""

    reads_in_forks = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb", buffering=0)
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._states: list[_State] = []
        self._ends: list[int] = []  # media offset where each span ends
        try:
            self.size_bytes = self._index()
        except BaseException:
            self._file.close()
            raise

    def read_at(self, offset_bytes: int, size_bytes: int) -> bytes:
        """Return up to ``size_bytes`` bytes from ``offset_bytes``; fewer only at the end."""
        end = min(offset_bytes + size_bytes, self.size_bytes)
        parts = []
        while offset_bytes < end:
            number = bisect_right(self._ends, offset_bytes)
            span = self._span(number)
            start = offset_bytes - self._states[number].media_offset
            part = span[start : start + end - offset_bytes]
            parts.append(part)
            offset_bytes += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _index(self) -> int:
        state: _State | None = _State(0, 0, zlib.decompressobj(_GZIP_WINDOW))
        while state is not None:
            begin = state.fork()
            size, state = self._inflate(state, [])
            if size:
                self._states.append(begin)
                self._ends.append(begin.media_offset + size)
        return self._ends[-1] if self._ends else 0

    def _span(self, number: int) -> bytes:
        span = self._cache.get(number)
        if span is None:
            parts: list[bytes] = []
            self._inflate(self._states[number].fork(), parts)
            span = b"".join(parts)
            if span == _ZERO_SPAN:
                span = _ZERO_SPAN  # most of an image: keep one copy of it
            self._cache[number] = span
            if len(self._cache) > _CACHED_SPANS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(number)
        return span

    def _inflate(self, state: _State, parts: list[bytes]) -> tuple[int, _State | None]:
        """Inflate one span from ``state``, which is used up; add its bytes to ``parts``.

        Returns:
            The size of the span in bytes, and the state behind it; None at the end of the media.
        """
        inflater, file_offset = state.inflater, state.file_offset
        missing = SPAN_BYTES
        pending = b""
        self._file.seek(file_offset)
        while missing:
            if not pending and not inflater.unused_data:
                pending = self._file.read(_READ_BYTES)
                file_offset += len(pending)
            if inflater.eof:
                pending = inflater.unused_data + pending
                if not pending.rstrip(b"\0"):  # the end, or padding behind it, which gzip(1) ignores too
                    return SPAN_BYTES - missing, None
                inflater = zlib.decompressobj(_GZIP_WINDOW)
            if not pending:
                raise self._unreadable("it is cut off")
            try:
                part = inflater.decompress(pending, missing)
            except zlib.error as error:
                raise self._unreadable(str(error)) from error
            # At the end of a member zlib gives what is left as unused_data, and at times here as well.
            pending = b"" if inflater.eof else inflater.unconsumed_tail
            missing -= len(part)
            parts.append(part)
        return SPAN_BYTES, _State(state.media_offset + SPAN_BYTES, file_offset - len(pending), inflater)

    def _unreadable(self, why: str) -> EvidenceError:
        return EvidenceError(
            f"{self._path.name} can not be inflated: {why}",
            remedy="Copy the file again from its master, compare its digest, and open the new copy.",
        )
