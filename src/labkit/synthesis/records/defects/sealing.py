"""Defects of seals and of the papers: D07 to D14."""

from collections.abc import Sequence

from labkit.synthesis.records.cast import DISK, PC, PHONE, STICK, Cast
from labkit.synthesis.records.draft import Draft, moved
from labkit.synthesis.records.setting import YARD
from labkit.synthesis.streams import Stream

Keys = Sequence[str]


def digits_changed(draft: Draft, cast: Cast, stream: Stream) -> Keys:
    """D07: the seal number at the laboratory is not that of the release; two digits changed places."""
    key = "disk to central received"
    draft[key]["seal_before"] = [draft[key]["seal_before"][0] | {"number": _transposed(cast.seals[3], stream)}]
    return ["disk to central released", key]


def broken_seal(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D08: the seal was broken on arrival; no reason, no witness, no new seal."""
    key = f"{PHONE} to store received"
    draft[key]["seal_before"] = [draft[key]["seal_before"][0] | {"state": "broken"}]
    draft[key]["condition_after"] = "seal broken on arrival"
    return [key]


def seal_used_twice(draft: Draft, cast: Cast, _stream: Stream) -> Keys:
    """D09: two bags carry one seal number."""
    old, again = cast.seals[3], cast.seals[0]
    for _, line in draft.events(DISK):
        for name in ("seal_before", "seal_after"):
            line[name] = [seal | {"number": again} if seal["number"] == old else seal for seal in line.get(name, [])]
            if not line[name]:
                del line[name]
    return [f"{PC} sealed", f"{DISK} sealed"]


def other_serial(draft: Draft, cast: Cast, stream: Stream) -> Keys:
    """D10: the serial number in the imaging log is not that of the seizure protocol."""
    wrong = _transposed(cast.serials[STICK], stream)
    items = draft["case"]["protocol_items"]
    draft["case"]["protocol_items"] = [
        item | {"serial": wrong} if item["exhibit_no"] == STICK else item for item in items
    ]
    draft[STICK]["serial"] = wrong  # the photograph and the device itself have the right one
    return ["stick acquired", STICK]


def not_in_the_ledger(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D11: the protocol lists an item that the ledger does not know."""
    serial = "".join(str(stream.below(10)) for _ in range(8))
    lost = {"exhibit_no": "HN-05", "description": "memory card, 8 GB", "serial": f"MC{serial}"}
    draft["case"]["protocol_items"] = [*draft["case"]["protocol_items"], lost]
    return ["case"]


def not_in_the_protocol(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D12: an item was seized that the protocol does not list."""
    draft["case"]["protocol_items"] = [item for item in draft["case"]["protocol_items"] if item["exhibit_no"] != PHONE]
    return ["seized", "case"]


def before_the_warrant(draft: Draft, _cast: Cast, stream: Stream) -> Keys:
    """D13: the search began before the warrant was valid."""
    (warrant,) = draft["case"]["authority"]
    begin = moved(warrant["valid_from"], minutes=stream.pick((150, 180, 210)))
    draft["case"]["authority"] = [warrant | {"valid_from": begin}]
    return [
        "case",
        *(key for key in ("identified", "live", "seized") if key in draft and draft[key]["event_at"] < begin),
    ]


def outside_the_warrant(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """D14: the warrant covers office and server room; the disk was taken from a private car."""
    for key in ("disk identified", "disk seized"):
        draft[key]["location"] = YARD
    draft[DISK]["found_at"] = YARD
    return ["disk identified", "disk seized"]


def _transposed(number: str, stream: Stream) -> str:
    """Return a number of which two neighbouring digits changed places."""
    places = [at for at in range(2, len(number) - 1) if number[at] != number[at + 1]]
    at = stream.pick(places)
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
