"""A registry hive, read by libregf. Paths use backslashes and begin below the root key."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyregf

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import Problem
from labkit.evidence.artifacts.record import ArtifactRecord, Value
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

_SEQUENCES = struct.Struct("<4sII")  # signature, sequence numbers of the last write's begin and end
_TEXT_TYPES = frozenset({1, 2, 6})  # REG_SZ, REG_EXPAND_SZ, REG_LINK
_NUMBER_TYPES = frozenset({4, 5, 11})
_MULTI_TEXT = 7


class Hive:
    """One open hive. Missing keys and values are None: what is not there says nothing."""

    def __init__(self, source: Source, file: Any) -> None:
        self.source = source
        self._file = file

    def key(self, path: str) -> Any | None:
        """Return a key by its path."""
        return self._file.get_key_by_path(path)

    @property
    def control_set(self) -> str:
        r"""The control set that was in use: ``ControlSet001`` for ``Select\Current`` 1, which is also the guess."""
        current = number(self.key("Select"), "Current")
        return f"ControlSet{current or 1:03d}"

    def record(
        self, kind: str, key: Any, what: str, details: dict[str, Value], *, at: datetime | None, time_of: str
    ) -> ArtifactRecord:
        """Return a record that stands in a key, with the path of the key."""
        return self.source.record(
            kind,
            at,
            what,
            {**({"time_of": time_of} if at is not None else {}), **details},
            offset_bytes=int(key.offset),
        )


@contextmanager
def opened_hive(source: Source, problem: Problem) -> Iterator[Hive]:
    """Yield an open hive.

    Raises:
        OSError: It is no hive, or too damaged.
    """
    hive = pyregf.file()
    with source.opened() as file:
        header = file.read(_SEQUENCES.size)
        if len(header) == _SEQUENCES.size:
            _, begun, ended = _SEQUENCES.unpack(header)
            if begun != ended:
                problem("the hive was not written to its end; what its transaction logs hold is not read")
        hive.open_file_object(file)
        try:
            if hive.is_corrupted():
                problem("the hive is damaged; the keys that could be read are shown")
            if hive.root_key is None:
                raise DamagedArtifactError("the hive has no root key")
            yield Hive(source, hive)
        finally:
            hive.close()


def keys_below(key: Any | None) -> Iterator[Any]:
    """Yield the keys right below a key; nothing where there is none."""
    if key is not None:
        yield from key.sub_keys


def sub_key(key: Any | None, path: str) -> Any | None:
    """Return a key by its path below another."""
    return None if key is None else key.get_sub_key_by_path(path)


def written(key: Any) -> datetime | None:
    """Return when a key was last written."""
    return from_filetime(key.get_last_written_time_as_integer())


def values(key: Any | None) -> dict[str, bytes]:
    """Return the bytes of all values of a key by their names."""
    return {} if key is None else {value.name or "": value.data or b"" for value in key.values}


def data(key: Any | None, name: str) -> bytes | None:
    """Return the bytes of a value."""
    value = _value(key, name)
    return None if value is None else value.data


def text(key: Any | None, name: str) -> str | None:
    """Return a value of text; None for one of another type."""
    value = _value(key, name)
    if value is None or value.type not in _TEXT_TYPES or not value.data:
        return None
    return utf16_text(value.data)


def texts(key: Any | None, name: str) -> tuple[str, ...]:
    """Return a value of several texts; none for one of another type."""
    value = _value(key, name)
    if value is None or value.type != _MULTI_TEXT or not value.data:
        return ()
    whole = bytes(value.data).decode("utf-16-le", "backslashreplace")
    return tuple(part for part in whole.split("\0") if part)


def number(key: Any | None, name: str) -> int | None:
    """Return a value that is a whole number; None for one of another type."""
    value = _value(key, name)
    if value is None or value.type not in _NUMBER_TYPES or not value.data:
        return None
    return int(value.data_as_integer)


def signed(key: Any | None, name: str) -> int | None:
    """Return a REG_DWORD that may lie below zero."""
    found = number(key, name)
    return None if found is None else found - (1 << 32) if found >= 1 << 31 else found


def utf16_text(stored: bytes) -> str:
    """Return UTF-16 text up to its end or to its first zero."""
    return bytes(stored).decode("utf-16-le", "backslashreplace").partition("\0")[0]


def _value(key: Any | None, name: str) -> Any | None:
    if key is None:
        return None
    try:
        return key.get_value_by_name(name)
    except OSError:  # a value that points outside the hive
        return None
