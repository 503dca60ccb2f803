"""Defects of acquisition, digests and examination: D15 to D26."""

from collections.abc import Sequence

from labkit.synthesis.records.cast import DISK, EXPERT, PC, PHONE, STICK, Cast
from labkit.synthesis.records.draft import Draft, moved
from labkit.synthesis.records.scribe import READER
from labkit.synthesis.records.setting import CENTRAL, MEMORY
from labkit.synthesis.streams import Stream

Keys = Sequence[str]


def no_write_blocker(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D15: imaged without a write blocker, and no reason is given."""
    draft["stick acquired"]["write_block"] = {"kind": "none"}
    draft.remove("stick blocker tested")
    return ["stick acquired"]


def untested_blocker(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D16: nobody tested the write blocker; its firmware is not known."""
    blocker = draft["disk acquired"]["write_block"]
    draft["disk acquired"]["write_block"] = {key: blocker[key] for key in ("kind", "id")}
    draft.remove("disk blocker tested")
    return ["disk acquired"]


def digest_of_the_container(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D17: the verification digests the E01 file, not the medium."""
    key = "stick verified"
    draft[key]["hash"] = [one | {"value": cast.digests["wrong container"]} for one in draft[key]["hash"]]
    draft[key]["note"] = "sha256sum HN-02.E01"
    return ["stick acquired", key]


def short_digest(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D18: 32 digits of MD5 where SHA-256 is stated."""
    key = "stick extract"
    draft[key]["hash"] = [one | {"value": cast.digests["extract"][:32]} for one in draft[key]["hash"]]
    return [key]


def digest_of_another(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D19: the digest of one image was pasted for the other."""
    keys = [key for key in ("disk acquired", "disk verified", "disk copied") if key in draft]
    for key in keys:
        draft[key]["hash"] = [one | {"value": cast.digests["stick"]} for one in draft[key]["hash"]]
    return ["stick acquired", *keys]


def late_digest(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D20: the digest of the image was computed three days after the acquisition."""
    key = "disk acquired"
    draft[key]["hash"] = [one | {"computed_at": _three_days_later(one["computed_at"])} for one in draft[key]["hash"]]
    copied = draft["disk copied"]
    copied["hash"] = [one | {"computed_at": _three_days_later(one["computed_at"])} for one in copied["hash"]]
    draft.remove("disk verified")
    return [key]


def other_verification(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D21: the verification gives another digest, and no read errors are recorded."""
    key = "disk verified"
    draft[key]["hash"] = [one | {"value": cast.digests["wrong verification"]} for one in draft[key]["hash"]]
    return ["disk acquired", key]


def md5_only(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D22: nothing but MD5 for the stick and all that was made from it."""
    keys = []
    for key, line in draft.events():
        if any(one.get("exhibit", "").startswith(STICK) for one in line.get("hash", [])):
            line["hash"] = [one | {"alg": "MD5", "value": one["value"][:32]} for one in line["hash"]]
            keys.append(key)
    return keys


def original_opened(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D23: the expert opened the original, writable, to have a look."""
    at = moved(draft["disk unsealed"]["event_at"], minutes=1)
    draft.add(
        "look",
        {
            "type": "analysed", "event_at": at, "recorded_at": moved(at, minutes=stream.between(1, 2)),
            "exhibits": [DISK], "actor": EXPERT, "location": CENTRAL,
            "purpose": "examination: first look at the folders", "tool": READER,
            "note": "mounted on the workstation, read and write",
        },
        after="disk unsealed",
    )  # fmt: skip
    return ["look"]


def untold_footprint(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D24: a live tool ran on the computer; what it changed was not recorded."""
    line = draft["live"]
    for name in ("change_description", "competence_ref", "changed_evidence"):
        line.pop(name, None)
    return ["live"]


def switched_off(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D25: the computer was found running and switched off; no memory was taken, and no reason is given."""
    for key in ("live", "memory", MEMORY):
        draft.remove(key)
    for _, line in draft.events(MEMORY):
        line["exhibits"] = [one for one in line["exhibits"] if one != MEMORY]
    at = draft["seized"]
    draft.add(
        "switched off",
        {
            "type": "live_action", "event_at": moved(at["event_at"], minutes=1),
            "recorded_at": moved(at["recorded_at"], minutes=1), "exhibits": [PC], "actor": at["actor"],
            "location": at["location"], "purpose": "transport: computer shut down",
            "changed_evidence": True, "change_description": "shut down from the start menu",
            "competence_ref": "certificate LD-7 of the officer", "authority_ref": at["authority_ref"],
        },
        after="seized",
    )  # fmt: skip
    return ["seized", "switched off"]


def phone_online(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D26: nobody kept the phone from the network for hours, and it was reset from afar."""
    line = draft["phone isolated"]
    line["purpose"] = "packing for transport"
    at = moved(draft["stored"]["event_at"], minutes=stream.between(190, 230))
    draft.add(
        "phone reset",
        {
            "type": "photographed", "event_at": at, "recorded_at": moved(at, minutes=4), "exhibits": [PHONE],
            "actor": draft["stored"]["actor"], "location": draft["stored"]["location"],
            "purpose": "condition of the phone: the display shows the first page of a new phone",
        },
        after="stored",
    )  # fmt: skip
    return ["seized", "phone isolated", "phone reset"]


def _three_days_later(text: str) -> str:
    """Return the time three days on; over the change of the clocks the offset goes on too."""
    return moved(text, days=3)[:19] + "+03:00"
