"""Which defects and red herrings a custody file gets, and what is true about each of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.records import red_herrings
from labkit.synthesis.records.cast import Cast
from labkit.synthesis.records.defects import bookkeeping, handing_over, sealing, technique
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.streams import Stream

Change = Callable[[Draft, Cast, Stream], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect. ``consequences`` and ``cure`` are of ``CONSEQUENCES`` and ``CURES``.

    ``difficulty``: 1 is seen in one line, 2 by comparing two lines, 3 by comparing with other papers or by reckoning.
    """

    plant: Change
    category: str
    consequences: tuple[str, ...]
    cure: str
    difficulty: int


@dataclass(frozen=True, slots=True)
class Planted:
    """A defect or a red herring (``defect`` is None) in one file. ``events`` are the numbers of its lines."""

    id: str
    defect: Defect | None
    events: tuple[int, ...]


CATEGORIES = (
    "possession", "time", "seal", "identity", "protocol", "authority", "acquisition", "digest", "original", "live",
    "record", "signature", "presence", "access", "disclosure",
)  # fmt: skip
CONSEQUENCES: Mapping[str, str] = {
    "Au": "authenticity",  # is it the same thing
    "In": "integrity",  # was it changed
    "Le": "legality",  # was it permitted
    "Re": "reliability",  # of the method
    "We": "weight",  # only
    "Ft": "fair-trial",  # and disclosure
    "At": "attribution",  # who did it
}
CURES = (
    "statements", "correct-entry", "compare-photo", "digest-check", "new-digest", "map-errors", "authority",
    "test-tool", "disclose", "explain-late",
)  # fmt: skip
DEFECTS: Mapping[str, Defect] = {
    "D01": Defect(handing_over.gap, "possession", ("Au", "In"), "statements", 2),
    "D02": Defect(handing_over.other_giver, "possession", ("Au",), "statements", 2),
    "D03": Defect(handing_over.two_holders, "possession", ("Au",), "correct-entry", 3),
    "D04": Defect(handing_over.received_first, "time", ("We",), "correct-entry", 2),
    "D05": Defect(handing_over.no_offset, "time", ("We",), "correct-entry", 1),
    "D06": Defect(handing_over.old_offset, "time", ("At",), "correct-entry", 3),
    "D07": Defect(sealing.digits_changed, "seal", ("Au", "In"), "compare-photo", 2),
    "D08": Defect(sealing.broken_seal, "seal", ("In",), "digest-check", 1),
    "D09": Defect(sealing.seal_used_twice, "seal", ("Au",), "compare-photo", 2),
    "D10": Defect(sealing.other_serial, "identity", ("Au",), "compare-photo", 3),
    "D11": Defect(sealing.not_in_the_ledger, "protocol", ("Le", "Ft"), "statements", 3),
    "D12": Defect(sealing.not_in_the_protocol, "protocol", ("Le",), "authority", 3),
    "D13": Defect(sealing.before_the_warrant, "authority", ("Le",), "authority", 3),
    "D14": Defect(sealing.outside_the_warrant, "authority", ("Le",), "authority", 3),
    "D15": Defect(technique.no_write_blocker, "acquisition", ("In", "Re"), "digest-check", 1),
    "D16": Defect(technique.untested_blocker, "acquisition", ("Re", "We"), "test-tool", 2),
    "D17": Defect(technique.digest_of_the_container, "digest", ("In",), "new-digest", 2),
    "D18": Defect(technique.short_digest, "digest", ("Re", "We"), "new-digest", 1),
    "D19": Defect(technique.digest_of_another, "digest", ("Au",), "new-digest", 2),
    "D20": Defect(technique.late_digest, "digest", ("In",), "digest-check", 2),
    "D21": Defect(technique.other_verification, "digest", ("In",), "map-errors", 2),
    "D22": Defect(technique.md5_only, "digest", ("We",), "new-digest", 1),
    "D23": Defect(technique.original_opened, "original", ("In",), "disclose", 1),
    "D24": Defect(technique.untold_footprint, "live", ("In", "Re"), "test-tool", 1),
    "D25": Defect(technique.switched_off, "live", ("Re", "We"), "statements", 2),
    "D26": Defect(technique.phone_online, "live", ("In", "At"), "statements", 2),
    "D27": Defect(bookkeeping.typed_in_the_evening, "record", ("We",), "explain-late", 1),
    "D28": Defect(bookkeeping.overwritten, "record", ("In", "Ft"), "disclose", 3),
    "D29": Defect(handing_over.same_signature, "signature", ("Au",), "statements", 2),
    "D30": Defect(handing_over.two_cities, "presence", ("We",), "statements", 2),
    "D31": Defect(handing_over.not_on_the_list, "access", ("In",), "statements", 2),
    "D32": Defect(bookkeeping.not_disclosed, "disclosure", ("Ft",), "disclose", 2),
}
HERRINGS: Mapping[str, Change] = {
    "late-note": red_herrings.late_note,
    "new-seal": red_herrings.new_seal,
    "other-container": red_herrings.other_container,
    "clocks-changed": red_herrings.clocks_changed,
    "read-errors": red_herrings.read_errors,
    "correction": red_herrings.correction,
    "smudged": red_herrings.smudged,
}
# What can not stand in one file: two changes of the same lines, or one that hides the other.
_APART: tuple[frozenset[str], ...] = (
    frozenset({"D15", "D16"}),
    frozenset({"D17", "D22"}),
    frozenset({"D19", "D20", "D21", "D22"}),
    frozenset({"D24", "D25"}),
    frozenset({"D04", "D07", "D29"}),  # one receipt
    *(frozenset({"D27", other}) for other in ("D01", "D04", "D06", "D13", "D20", "D26", "D30")),  # it moves every time
    frozenset({"D01", "D02"}),
    frozenset({"D01", "D26"}),
    frozenset({"D13", "D14"}),
)
DRAWN = {1: 3, 2: 3, 3: 2}  # how many of each difficulty make an equally difficult file


def compatible(chosen: Sequence[str], other: str) -> bool:
    """Return whether a defect can stand in a file beside those that were chosen."""
    return not any(other in group and group.intersection(chosen) for group in _APART)


def drawn(stream: Stream) -> tuple[str, ...]:
    """Return the defects of one trainee: eight that can stand together, of the same difficulty for everybody."""
    chosen: list[str] = []
    for difficulty, count in DRAWN.items():
        wanted = len(chosen) + count
        for name in stream.shuffled([name for name, defect in DEFECTS.items() if defect.difficulty == difficulty]):
            if len(chosen) < wanted and compatible(chosen, name):
                chosen.append(name)
    return tuple(sorted(chosen))


def plant(draft: Draft, cast: Cast, stream: Stream, defects: Sequence[str]) -> Iterator[Planted]:
    """Change a clean file so that it has the named defects; yield those and the red herrings that it has as well.

    Raises:
        SynthesisError: There is no such defect, or two of them can not stand in one file.
    """
    for number, name in enumerate(defects):
        if name not in DEFECTS or not compatible(defects[:number], name):
            raise SynthesisError(
                f"the defect {name} can not be planted beside {', '.join(defects[:number]) or 'none'}",
                remedy=f"Take from {', '.join(DEFECTS)}; see synthesis/records/planting.py for what stays apart.",
            )
    herrings = {
        name: change(draft, cast, stream)
        for name, change in HERRINGS.items()
        if not (_SPOILED.get(name, frozenset()) & set(defects))
    }
    # What moves every time comes last.
    found = {name: DEFECTS[name].plant(draft, cast, stream) for name in sorted(defects, key=lambda one: one == "D27")}
    for name in defects:
        yield Planted(name, DEFECTS[name], draft.numbers(key for key in found[name] if key in draft))
    for name, keys in herrings.items():
        yield Planted(name, None, draft.numbers(keys))


# Red herrings that a defect takes the ground from: the lines are the same.
_SPOILED: Mapping[str, frozenset[str]] = {
    "late-note": frozenset({"D27"}),
    "read-errors": frozenset({"D19", "D20", "D21"}),
    "other-container": frozenset({"D17", "D22"}),
    "clocks-changed": frozenset({"D27", "D30"}),
}
