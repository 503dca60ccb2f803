"""The product ``custody-file``: pages that a trainee reads, and traces of all that was planted into them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from labkit.model.truth import FactValue, Trace
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.records.breaks import first_breaks
from labkit.synthesis.records.cast import CENTRAL_ZONE, draw_cast
from labkit.synthesis.records.ledger_page import ledger_page
from labkit.synthesis.records.papers import photo_page, protocol_page, warrant_page
from labkit.synthesis.records.photographs import photograph_traces, photographs
from labkit.synthesis.records.planting import CONSEQUENCES, Planted, drawn, plant
from labkit.synthesis.records.setting import CASE_NUMBER
from labkit.synthesis.records.story import clean_file
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts

# The entries that hold the digest of the stick's medium, whatever was planted.
_DIGESTS = {"digest-acquired": "stick acquired", "digest-copied": "stick copied", "digest-at-court": "court verified"}
COPY_UNTIL = "correction"  # the last line of the copy that the prosecutor was given


def custody_file_traces(played: PlayedItem, shelf: Shelf) -> Iterator[Trace]:
    """Write the custody file of another case with its papers; yield a trace for each defect and each red herring.

    The ledger itself (JSON lines) is not handed out: the rules of the kit would read it for the trainee.
    """
    stream = Stream(played.seed, f"custody-file/{played.item.slug}")
    cast = draw_cast(stream)
    draft = clean_file(cast, stream)
    planted = tuple(plant(draft, cast, stream, drawn(stream)))
    now, earlier = _lines(draft.sealed(CASE_NUMBER)), _lines(draft.earlier_copy(CASE_NUMBER, COPY_UNTIL))
    day = earlier[-1]["event_at"][:10]
    pages = {
        "custody-file.html": ledger_page(now, "Custody file / Журнал движения вещественных доказательств"),
        "custody-file-copy.html": ledger_page(
            earlier, f"Copy of the custody file for the prosecutor, {day} / Копия журнала для прокурора, {day}"
        ),
        "seizure-protocol.html": protocol_page(draft),
        "warrant.html": warrant_page(draft),
        "photo-sheet.html": photo_page(draft),
    }
    for name, page in pages.items():
        shelf.put(f"{played.item.slug}/{name}", page.encode())
    drawn_from = Stream(played.seed, f"custody-file/{played.item.slug}/photographs")
    for picture in photographs(cast, draft, played.item.corpus, drawn_from):
        digests = shelf.put(f"{played.item.slug}/{picture.name}", picture.content.encode())
        facts: dict[str, FactValue] = {"name": picture.name, **digest_facts(digests)}
        yield Trace(f"page-{picture.name.partition('.')[0]}", "scene_page", None, facts)
    yield from photograph_traces(cast, draft)
    counts = {"line_count": len(now), "copy_line_count": len(earlier)}
    yield Trace("custody-file", "custody_file", None, {"name": "custody-file.html", **counts})
    (seal,) = draft["at court"]["seal_before"]
    court: dict[str, FactValue] = {"lines": draft.numbers(["at court"]), "seal_number": seal["number"]}
    yield Trace("at-court", "custody_line", None, court)
    delivered = draft["disk to central released"]["event_at"]
    at_utc = datetime.fromisoformat(delivered).astimezone(UTC)
    given: dict[str, FactValue] = {
        "lines": draft.numbers(["disk to central released"]),
        "at_utc": at_utc,
        "zone": CENTRAL_ZONE,
    }
    yield Trace("at-central", "custody_line", None, given)
    for name, key in _DIGESTS.items():
        yield Trace(name, "custody_line", None, {"lines": draft.numbers([key])})
    defects = [one for one in planted if one.defect is not None]
    for exhibit, line in first_breaks(draft, [one.id for one in defects]).items():
        yield Trace(f"break-{exhibit.lower()}", "custody_break", None, {"exhibit": exhibit, "first_line": line})
    for number, one in enumerate(sorted(defects, key=lambda one: one.events), start=1):
        yield Trace(f"defect-{number}", "defect", None, _facts(one))
    for one in planted:
        if one.defect is None:
            yield Trace(f"herring-{one.id}", "red_herring", None, {"option": one.id, "lines": one.events})


def _facts(planted: Planted) -> dict[str, FactValue]:
    defect = planted.defect
    assert defect is not None  # noqa: S101 - asked for by the caller
    return {
        "defect": planted.id,
        "lines": planted.events,
        "category": defect.category,
        "consequences": tuple(CONSEQUENCES[code] for code in defect.consequences),
        "cure": defect.cure,
    }


def _lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]
