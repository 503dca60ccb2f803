"""The rules that read a custody ledger: CC-01 to CC-40, and CC-41 to CC-44 beyond that table.

A rule is a small function over a ``Reading``; the first line of its docstring is the rule. What it reports are codes
and values; sentences are made when they are shown (``custody.rule.*`` in the catalogues).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from labkit.custody.display import printable
from labkit.custody.ledger import Ledger, ProblemCode
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.custody.rules import (
    acquisition,
    authority,
    conduct,
    form,
    hashes,
    identity,
    places,
    possession,
    purpose,
    record,
    seals,
    signatures,
    times,
)
from labkit.custody.rules.reading import Hit, Reading, RuleFinding, Severity, Zones
from labkit.zones import zone_or_none

__all__ = ["MOST_FINDINGS", "RULES", "Remark", "Rule", "RuleFinding", "Severity", "check", "remarks"]


MOST_FINDINGS = 200  # of one rule


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, its weight, and the function that finds where it is broken."""

    code: str
    severity: Severity
    find: Callable[[Reading], Iterator[Hit]]

    @property
    def sentence(self) -> str:
        """Return the rule in one English sentence."""
        return (self.find.__doc__ or "").strip().splitlines()[0]


RULES: tuple[Rule, ...] = (
    Rule("CC-01", Severity.MAJOR, form.mandatory_fields),
    Rule("CC-02", Severity.FATAL, form.exhibits_are_declared_once),
    Rule("CC-03", Severity.MAJOR, form.roots_are_originals),
    Rule("CC-04", Severity.FATAL, form.chain_is_whole),
    Rule("CC-05", Severity.MAJOR, times.times_do_not_go_back),
    Rule("CC-06", Severity.FATAL, possession.no_gap),
    Rule("CC-07", Severity.FATAL, possession.no_two_holders),
    Rule("CC-08", Severity.FATAL, possession.given_by_the_holder),
    Rule("CC-09", Severity.MAJOR, signatures.handovers_are_signed),
    Rule("CC-10", Severity.MAJOR, times.offsets_fit_the_place),
    Rule("CC-11", Severity.MAJOR, times.written_down_in_time),
    Rule("CC-12", Severity.FATAL, seals.seals_are_found_as_left),
    Rule("CC-13", Severity.FATAL, seals.opened_seals_are_accounted_for),
    Rule("CC-14", Severity.MAJOR, seals.new_seals_are_new),
    Rule("CC-15", Severity.MINOR, seals.bags_change_when_packed),
    Rule("CC-16", Severity.MINOR, purpose.purposes_are_said),
    Rule("CC-17", Severity.MAJOR, places.exhibits_travel),
    Rule("CC-18", Severity.MAJOR, hashes.digests_fit_their_algorithm),
    Rule("CC-19", Severity.FATAL, hashes.media_digests_agree),
    Rule("CC-20", Severity.MAJOR, hashes.digests_are_recorded_when_they_count),
    Rule("CC-21", Severity.MAJOR, hashes.values_are_not_those_of_another),
    Rule("CC-22", Severity.MAJOR, hashes.digests_are_of_their_time),
    Rule("CC-23", Severity.FATAL, acquisition.acquisition_is_write_blocked),
    Rule("CC-24", Severity.MINOR, acquisition.write_blocker_was_tested),
    Rule("CC-25", Severity.FATAL, acquisition.only_working_copies_are_worked_on),
    Rule("CC-26", Severity.FATAL, authority.measures_are_permitted),
    Rule("CC-27", Severity.MAJOR, places.people_are_known_and_in_one_place),
    Rule("CC-28", Severity.MAJOR, places.stores_are_entered_by_those_who_may),
    Rule("CC-29", Severity.FATAL, record.nothing_goes),
    Rule("CC-30", Severity.MAJOR, identity.identity_stays_the_same),
    Rule("CC-31", Severity.MAJOR, identity.capacities_add_up),
    Rule("CC-32", Severity.MINOR, identity.clocks_are_compared),
    Rule("CC-33", Severity.MAJOR, authority.witnesses_stand_apart),
    Rule("CC-34", Severity.MAJOR, acquisition.live_actions_are_accounted_for),
    Rule("CC-35", Severity.FATAL, authority.protocol_and_ledger_agree),
    Rule("CC-36", Severity.MAJOR, authority.the_end_is_permitted_and_final),
    Rule("CC-37", Severity.MINOR, acquisition.technical_steps_name_their_tool),
    Rule("CC-38", Severity.MINOR, record.attachments_are_there),
    Rule("CC-39", Severity.MINOR, times.times_look_observed),
    Rule("CC-40", Severity.FATAL, signatures.each_signs_for_himself),
    Rule("CC-41", Severity.MINOR, hashes.algorithms_are_strong_enough),
    Rule("CC-42", Severity.MAJOR, conduct.memory_is_taken_or_explained),
    Rule("CC-43", Severity.MAJOR, conduct.phones_are_isolated),
    Rule("CC-44", Severity.MAJOR, conduct.extracts_are_disclosed),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing that is nobody's fault and costs nothing."""

    code: str
    seq: int
    values: Mapping[str, str | int]


def check(
    ledger: Ledger,
    *,
    overlay: Overlay = DEFAULT,
    zones: Zones = zone_or_none,
    known_heads: Iterable[str] = (),
    snapshot: Ledger | None = None,
    files: Iterable[str] | None = None,
) -> tuple[RuleFinding, ...]:
    """Return everything that the rules find, in the order of the rules and then of the ledger.

    At most ``MOST_FINDINGS`` are returned of one rule: long before that the score is 0, and a hostile ledger could
    make millions. An empty ledger breaks no rule: that something is missing is for whoever knows what should be there.

    Args:
        ledger: The ledger as ``parse`` gave it.
        overlay: What the law and the laboratories of a country add.
        zones: Returns the time zone of an IANA name, or None; the tzdata package unless a test says otherwise.
        known_heads: Earlier heads, as 64 digits or as checkpoint codes, that the ledger must still hold.
        snapshot: An earlier copy of the same ledger; nothing of it may have gone.
        files: SHA-256 in lower-case hex of the attachments at hand; left out where nobody looked for them.
    """
    at_hand = None if files is None else frozenset(files)
    reading = Reading(ledger, zones, tuple(known_heads), overlay, snapshot, at_hand)
    return tuple(_finding(rule, hit) for rule in RULES for hit in islice(rule.find(reading), MOST_FINDINGS))


def remarks(ledger: Ledger) -> tuple[Remark, ...]:
    """Return what is worth knowing besides: recovered lines, an unfinished last line, events out of order."""
    found = [Remark("recovered", entry.seq, {"seq": entry.seq}) for entry in ledger.recoveries]
    found += [
        Remark("torn", problem.line, {"seq": problem.line})
        for problem in ledger.problems
        if problem.code is ProblemCode.TORN
    ]
    for earlier, later in zip(ledger.events, ledger.events[1:], strict=False):
        if not set(earlier.exhibits) & set(later.exhibits) and times.goes_back(earlier, later):
            found.append(Remark("out-of-order", later.seq, {"seq": later.seq, "previous": earlier.seq}))
    return tuple(found)


def _finding(rule: Rule, hit: Hit) -> RuleFinding:
    values: dict[str, str | int] = {"reason": str(hit.reason)}
    if hit.seq is not None:
        values["seq"] = hit.seq
    if hit.exhibit is not None:
        values["exhibit"] = hit.exhibit
    values |= hit.values
    shown = {key: printable(value) if isinstance(value, str) else value for key, value in values.items()}
    severity = str(hit.severity or rule.severity)
    lines = {*hit.others, *(() if hit.seq is None else (hit.seq,))}
    return RuleFinding(rule.code, severity, hit.seq, hit.exhibit, shown, tuple(sorted(lines)))
