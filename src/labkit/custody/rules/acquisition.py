"""Rules about work on the evidence: write blocking, working copies, live actions, the tools that were used."""

from collections.abc import Iterator

from labkit.custody.purposes import Purpose, purposes
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Exhibit, ExhibitKind, WriteBlockKind

_WORKED_ON = frozenset({ExhibitKind.WORKING_COPY, ExhibitKind.EXTRACT})
_COPIED_FROM = frozenset({ExhibitKind.IMAGE, ExhibitKind.MEMORY_IMAGE, ExhibitKind.LOG_EXPORT})
_NO_MEDIUM = frozenset({ExhibitKind.LOG_EXPORT, ExhibitKind.PAPER})
_TECHNICAL = frozenset(
    {EventType.LIVE_ACTION, EventType.ACQUIRED, EventType.VERIFIED, EventType.COPIED, EventType.ANALYSED}
)
_BY_HAND = frozenset({Purpose.ISOLATION, Purpose.SHUTDOWN})  # a live action that needs no tool


def acquisition_is_write_blocked(reading: Reading) -> Iterator[Hit]:
    """An acquisition uses a write blocker, or it is a live one with a written justification.

    Live means that a ``live_action`` on the exhibit, or on the original it comes from, stands above it in the
    ledger. Log exports and paper have no medium to protect.
    """
    justified_live: dict[str, bool] = {}  # exhibit -> whether a live action above has a justification
    for event in reading.ledger.events:
        if event.type is EventType.LIVE_ACTION:
            for number in event.exhibits:
                justified_live[number] = justified_live.get(number, False) or bool(event.justification)
        if event.type is not EventType.ACQUIRED or _is_write_blocked(event):
            continue
        listed = tuple(reading.declared_exhibits(event))
        if listed and {exhibit.kind for exhibit in listed} <= _NO_MEDIUM:
            continue
        live = [justified_live[number] for number in _with_sources(listed) if number in justified_live]
        exhibit = event.exhibits[0] if event.exhibits else None
        if not live:
            yield Hit("not-blocked", event.seq, exhibit)
        elif not event.justification and not any(live):
            yield Hit("not-justified", event.seq, exhibit)


def _is_write_blocked(event: Event) -> bool:
    return event.write_block is not None and event.write_block.kind in (
        WriteBlockKind.HARDWARE,
        WriteBlockKind.SOFTWARE,
    )


def _with_sources(listed: tuple[Exhibit, ...]) -> Iterator[str]:
    for exhibit in listed:
        yield from (exhibit.exhibit_no, exhibit.root_exhibit_no, *exhibit.derived_from)


def only_working_copies_are_worked_on(reading: Reading) -> Iterator[Hit]:
    """Only working copies, and extracts from them, are analysed or copied.

    Making a working copy from an image is the one copy of a master that is right: the event lists both. Paper is
    examined itself, because it has no working copy. An exhibit that was never declared is left to CC-02.
    """
    for event in reading.ledger.events:
        if event.type not in (EventType.ANALYSED, EventType.COPIED):
            continue
        listed = tuple(reading.declared_exhibits(event))
        copied_to_work_on = {
            source for copy in listed if copy.kind is ExhibitKind.WORKING_COPY for source in copy.derived_from
        }
        for exhibit in listed:
            if exhibit.kind is None or exhibit.kind in _WORKED_ON or exhibit.kind is ExhibitKind.PAPER:
                continue
            is_master = exhibit.kind in _COPIED_FROM and exhibit.exhibit_no in copied_to_work_on
            if event.type is EventType.ANALYSED or not is_master:
                yield Hit(event.type.value, event.seq, exhibit.exhibit_no, {"kind": exhibit.kind.value})


def write_blocker_was_tested(reading: Reading) -> Iterator[Hit]:
    """A write blocker was tested before it was used, on the same day, and the line names the test.

    The day is that of the place, as both lines write it.
    """
    for event in reading.ledger.events:
        if event.type is not EventType.ACQUIRED or not _is_write_blocked(event) or event.write_block is None:
            continue
        exhibit = next(iter(event.exhibits), None)
        line = event.write_block.tested_event
        test = reading.by_seq.get(line) if line is not None else None
        if line is None:
            yield Hit("not-tested", event.seq, exhibit, {"test": ""})
        elif not isinstance(test, Event) or test.seq >= event.seq:
            yield Hit("no-such-test", event.seq, exhibit, {"test": line})
        elif test.event_at and event.event_at and test.event_at.at.date() != event.event_at.at.date():
            yield Hit("other-day", event.seq, exhibit, {"test": line}, others=(line,))


def live_actions_are_accounted_for(reading: Reading) -> Iterator[Hit]:
    """Whoever touches a running original is trained for it, and writes down what it changed and why.

    This is the second of the ACPO principles. Any other step that changed an original needs the description and the
    justification too.
    """
    for event in reading.ledger.events:
        originals = [exhibit.exhibit_no for exhibit in reading.declared_exhibits(event) if exhibit.is_original]
        is_live = event.type is EventType.LIVE_ACTION
        if not originals or not (is_live or event.changed_evidence):
            continue
        if not event.change_description:
            yield Hit("no-change", event.seq, originals[0])
        if is_live and not event.competence_ref:
            yield Hit("no-competence", event.seq, originals[0])
        if not is_live and not event.justification:  # for a live action that is a field of CC-01
            yield Hit("no-justification", event.seq, originals[0])


def technical_steps_name_their_tool(reading: Reading) -> Iterator[Hit]:
    """Every technical step names its tool and the version of it."""
    for event in reading.ledger.events:
        by_hand = event.type is EventType.LIVE_ACTION and purposes(event.purpose) & _BY_HAND
        if event.type in _TECHNICAL and not by_hand and not (event.tool and event.tool.name and event.tool.version):
            reason = "no-version" if event.tool and event.tool.name else "no-tool"
            yield Hit(reason, event.seq, next(iter(event.exhibits), None))
