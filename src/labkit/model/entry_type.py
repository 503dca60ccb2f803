"""The types of entries in file systems."""

from enum import StrEnum


class EntryType(StrEnum):
    """What a directory entry stands for."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    VOLUME_LABEL = "volume_label"
    VIRTUAL = "virtual"  # made by the reader, not on the medium ($OrphanFiles, $MBR, $FAT1)
    OTHER = "other"
