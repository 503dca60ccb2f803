"""Entries of a patch map, and what each of them writes into an image.

Kinds and forms are those of ``docs/developer/memory-base.md``, section patches.jsonl.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.errors import SynthesisError
from labkit.synthesis.medium import Medium

_NUMBERS = {"u8": "<B", "le16": "<H", "be16": ">H"}
_NS = 1_000_000_000
_TIMES = {  # layout, and by what a second counts
    "s64": ("<q", 1),
    "s32": ("<i", 1),
    "-s64": ("<q", -1),
    "ns64": ("<q", _NS),
    "-ns64": ("<q", -_NS),
}
_DECIMAL_BYTES, _ISO_BYTES = 10, 19
_TIMESPEC_BYTES = 16  # struct timespec64: from one time of an inode to the next


@dataclass(frozen=True, slots=True)
class Personal:
    """What makes an image personal."""

    values: Mapping[str, bytes]  # token -> its value
    shift_s: int  # what is added to every wall-clock time
    options: Mapping[str, str]  # choice -> the option that was drawn


@dataclass(frozen=True, slots=True)
class ValuePatch:
    """Characters of a token. ``step`` is the distance from one character to the next."""

    at: int
    token: str
    begin: int
    end: int
    step: int

    def write(self, medium: Medium, personal: Personal) -> None:
        """Put the characters in their place."""
        text = personal.values[self.token][self.begin : self.end]
        if self.step == 1:
            medium.write(self.at, text)
            return
        size = self.step * (len(text) - 1) + 1  # what lies between the characters stays
        data = bytearray(medium.read(self.at, size))
        data[:: self.step] = text
        medium.write(self.at, bytes(data))


@dataclass(frozen=True, slots=True)
class NumberPatch:
    """A token as a number."""

    at: int
    token: str
    layout: str

    def write(self, medium: Medium, personal: Personal) -> None:
        """Put the number in its place."""
        medium.write(self.at, struct.pack(self.layout, int(personal.values[self.token])))


@dataclass(frozen=True, slots=True)
class TimePatch:
    """A wall-clock time that moves with the story, or ``count`` of them as in an inode."""

    at: int
    form: str
    count: int

    def write(self, medium: Medium, personal: Personal) -> None:
        """Move the times."""
        for number in range(self.count):
            at = self.at + _TIMESPEC_BYTES * number
            medium.write(at, self._moved(medium, at, personal.shift_s))

    def _moved(self, medium: Medium, at: int, shift_s: int) -> bytes:
        if self.form == "decimal":
            return b"%010d" % (int(medium.read(at, _DECIMAL_BYTES)) + shift_s)
        if self.form == "iso":
            old = medium.read(at, _ISO_BYTES).decode()
            return (datetime.fromisoformat(old) + timedelta(seconds=shift_s)).isoformat(sep=old[10]).encode()
        layout, second = _TIMES[self.form]
        (old_time,) = struct.unpack(layout, medium.read(at, struct.calcsize(layout)))
        return struct.pack(layout, old_time + second * shift_s)


@dataclass(frozen=True, slots=True)
class ChoicePatch:
    """Bytes that change if this option of a choice was drawn."""

    at: int
    choice: str
    option: str
    old: bytes
    new: bytes

    def write(self, medium: Medium, personal: Personal) -> None:
        """Change the bytes if the option was drawn.

        Raises:
            SynthesisError: Other bytes stand there.
        """
        if personal.options[self.choice] != self.option:
            return
        if medium.read(self.at, len(self.old)) != self.old:
            raise SynthesisError(
                f"the patch map does not fit the memory image: byte {self.at} is not what {self.choice} replaces",
                remedy="Make the base again with scripts/build_memory_base.",
            )
        medium.write(self.at, self.new)


Patch = ValuePatch | NumberPatch | TimePatch | ChoicePatch


def patches_of(lines: bytes) -> Iterator[Patch]:
    """Yield the entries of a patch map, which is one JSON object a line.

    Raises:
        SynthesisError: An entry is of an unknown kind.
    """
    for number, line in enumerate(lines.splitlines(), start=1):
        entry = json.loads(line)
        try:
            yield _patch(entry)
        except KeyError as error:
            raise SynthesisError(
                f"line {number} of the patch map can not be used: {error} is missing or unknown",
                remedy="Use the version of the kit that the base was made with, or make the base again.",
            ) from error


def personalised(image: Medium, patches: tuple[Patch, ...], personal: Personal) -> Medium:
    """Return a fork of ``image`` with the values of one trainee.

    Raises:
        SynthesisError: The patches do not fit the image.
    """
    medium = image.fork()
    for patch in patches:
        patch.write(medium, personal)
    return medium


def _patch(entry: dict[str, Any]) -> Patch:
    at = entry["at"]
    if "choice" in entry:
        old, new = (bytes.fromhex(entry[key]) for key in ("old", "new"))
        return ChoicePatch(at, entry["choice"], entry["option"], old, new)
    if "time" in entry:
        if entry["as"] not in {*_TIMES, "decimal", "iso"}:
            raise KeyError(entry["as"])
        return TimePatch(at, entry["as"], entry.get("count", 1))
    if "from" in entry:
        steps = {"text": 1, "utf-16-le": 2, "cells": 2}
        return ValuePatch(at, entry["token"], entry["from"], entry["to"], steps[entry["as"]])
    return NumberPatch(at, entry["token"], _NUMBERS[entry["as"]])
