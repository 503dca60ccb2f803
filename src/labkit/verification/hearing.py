"""Witnesses are heard one after the other; one that fails has spoken too."""

from collections.abc import Callable, Iterator, Sequence

from labkit.errors import EvidenceError
from labkit.model.truth import Trace
from labkit.verification.confirmation import Testimony, Unreadable

Witness = Callable[[], Iterator[Testimony]]


def heard(trace: Trace, witnesses: Sequence[Witness]) -> Iterator[Testimony]:
    """Yield every testimony. A witness that fails has spoken: what it would have told is reported as unreadable."""
    for witness in witnesses:
        try:
            yield from witness()
        except (EvidenceError, LookupError, ValueError) as error:
            why = error.message if isinstance(error, EvidenceError) else str(error)
            name = getattr(witness, "func", witness).__name__.strip("_").replace("_", " ")
            yield Testimony(name, {"address": Unreadable(why)} if "address" in trace.facts else {})
