"""Witnesses are heard one after the other; one that fails has spoken too."""

import struct
from collections.abc import Callable, Iterator, Sequence

from labkit.errors import LabkitError
from labkit.model.truth import Trace
from labkit.verification.confirmation import Testimony, Unreadable

Witness = Callable[[], Iterator[Testimony]]


def heard(trace: Trace, witnesses: Sequence[Witness]) -> Iterator[Testimony]:
    """Yield every testimony. A witness that fails has spoken: a fact that it was asked about is reported as unreadable.

    That fact is the address, or the first by name where there is none.
    """
    asked = "address" if "address" in trace.facts else min(trace.facts, default="")
    for witness in witnesses:
        try:
            yield from witness()
        except (LabkitError, LookupError, OSError, ValueError, struct.error) as error:
            why = error.message if isinstance(error, LabkitError) else f"{type(error).__name__}: {error}"
            name = getattr(witness, "func", witness).__name__.strip("_").replace("_", " ")
            yield Testimony(name, {asked: Unreadable(why)})
