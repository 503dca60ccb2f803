"""Keys and values of a registry hive, and what their names have in common with others.

Source: Microsoft, "Registry Value Types" and "Structure of the Registry" (Win32 documentation).
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime_bytes
from labkit.synthesis.filesystems.ntfs_streams.upcase import upper


class ValueType(IntEnum):
    """Types of values. Source: MS-RRP, section 2.2.9; device properties have their own types (see registry_values)."""

    NONE = 0
    TEXT = 1
    EXPANDABLE_TEXT = 2
    BINARY = 3
    DWORD = 4
    MULTI_TEXT = 7
    QWORD = 11


@dataclass(frozen=True, slots=True)
class RegistryValue:
    """Type and data of one value, as they are stored."""

    type: int
    data: bytes

    @classmethod
    def text(cls, text: str) -> "RegistryValue":
        """Return a REG_SZ."""
        return cls(ValueType.TEXT, utf16(text) + b"\0\0")

    @classmethod
    def expandable(cls, text: str) -> "RegistryValue":
        """Return a REG_EXPAND_SZ, a text with variables such as ``%SystemRoot%``."""
        return cls(ValueType.EXPANDABLE_TEXT, utf16(text) + b"\0\0")

    @classmethod
    def multi(cls, texts: Sequence[str]) -> "RegistryValue":
        """Return a REG_MULTI_SZ.

        Raises:
            SynthesisError: One of the texts is empty, which would end the list.
        """
        if not all(texts):
            raise SynthesisError(
                "a list of texts in the registry ends at an empty text", remedy="Leave empty texts out of the list."
            )
        return cls(ValueType.MULTI_TEXT, b"".join(utf16(text) + b"\0\0" for text in texts) + b"\0\0")

    @classmethod
    def dword(cls, number: int) -> "RegistryValue":
        """Return a REG_DWORD; ``number`` lies in [0, 2^32).

        Raises:
            SynthesisError: It does not.
        """
        return cls(ValueType.DWORD, _unsigned(number, 4))

    @classmethod
    def qword(cls, number: int) -> "RegistryValue":
        """Return a REG_QWORD; ``number`` lies in [0, 2^64).

        Raises:
            SynthesisError: It does not.
        """
        return cls(ValueType.QWORD, _unsigned(number, 8))

    @classmethod
    def binary(cls, data: bytes) -> "RegistryValue":
        """Return a REG_BINARY."""
        return cls(ValueType.BINARY, data)

    @classmethod
    def filetime(cls, at: datetime) -> "RegistryValue":
        """Return a REG_BINARY of the 8 bytes of a FILETIME; ``at`` is aware."""
        return cls(ValueType.BINARY, filetime_bytes(at))

    @property
    def shown_text(self) -> str:
        """The data read as UTF-16 text up to the first NUL: what readers show of a REG_SZ."""
        return self.data.decode("utf-16-le", "replace").split("\0")[0]

    @property
    def number(self) -> int:
        """The data read as a little-endian number: what readers show of a REG_DWORD."""
        return int.from_bytes(self.data, "little")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value under the name as it was written; an empty name is the key's default value."""

    name: str
    value: RegistryValue


@dataclass(frozen=True, slots=True)
class Key:
    """One key, live or deleted, with all below it."""

    name: str
    last_written: datetime
    security: bytes  # a self-relative security descriptor
    class_name: str = ""
    values_by_key: Mapping[str, NamedValue] = field(default_factory=dict)  # name_key -> value, oldest first
    subkeys_by_key: Mapping[str, "Key"] = field(default_factory=dict)  # name_key -> subkey
    deleted_values: tuple[NamedValue, ...] = ()
    deleted_subkeys: tuple["Key", ...] = ()

    @property
    def values(self) -> tuple[NamedValue, ...]:
        """Its values in the order in which they were first set."""
        return tuple(self.values_by_key.values())

    @property
    def subkeys(self) -> tuple["Key", ...]:
        """Its subkeys in the order in which Windows keeps them: by upper-case name, UTF-16 unit by unit."""
        ordered = sorted(self.subkeys_by_key.items(), key=lambda item: item[0].encode("utf-16-be"))
        return tuple(subkey for _, subkey in ordered)

    def value(self, name: str) -> RegistryValue | None:
        """Return the value of that name, whatever its case; None where there is none."""
        found = self.values_by_key.get(name_key(name))
        return found.value if found else None

    def subkey(self, name: str) -> "Key | None":
        """Return the subkey of that name, whatever its case; None where there is none."""
        return self.subkeys_by_key.get(name_key(name))


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Return what two names have in common that the registry takes for the same: the name in upper case.

    Windows compares names of keys, of values and of files by the same table.
    """
    return upper(name)


def utf16(text: str) -> bytes:
    """Return ``text`` in UTF-16, low byte first.

    Raises:
        SynthesisError: It has half of a surrogate pair.
    """
    try:
        return text.encode("utf-16-le")
    except UnicodeEncodeError as error:
        raise SynthesisError(
            f"the text {text!r} has half of a surrogate pair", remedy="Write whole characters."
        ) from error


def _unsigned(number: int, size_bytes: int) -> bytes:
    if not 0 <= number < 1 << (8 * size_bytes):
        raise SynthesisError(
            f"{number} does not fit into {size_bytes} bytes",
            remedy=f"Give a number from 0 to 2^{8 * size_bytes} - 1.",
        )
    return struct.pack("<Q", number)[:size_bytes]
