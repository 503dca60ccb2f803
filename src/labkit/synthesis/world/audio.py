"""Music files: an ID3 tag and MPEG-1 Layer III frames that play as silence, of an exact size.

Sources: ISO/IEC 11172-3 section 2.4.1.3 (frame header); id3.org, "ID3 tag version 2.3.0", sections 3.1, 3.3 and 4.2.
"""

import struct

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream

# 128 kbit/s, 44.1 kHz, no padding: 144 * 128000 / 44100 bytes. Side information of zeros says that no bit of the
# frame belongs to the sound, so what follows is ancillary data.
_FRAME_BYTES = 417
_FRAME_HEADER = b"\xff\xfb\x90\xc4"
_SIDE_INFORMATION_BYTES = 32
_TAG_HEADER_BYTES = 10


def music(stream: Stream, *, title: str, artist: str, size_bytes: int) -> bytes:
    """Return a music file of exactly ``size_bytes`` bytes.

    Raises:
        SynthesisError: ``size_bytes`` leaves no room for a tag and a frame.
    """
    fields = _text_field(b"TIT2", title) + _text_field(b"TPE1", artist)
    frames, padding = divmod(size_bytes - _TAG_HEADER_BYTES - len(fields), _FRAME_BYTES)
    if frames < 1:
        raise SynthesisError(f"a music file of {size_bytes} bytes is too small", remedy="Give it 1024 bytes or more.")
    length = len(fields) + padding
    sizes = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    ancillary = _FRAME_BYTES - len(_FRAME_HEADER) - _SIDE_INFORMATION_BYTES
    # 0xFF would look like the start of a frame to a player that seeks.
    noise = stream.take(frames * ancillary).replace(b"\xff", b"\x7f")
    quiet = _FRAME_HEADER + bytes(_SIDE_INFORMATION_BYTES)
    body = b"".join(quiet + noise[start : start + ancillary] for start in range(0, len(noise), ancillary))
    return b"ID3\x03\0\0" + sizes + fields + bytes(padding) + body


def _text_field(name: bytes, text: str) -> bytes:
    data = b"\x01\xff\xfe" + text.encode("utf-16-le")
    return name + struct.pack(">IH", len(data), 0) + data
