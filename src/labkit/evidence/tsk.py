"""The seam to the Sleuth Kit: an open image as it wants to read it, and its file systems."""

from typing import Any

import pytsk3

from labkit.errors import LabkitError
from labkit.evidence.image import Image
from labkit.evidence.process_clock import use_utc

# File systems whose times are local digits without a zone. The Sleuth Kit's names for them start like this.
LOCAL_TIME_FILESYSTEMS = ("FAT", "exFAT")

_NTFS_NAME = b"NTFS    "
_FILESYSTEM_NAMES = {
    pytsk3.TSK_FS_TYPE_NTFS: "NTFS",
    pytsk3.TSK_FS_TYPE_FAT12: "FAT12",
    pytsk3.TSK_FS_TYPE_FAT16: "FAT16",
    pytsk3.TSK_FS_TYPE_FAT32: "FAT32",
    pytsk3.TSK_FS_TYPE_EXFAT: "exFAT",
    pytsk3.TSK_FS_TYPE_EXT2: "ext2",
    pytsk3.TSK_FS_TYPE_EXT3: "ext3",
    pytsk3.TSK_FS_TYPE_EXT4: "ext4",
    pytsk3.TSK_FS_TYPE_FFS1: "UFS1",
    pytsk3.TSK_FS_TYPE_FFS1B: "UFS1",
    pytsk3.TSK_FS_TYPE_FFS2: "UFS2",
    pytsk3.TSK_FS_TYPE_HFS: "HFS+",
    pytsk3.TSK_FS_TYPE_ISO9660: "ISO9660",
    pytsk3.TSK_FS_TYPE_YAFFS2: "YAFFS2",
}


class TskImage(pytsk3.Img_Info):  # type: ignore[misc]  # a C class without types
    """An image as the Sleuth Kit reads it.

    An exception would not come through its C code as it is. Where the image can not be read, the Sleuth Kit gets no
    bytes, and the error waits for ``check``, to be called after whatever may have read.
    """

    def __init__(self, image: Image) -> None:
        use_utc()
        self._image = image
        self._error: LabkitError | None = None
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes of the medium; called from C."""
        try:
            return self._image.read(offset, size)
        except LabkitError as error:
            self._error = error
            return b""

    def get_size(self) -> int:
        """Return the size of the medium; called from C."""
        return self._image.size_bytes

    def check(self) -> None:
        """Raise the error that a read of the Sleuth Kit met, if there was one.

        Raises:
            EvidenceError: The image can not be read where the Sleuth Kit wanted to.
        """
        if self._error is not None:
            error, self._error = self._error, None
            raise error


def open_filesystem(tsk_image: TskImage, start_bytes: int) -> Any | None:
    """Return the ``pytsk3.FS_Info`` of the file system that begins at ``start_bytes``, or None.

    Where a boot sector says that it is NTFS's, that is tried first: to try them all takes the Sleuth Kit far longer.
    Source: Linux-NTFS project, "NTFS Documentation", "$Boot".
    """
    kinds = [pytsk3.TSK_FS_TYPE_DETECT]
    if tsk_image.read(start_bytes + 3, len(_NTFS_NAME)) == _NTFS_NAME:
        kinds.insert(0, pytsk3.TSK_FS_TYPE_NTFS)
    for kind in kinds:
        try:
            return pytsk3.FS_Info(tsk_image, start_bytes, kind)
        except OSError:
            tsk_image.check()
    return None


def filesystem_name(filesystem: Any) -> str:
    """Return the name of an open file system: ``FAT32``, ``NTFS``, ``ext2`` ..."""
    return _FILESYSTEM_NAMES.get(filesystem.info.ftype, "unknown")
