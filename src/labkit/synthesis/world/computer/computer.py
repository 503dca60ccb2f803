"""One Windows computer: who works at it, and the stores that remember what was done.

A store is a registry hive, an event log, a browser's history or a mailbox: it lives at a path of the system volume,
is changed by handlers while the story goes on, and is written there as bytes when a part of the story is over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Protocol, Self, TypeVar

from labkit.model.scenario import ComputerSpec
from labkit.synthesis.artifacts.registry import Hive
from labkit.synthesis.filesystems.contract import VolumeWriter


class Store(Protocol):
    """What every store can do."""

    def fork(self) -> Self:
        """Return an independent copy."""


S = TypeVar("S", bound=Store)


@dataclass(frozen=True, slots=True)
class Kept(Generic[S]):
    """A store, where its file lies, and when it last changed by the machine's clock in UTC."""

    path: str
    store: S
    render: Callable[[S, datetime], bytes]
    changed: datetime | None = None  # since it was last written to the volume


@dataclass
class Computer:
    """A computer under construction. Paths are those of its system volume."""

    spec: ComputerSpec
    kept: dict[str, Kept[Any]] = field(default_factory=dict)  # by a short name, such as NTUSER or Security
    plugged: frozenset[str] = frozenset()  # names of the sticks that are plugged in
    known_sticks: Mapping[str, datetime] = field(default_factory=dict)  # by name, when each came first
    sessions: int = 0  # how often the person logged on
    logged_on: bool = False
    boots: int = 0

    def fork(self) -> "Computer":
        """Return an independent copy that goes on from here."""
        return replace(
            self,
            kept={name: replace(kept, store=kept.store.fork()) for name, kept in self.kept.items()},
        )

    def keep(self, name: str, path: str, store: S, render: Callable[[S, datetime], bytes], at: datetime) -> None:
        """Take a new store."""
        self.kept[name] = Kept(path, store, render, at)

    def change(self, name: str, at: datetime) -> Any:
        """Return a store to change it ``at`` (device UTC)."""
        kept = self.kept[name]
        self.kept[name] = replace(kept, changed=at if kept.changed is None else max(at, kept.changed))
        return kept.store

    def hive(self, name: str, at: datetime) -> Hive:
        """Return a registry hive to change it."""
        store = self.change(name, at)
        assert isinstance(store, Hive)  # noqa: S101 - names of stores are ours
        return store

    def write_stores(self, volume: VolumeWriter) -> None:
        """Write every store that changed to its file, as of the moment when it changed last."""
        for name, kept in self.kept.items():
            if kept.changed is None:
                continue
            data = kept.render(kept.store, kept.changed)
            if volume.exists(kept.path):
                volume.overwrite(kept.path, data, kept.changed)
            else:
                volume.create(kept.path, data, kept.changed)
            self.kept[name] = replace(kept, changed=None)

    # -- places ---------------------------------------------------------------------------------------------------

    @property
    def home(self) -> str:
        """The folder of the person."""
        return f"/Users/{self.spec.user}"

    @property
    def sid(self) -> str:
        """The security identifier of the person."""
        return f"{MACHINE_SID}-1001"


MACHINE_SID = "S-1-5-21-1004336348-1177238915-682003330"  # documented example authority of Microsoft's SID pages
DRIVE = "C:"


def windows_path(path: str, drive: str = DRIVE) -> str:
    r"""Return ``C:\Users\dana`` for ``/Users/dana``."""
    return drive + path.replace("/", "\\")
