"""One way to read the bytes of a medium, whatever file it is kept in: raw, split raw, E01, gzip'ed raw.

Everything is opened for reading only, and nothing is loaded whole. E01 goes through dfvfs (libewf). Raw bytes need
no library: reading them as they are is many times faster than through one.
"""

import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

from labkit.errors import EvidenceError
from labkit.evidence.isolation import alive
from labkit.evidence.segments import EWF_SIGNATURE, ewf_segments, raw_segments

if TYPE_CHECKING:
    from labkit.model.evidence import ImageInfo

SECTOR_BYTES = 512
BLOCK_BYTES = 1024 * 1024
_GZIP_SIGNATURE = b"\x1f\x8b"

# Containers that are told apart by their first bytes and that labkit does not read: name and way out.
_FOREIGN_CONTAINERS = {
    b"LVF\x09\x0d\x0a\xff\x00": "a logical evidence file (L01), which holds files and no medium",
    b"EVF2\r\n\x81\x00": "an Ex01 image",
    b"LEF2\r\n\x81\x00": "a logical evidence file (Lx01), which holds files and no medium",
    b"KDMV": "a VMware disk (VMDK)",
    b"vhdxfile": "a Hyper-V disk (VHDX)",
    b"conectix": "a dynamic virtual disk (VHD)",
    b"QFI\xfb": "a QEMU disk (QCOW)",
    b"AFF10\r\n\x00": "an AFF image",
}


class _Media(Protocol):
    """The bytes of a medium, from byte 0 to ``size_bytes``."""

    size_bytes: int
    reads_in_forks: bool  # whether forks of this process may read at the same time

    def read_at(self, offset_bytes: int, size_bytes: int) -> bytes: ...
    def close(self) -> None: ...


class Image:
    """A medium that can be read anywhere. Use it in a ``with`` block."""

    def __init__(
        self,
        path: Path,
        container: str,
        segments: tuple[Path, ...],
        media: _Media,
        *,
        bytes_per_sector: int = SECTOR_BYTES,
        stored_digests: dict[str, str] | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.container = container
        self.segments = segments
        self.size_bytes = media.size_bytes
        self.reads_in_forks = media.reads_in_forks
        self.bytes_per_sector = bytes_per_sector
        self.stored_digests = stored_digests or {}
        self._metadata = metadata or {}
        self._media = media

    def info(self) -> "ImageInfo":
        """Return what the container says of itself and of its medium."""
        from labkit.model.evidence import ImageInfo

        return ImageInfo(
            container=self.container,
            segments=tuple(segment.name for segment in self.segments),
            media_size_bytes=self.size_bytes,
            bytes_per_sector=self.bytes_per_sector,
            stored_digests=self.stored_digests,
            metadata=self._metadata,
        )

    def read(self, offset_bytes: int, size_bytes: int) -> bytes:
        """Return ``size_bytes`` bytes from ``offset_bytes`` of the medium; fewer only at its end.

        Raises:
            EvidenceError: The container can not give these bytes.
        """
        if offset_bytes < 0 or size_bytes < 0:
            raise ValueError("offset_bytes and size_bytes count from 0")
        if offset_bytes >= self.size_bytes:
            return b""
        size_bytes = min(size_bytes, self.size_bytes - offset_bytes)
        try:
            data = self._media.read_at(offset_bytes, size_bytes)
        except OSError as error:
            raise EvidenceError(
                f"{self.path.name}: bytes {offset_bytes} to {offset_bytes + size_bytes} of the medium can not be read",
                remedy="The image is damaged or on a failing disk. Make a new working copy from the master.",
            ) from error
        if len(data) != size_bytes:
            raise EvidenceError(
                f"{self.path.name} ends early: {len(data)} of {size_bytes} bytes at byte {offset_bytes}",
                remedy="The file changed or was cut off while it was read. Make a new working copy from the master.",
            )
        return data

    def blocks(
        self, start_bytes: int = 0, size_bytes: int | None = None, *, block_bytes: int = BLOCK_BYTES
    ) -> Iterator[bytes]:
        """Yield the bytes ``[start_bytes, start_bytes + size_bytes)`` in order; to the end without a size."""
        end = self.size_bytes if size_bytes is None else min(start_bytes + size_bytes, self.size_bytes)
        for offset in range(start_bytes, end, block_bytes):
            alive()
            yield self.read(offset, min(block_bytes, end - offset))

    def close(self) -> None:
        """Close the files."""
        self._media.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_image(path: Path) -> Image:
    """Open an image for reading; its container is told by its first bytes, its other segments by their names.

    Raises:
        EvidenceError: There is no such file, it is empty, its container is not read here, or it is damaged,
            cut off, or lacks a segment.
    """
    head = _first_bytes(path)
    for signature, name in _FOREIGN_CONTAINERS.items():
        if head.startswith(signature):
            raise EvidenceError(
                f"{path.name} is {name}; labkit reads raw, split raw, E01 and gzip'ed raw images",
                remedy="Convert a working copy to E01 or raw, for example with FTK Imager, and open that.",
            )
    if head.startswith(EWF_SIGNATURE):
        return _open_ewf(path)
    if head.startswith(_GZIP_SIGNATURE):
        from labkit.evidence.gzip_media import GzipMedia

        media = GzipMedia(path)
        if not media.size_bytes:
            media.close()
            raise _empty(path)
        return Image(path, "gzip", (path,), media)
    segments = raw_segments(path)
    return Image(path, "split raw" if len(segments) > 1 else "raw", segments, _FileMedia(segments))


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise EvidenceError(
            f"{path} is a folder, not an image",
            remedy="Give the path of the image file; for a split image, of its first part.",
        )
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise EvidenceError(
            f"there is no file {path}",
            remedy="Check the name and the folder you are in; evidence of a workspace lies in its evidence folder.",
        ) from None
    except OSError as error:
        raise EvidenceError(
            f"{path} can not be opened: {error.strerror or error}",
            remedy="Check that you may read the file and that it is not open in another program.",
        ) from error
    if not head:
        raise _empty(path)
    return head


def _empty(path: Path) -> EvidenceError:
    return EvidenceError(
        f"{path.name} is empty",
        remedy="Copy the image again from its master; check that the first copy ran to its end.",
    )


class _FileMedia:
    """Raw bytes in one file or in several parts, one behind the other."""

    reads_in_forks = hasattr(os, "pread")  # no position in the file, which forks would share

    def __init__(self, segments: tuple[Path, ...]) -> None:
        self._starts: list[int] = []
        self._files: list[BinaryIO] = []
        self.size_bytes = 0
        with ExitStack() as opened:
            for segment in segments:
                file = opened.enter_context(segment.open("rb", buffering=0))
                self._files.append(file)
                self._starts.append(self.size_bytes)
                self.size_bytes += segment.stat().st_size
            self._opened = opened.pop_all()

    def read_at(self, offset_bytes: int, size_bytes: int) -> bytes:
        number = bisect_right(self._starts, offset_bytes) - 1 if len(self._starts) > 1 else 0
        at = offset_bytes - self._starts[number]
        data = self._part(number, at, size_bytes)
        if len(data) == size_bytes:
            return data
        parts = [data]
        missing = size_bytes - len(data)
        while missing:
            at += len(data)
            data = self._part(number, at, missing)
            if not data:
                number, at = number + 1, 0
                if number == len(self._files):
                    break
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _part(self, number: int, offset_bytes: int, size_bytes: int) -> bytes:
        """Return up to ``size_bytes`` bytes of one file; none at its end."""
        file = self._files[number]
        if self.reads_in_forks:
            return os.pread(file.fileno(), size_bytes, offset_bytes)
        file.seek(offset_bytes)
        return file.read(size_bytes)

    def close(self) -> None:
        self._opened.close()


class _EwfMedia:
    """The medium inside an E01 container, inflated by libewf."""

    reads_in_forks = False

    def __init__(self, file_object: Any, handle: Any) -> None:
        self._file_object = file_object  # owns the handle
        self._handle = handle
        self.size_bytes = int(handle.get_media_size())

    def read_at(self, offset_bytes: int, size_bytes: int) -> bytes:
        data = self._handle.read_buffer_at_offset(size_bytes, offset_bytes)
        return bytes(data)

    def close(self) -> None:
        self._handle = None
        self._file_object = None


def _open_ewf(path: Path) -> Image:
    from dfvfs.lib import errors
    from dfvfs.path import factory
    from dfvfs.resolver import resolver

    from labkit.evidence.process_clock import use_utc

    use_utc()  # libewf writes the header's times as text in the process's zone
    segments = ewf_segments(path)
    located = factory.Factory.NewPathSpec("OS", location=str(path.resolve()))
    specification = factory.Factory.NewPathSpec("EWF", parent=located)
    try:
        file_object = resolver.Resolver.OpenFileObject(specification)
        handle = file_object._file_object  # noqa: SLF001 - dfvfs hides the handle that knows the stored digests
        stored = {name.lower(): value.lower() for name, value in handle.get_hash_values().items() if value}
        metadata = {name: value for name, value in handle.get_header_values().items() if value}
        bytes_per_sector = int(handle.get_bytes_per_sector())
        media = _EwfMedia(file_object, handle)
    except (errors.Error, OSError) as error:
        raise EvidenceError(
            f"{path.name} is damaged: the E01 container can not be opened",
            remedy="Copy the image again from its master, compare its digest, and open the new copy.",
        ) from error
    return Image(
        path,
        "E01",
        segments,
        media,
        bytes_per_sector=bytes_per_sector,
        stored_digests=stored,
        metadata=metadata,
    )
