"""Rules about signatures: both sides of a handover sign, each with their own hand or key."""

from collections.abc import Iterator
from itertools import islice

from labkit.custody import signing
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Signature

_T = EventType
MOST_SIGNATURES = 2_000
MOST_SUSPECTS = 20
_BOTH_IN_ONE_LINE = frozenset({_T.CHECKED_OUT, _T.RETURNED})


def handovers_are_signed(reading: Reading) -> Iterator[Hit]:
    """Both sides of a handover sign it, and they are two persons.

    A signature with a key must fit the key that the person declared, and be over this line or an earlier one. That a
    handover from hand to hand takes at most five minutes is looked at by CC-06.
    """
    on_the_way: set[str] = set()
    for event in reading.ledger.events:
        yield from _unsigned(event, _sides(event, is_whole=not on_the_way & set(event.exhibits)))
        if event.type is _T.RELEASED:
            on_the_way |= set(event.exhibits)
        elif event.type is _T.RECEIVED:
            on_the_way -= set(event.exhibits)
    yield from _invalid(reading)


def _sides(event: Event, *, is_whole: bool) -> tuple[str, ...]:
    """Return who has to sign a line."""
    giver, taker = event.released_by, event.received_by
    if event.type is _T.RELEASED:
        return (giver or event.actor,)
    if event.type is _T.RECEIVED:
        return (giver, taker or event.actor) if giver and is_whole else (taker or event.actor,)
    return tuple(side for side in (giver, taker) if side) if event.type in _BOTH_IN_ONE_LINE else ()


def _unsigned(event: Event, sides: tuple[str, ...]) -> Iterator[Hit]:
    exhibit = next(iter(event.exhibits), None)
    if len(sides) == 2 and sides[0] == sides[1]:  # noqa: PLR2004 - giver and receiver
        yield Hit("same-person", event.seq, exhibit, {"person": sides[0]})
    signed = {signature.person for signature in event.signatures}
    missing = [side for side in dict.fromkeys(sides) if side and side not in signed]
    if missing:
        yield Hit("not-signed", event.seq, exhibit, {"person": ", ".join(missing)})


def _invalid(reading: Reading) -> Iterator[Hit]:
    digests = {entry.event_hash for entry in reading.ledger.entries}
    content = {data.get("seq"): data for data in reading.ledger.raw}
    for event, signature, owner in _checked(reading):
        person = reading.people.get(signature.person)
        values: dict[str, str | int] = {"person": signature.person}
        exhibit = next(iter(event.exhibits), None)
        if signature.over not in digests and signature.over != signing.content_digest(content.get(event.seq, {})):
            yield Hit("other-content", event.seq, exhibit, values)
        elif person is None or not person.specimen_signature:
            yield Hit("no-key", event.seq, exhibit, values)
        elif owner is None:  # that it is somebody else's is told by CC-40
            yield Hit("invalid", event.seq, exhibit, values)


def _checked(reading: Reading) -> Iterator[tuple[Event, Signature, str | None]]:
    """Yield the signatures with keys, and whose key made each: the signer's, else another person's, else None.

    Bounded, because checking one costs as much as reading a hundred lines.
    """
    keys = {one.person_id: one.specimen_signature for one in reading.ledger.people if one.specimen_signature}
    others = dict(islice(keys.items(), MOST_SUSPECTS))
    suspicions = 0
    for event, signature in islice(_with_keys(reading), MOST_SIGNATURES):
        owner: str | None = signature.person
        if not signing.fits(signature, keys.get(signature.person, "")):
            suspicions += 1
            is_looked_for = suspicions <= MOST_SUSPECTS
            owner = next((name for name, key in others.items() if is_looked_for and signing.fits(signature, key)), None)
        yield event, signature, owner


def _with_keys(reading: Reading) -> Iterator[tuple[Event, Signature]]:
    for event in reading.ledger.events:
        yield from ((event, signature) for signature in event.signatures if signature.method == signing.ED25519)


def each_signs_for_himself(reading: Reading) -> Iterator[Hit]:
    """No two persons have the same signature: no key, no specimen and no scan stands for both."""
    owners: dict[str, tuple[str, int]] = {}
    for person in reading.ledger.people:
        mark = person.specimen_signature.lower()
        if mark and person.person_id:
            yield from _shared(owners, mark, person.person_id, person.seq)
    for event in reading.ledger.events:
        for signature in event.signatures:
            if signature.method != signing.ED25519 and signature.value:
                yield from _shared(owners, signature.value.lower(), signature.person, event.seq)
    for event, signature, owner in _checked(reading):
        if owner not in (None, signature.person) and signature.person in reading.people:
            yield Hit("by-another", event.seq, values={"person": signature.person, "owner": owner or ""})


def _shared(owners: dict[str, tuple[str, int]], mark: str, person: str, seq: int) -> Iterator[Hit]:
    owner, line = owners.setdefault(mark, (person, seq))
    if owner != person:
        yield Hit("shared", seq, values={"person": person, "owner": owner}, others=(line,))
