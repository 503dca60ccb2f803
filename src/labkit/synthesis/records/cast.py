"""Who and what a custody file is about: people, places, exhibits, numbers, drawn for each trainee."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list

OFFICER, INVESTIGATOR, SPECIALIST, WITNESS_1, WITNESS_2 = "P1", "P2", "P3", "P4", "P5"
COURIER, CUSTODIAN, EXAMINER, EXPERT, KEEPER = "P6", "P7", "P8", "P9", "P10"
PROSECUTOR, DEFENCE = "P11", "P12"
ROLES: Mapping[str, tuple[str, str]] = {
    # person: (role, office)
    OFFICER: ("DEFR", "Port Sarva Police"),
    INVESTIGATOR: ("investigator", "Port Sarva Police"),
    SPECIALIST: ("specialist", "Port Sarva Police"),
    WITNESS_1: ("attesting_witness", "resident"),
    WITNESS_2: ("attesting_witness", "resident"),
    COURIER: ("courier", "Northline Courier"),
    CUSTODIAN: ("custodian", "Port Sarva Police, evidence store"),
    EXAMINER: ("examiner", "Port Sarva Police, laboratory"),
    EXPERT: ("examiner", "Central Laboratory"),
    KEEPER: ("custodian", "Central Laboratory"),
    PROSECUTOR: ("prosecutor", "Prosecutor's Office of Port Sarva"),
    DEFENCE: ("defence", "Bar of Port Sarva"),
}
HOME_ZONE, CENTRAL_ZONE = "Asia/Almaty", "Europe/Chisinau"  # the second changes its clocks on 29 March 2026
PC, STICK, PHONE, DISK = "HN-01", "HN-02", "HN-03", "HN-04"
_FIRST_DAYS = (date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 18))
_SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Cast:
    """The personal values of one custody file. Digests are SHA-256 hex; ``scans`` are those of signatures."""

    names: Mapping[str, str]
    scans: Mapping[str, str]
    serials: Mapping[str, str]
    sectors: Mapping[str, int]
    seals: tuple[str, ...]
    bags: tuple[str, ...]
    digests: Mapping[str, str]
    tracking: tuple[str, str]
    smudged: int  # which sign of a seal number, from 0, is smudged on a photograph
    day: date  # of the search

    def later(self, days: int) -> date:
        """Return the date so many days after the search."""
        return self.day + timedelta(days=days)


def draw_cast(stream: Stream) -> Cast:
    """Return the cast that a stream gives."""
    families = stream.sample(word_list("family"), len(ROLES))
    names = {
        person: f"{stream.pick(word_list('given'))} {family}" for person, family in zip(ROLES, families, strict=True)
    }
    return Cast(
        names=names,
        scans={person: stream.take(32).hex() for person in ROLES},
        serials={exhibit: _serial(stream) for exhibit in (PC, STICK, PHONE, DISK)},
        sectors={STICK: stream.between(30_000_000, 31_500_000), DISK: stream.between(976_000_000, 977_000_000)},
        seals=tuple(_numbers(stream, "S-", 12)),
        bags=tuple(_numbers(stream, "B-", 6)),
        digests={name: hashlib.sha256(stream.take(32)).hexdigest() for name in _DIGESTS},
        tracking=(f"NL-{stream.between(100_000, 999_999)}", f"NL-{stream.between(100_000, 999_999)}"),
        day=stream.pick(_FIRST_DAYS),
        smudged=stream.between(len("S-"), len("S-123456") - 1),
    )


_DIGESTS = (
    "stick", "disk", "memory", "stick container", "stick container again", "extract", "disk extract", "second pass",
    "wrong verification", "wrong container",
)  # fmt: skip


def _serial(stream: Stream) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVXYZ"  # those that nobody takes for another one
    return f"{stream.pick(letters)}{stream.pick(letters)}{_digits(stream, 8)}"


def _numbers(stream: Stream, prefix: str, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{prefix}{_digits(stream, 6)}"] = None
    return list(found)


def _digits(stream: Stream, count: int) -> str:
    """Return digits of which neighbours differ, so that two that change places make another number."""
    digits = [stream.below(10)]
    while len(digits) < count:
        digit = stream.below(10)
        if digit != digits[-1]:
            digits.append(digit)
    return "".join(map(str, digits))
