"""One Windows computer: who works at it, and the stores that remember what was done."""

from dataclasses import dataclass, replace

from labkit.model.scenario import ComputerSpec


@dataclass
class Computer:
    """A computer under construction."""

    spec: ComputerSpec

    def fork(self) -> "Computer":
        """Return an independent copy that goes on from here."""
        return replace(self)
