"""Bytes that look like a program and are none: they can not be run, and every program of the folder is made of them."""

from collections.abc import Sequence

from labkit.synthesis.streams import Stream

# Short runs that are frequent in programs for 64-bit processors, in an order that means nothing.
_RUNS = (
    b"\x55\x48\x89\xe5", b"\x48\x83\xec\x28", b"\x48\x8b\x05", b"\x48\x8d\x0d", b"\x89\x45\xfc", b"\x8b\x45\xf8",
    b"\x85\xc0", b"\x74\x0a", b"\x75\x12", b"\xeb\x04", b"\xe8\x10\x02\x00\x00", b"\xc3", b"\xcc\xcc", b"\x90",
    b"\x31\xc0", b"\x0f\xb6\x00", b"\x48\x01\xd0", b"\x48\x83\xc4\x28", b"\x5d\xc3", b"\xb9\x01\x00\x00\x00",
    b"\x41\x54", b"\x41\x5c", b"\x48\x39\xc8", b"\x7c\xe6", b"\x66\x90", b"\x4c\x89\xe7", b"\xff\xd0", b"\x00\x00",
    b"\x48\x85\xff", b"\x0f\x84\x20\x00\x00\x00", b"\xf3\x0f\x1e\xfa", b"\x83\xf8\x05",
)  # fmt: skip
# What programs of this folder say, kf_sync among them; a rule that asks for one of these hits clean files.
COMMON_STRINGS = (
    b"state.log", b"every=%u", b"host=", b"%s: can not open %s", b"out of memory", b"settings are damaged: %s",
    b"next try in %u seconds", b"%04u-%02u-%02uT%02u:%02u:%02uZ", b"sleep", b"localtime", b"fwrite", b"ProgramData",
    b"usage: %s [-v] [-c FILE]", b"stopped by the user", b"already running",
)  # fmt: skip
_ELF_64_LITTLE = b"\x7fELF\x02\x01\x01" + bytes(9)
_ELF_HEADER_BYTES = 64


def machine_code(stream: Stream, size_bytes: int) -> bytes:
    """Return ``size_bytes`` bytes that look like machine code."""
    runs = b"".join(_RUNS[byte % len(_RUNS)] for byte in stream.take(size_bytes))
    return runs[:size_bytes]


def string_table(stream: Stream, own: Sequence[bytes]) -> bytes:
    """Return strings that end in zero, in drawn order: a program's own, and some that many programs have."""
    common = stream.sample(COMMON_STRINGS, stream.between(8, 12))
    return b"\0" + b"".join(text + b"\0" for text in stream.shuffled([*own, *common]))


def elf_like(stream: Stream, own: Sequence[bytes], size_bytes: int) -> bytes:
    """Return a file with the first bytes of an ELF file, without sections, entry or segments: nothing can load it.

    Source: Tool Interface Standard, "Executable and Linking Format", version 1.2, book I, ELF header.
    """
    strings = string_table(stream, own)
    room = size_bytes - _ELF_HEADER_BYTES - len(strings)
    before = stream.between(room // 4, room // 2)
    header = _ELF_64_LITTLE.ljust(_ELF_HEADER_BYTES, b"\0")
    return header + machine_code(stream, before) + strings + machine_code(stream, room - before)
