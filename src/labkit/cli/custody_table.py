"""How a ledger and its findings look on paper, on a screen and in JSON."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.cli.output import write_table
from labkit.custody.chain import checkpoint
from labkit.custody.display import printable
from labkit.custody.ledger import Ledger
from labkit.custody.wording import cure, sentence
from labkit.i18n import Translator
from labkit.model.custody import Case, Entry, Event, Exhibit, Location, Person

if TYPE_CHECKING:
    from labkit.usecases.custodian import Review

_COLUMNS = ("line", "time", "what", "exhibits", "who", "where", "details")
_LONGEST_CELL = 200
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00)?(\S*?)(Z|[+-]\d\d:\d\d)")


def show(ledger: Ledger, t: Translator, *, plain: bool) -> None:
    """Print one row for each line of the ledger."""
    heads = [t(f"custody.column.{name}") for name in _COLUMNS]
    rows = [[printable(cell, longest=_LONGEST_CELL) for cell in _row(entry, t)] for entry in ledger.entries]
    if not plain:  # spaces, so that a narrow terminal folds a time between its parts and not inside the offset
        rows = [[number, _TIME.sub(r"\1 \2\3 \4", time), *others] for number, time, *others in rows]
    write_table(heads, rows, plain=plain, right=heads[:1])


def review_lines(reviewed: "Review", t: Translator, *, plain: bool) -> Iterator[str]:
    """Yield the findings as lines: rule, weight, what is wrong, what to do; then remarks and the score.

    Plain lines hold the four with tabs between them.
    """
    if not reviewed.ledger.entries and not reviewed.findings:
        yield t("custody.say.empty") + "\n"
        return
    for finding in reviewed.findings:
        what, remedy = sentence(t, finding.rule, finding.values), cure(t, finding.rule)
        if plain:
            yield f"{finding.rule}\t{finding.severity}\t{what}\t{remedy}\n"
        else:
            weight = t(f"custody.severity.{finding.severity}")
            yield f"{finding.rule} ({weight})  {what}\n    {t('custody.say.cure', cure=remedy)}\n\n"
    if not reviewed.findings:
        yield t("custody.say.clean") + "\n"
    if reviewed.remarks:
        yield t("custody.say.worth") + "\n"
        for remark in reviewed.remarks:
            yield f"  {t(f'custody.remark.{remark.code}', **remark.values)}\n"
    verdict = t("custody.say.passes" if reviewed.passes else "custody.say.fails")
    yield f"{t('custody.say.score', score=reviewed.score)} {verdict}\n"


def review_object(reviewed: "Review", t: Translator) -> dict[str, Any]:
    """Return the findings, and what identifies this state of the ledger, as one JSON object."""
    ledger = reviewed.ledger
    return {
        "score": reviewed.score,
        "passes": reviewed.passes,
        "genesis": ledger.genesis,
        "head": ledger.head,
        "checkpoint": checkpoint(ledger.head),
        "lines": len(ledger.entries),
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity,
                "seq": one.seq,
                "events": list(one.events),
                "exhibit": one.exhibit,
                "values": dict(one.values),
                "sentence": sentence(t, one.rule, one.values),
                "cure": cure(t, one.rule),
            }
            for one in reviewed.findings
        ],
        "remarks": [{"code": one.code, "seq": one.seq, "values": dict(one.values)} for one in reviewed.remarks],
    }


def _row(entry: Entry, t: Translator) -> tuple[str, ...]:
    number = str(entry.seq)
    written = entry.recorded_at.text if entry.recorded_at else ""
    if isinstance(entry, Event):
        at = entry.event_at.text if entry.event_at else ""
        handover = f"{entry.released_by} \N{RIGHTWARDS ARROW} {entry.received_by}".strip()
        who = handover if entry.released_by or entry.received_by else entry.actor
        what = t(f"custody.event.{entry.type.value}")
        return number, at, what, ", ".join(entry.exhibits), who, entry.location, _details(entry, t)
    if isinstance(entry, Exhibit):
        return number, written, t("custody.entry.exhibit"), entry.exhibit_no, "", "", _exhibit_details(entry, t)
    if isinstance(entry, Person):
        role = entry.role.value if entry.role else ""
        return number, written, t("custody.entry.person"), "", entry.person_id, "", f"{entry.name}, {role}"
    if isinstance(entry, Location):
        return number, written, t("custody.entry.location"), "", "", entry.loc_id, entry.tz
    if isinstance(entry, Case):
        return number, written, t("custody.entry.case"), "", "", "", entry.case_id
    return number, written, t("custody.entry.recovered"), "", "", "", ""


def _exhibit_details(exhibit: Exhibit, t: Translator) -> str:
    kind = t(f"custody.kind.{exhibit.kind.value}") if exhibit.kind else ""
    sources = f" \N{LEFTWARDS ARROW} {', '.join(exhibit.derived_from)}" if exhibit.derived_from else ""
    return f"{kind}{sources}: {exhibit.description}"


def _details(event: Event, t: Translator) -> str:
    parts = [f"{one.alg} {one.value}" for one in event.hashes]
    if event.tool:
        parts.append(f"{event.tool.name} {event.tool.version}".strip())
    if event.write_block and event.write_block.kind:
        parts.append(f"{event.write_block.kind.value} {event.write_block.id}".strip())
    parts += [
        f"{one.number} ({t(f'custody.seal.{one.state.value}') if one.state else '?'})"
        for one in (*event.seal_before, *event.seal_after)
    ]
    parts += dict.fromkeys(bag for bag in (event.bag_no_before, event.bag_no_after) if bag)
    if event.transport:
        by = event.transport
        parts.append(" ".join(part for part in (by.carrier, by.tracking_no, by.vehicle) if part))
    for key, people in (
        ("escort", event.transport.escort if event.transport else ()),
        ("witnesses", event.witnesses),
        ("signed", [one.person for one in event.signatures]),
    ):
        if people:
            parts.append(t(f"custody.detail.{key}", names=", ".join(dict.fromkeys(people))))
    parts += [one.name for one in event.attachments]
    if event.corrects_event is not None:
        parts.append(t("custody.detail.corrects", seq=event.corrects_event))
    parts += [text for text in (event.purpose, event.justification, event.change_description, event.note) if text]
    return "; ".join(part for part in parts if part)
