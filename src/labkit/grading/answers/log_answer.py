"""LOG: the custody ledger itself. Credit is the share of the required events times the score of the rules.

A required event is either only looked for, or compared with what really happened (see ``story_match``).
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from labkit.content.schemas import LogAnswer
from labkit.custody import signing
from labkit.custody.ledger import Ledger, ProblemCode
from labkit.custody.ledger import parse as parse_ledger
from labkit.custody.overlay import DEFAULT, overlay
from labkit.custody.rules import RuleFinding, check
from labkit.custody.scoring import score
from labkit.grading.answers.contract import (
    ExpectedAnswer,
    ExpectedEvent,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.story_match import BACKDATED, GUESSED, INVENTED, MISSING, SKEWED, compare_with_story
from labkit.model.custody import Event, EventType
from labkit.model.grading import Detail

MAX_DETAILS = 40
_FULL, _HALF = 100, 50  # what an event counts: as asked for; there, but without the digest that it must carry
_NAMED_FAULTS = {GUESSED: "C-GUESS", INVENTED: "C-INVENT", BACKDATED: "C-BACK", SKEWED: "T-SKEW"}
_UNTOLD_TOUCH = "C-LIVE"
_NAMED_RULES = {"CC-25": "C-ORIG", "CC-11": "C-AFTER", "CC-39": "C-AFTER"}


def right_value(raw: object, answer: LogAnswer) -> None:
    """Refuse: what is right is said by the events that the exercise lists.

    Raises:
        ContentError: Always.
    """
    raise unfit(raw, "no value: a LOG task lists events")


def parse(text: str, answer: LogAnswer) -> Given[Ledger]:
    """Refuse typed text: this task is answered by the ledger.

    Raises:
        FormError: Always.
    """
    raise FormError(
        "this task is answered in the custody ledger, not by a text",
        remedy="Write the steps down with 'labkit custody add'; the ledger is handed in with your answers.",
        code="form-log",
    )


def read_ledger(lines: Sequence[str], *, genesis: str) -> Ledger | None:
    """Return the ledger of a submission, or None where nothing was written down."""
    ledger = parse_ledger(lines, genesis=genesis)
    return ledger if ledger.entries or ledger.problems else None


def says_nothing(ledger: Ledger, wanted: Sequence[ExpectedEvent]) -> bool:
    """Return whether every required event names an exhibit, and no event of the ledger is about one of these."""
    about = {exhibit for event in ledger.events for exhibit in event.exhibits}
    return bool(wanted) and all(each.exhibit is not None and each.exhibit not in about for each in wanted)


def spelling(value: object, answer: LogAnswer) -> str:
    """Return nothing: a ledger is not typed."""
    return ""


def known_values(answer: LogAnswer, right: None, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: mistakes in a ledger are found by its rules."""
    yield from ()


def compare(given: Given[Ledger], answer: LogAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return the credit with one detail for each missing event and each finding of a rule.

    A ledger that begins in another pack earns nothing: it is not the trainee's own. Rules that the exercise leaves out
    ask for something that its story does not give. An overlay that the exercise names comes before that of the class.
    """
    ledger = given.value
    found = check(ledger, overlay=expected.overlay if answer.overlay == DEFAULT.name else overlay(answer.overlay))
    findings = tuple(
        finding
        for finding in found
        if finding.rule not in answer.leave_out and (not answer.only or finding.rule in answer.only)
    )
    counted, missing = _events(ledger, expected.events)
    told = compare_with_story(ledger, expected.story)
    percents = (*counted, *told.percents)
    credit_percent = int(score(findings) * sum(percents) / (_FULL * len(percents)))
    if any(problem.code is ProblemCode.OTHER_PACK for problem in ledger.problems):
        credit_percent = 0
    details = (*missing, *told.details, *(Detail(finding.rule, finding.values) for finding in findings))
    mistake = None if credit_percent == _FULL else _named_fault(told.details) or _named(findings)
    return Verdict(credit_percent, mistake, details=details[:MAX_DETAILS])


def _events(ledger: Ledger, wanted: Sequence[ExpectedEvent]) -> tuple[list[Fraction], list[Detail]]:
    """Return what each required event counts, and what is missing. An event of the ledger counts once."""
    free = list(ledger.events)
    types = {event.seq: event.type for event in ledger.events}
    counted: list[Fraction] = []
    missing: list[Detail] = []
    for each in wanted:
        candidates = [event for event in free if _is(event, each, types)]
        if each.countersigned:
            signed = signing.countersigned(ledger)
            candidates = [event for event in candidates if event.seq in signed]
        carrying = [event for event in candidates if _carries(event, each)]
        found = next(iter(carrying or candidates), None)
        values = {"event": each.type, "exhibit": each.exhibit or "–"}
        if found is None:
            counted.append(Fraction(0))
            missing.append(Detail("EVENT-COUNTERSIGNED" if each.countersigned else "EVENT-MISSING", values))
            continue
        free.remove(found)
        counted.append(Fraction(_FULL if carrying else _HALF))
        if not carrying:
            missing.append(Detail("EVENT-DIGEST", {**values, "seq": found.seq}))
    return counted, missing


def _is(event: Event, wanted: ExpectedEvent, types: Mapping[int, str]) -> bool:
    if wanted.corrects is not None and types.get(event.corrects_event or 0) != wanted.corrects:
        return False
    return event.type == wanted.type and (wanted.exhibit is None or wanted.exhibit in event.exhibits)


def _carries(event: Event, wanted: ExpectedEvent) -> bool:
    if wanted.digest is None:
        return True
    return any(
        "".join(record.value.split()).lower() == wanted.digest and record.exhibit in ("", wanted.exhibit or "")
        for record in event.hashes
    )


def _named(findings: Sequence[RuleFinding]) -> str | None:
    return next((_NAMED_RULES[finding.rule] for finding in findings if finding.rule in _NAMED_RULES), None)


def _named_fault(details: Sequence[Detail]) -> str | None:
    found = {detail.code for detail in details}
    untold = {detail.values["event"] for detail in details if detail.code == MISSING}
    named = next((name for fault, name in _NAMED_FAULTS.items() if fault in found), None)
    return named or (_UNTOLD_TOUCH if EventType.LIVE_ACTION in untold else None)
