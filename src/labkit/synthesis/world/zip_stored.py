"""ZIP archives that have the same bytes on every machine: members stored, not compressed, with one fixed date.

Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", sections 4.3.7, 4.3.12 and 4.3.16.
"""

import struct
import zlib
from collections.abc import Sequence

_VERSION = 20
_UTF8_NAMES = 0x0800
_DATE_1980_01_01 = 0x0021  # what office programs write into their files too
_LOCAL, _CENTRAL, _END = 0x04034B50, 0x02014B50, 0x06054B50


def zip_stored(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an archive of ``members`` (name, content) in the given order."""
    body = bytearray()
    directory = bytearray()
    for name, data in members:
        encoded = name.encode()
        flags = 0 if name.isascii() else _UTF8_NAMES
        # CRC-32 is a fixed function; only compression differs from one zlib to another.
        common = struct.pack(
            "<HHHHHIIIHH",
            _VERSION,
            flags,
            0,
            0,
            _DATE_1980_01_01,
            zlib.crc32(data),
            len(data),
            len(data),
            len(encoded),
            0,
        )
        directory += struct.pack("<IH", _CENTRAL, _VERSION) + common
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + encoded
        body += struct.pack("<I", _LOCAL) + common + encoded + data
    end = struct.pack("<IHHHHIIH", _END, 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory) + end
