"""The bytes of one volume as a file, for libraries that read a file system from one."""

from labkit.evidence.image import Image
from labkit.model.volumes import Volume


class VolumeFile:
    """The bytes of one volume as a Python file object, which is what libfsfat and libfsntfs want to read."""

    def __init__(self, image: Image, volume: Volume) -> None:
        self._image = image
        self._volume = volume
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes from the position on; fewer at the end of the volume."""
        size = max(0, min(size, self._volume.size_bytes - self._position))
        data = self._image.read(self._volume.start_bytes + self._position, size)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position, counted from byte 0 of the volume."""
        self._position = offset + (0, self._position, self._volume.size_bytes)[whence]
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def get_size(self) -> int:
        """Return the size of the volume in bytes."""
        return self._volume.size_bytes
