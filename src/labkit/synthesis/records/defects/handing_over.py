"""Defects in who had an exhibit, and when: D01 to D06, D29 to D31."""

from collections.abc import Sequence
from datetime import datetime

from labkit.synthesis.clock import zone
from labkit.synthesis.records.cast import (
    COURIER,
    DISK,
    EXAMINER,
    EXPERT,
    HOME_ZONE,
    KEEPER,
    OFFICER,
    PC,
    PHONE,
    SPECIALIST,
    STICK,
    Cast,
)
from labkit.synthesis.records.draft import Draft, moved
from labkit.synthesis.records.setting import DISK_COPY, LAB, STORE
from labkit.synthesis.streams import Stream

GAP_MINUTES = 160
Keys = Sequence[str]


def gap(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D01: two hours and forty minutes lie between the officer's release and the store's receipt."""
    last, later = f"{DISK} to store received", GAP_MINUTES + stream.below(10)
    keys = [f"{DISK} to store released", last]
    for key in (last, "stored"):
        for name in ("event_at", "recorded_at"):
            draft[key][name] = moved(draft[key][name], minutes=later)
    return keys


def other_giver(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D02: somebody releases who had not received."""
    keys = [f"{STICK} to store released", f"{STICK} to store received"]
    for key in keys:
        draft[key]["released_by"] = SPECIALIST
    draft[keys[0]].update(actor=SPECIALIST, signatures=[_signed(cast, SPECIALIST)])
    return keys


def two_holders(draft: Draft, cast: Cast, stream: Stream) -> Keys:
    """D03: the examiner receives what the store never gave out."""
    at = moved(draft["stick extract"]["event_at"], minutes=stream.between(40, 90))
    draft.add(
        "second holder",
        {
            "type": "received", "event_at": at, "recorded_at": moved(at, minutes=3), "exhibits": [PC],
            "actor": EXAMINER, "received_by": EXAMINER, "location": LAB, "purpose": "examination: image of HN-01",
            "signatures": [_signed(cast, EXAMINER)],
        },
        after="correction",
    )  # fmt: skip
    return ["stored", "second holder"]


def received_first(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D04: the receipt is dated a quarter of an hour before the release."""
    keys = ["disk to central released", "disk to central received"]
    released = draft[keys[0]]["event_at"]
    draft[keys[1]]["event_at"] = moved(released, minutes=-stream.between(13, 17))
    return keys


def no_offset(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D05: a time without an offset, where the courier crossed a zone."""
    key = "disk to store again received"
    draft[key]["event_at"] = draft[key]["event_at"][:19]
    return [key]


def old_offset(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D06: the offset that the zone had before 1 March 2024."""
    key = "stick reported"
    for name in ("event_at", "recorded_at"):
        draft[key][name] = draft[key][name][:19] + "+06:00"
    return [key]


def same_signature(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D29: the receipt of the custodian carries the courier's signature."""
    key = "disk to central received"
    draft[key]["signatures"] = [_signed(cast, KEEPER) | {"value": cast.scans[COURIER]}]
    return ["disk to central released", key]


def two_cities(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D30: the examiner works in a laboratory 600 km away twenty minutes later."""
    at = moved(draft["disk analysed again"]["event_at"], minutes=stream.between(17, 23))
    draft.add(
        "far away",
        {
            "type": "analysed", "event_at": at, "recorded_at": moved(at, minutes=4), "exhibits": [DISK_COPY],
            "actor": EXPERT, "location": LAB, "purpose": "examination: second look",
            "tool": draft["disk analysed"]["tool"],
        },
        after="disk analysed again",
    )  # fmt: skip
    whole = draft["far away"]
    for name in ("event_at", "recorded_at"):
        whole[name] = _in_home_zone(whole[name])
    return ["disk analysed again", "far away"]


def not_on_the_list(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D31: somebody handles an exhibit in the store who has no access to it."""
    at = moved(draft["stick back"]["event_at"], minutes=stream.between(9, 21))
    draft.add(
        "visitor",
        {
            "type": "photographed", "event_at": at, "recorded_at": moved(at, minutes=3), "exhibits": [PHONE],
            "actor": OFFICER, "location": STORE, "purpose": "condition of the phone in the locker",
        },
        after="stick back",
    )  # fmt: skip
    return ["visitor"]


def _signed(cast: Cast, person: str) -> dict[str, str]:
    return {"person": person, "method": "paper", "value": cast.scans[person]}


def _in_home_zone(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(zone(HOME_ZONE)).isoformat()
