"""``kf_sync``, the fictional program of the case, as it lies in memory: stable strings, and a hidden configuration.

``BUILD`` and ``ALIVE`` also stand in the program that runs in the memory image KF-04. A region holds bytes that look
like machine code and are none, strings, and this block:

====== ======== ==================================================================
offset bytes    meaning
====== ======== ==================================================================
0      12       ``CONFIG_MARK``
12     2        length of what follows, little-endian; always ``CONFIG_BYTES``
14     160      text in ASCII, padded with spaces; each byte XOR the key of one byte
====== ======== ==================================================================

The text has one ``name=value`` in each line: host, port, every (seconds between two heartbeats), log.
"""

from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.samples.machine_code import machine_code, string_table
from labkit.synthesis.streams import Stream

BUILD = b"kf_sync build "  # twelve hexadecimal digits follow, other ones in each copy
ALIVE = b"%lld alive %s"
CONFIG_MARK = b"KFSYNC2.CFG:"
CONFIG_BYTES = 160
SMALLEST_BYTES, LARGEST_BYTES = 6144, 14336  # of a region; both stated to authors
_STEP_BYTES = 512
_LENGTH_BYTES = 2
_LARGEST_KEY = 255
_BUILD_ID_BYTES = 6


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """What one copy of the program was told: where to, how often, and by which byte the text is hidden."""

    host: str
    port: int
    key: int
    every_s: int

    @property
    def text(self) -> str:
        """The configuration as the program reads it, without the padding."""
        return f"host={self.host}\nport={self.port}\nevery={self.every_s}\nlog=state.log\n"

    def block(self) -> bytes:
        """Return the block with its mark.

        Raises:
            SynthesisError: The text is too long, or the key hides nothing.
        """
        plain = self.text.encode("ascii").ljust(CONFIG_BYTES)
        if len(plain) > CONFIG_BYTES or not 0 < self.key <= _LARGEST_KEY:
            raise SynthesisError(
                f"the configuration for {self.host} has {len(plain)} bytes and the key {self.key}",
                remedy=f"Keep it within {CONFIG_BYTES} bytes, and the key within 1 to {_LARGEST_KEY}.",
            )
        hidden = bytes(byte ^ self.key for byte in plain)
        return CONFIG_MARK + CONFIG_BYTES.to_bytes(_LENGTH_BYTES, "little") + hidden


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of memory with a copy of the program, saved as a file."""

    content: bytes
    config_offset_bytes: int  # where the hidden text begins, behind mark and length


def own_strings(stream: Stream) -> list[bytes]:
    """Return the strings that every copy has, and of which decoys hold some."""
    return [BUILD + stream.take(_BUILD_ID_BYTES).hex().encode(), ALIVE]


def sync_region(stream: Stream, config: SyncConfig) -> Region:
    """Return a region with a copy of the program; where things lie in it and how long it is, is drawn."""
    size = stream.between(SMALLEST_BYTES // _STEP_BYTES, LARGEST_BYTES // _STEP_BYTES) * _STEP_BYTES
    strings = string_table(stream, own_strings(stream))
    block = config.block()
    parts = stream.shuffled([strings, block])
    room = size - len(strings) - len(block)
    first = stream.between(room // 8, room // 3)
    second = stream.between(room // 8, room // 3)
    content = b"".join(
        (
            machine_code(stream, first),
            parts[0],
            machine_code(stream, second),
            parts[1],
            machine_code(stream, room // 4),
        )
    ).ljust(size, b"\0")
    return Region(content, content.index(block) + len(block) - CONFIG_BYTES)
