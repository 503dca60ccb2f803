"""Rules about what an exhibit is: serial numbers, capacities, clocks."""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Exhibit, ExhibitKind, PowerState

_COPIES = frozenset({ExhibitKind.IMAGE, ExhibitKind.WORKING_COPY})
_RUNNING = frozenset({PowerState.ON, PowerState.SLEEP})


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one line says of an exhibit."""

    seq: int
    serial: str = ""
    capacity_bytes: int | None = None


def identity_stays_the_same(reading: Reading) -> Iterator[Hit]:
    """Serial number and capacity are the same wherever they are written: protocol, ledger, acquisition, report.

    A copy that states a serial number states that of its source.
    """
    for number, statements in _statements(reading).items():
        yield from _differences("serial", number, [(one.seq, _plain(one.serial)) for one in statements if one.serial])
        sizes = [(one.seq, str(one.capacity_bytes)) for one in statements if one.capacity_bytes is not None]
        yield from _differences("capacity", number, sizes)


def _differences(reason: str, number: str, stated: list[tuple[int, str]]) -> Iterator[Hit]:
    told: set[str] = set()
    for seq, value in stated[1:]:
        first, expected = stated[0]
        if value != expected and value not in told:
            told.add(value)
            yield Hit(reason, max(seq, first), number, {"found": value, "expected": expected}, others=(first, seq))


def _statements(reading: Reading) -> dict[str, list[_Statement]]:
    found: dict[str, list[_Statement]] = {}
    for case in reading.ledger.cases:
        for item in case.protocol_items:
            found.setdefault(item.exhibit_no, []).append(_Statement(case.seq, item.serial))
    for exhibit in reading.ledger.exhibits:
        number = exhibit.exhibit_no
        if exhibit.kind in _COPIES and len(exhibit.derived_from) == 1:
            found.setdefault(exhibit.derived_from[0], []).append(_Statement(exhibit.seq, exhibit.serial))
        else:
            found.setdefault(number, []).append(_Statement(exhibit.seq, exhibit.serial, exhibit.capacity_bytes))
    for event in reading.ledger.events:
        for seen in event.observed:
            for exhibit in reading.spoken_of(event, seen.exhibit)[:1]:
                statement = _Statement(event.seq, seen.serial, seen.capacity_bytes)
                found.setdefault(exhibit.exhibit_no, []).append(statement)
    return found


def _plain(serial: str) -> str:
    return "".join(serial.split()).upper()


def capacities_add_up(reading: Reading) -> Iterator[Hit]:
    """A capacity is a whole number of sectors, as many as the device has, and an image is as large as its source."""
    for number, exhibit in reading.exhibits.items():
        capacity, sector = exhibit.capacity_bytes, exhibit.sector_size
        values: dict[str, str | int] = {"found": capacity or 0, "expected": sector or 0}
        if capacity is not None and sector and capacity % sector:
            yield Hit("not-whole-sectors", exhibit.seq, number, values)
        source = _source_of_copy(reading, exhibit)
        if source is not None and None not in (capacity, source.capacity_bytes) and capacity != source.capacity_bytes:
            values["expected"] = source.capacity_bytes or 0
            yield Hit("other-size", exhibit.seq, number, values, others=(source.seq,))
    for event in reading.ledger.events:
        for seen in event.observed:
            for exhibit in reading.spoken_of(event, seen.exhibit)[:1]:
                capacity = exhibit.capacity_bytes if seen.capacity_bytes is None else seen.capacity_bytes
                if seen.sectors is None or capacity is None or not exhibit.sector_size:
                    continue
                size_bytes = seen.sectors * exhibit.sector_size
                if size_bytes != capacity:
                    values = {"found": size_bytes, "expected": capacity}
                    yield Hit("other-sectors", event.seq, exhibit.exhibit_no, values, others=(exhibit.seq,))


def _source_of_copy(reading: Reading, exhibit: Exhibit) -> Exhibit | None:
    if exhibit.kind not in _COPIES or len(exhibit.derived_from) != 1:
        return None
    source = reading.exhibits.get(exhibit.derived_from[0])
    return source if source is not None and source.kind is not ExhibitKind.DEVICE else None


def clocks_are_compared(reading: Reading) -> Iterator[Hit]:
    """Of a device that was found running, its clock is written down beside the true time."""
    for number, exhibit in reading.exhibits.items():
        is_compared = exhibit.clock_observed and exhibit.clock_reference is not None
        if exhibit.is_original and exhibit.power_state_at_seizure in _RUNNING and not is_compared:
            yield Hit("no-clock", exhibit.seq, number)
