"""Where the record of an exhibit first goes wrong: for each planted defect, whose record it is, and in which entry."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from labkit.synthesis.records.cast import DISK, PC, PHONE, STICK
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.setting import SEIZED

# Defects that break the record of one exhibit: (exhibit, key of the entry). D11 is about an item that has no exhibit,
# D32 about what was not done with a sound one.
_AT: Mapping[str, tuple[str, str]] = {
    "D01": (DISK, f"{DISK} to store received"), "D02": (STICK, f"{STICK} to store released"),
    "D03": (PC, "second holder"), "D04": (DISK, "disk to central received"),
    "D05": (DISK, "disk to store again received"), "D06": (STICK, "stick reported"),
    "D07": (DISK, "disk to central received"), "D08": (PHONE, f"{PHONE} to store received"),
    "D09": (DISK, f"{DISK} sealed"), "D10": (STICK, "stick acquired"), "D12": (PHONE, "seized"),
    "D14": (DISK, "disk identified"), "D15": (STICK, "stick acquired"), "D16": (DISK, "disk acquired"),
    "D17": (STICK, "stick verified"), "D18": (STICK, "stick extract"), "D19": (DISK, "disk acquired"),
    "D20": (DISK, "disk acquired"), "D21": (DISK, "disk verified"), "D22": (STICK, "stick acquired"),
    "D23": (DISK, "look"), "D24": (PC, "live"), "D25": (PC, "switched off"), "D26": (PHONE, "phone isolated"),
    "D28": (PC, f"{PC} to store received"), "D29": (DISK, "disk to central received"), "D30": (DISK, "far away"),
    "D31": (PHONE, "visitor"),
}  # fmt: skip


def first_breaks(draft: Draft, defects: Iterable[str]) -> dict[str, int]:
    """Return for each exhibit that was seized the number of its first entry that a defect breaks; 0 for none."""
    found = dict.fromkeys(SEIZED, 0)
    for exhibit, key in (each for name in defects for each in _broken(name, draft)):
        (number,) = draft.numbers([key])
        found[exhibit] = min(found[exhibit] or number, number)
    return found


def _broken(name: str, draft: Draft) -> Iterator[tuple[str, str]]:
    if name in _AT:
        yield _AT[name]
    elif name in ("D13", "D27"):  # everything that was done before the warrant, or everything
        for exhibit in SEIZED:
            key, line = next(draft.events(exhibit))
            if name == "D27" or datetime.fromisoformat(line["event_at"]) < _valid_from(draft):
                yield exhibit, key


def _valid_from(draft: Draft) -> datetime:
    (warrant,) = draft["case"]["authority"]
    return datetime.fromisoformat(warrant["valid_from"])
