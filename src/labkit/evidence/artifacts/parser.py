"""What every kind of artifact has: names, the files that it is read from, and the function that reads one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate

from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.evidence.artifacts.source import Source

Problem = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ArtifactParser:
    """Reads one sort of file.

    Attributes:
        name: The name that stands for all its kinds together.
        kinds: The kinds of the records it yields, each with one line that says what it is.
        patterns: Globs over whole paths, in which ``*`` goes over slashes too; capital and small letters are the same.
        stream: The named stream that is read instead of the content.
        records: Yields the records of one file. What it can not read in it is told to its second argument; it raises
            ``DamagedArtifactError`` or ``OSError`` where it can not go on.
    """

    name: str
    kinds: dict[str, str]
    patterns: tuple[str, ...]
    records: Callable[[Source, Problem], Iterator[ArtifactRecord]]
    stream: str | None = None

    def pattern(self) -> re.Pattern[str]:
        """Return one pattern for all paths that are read."""
        return re.compile("|".join(map(translate, self.patterns)), re.IGNORECASE)
