"""What the bytes of a field mean: numbers, times, names, flags. All take the bytes of one field."""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_HOUR_VALID = 0x80

Meaning = Callable[[bytes], str]


def number(data: bytes) -> int:
    """Return the little-endian number."""
    return int.from_bytes(data, "little")


def decimal(data: bytes) -> str:
    """A number, little-endian."""
    return str(number(data))


def signed(data: bytes) -> str:
    """A signed number, little-endian."""
    return str(int.from_bytes(data, "little", signed=True))


def text(data: bytes) -> str:
    """ASCII text; other bytes as escapes."""
    return '"' + data.decode("ascii", "backslashreplace").replace("\0", "\\0") + '"'


def utf16(data: bytes) -> str:
    """UTF-16LE text."""
    return '"' + data.decode("utf-16-le", "backslashreplace").rstrip("\0\uffff") + '"'


def oem(data: bytes) -> str:
    """A short FAT name: ASCII or the code page of the machine, shown as cp866."""
    return '"' + data.decode("cp866", "backslashreplace") + '"'


def guid(data: bytes) -> str:
    """A GUID with its first three parts little-endian, as Windows and GPT store it."""
    return str(UUID(bytes_le=data)).upper()


def uuid(data: bytes) -> str:
    """A UUID in the order of its digits, as ext stores it."""
    return str(UUID(bytes=data))


def filetime(data: bytes) -> str:
    """100 ns since 1601-01-01 UTC."""
    ticks = number(data)
    if not ticks:
        return "none"
    try:
        moment = _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return "no time"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ticks % 10_000_000:07d} UTC"


def unix_time(data: bytes) -> str:
    """Seconds since 1970-01-01 UTC."""
    seconds = number(data)
    return f"{_UNIX_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC" if seconds else "none"


def dos_date(data: bytes) -> str:
    """Days of FAT: bits 0-4 day, 5-8 month, 9-15 years since 1980."""
    value = number(data)
    return f"{1980 + (value >> 9):04d}-{value >> 5 & 15:02d}-{value & 31:02d} local" if value else "none"


def dos_time(data: bytes) -> str:
    """Time of day of FAT: bits 0-4 steps of two seconds, 5-10 minutes, 11-15 hours."""
    value = number(data)
    return f"{value >> 11:02d}:{value >> 5 & 63:02d}:{(value & 31) * 2:02d} local"


def tenths(data: bytes) -> str:
    """Hundredths of a second to add to a FAT time."""
    return f"{data[0] / 100:.2f} s to add"


def dos_moment(data: bytes) -> str:
    """Date and time of exFAT in 4 bytes: time in the low half, date in the high half."""
    return f"{dos_date(data[2:]).removesuffix(' local')} {dos_time(data[:2])}" if number(data) else "none"


def quarter_hours(data: bytes) -> str:
    """The distance from UTC of an exFAT time, in quarters of an hour; the highest bit says whether it is known."""
    value = data[0]
    if not value & _QUARTER_HOUR_VALID:
        return "zone not recorded"
    quarters = (value & 0x7F) - (0x80 if value & 0x40 else 0)
    return f"UTC{'+' if quarters >= 0 else '-'}{abs(quarters) // 4:02d}:{abs(quarters) % 4 * 15:02d}"


def chs(data: bytes) -> str:
    """Cylinder, head and sector of an MBR entry."""
    head, low, high = data
    return f"cylinder {(low & 0xC0) << 2 | high}, head {head}, sector {low & 0x3F}"


def power_of_two(data: bytes) -> str:
    """A size as the exponent of 2."""
    return str(1 << number(data)) if number(data) < 64 else "too large"  # noqa: PLR2004 - 64 bits


def mft_reference(data: bytes) -> str:
    """A reference to an MFT record: record number in 6 bytes, sequence number in 2."""
    record, sequence = number(data[:6]), number(data[6:])
    return f"record {record}, sequence {sequence}"


def clusters_or_power(data: bytes) -> str:
    """A size as clusters, or, where negative, as the exponent of 2 in bytes."""
    (value,) = struct.unpack("b", data[:1])
    return f"{1 << -value} bytes" if value < 0 else f"{value} clusters"


def volume_serial(data: bytes) -> str:
    """A volume serial as Windows prints it, from the low 4 bytes."""
    value = number(data[:4])
    return f"{value >> 16:04X}-{value & 0xFFFF:04X}"


def one_of(names: Mapping[int, str]) -> Meaning:
    """Return the name of a number, little-endian."""

    def meaning(data: bytes) -> str:
        return names.get(number(data), "unknown")

    return meaning


def flags(names: Mapping[int, str]) -> Meaning:
    """Return the names of the bits that are set."""

    def meaning(data: bytes) -> str:
        value = number(data)
        found = [name for bit, name in names.items() if value & bit]
        rest = value & ~sum(names)
        return ", ".join([*found, *([f"0x{rest:x}"] if rest else [])]) or "none"

    return meaning


def must_be(expected: bytes) -> Meaning:
    """Return whether a signature is there."""

    def meaning(data: bytes) -> str:
        return "signature, as it should be" if data == expected else f"should be {expected.hex(' ')}"

    return meaning


def times(factor: int, unit: str) -> Meaning:
    """Return a number multiplied, such as sectors in bytes."""

    def meaning(data: bytes) -> str:
        return f"{number(data) * factor} {unit}"

    return meaning
