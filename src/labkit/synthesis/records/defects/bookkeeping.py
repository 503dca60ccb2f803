"""Defects of the record itself and of disclosure: D27, D28, D32."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from labkit.synthesis.records.cast import PC, Cast
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.setting import DISK_EXTRACT
from labkit.synthesis.streams import Stream

Keys = Sequence[str]
_QUARTER_MINUTES = 15
_EVENING = time(20, 5)


def typed_in_the_evening(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D27: everything was entered on the evening of its day, in quarters of an hour."""
    keys: list[str] = []
    at = datetime.min.replace(tzinfo=UTC)
    day = date.min
    for number, (key, line) in enumerate(draft.events()):
        if not key.endswith(" received"):  # which belongs to the line above
            at = _to_the_quarter(datetime.fromisoformat(line["event_at"]))
        line["event_at"] = at.isoformat()
        day = max(day, at.date())  # what happened on an earlier day was not written above what stands there already
        line["recorded_at"] = (datetime.combine(day, _EVENING, at.tzinfo) + timedelta(minutes=number)).isoformat()
        if key == "late note":
            del line["note"]
        keys.append(key)
    return keys


def overwritten(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D28: an entry was overwritten after a copy of the ledger had been handed out; the old value is gone."""
    key = f"{PC} to store received"
    draft.overwrite(key, condition_after="as described, packing undamaged")
    return [key]


def not_disclosed(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D32: what speaks for the suspect was extracted and never disclosed."""
    line = draft["disclosed"]
    line["exhibits"] = [one for one in line["exhibits"] if one != DISK_EXTRACT]
    return ["disk extract", "disclosed"]


def _to_the_quarter(at: datetime) -> datetime:
    """Return the quarter of an hour that has begun."""
    return at - timedelta(minutes=at.minute % _QUARTER_MINUTES)
