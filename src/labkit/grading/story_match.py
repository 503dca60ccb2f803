"""A custody ledger laid beside what really happened: which entry tells which event, and what is wrong with it.

An event of several exhibits may be told by one entry or by one for each; so what is matched is a pair of event and
exhibit. First come the entries whose time is right, the nearest first, then those whose time is wrong. What is left
over on the side of the story was omitted, on the side of the ledger invented.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from labkit.custody.ledger import Ledger
from labkit.grading.story import Marks, Story, StoryEvent
from labkit.model.custody import Event, EventType
from labkit.model.grading import Detail

MISSING, TIME, BACKDATED, MERGED = "EVENT-MISSING", "EVENT-TIME", "EVENT-BACKDATED", "EVENT-MERGED"
SKEWED = "EVENT-SKEW"
PERSON, SEAL, BAG, GUESSED = "EVENT-PERSON", "EVENT-SEAL", "EVENT-BAG", "EVENT-GUESSED"
DIGEST, INVENTED = "EVENT-DIGEST", "EVENT-INVENTED"
# What a pair of event and exhibit still earns, in percent; of several faults the heaviest counts. What a rule of
# custody takes for itself (a line written late, CC-11) is not taken here as well.
CREDIT_PERCENT: Mapping[str, int] = {
    MISSING: 0, MERGED: 25, BACKDATED: 25, GUESSED: 25, TIME: 50, SKEWED: 50, SEAL: 50, BAG: 50, DIGEST: 50, PERSON: 75,
}  # fmt: skip
_FULL = 100
_T = EventType
_SEALING = frozenset({_T.PACKAGED, _T.SEALED, _T.RESEALED})
_HANDING = frozenset({_T.RELEASED, _T.RECEIVED, _T.CHECKED_OUT, _T.RETURNED, _T.STORED})
# Steps that change who has an exhibit or how it is closed: whoever invents one changes the history of the exhibit.
_DECISIVE = (_SEALING - {_T.PACKAGED}) | _HANDING | {_T.SEIZED, _T.UNSEALED, _T.TRANSPORTED, _T.DISPOSED}
_SKEW_WITHIN = timedelta(minutes=1)  # people write minutes, clocks show seconds
_COMPANION = timedelta(minutes=15)  # so near an entry may complete an event, as a release completes a receipt
_AMENDABLE = (
    "exhibits", "actor", "released_by", "received_by", "seal_before", "seal_after", "bag_no_before", "bag_no_after",
    "hashes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the ledger tells of the story: the mean over its events and over the invented entries, and what is wrong."""

    percents: tuple[Fraction, ...]  # one for each event that is asked for, then a 0 for each invented entry
    details: tuple[Detail, ...]


@dataclass(slots=True)
class _Pair:
    """An event and one of its exhibits, with the entry that tells it."""

    event: StoryEvent
    exhibit: str
    entry: Event | None = None
    faults: list[str] = field(default_factory=list)

    def gap(self, entry: Event) -> timedelta:
        """Return how far the entry is from the event in time; without an offset it is as far as can be."""
        at_utc = _utc(entry)
        return timedelta.max if at_utc is None else abs(at_utc - self.event.at_utc)


def compare_with_story(ledger: Ledger, story: Story) -> Comparison:
    """Return how well a ledger tells a story, after its own corrections."""
    entries = corrected(ledger.events)
    pairs = [_Pair(event, exhibit) for event in story.asked for exhibit in event.exhibits]
    _match(pairs, entries, story)
    _find_merged(pairs)
    names = _names(ledger)
    for pair in pairs:
        pair.faults += _faults(pair, entries, story, names)
    invented = list(_invented(pairs, entries, story))
    earned: dict[int, list[int]] = defaultdict(list)
    for pair in pairs:
        earned[id(pair.event)].append(min((CREDIT_PERCENT[fault] for fault in pair.faults), default=_FULL))
    percents = [Fraction(sum(values), len(values)) for values in earned.values()]
    details = list(_told(pairs))
    details += [Detail(INVENTED, {"event": each.type, "exhibit": _first(each), "seq": each.seq}) for each in invented]
    return Comparison((*percents, *(Fraction(0) for _ in invented)), tuple(details))


def corrected(events: Sequence[Event]) -> list[Event]:
    """Return the entries as their later corrections leave them.

    A line ``corrected``, or one of the same type, changes what it states of an earlier line. The time is changed by a
    line of the same type only: that of a line ``corrected`` is when the correction was made.
    """
    standing: dict[int, Event] = {}
    meant: dict[int, int] = {}  # a correcting line -> the line that it changes in the end
    for event in events:
        target = meant.get(event.corrects_event or 0, event.corrects_event or 0)
        earlier = standing.get(target)
        if earlier is not None and event.type in (_T.CORRECTED, earlier.type):
            meant[event.seq] = target
            changed = {name: getattr(event, name) for name in _AMENDABLE if getattr(event, name)}
            if event.type is _T.CORRECTED:
                changed.pop("actor", None)  # who corrects
            elif event.event_at is not None:
                changed["event_at"] = event.event_at
            standing[target] = replace(earlier, **changed)
        elif event.type is not _T.CORRECTED:
            standing[event.seq] = event
    return list(standing.values())


def _match(pairs: Sequence[_Pair], entries: Sequence[Event], story: Story) -> None:
    tolerance = timedelta(seconds=story.tolerance_s)
    for is_right in (True, False):
        taken = {(pair.entry.seq, pair.exhibit) for pair in pairs if pair.entry is not None}
        fitting = [
            (pair.gap(entry), place, entry.seq, entry)
            for place, pair in enumerate(pairs)
            if pair.entry is None
            for entry in entries
            if entry.type == pair.event.type
            and pair.exhibit in entry.exhibits
            and (pair.gap(entry) <= tolerance) is is_right
            and (is_right or _told_of(entry, pair.exhibit, story) in (None, pair.event.name))
        ]
        for _, place, seq, entry in sorted(fitting, key=lambda each: each[:3]):
            pair = pairs[place]
            if pair.entry is None and (seq, pair.exhibit) not in taken:
                pair.entry = entry
                taken.add((seq, pair.exhibit))
                pair.faults += [] if is_right else [_wrong_time(pair, entry, story)]


def _wrong_time(pair: _Pair, entry: Event, story: Story) -> str:
    at_utc = _utc(entry)
    if at_utc is not None:
        gap = at_utc - pair.event.at_utc
        if any(abs(gap - timedelta(seconds=error)) <= _SKEW_WITHIN for error in story.clock_errors_s):
            return SKEWED
    return BACKDATED if at_utc is not None and at_utc < pair.event.at_utc else TIME


def _find_merged(pairs: Sequence[_Pair]) -> None:
    """One entry tells one event, the nearest; the others that it stands for were merged into it."""
    by_entry: dict[int, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.entry is not None:
            by_entry[pair.entry.seq].append(pair)
    for told in by_entry.values():
        nearest = min(told, key=lambda pair: pair.gap(pair.entry) if pair.entry else timedelta.max).event.name
        for pair in told:
            if pair.event.name != nearest:
                pair.faults[:] = [MERGED]


def _faults(pair: _Pair, entries: Sequence[Event], story: Story, names: Mapping[str, frozenset[str]]) -> Iterator[str]:
    entry = pair.entry
    if entry is None:
        yield MISSING
        return
    if not _right_people(pair.event, entry, names):
        yield PERSON
    marks = story.marks.get(pair.exhibit, Marks())
    beside = [entry]
    if entry.type in _SEALING:  # bag and seal may stand in two entries
        name = pair.event.name
        beside += [
            each
            for each in entries
            if each.type in _SEALING and pair.exhibit in each.exhibits and _told_of(each, pair.exhibit, story) == name
        ]
    seals = {_mark(seal.number) for each in beside for seal in (*each.seal_before, *each.seal_after)} - {""}
    bags = {_mark(bag) for each in beside for bag in (each.bag_no_before, each.bag_no_after)} - {""}
    is_asked = pair.event.type in (_T.SEALED, _T.RESEALED)
    if seals & {_mark(guess) for guess in marks.guesses}:
        yield GUESSED
    elif marks.seal and (seals or is_asked) and _mark(marks.seal) not in seals:
        yield SEAL
    if marks.bag and (bags or is_asked) and _mark(marks.bag) not in bags:
        own = {_mark(story.marks[each].bag) for each in entry.exhibits if each in story.marks}
        if is_asked or not bags <= own:  # a receipt of several exhibits has room for one bag only
            yield BAG
    carried = {"".join(record.value.split()).lower() for record in entry.hashes}
    if pair.event.digests and not pair.event.digests & carried:
        yield DIGEST


def _right_people(event: StoryEvent, entry: Event, names: Mapping[str, frozenset[str]]) -> bool:
    """Return whether the persons of an entry are those of the event; a side that is not named is left to the rules."""
    sides = [(event.giver, {entry.released_by}), (event.receiver, {entry.received_by})]
    if not event.giver and not event.receiver:
        escort = entry.transport.escort if entry.transport is not None else ()
        sides = [(event.by, {entry.actor, *entry.witnesses, *escort})]
    for wanted, written in sides:
        identifiers = written - {""}
        known = {name for each in identifiers for name in names.get(each, frozenset({_fold(each)}))}
        if wanted and identifiers and _fold(wanted) not in known:
            return False
    return True


def _invented(pairs: Sequence[_Pair], entries: Sequence[Event], story: Story) -> Iterator[Event]:
    """Yield the decisive entries that tell nothing that happened. What came after the story is not judged."""
    matched = {(pair.entry.seq, pair.exhibit) for pair in pairs if pair.entry is not None}
    ends: dict[str, datetime] = {}
    for event in story.known:
        ends |= dict.fromkeys(event.exhibits, event.at_utc)  # in the order of their times
    for entry in entries:
        at_utc = _utc(entry)
        if at_utc is None or entry.type not in _DECISIVE:
            continue
        about = [exhibit for exhibit in entry.exhibits if exhibit in ends and at_utc <= ends[exhibit] + _COMPANION]
        if any((entry.seq, each) not in matched and _told_of(entry, each, story) is None for each in about):
            yield entry


def _told_of(entry: Event, exhibit: str, story: Story) -> str | None:
    """Return the event that an entry tells or completes: the nearest of its kind, in its time; None without one."""
    at_utc = _utc(entry)
    if at_utc is None:
        return None
    around = [event for event in story.known if exhibit in event.exhibits]
    near = [event for event in around if _alike(entry.type, event.type) and abs(event.at_utc - at_utc) <= _COMPANION]
    if near:
        return min(near, key=lambda event: abs(event.at_utc - at_utc)).name
    before = [event for event in around if event.at_utc <= at_utc + _COMPANION]
    if entry.type is _T.TRANSPORTED and before and before[-1].type == _T.RELEASED:
        return before[-1].name  # on the way between release and receipt
    return None


def _alike(one: str, other: str) -> bool:
    return one == other or any(one in group and other in group for group in (_SEALING, _HANDING))


def _names(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Return identifier to names, folded, of the persons that the ledger declares."""
    return {
        person.person_id: frozenset({_fold(person.name), _fold(person.name_latin), _fold(person.person_id)} - {""})
        for person in ledger.people
    }


def _told(pairs: Sequence[_Pair]) -> Iterator[Detail]:
    """Yield each fault of an event once for all its exhibits that have it in the same line."""
    exhibits: dict[tuple[int, str, int], list[str]] = defaultdict(list)
    types: dict[int, str] = {}
    for pair in pairs:
        types[id(pair.event)] = pair.event.type
        for fault in pair.faults:
            exhibits[id(pair.event), fault, pair.entry.seq if pair.entry else 0].append(pair.exhibit)
    for (event, fault, seq), numbers in exhibits.items():
        values: dict[str, str | int] = {"event": types[event], "exhibit": ", ".join(numbers)}
        yield Detail(fault, {**values, "seq": seq} if seq else values)


def _first(entry: Event) -> str:
    return next(iter(entry.exhibits), "–")


def _utc(entry: Event) -> datetime | None:
    return entry.event_at.utc if entry.event_at is not None else None


def _mark(number: str) -> str:
    return "".join(number.split()).upper()


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()
