"""The rule about the purpose of a step."""

from collections.abc import Iterator

from labkit.custody.purposes import is_generic
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import EventType

_T = EventType
# The other types say themselves what they are for; a receipt has the purpose of its release.
ASKED = frozenset(
    {
        _T.SEIZED, _T.UNSEALED, _T.RELEASED, _T.CHECKED_OUT, _T.LIVE_ACTION, _T.ACQUIRED, _T.VERIFIED, _T.COPIED,
        _T.ANALYSED, _T.DISCLOSED, _T.DISPOSED, _T.RETURNED_TO_OWNER,
    }
)  # fmt: skip


def purposes_are_said(reading: Reading) -> Iterator[Hit]:
    """A step says what it is for, in words that do not fit every step."""
    on_the_way: set[str] = set()
    for event in reading.ledger.events:
        is_whole_handover = bool(event.released_by) and not on_the_way & set(event.exhibits)
        is_asked = event.type in ASKED or (event.type is _T.RECEIVED and is_whole_handover)
        exhibit = next(iter(event.exhibits), None)
        if not event.purpose.strip():
            if is_asked:
                yield Hit("none", event.seq, exhibit, {"purpose": ""})
        elif is_generic(event.purpose):
            yield Hit("generic", event.seq, exhibit, {"purpose": event.purpose})
        if event.type is _T.RELEASED:
            on_the_way |= set(event.exhibits)
        elif event.type is _T.RECEIVED:
            on_the_way -= set(event.exhibits)
