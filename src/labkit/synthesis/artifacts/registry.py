"""A registry hive as a tree of keys and values that a story changes.

Keys are frozen values: an operation makes new keys along its path and shares all others, so a fork costs nothing.
What is deleted stays with the key it was deleted from and is rendered into free cells with its content standing, as
Windows leaves it. Nothing that is written later takes these cells: a deleted key can always be recovered.

Source: Microsoft, "Registry Element Size Limits" (Win32 documentation).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts import regf
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.artifacts.key_security import MACHINE_SECURITY
from labkit.synthesis.artifacts.registry_tree import Key, NamedValue, RegistryValue, ValueType, name_key, utf16

__all__ = ["Hive", "Key", "NamedValue", "RegistryValue", "ValueType"]

LONGEST_KEY_NAME_UNITS = 255
LONGEST_VALUE_NAME_UNITS = 16383
DEEPEST_LEVEL = 512


class Hive:
    """One hive file. Paths separate names with a backslash and begin below the root key, which is ``""``.

    Times are those of the machine's clock in UTC, aware. An operation that raises SynthesisError has changed nothing.
    """

    def __init__(
        self, file_name: str, root_name: str, created: datetime, *, security: bytes = MACHINE_SECURITY
    ) -> None:
        filetime(created)
        _check_name(root_name, LONGEST_KEY_NAME_UNITS, "key")
        utf16(file_name)
        self.file_name = file_name
        self.root = Key(root_name, created, security)
        self.changes = 0

    def fork(self) -> Self:
        """Return an independent copy; it shares all keys with this one until one of the two changes them."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def key(self, key_path: str) -> Key | None:
        """Return the live key at ``key_path``; None where there is none."""
        key: Key | None = self.root
        for name in _names(key_path):
            key = key.subkey(name) if key else None
        return key

    def value(self, key_path: str, value_name: str) -> RegistryValue | None:
        """Return a live value; None where there is none."""
        key = self.key(key_path)
        return key.value(value_name) if key else None

    def make_key(self, key_path: str, at: datetime, *, class_name: str = "", security: bytes | None = None) -> None:
        """Make a key, and those above it that are missing. A key that is there keeps its values and its time.

        Args:
            key_path: The key.
            at: Becomes ``last_written`` of the new keys and of the key that they were made in.
            class_name: What ``class_name`` of the key shall be; an empty one leaves it as it is.
            security: Its security descriptor; None inherits that of the key above.

        Raises:
            SynthesisError: A name is not allowed, the path is too deep, or ``at`` has no zone.
        """
        utf16(class_name)

        def change(key: Key) -> Key:
            return replace(key, class_name=class_name or key.class_name, security=security or key.security)

        self._change(key_path, change, at)

    def set(self, key_path: str, value_name: str, value: RegistryValue, at: datetime) -> None:
        """Set a value and make the keys that are missing on the way. The key was last written ``at``.

        Raises:
            SynthesisError: A name is not allowed, the path is too deep, or ``at`` has no zone.
        """
        self.set_all(key_path, {value_name: value}, at)

    def set_all(self, key_path: str, values: Mapping[str, RegistryValue], at: datetime) -> None:
        """Set several values of a key at once, as ``set`` does one by one.

        Raises:
            SynthesisError: As ``set``.
        """
        for name in values:
            _check_name(name, LONGEST_VALUE_NAME_UNITS, "value")

        def change(key: Key) -> Key:
            held = dict(key.values_by_key)
            for name, value in values.items():
                folded = name_key(name)
                held[folded] = NamedValue(held[folded].name if folded in held else name, value)
            return replace(key, last_written=at, values_by_key=held)

        self._change(key_path, change, at)

    def delete_value(self, key_path: str, value_name: str, at: datetime) -> None:
        """Delete a value; it stays in free cells. The key was last written ``at``.

        Raises:
            SynthesisError: There is no such value, or ``at`` has no zone.
        """
        if self.value(key_path, value_name) is None:
            raise SynthesisError(
                f"{self.file_name}: there is no value {value_name!r} in {key_path!r} to delete",
                remedy="Set the value earlier in the story, or look at the spelling of its path.",
            )

        def change(key: Key) -> Key:
            left = dict(key.values_by_key)
            gone = left.pop(name_key(value_name))
            return replace(key, last_written=at, values_by_key=left, deleted_values=(*key.deleted_values, gone))

        self._change(key_path, change, at)

    def delete_key(self, key_path: str, at: datetime) -> None:
        """Delete a key and all below it; they stay in free cells. The key above was last written ``at``.

        Keys below are deleted first, which is a change of the key that they were in.

        Raises:
            SynthesisError: There is no such key, it is the root key, or ``at`` has no zone.
        """
        if self.key(key_path) is None:
            raise SynthesisError(
                f"{self.file_name}: there is no key {key_path!r} to delete",
                remedy="Make the key earlier in the story, or look at the spelling of its path.",
            )
        names = _names(key_path)
        if not names:
            raise SynthesisError(
                f"{self.file_name}: the root key can not be deleted", remedy="Delete the keys below it instead."
            )

        def change(key: Key) -> Key:
            left = dict(key.subkeys_by_key)
            gone = _buried(left.pop(name_key(names[-1])), at)
            return replace(key, last_written=at, subkeys_by_key=left, deleted_subkeys=(*key.deleted_subkeys, gone))

        self._change("\\".join(names[:-1]), change, at)

    def render(self, saved: datetime) -> bytes:
        """Return the file as Windows wrote it at ``saved``.

        Raises:
            SynthesisError: ``saved`` has no zone.
        """
        return regf.render(self.root, self.file_name, sequence_number=self.changes + 1, saved=saved)

    def _change(self, key_path: str, change: Callable[[Key], Key], at: datetime) -> None:
        filetime(at)
        names = _names(key_path)
        if len(names) >= DEEPEST_LEVEL:
            raise SynthesisError(
                f"{self.file_name}: {len(names)} keys lie below each other; Windows allows {DEEPEST_LEVEL} levels",
                remedy="Shorten the path.",
            )
        for name in names:
            _check_name(name, LONGEST_KEY_NAME_UNITS, "key")
        self.root = _changed(self.root, names, change, at)
        self.changes += 1


def _names(key_path: str) -> list[str]:
    return key_path.split("\\") if key_path else []


def _check_name(name: str, longest_units: int, kind: str) -> None:
    units = len(utf16(name)) // 2
    if kind == "key" and not name:
        raise SynthesisError(
            "a key has an empty name", remedy="Separate the names of a path with one backslash, none at its ends."
        )
    if "\0" in name or units > longest_units:
        raise SynthesisError(
            f"the {kind} name {name[:40]!r} has {units} UTF-16 units or a NUL; Windows allows {longest_units} and none",
            remedy="Shorten the name, and leave NUL characters out.",
        )


def _changed(key: Key, names: Sequence[str], change: Callable[[Key], Key], at: datetime) -> Key:
    """Return ``key`` with ``change`` made to the key that ``names`` lead to."""
    if not names:
        return change(key)
    folded = name_key(names[0])
    subkey = key.subkeys_by_key.get(folded)
    if subkey is None:
        subkey = Key(names[0], at, key.security)
        key = replace(key, last_written=at)
    return replace(key, subkeys_by_key={**key.subkeys_by_key, folded: _changed(subkey, names[1:], change, at)})


def _buried(key: Key, at: datetime) -> Key:
    """Return ``key`` as it is when it is deleted with all below it, the lowest first."""
    gone = []
    for subkey in key.subkeys:  # no comprehension: it would double the depth of the recursion
        gone.append(_buried(subkey, at))  # noqa: PERF401
    last_written = at if gone else key.last_written
    return replace(key, last_written=last_written, subkeys_by_key={}, deleted_subkeys=(*key.deleted_subkeys, *gone))
