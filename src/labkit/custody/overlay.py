"""What one country adds to the rules: attesting witnesses, the policy for digests, the names of its papers.

An overlay is a TOML file; three come with the kit. It says nothing about any real country: a trainer writes one for
the law of the course, and has it reviewed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from labkit.errors import CustodyError
from labkit.model.custody import EventType

MOST_WITNESSES = 10


class HashPolicy(StrEnum):
    """Which digests are enough: ``strict`` asks for SHA-2 or SHA-3, ``legacy`` also takes MD5 and SHA-1 together."""

    STRICT = "strict"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Overlay:
    """What one country adds to the rules.

    ``witnessed_events`` are the events at which so many attesting witnesses must be; ``protocol_names`` is the name of
    the seizure protocol by language.
    """

    name: str = "default"
    attesting_witnesses: int = 0
    witnessed_events: frozenset[EventType] = frozenset({EventType.SEIZED})
    hash_policy: HashPolicy = HashPolicy.STRICT
    protocol_names: Mapping[str, str] = field(default_factory=dict)


DEFAULT = Overlay()


def names() -> tuple[str, ...]:
    """Return the names of the overlays that come with the kit."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _shipped() if entry.name.endswith(".toml")))


def overlay(name: str) -> Overlay:
    """Return an overlay of the kit by its name, or the one in a file whose name ends in ``.toml``.

    Raises:
        CustodyError: There is none of that name, or the file is wrong.
    """
    return parse_overlay(Path(name).stem, overlay_text(name))


def overlay_text(name: str) -> str:
    """Return the TOML text of an overlay of the kit, or of the file whose path ends in ``.toml``; it is not checked.

    Raises:
        CustodyError: There is none of that name, or the file can not be read.
    """
    if name in names():
        return files("labkit.custody").joinpath("overlays", f"{name}.toml").read_text(encoding="utf-8")
    if not name.endswith(".toml"):
        raise CustodyError(
            f"there is no overlay {name!r}",
            remedy=f"Use one of {', '.join(names())}, or the path of a file that ends in .toml.",
        )
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CustodyError(f"{name} can not be read: {error}", remedy="Check the path of the overlay.") from error


def parse_overlay(name: str, text: str) -> Overlay:
    """Return the overlay that a TOML text describes; what it leaves out is as in ``default``.

    Raises:
        CustodyError: It is no TOML, or a key or a value is not one of an overlay.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(name, str(error)) from error
    unknown = sorted(data.keys() - _READERS.keys())
    if unknown:
        raise _wrong(name, f"{', '.join(unknown)} is not a key of an overlay")
    values: dict[str, Any] = {}
    for key, value in data.items():
        try:
            values[key] = _READERS[key](value)
        except (TypeError, ValueError) as error:
            raise _wrong(name, f"{key} can not be {value!r}") from error
    return Overlay(name, **values)


def _shipped() -> Any:
    return files("labkit.custody").joinpath("overlays").iterdir()


def _witnesses(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_WITNESSES:
        raise ValueError(value)
    return value


def _events(value: Any) -> frozenset[EventType]:
    if not isinstance(value, list):
        raise TypeError(value)
    return frozenset(EventType(one) for one in value)


def _names(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) and one for one in value.values()):
        raise TypeError(value)
    return dict(value)


_READERS = {
    "attesting_witnesses": _witnesses,
    "witnessed_events": _events,
    "hash_policy": HashPolicy,
    "protocol_names": _names,
}


def _wrong(name: str, reason: str) -> CustodyError:
    return CustodyError(
        f"overlay {name}: {reason}",
        remedy=f"An overlay has the keys {', '.join(_READERS)}; see docs/developer/custody-rules.md.",
    )
