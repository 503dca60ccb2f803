"""What looks like a defect and is none, because the file explains it. Accusing one of them costs."""

from collections.abc import Sequence

from labkit.synthesis.records.cast import EXAMINER, PHONE, WITNESS_1, WITNESS_2, Cast
from labkit.synthesis.records.draft import Draft, moved
from labkit.synthesis.records.scribe import IMAGER
from labkit.synthesis.records.setting import LAB, STICK_IMAGE
from labkit.synthesis.streams import Stream

Keys = Sequence[str]
SMUDGED = "smudged on the photograph"


def late_note(_draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """A line was entered a day late, and says why."""
    return ["late note"]


def new_seal(_draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """A seal was opened for the examination, before a witness, and a new one put on."""
    return ["stick unsealed", "stick resealed"]


def other_container(draft: Draft, cast: Cast, stream: Stream) -> Keys:
    """The E01 was compressed again: another container, the same medium."""
    at = moved(draft["stick extract"]["event_at"], minutes=-stream.between(30, 50))
    media = draft["stick verified"]["hash"][0] | {"computed_at": moved(at, minutes=6)}
    container = {"alg": "SHA256", "of": "container", "stage": "image", "exhibit": STICK_IMAGE, "tool": "sha256sum"}
    draft["stick acquired"]["hash"].append(
        container
        | {
            "value": cast.digests["stick container"],
            "computed_at": draft["stick acquired"]["hash"][0]["computed_at"],
        }
    )
    draft.add(
        "compressed again",
        {
            "type": "verified", "event_at": at, "recorded_at": moved(at, minutes=9), "exhibits": [STICK_IMAGE],
            "actor": EXAMINER, "location": LAB, "purpose": "verification: image compressed again to save space",
            "tool": IMAGER,
            "hash": [
                media,
                container | {"value": cast.digests["stick container again"], "computed_at": moved(at, minutes=7)},
            ],
        },
        after="stick analysed",
    )  # fmt: skip
    return ["stick acquired", "compressed again"]


def clocks_changed(_draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """The offset changes between two lines at one place, because the clocks did on 29 March."""
    return ["disk analysed", "disk analysed again"]


def read_errors(draft: Draft, cast: Cast, stream: Stream) -> Keys:
    """The image has another digest than a second pass over the disk, and the unreadable sectors are recorded."""
    key = "disk verified"
    at = moved(draft[key]["event_at"], minutes=1)
    first = stream.between(1_000_000, 900_000_000)
    second = draft[key]["hash"][0] | {"value": cast.digests["second pass"], "computed_at": moved(at, minutes=3)}
    draft.add(
        "second pass",
        draft[key]
        | {
            "event_at": at, "recorded_at": draft[key]["recorded_at"],
            "purpose": "verification: second pass over the disk",
            "read_errors": [{"lba": first, "count": stream.between(2, 6)}], "hash": [second],
            "note": "unreadable sectors came back as zeros in this pass",
        },
        after=key,
    )  # fmt: skip
    return [key, "second pass"]


def correction(_draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """An entry was corrected by a new one that names it."""
    return ["stick out", "correction"]


def smudged(draft: Draft, _cast: Cast, _stream: Stream) -> Keys:
    """A digit of a seal can not be read on the photograph; the line says who read the seal itself."""
    key = f"{PHONE} sealed"
    draft[key]["note"] = f"one digit is {SMUDGED}; {WITNESS_1} and {WITNESS_2} read the seal itself, number as entered"
    return [key]
