"""Facts that cost something, worked out only when somebody asks: the digests of a disk take seconds."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from labkit.model.truth import FactValue

Maker = Callable[[], FactValue]


class DeferredFacts(Mapping[str, FactValue]):
    """Known facts, and makers of others, each called once and not before its fact is asked for.

    What is sent to another process, or compared, has all its facts.
    """

    def __init__(self, known: Mapping[str, FactValue], later: Mapping[str, Maker]) -> None:
        self._known = dict(known)
        self._later = dict(later)

    def __getitem__(self, name: str) -> FactValue:
        if name in self._later:
            self._known[name] = self._later.pop(name)()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._later

    def __iter__(self) -> Iterator[str]:
        yield from (*self._known, *self._later)  # a copy: asking for a fact on the way moves it

    def __len__(self) -> int:
        return len(self._known) + len(self._later)

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a dict has none

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class MadeTogether:
    """Facts that are made together, when the first of them is asked for."""

    def __init__(self, make: Callable[[], Mapping[str, FactValue]]) -> None:
        self._make = make
        self._made: Mapping[str, FactValue] | None = None

    def facts(self, names: Iterable[str]) -> dict[str, Maker]:
        """Return a maker for each name."""
        return {name: partial(self._fact, name) for name in names}

    def _fact(self, name: str) -> FactValue:
        if self._made is None:
            self._made = self._make()
        return self._made[name]
