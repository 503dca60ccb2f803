"""A shortcut read by hand: where its target lay, on which volume.

Source: MS-SHLLINK 2.1 (header: size at 0, flags at 20), 2.2 (LinkTargetIDList, with its size before it), 2.3
(LinkInfo: VolumeID offset at 12, LocalBasePath offset at 16), 2.3.1 (VolumeID: kind of drive at 4, serial at 8, label
offset at 12).
"""

import struct
from dataclasses import dataclass

_HEADER_BYTES = 76
_HAS_ID_LIST, _HAS_LINK_INFO = 1, 2
_UNICODE_HEADER_BYTES = 0x24  # of LinkInfo, from which on it has offsets of Unicode texts
_UNICODE_LABEL = 0x14  # label offset that says: a Unicode one follows
REMOVABLE = 2


@dataclass(frozen=True, slots=True)
class RawShortcut:
    """What the LinkInfo of a shortcut says. The serial is written as ``vol`` shows it."""

    path: str
    drive_kind: int
    volume_serial: str
    volume_label: str


def read_shortcut(data: bytes) -> RawShortcut:
    """Read the LinkInfo of a shortcut.

    Raises:
        ValueError: It is no shortcut, or has none.
    """
    try:
        size, flags = struct.unpack_from("<I16xI", data)
        if size != _HEADER_BYTES or not flags & _HAS_LINK_INFO:
            raise ValueError("it is no shortcut that says where its target lay")
        begin = _HEADER_BYTES
        if flags & _HAS_ID_LIST:
            begin += 2 + struct.unpack_from("<H", data, begin)[0]
        info = data[begin : begin + struct.unpack_from("<I", data, begin)[0]]
        header, volume_at, path_at = struct.unpack_from("<4xI4xII", info)
        kind, serial, label_at = struct.unpack_from("<4xIII", info, volume_at)
        unicode_path = struct.unpack_from("<I", info, 28)[0] if header >= _UNICODE_HEADER_BYTES else 0
        unicode_label = struct.unpack_from("<I", info, volume_at + 16)[0] if label_at == _UNICODE_LABEL else 0
    except struct.error:
        raise ValueError("the shortcut ends too early") from None
    path = _wide(info, unicode_path) if unicode_path else _narrow(info, path_at)
    label = _wide(info, volume_at + unicode_label) if unicode_label else _narrow(info, volume_at + label_at)
    return RawShortcut(path, kind, f"{serial >> 16:04X}-{serial & 0xFFFF:04X}", label)


def _narrow(data: bytes, at: int) -> str:
    return data[at:].split(b"\0", 1)[0].decode("cp1251", "replace")


def _wide(data: bytes, at: int) -> str:
    end = at
    while data[end : end + 2] not in {b"\0\0", b""}:
        end += 2
    return data[at:end].decode("utf-16-le", "replace")
