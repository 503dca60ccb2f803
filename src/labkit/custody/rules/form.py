"""Rules about the record itself: its fields, its exhibit numbers, its chain."""

from collections.abc import Iterator, Mapping

from labkit.custody.ledger import CHAIN_CODES, FORM_CODES
from labkit.custody.rules.fields import MANDATORY
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Entry, Event, Exhibit, ExhibitKind, Recovery


def mandatory_fields(reading: Reading) -> Iterator[Hit]:
    """Every line has the fields that its type needs, and each field fits the record."""
    for problem in reading.ledger.problems:
        if problem.code in FORM_CODES:
            yield Hit(problem.code, problem.line, values={"fields": problem.what})
    unfit = {(problem.line, problem.what) for problem in reading.ledger.problems}  # told already, not missing too
    for entry, data in zip(reading.ledger.entries, reading.ledger.raw, strict=True):
        if isinstance(entry, Recovery):
            continue
        missing = [
            name for name in MANDATORY[str(data["type"])] if not _given(entry, name) and (entry.seq, name) not in unfit
        ]
        if missing:
            yield Hit("missing", entry.seq, values={"fields": ", ".join(missing)})
    yield from _undeclared_locations(reading)


def _given(entry: Entry, name: str) -> bool:
    value = getattr(entry, "hashes" if name == "hash" else name)
    return value not in (None, "", ())


def _undeclared_locations(reading: Reading) -> Iterator[Hit]:
    told: set[str] = set()
    for event in reading.ledger.events:
        if event.location and event.location not in reading.locations and event.location not in told:
            told.add(event.location)
            yield Hit("undeclared-place", event.seq, values={"fields": event.location})


def exhibits_are_declared_once(reading: Reading) -> Iterator[Hit]:
    """Each exhibit number is given once, and declared before it is first used."""
    declared_at: dict[str, int] = {}
    told: set[str] = set()
    for entry in reading.ledger.entries:
        if isinstance(entry, Exhibit) and entry.exhibit_no:
            if entry.exhibit_no in declared_at:
                first = declared_at[entry.exhibit_no]
                yield Hit("twice", entry.seq, entry.exhibit_no, {"first": first}, others=(first,))
            declared_at.setdefault(entry.exhibit_no, entry.seq)
        elif isinstance(entry, Event):
            for number in dict.fromkeys(entry.exhibits):
                if number not in declared_at and number not in told:
                    told.add(number)
                    yield Hit("undeclared", entry.seq, number)


def roots_are_originals(reading: Reading) -> Iterator[Hit]:
    """Every exhibit leads back, step by step, to an original; nothing is made from itself.

    Each step is judged once, by the exhibits just above it; so a slip far up is told there and not for every copy.
    """
    closing = _closing_a_circle(reading.exhibits)
    for number, exhibit in reading.exhibits.items():
        sources = _sources(exhibit)
        if exhibit.is_original:
            if exhibit.kind in (ExhibitKind.WORKING_COPY, ExhibitKind.EXTRACT):
                yield Hit("no-source", exhibit.seq, number)
        elif number in closing:
            yield Hit("cycle", exhibit.seq, number)
        elif any(source not in reading.exhibits for source in sources):
            yield Hit("source-undeclared", exhibit.seq, number)
        elif exhibit.root_exhibit_no:
            roots = {reading.exhibits[source].root_exhibit_no or source for source in sources}
            if exhibit.root_exhibit_no not in roots:
                yield Hit("other-root", exhibit.seq, number, {"root": exhibit.root_exhibit_no})


def _closing_a_circle(exhibits: Mapping[str, Exhibit]) -> set[str]:
    """Return, for each circle of sources, the exhibit at which a walk up comes back to where it was."""
    found: set[str] = set()
    finished: set[str] = set()
    for start in exhibits:
        path = {start: iter(_sources(exhibits[start]))} if start not in finished else {}
        while path:
            number = next(reversed(path))
            source = next(path[number], None)
            if source is None:
                path.popitem()
                finished.add(number)
            elif source in path:
                found.add(number)
            elif source in exhibits and source not in finished:
                path[source] = iter(_sources(exhibits[source]))
    return found


def _sources(exhibit: Exhibit) -> tuple[str, ...]:
    """Return what an exhibit was made from; its stated root where nothing closer is named."""
    if exhibit.is_original:
        return ()
    return exhibit.derived_from or (exhibit.root_exhibit_no,)


def chain_is_whole(reading: Reading) -> Iterator[Hit]:
    """Lines are numbered from 1 without a gap, and each carries the digest of the line before it."""
    for problem in reading.ledger.problems:
        if problem.code in CHAIN_CODES:
            yield Hit(problem.code, problem.line)
    for known in reading.known_heads:
        if not reading.ledger.holds_head(known):
            last = reading.ledger.entries[-1].seq if reading.ledger.entries else 0
            yield Hit("head-missing", last, values={"head": known})
