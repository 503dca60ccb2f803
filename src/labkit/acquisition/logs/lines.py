"""What the readers of logs share: names and values, numbers as people's machines write them, times without a zone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from labkit.model.acquisition import SectorRun

_DIGEST_CHARACTERS = {"md5": 32, "sha1": 40, "sha256": 64}


@dataclass(frozen=True, slots=True)
class Log:
    """A log as text, its file name, and the zone of the machine that wrote it (None: not known)."""

    name: str
    text: str
    zone: tzinfo | None

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines without their ends."""
        return tuple(self.text.splitlines())

    def value(self, name: str, *, start: int = 0) -> str:
        """Return what stands behind ``name:`` in the first line that has it; nothing if there is none."""
        pattern = re.compile(rf"^\s*{re.escape(name)}\s*:(.*)$", re.IGNORECASE | re.MULTILINE)
        found = pattern.search(self.text, start)
        return found[1].strip() if found else ""

    def moment(self, text: str, form: str) -> datetime | None:
        """Return a local time of the log in UTC; None where it is none, or the zone is not known."""
        if self.zone is None:
            return None
        try:
            return datetime.strptime(text, form).replace(tzinfo=self.zone).astimezone(UTC)
        except ValueError:
            return None


def number(text: str) -> int | None:
    """Return a whole number, whatever separates its thousands; None if there is none."""
    digits = re.match(r"\s*\d[\d.,' \u00a0\u202f]*", text)
    return int(re.sub(r"\D", "", digits[0])) if digits else None


def digest(text: str, algorithm: str) -> str:
    """Return a digest in lower case; nothing where the text holds none of that algorithm."""
    found = re.search(rf"(?<![0-9a-fA-F])[0-9a-fA-F]{{{_DIGEST_CHARACTERS[algorithm]}}}(?![0-9a-fA-F])", text)
    return found[0].lower() if found else ""


def runs(pairs: Iterator[tuple[int, int]]) -> tuple[SectorRun, ...]:
    """Return (first, last) pairs as runs in order, those that touch made one.

    Raises:
        ValueError: A run ends before it begins.
    """
    found: list[SectorRun] = []
    for first, last in sorted(set(pairs)):
        if last < first:
            raise ValueError(f"sectors {first} to {last}")
        if found and first <= found[-1].end:
            found[-1] = SectorRun(found[-1].lba, max(found[-1].end, last + 1) - found[-1].lba)
        else:
            found.append(SectorRun(first, last - first + 1))
    return tuple(found)
