"""$AttrDef: which kinds of attribute a volume knows, how large each may be, and whether it may lie outside its record.

Source: Linux-NTFS, "NTFS Documentation", "Files: $AttrDef (4)"; the values are those of NTFS 3.1 as Windows XP to 10
and mkntfs write them.
"""

import struct
from enum import IntEnum, IntFlag

_NAME_BYTES = 128
_END_BYTES = 160
_UNLIMITED = -1


class AttributeType(IntEnum):
    """The kinds of attribute of NTFS 3.1."""

    STANDARD_INFORMATION = 0x10
    ATTRIBUTE_LIST = 0x20
    FILE_NAME = 0x30
    OBJECT_ID = 0x40
    SECURITY_DESCRIPTOR = 0x50
    VOLUME_NAME = 0x60
    VOLUME_INFORMATION = 0x70
    DATA = 0x80
    INDEX_ROOT = 0x90
    INDEX_ALLOCATION = 0xA0
    BITMAP = 0xB0
    REPARSE_POINT = 0xC0
    EA_INFORMATION = 0xD0
    EA = 0xE0
    LOGGED_UTILITY_STREAM = 0x100


class _Rule(IntFlag):
    NONE = 0
    INDEXED = 0x02
    RESIDENT = 0x40
    NON_RESIDENT_ALLOWED = 0x80


_DEFINITIONS = (  # kind, rules, smallest and largest size in bytes
    (AttributeType.STANDARD_INFORMATION, _Rule.RESIDENT, 48, 72),
    (AttributeType.ATTRIBUTE_LIST, _Rule.NON_RESIDENT_ALLOWED, 0, _UNLIMITED),
    (AttributeType.FILE_NAME, _Rule.RESIDENT | _Rule.INDEXED, 68, 578),
    (AttributeType.OBJECT_ID, _Rule.RESIDENT, 0, 256),
    (AttributeType.SECURITY_DESCRIPTOR, _Rule.NON_RESIDENT_ALLOWED, 0, _UNLIMITED),
    (AttributeType.VOLUME_NAME, _Rule.RESIDENT, 2, 256),
    (AttributeType.VOLUME_INFORMATION, _Rule.RESIDENT, 12, 12),
    (AttributeType.DATA, _Rule.NONE, 0, _UNLIMITED),
    (AttributeType.INDEX_ROOT, _Rule.RESIDENT, 0, _UNLIMITED),
    (AttributeType.INDEX_ALLOCATION, _Rule.NON_RESIDENT_ALLOWED, 0, _UNLIMITED),
    (AttributeType.BITMAP, _Rule.NON_RESIDENT_ALLOWED, 0, _UNLIMITED),
    (AttributeType.REPARSE_POINT, _Rule.NON_RESIDENT_ALLOWED, 0, 16384),
    (AttributeType.EA_INFORMATION, _Rule.RESIDENT, 8, 8),
    (AttributeType.EA, _Rule.NONE, 0, 65536),
    (AttributeType.LOGGED_UTILITY_STREAM, _Rule.NON_RESIDENT_ALLOWED, 0, 65536),
)


def attribute_definitions() -> bytes:
    """Return the 2,560 bytes of $AttrDef: 160 for each kind, in order, and an empty one at the end."""
    entries = [
        f"${kind.name}".encode("utf-16-le").ljust(_NAME_BYTES, b"\0")
        + struct.pack("<IIIIqq", kind, 0, 0, rules, smallest, largest)
        for kind, rules, smallest, largest in _DEFINITIONS
    ]
    return b"".join(entries) + bytes(_END_BYTES)
