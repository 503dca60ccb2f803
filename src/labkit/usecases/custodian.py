"""The verbs of the custody ledger: add a line, look at it, check it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.custody import chain
from labkit.custody.entries import decode
from labkit.custody.ledger import Ledger, append, parse, recover, split_lines
from labkit.custody.overlay import overlay as overlay_of
from labkit.custody.purposes import Purpose
from labkit.custody.rules import Remark, RuleFinding, check, remarks
from labkit.custody.rules.fields import ALSO_NEEDED, MANDATORY
from labkit.custody.rules.times import is_late
from labkit.custody.scoring import passes, score
from labkit.custody.writing import normalised
from labkit.errors import CustodyError
from labkit.model.custody import DeclarationType, Event, EventType, ExhibitKind, HashOf, HashStage
from labkit.zones import zone_or_none

_HASH_OF = {ExhibitKind.MEMORY_IMAGE: HashOf.MEMORY} | dict.fromkeys(
    (ExhibitKind.EXTRACT, ExhibitKind.LOG_EXPORT, ExhibitKind.PAPER), HashOf.FILE
)
_STAGES = {
    EventType.ACQUIRED: HashStage.IMAGE,
    EventType.VERIFIED: HashStage.VERIFY,
    EventType.COPIED: HashStage.WORKCOPY,
}


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Where a ledger is, and what it begins with. ``is_ours`` is False for a file that was only named.

    ``overlay`` is what its class adds to the rules: a name, or the path of a file.
    """

    path: Path
    genesis: str
    zone: str = ""
    language: str = "en"
    is_ours: bool = True
    overlay: str = "default"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say: the key of a sentence and its values."""

    key: str
    values: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Added:
    """A line as it was written, and what to say about it."""

    line: Mapping[str, Any]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A ledger as it stands."""

    ledger: Ledger
    notices: tuple[Notice, ...]

    @property
    def code(self) -> str:
        """Return the checkpoint code of the head."""
        return chain.checkpoint(self.ledger.head)


@dataclass(frozen=True, slots=True)
class Review:
    """What the rules say of a ledger."""

    ledger: Ledger
    findings: tuple[RuleFinding, ...]
    remarks: tuple[Remark, ...]
    notices: tuple[Notice, ...]
    score: int  # 0 to 100
    passes: bool


def find_ledger(start: Path, *, ledger: Path | None = None, genesis: str | None = None) -> LedgerPlace:
    """Return the ledger of the workspace around ``start``, or the one that was named.

    Raises:
        CustodyError: A file was named without the digest that its first line must carry.
        WorkspaceError: There is no workspace here.
    """
    if ledger is not None:
        if genesis is None or len(genesis) != 64 or not set(genesis.lower()) <= set("0123456789abcdef"):  # noqa: PLR2004
            raise CustodyError(
                "a ledger that is named by --ledger needs its genesis digest",
                remedy="Add --genesis with the 64 digits; 'labkit custody check --json' prints them in the workspace.",
            )
        return LedgerPlace(ledger, genesis.lower(), is_ours=False)
    from labkit.workspace.folder import find_workspace

    found = find_workspace(start)
    return LedgerPlace(found.custody_path, found.ledger_genesis, found.zone, found.language, overlay=found.overlay)


def read_ledger(place: LedgerPlace) -> Ledger:
    """Return the ledger as it stands on the disk; empty where there is no file yet."""
    content = place.path.read_bytes() if place.path.exists() else b""
    return parse(split_lines(content), genesis=place.genesis)


def missing_fields(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that an entry of this type still needs before the command writes it.

    The time is not among them: it is now, where none is given.

    Raises:
        CustodyError: There is no such type of entry.
    """
    kind = str(entry.get("type"))
    if kind not in MANDATORY:
        raise CustodyError(
            f"{kind!r} is not a type of entry",
            remedy=f"Use one of: {', '.join(MANDATORY)}.",
        )
    needed = MANDATORY[kind] + ALSO_NEEDED.get(kind, ())
    return tuple(name for name in needed if name != "event_at" and entry.get(name) in (None, "", [], (), {}))


def add(place: LedgerPlace, entry: Mapping[str, Any], *, now: datetime) -> Added:
    """Write one line. An unfinished last line is set aside first.

    Args:
        place: The ledger.
        entry: ``type`` and fields of ``custody/1``.
        now: The moment of recording, with an offset; also the moment of the event where none is given.

    Raises:
        CustodyError: Something is missing, an exhibit is unknown or declared twice, or the ledger is damaged.
    """
    _refuse_incomplete(entry)
    notices = _recovered(place, now)
    ledger = read_ledger(place)
    filled = _filled(place, ledger, entry, now)
    here = _local(now, place, ledger, filled)
    line = append(place.path, filled, genesis=place.genesis, recorded_at=here)
    return Added(line, notices + _unknown_names(filled, ledger) + _corrects_another(filled, ledger) + _lateness(line))


def completed(place: LedgerPlace, entry: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return an entry with all that ``add`` would fill in, in the spelling in which it would be written.

    Raises:
        CustodyError: As ``add``.
    """
    _refuse_incomplete(entry)
    return dict(normalised(_filled(place, read_ledger(place), entry, now)))


def _refuse_incomplete(entry: Mapping[str, Any]) -> None:
    missing = missing_fields(entry)
    if missing:
        raise CustodyError(
            f"{entry['type']} needs: {', '.join(missing)}", remedy="Give what is missing and repeat the step."
        )


def _filled(place: LedgerPlace, ledger: Ledger, entry: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    filled = dict(entry)
    if filled["type"] == DeclarationType.EXHIBIT:
        _complete_exhibit(filled, ledger)
    elif filled["type"] in set(EventType):
        here = _local(now, place, ledger, filled)
        filled.setdefault("event_at", here.isoformat(timespec="seconds"))
        _complete_event(filled, ledger)
    return filled


def _lateness(line: Mapping[str, Any]) -> tuple[Notice, ...]:
    decoded = decode(line, seq=line["seq"])
    is_told = decoded is not None and isinstance(decoded.entry, Event) and is_late(decoded.entry)
    return (Notice("custody.remark.late", {"seq": line["seq"]}),) if is_told else ()


def view(place: LedgerPlace, *, now: datetime) -> View:
    """Return the ledger, after setting an unfinished last line aside if it is this workspace's own."""
    notices = _recovered(place, now) if place.is_ours else ()
    return View(read_ledger(place), notices)


def review(
    place: LedgerPlace,
    *,
    now: datetime,
    known_heads: Iterable[str] = (),
    overlay: str | None = None,
    snapshot: Path | None = None,
    attachments: Path | None = None,
) -> Review:
    """Return what the rules say of the ledger; see ``view`` about an unfinished last line.

    Args:
        place: The ledger.
        now: When an unfinished last line was found.
        known_heads: Heads or checkpoint codes that were noted earlier.
        overlay: What a country adds to the rules: a name, or the path of a file; that of the class if left out.
        snapshot: An earlier copy of the ledger.
        attachments: The folder in which the attachments lie.

    Raises:
        CustodyError: There is no such overlay.
    """
    country = overlay_of(overlay or place.overlay)
    seen = view(place, now=now)
    earlier = None if snapshot is None else parse(split_lines(snapshot.read_bytes()), genesis=place.genesis)
    files = None if attachments is None else tuple(_digests(attachments))
    findings = check(seen.ledger, overlay=country, known_heads=known_heads, snapshot=earlier, files=files)
    return Review(seen.ledger, findings, remarks(seen.ledger), seen.notices, score(findings), passes(findings))


def known_names(place: LedgerPlace) -> Mapping[str, tuple[str, ...]]:
    """Return what the ledger declares, and the purposes that rules ask for, by the options that take them."""
    ledger = read_ledger(place)
    people = tuple(dict.fromkeys(person.person_id for person in ledger.people))
    places = tuple(dict.fromkeys(one.loc_id for one in ledger.locations))
    exhibits = tuple(dict.fromkeys(exhibit.exhibit_no for exhibit in ledger.exhibits))
    authorities = tuple(one.auth_id for case in ledger.cases for one in case.authority)
    of_people = ("by", "released_by", "received_by", "witness", "signed", "officer", "access")
    found = dict.fromkeys(of_people, people) | {"location": places, "exhibit": exhibits, "derived_from": exhibits}
    return found | {"authority": authorities, "purpose": tuple(purpose.value for purpose in Purpose)}


def _digests(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").hexdigest()


def _recovered(place: LedgerPlace, now: datetime) -> tuple[Notice, ...]:
    key = recover(place.path, genesis=place.genesis, recorded_at=now)
    return (Notice(key, {"torn": f"{place.path.name}.torn"}),) if key else ()


def _local(now: datetime, place: LedgerPlace, ledger: Ledger, entry: Mapping[str, Any]) -> datetime:
    """Return ``now`` as the clock shows it at the place of the event, else in the zone of the workspace."""
    tz = next((at.tz for at in ledger.locations if at.loc_id == entry.get("location")), "") or place.zone
    zone = zone_or_none(tz)
    return now.astimezone(zone) if zone is not None else now


def _complete_exhibit(entry: dict[str, Any], ledger: Ledger) -> None:
    number = entry["exhibit_no"]
    known = {exhibit.exhibit_no: exhibit for exhibit in ledger.exhibits}
    if number in known:
        raise CustodyError(
            f"exhibit {number} is already declared in line {known[number].seq}",
            remedy="Give the new exhibit a number of its own; to put something right, add a line of type corrected.",
        )
    sources = entry.get("derived_from") or []
    for source in sources:
        if source not in known:
            raise _unknown_exhibit(source, known)
    first = known[sources[0]] if sources else None
    root = (first.root_exhibit_no or first.exhibit_no) if first is not None else number
    entry.setdefault("root_exhibit_no", root)


def _complete_event(entry: dict[str, Any], ledger: Ledger) -> None:
    known = {exhibit.exhibit_no: exhibit for exhibit in ledger.exhibits}
    numbers = entry.get("exhibits") or []
    for number in numbers:
        if number not in known:
            raise _unknown_exhibit(number, known)
    sources = [number for number in numbers if not set(known[number].derived_from) & set(numbers)]
    if entry.get("hash") and len(sources) > 1:
        raise CustodyError(
            f"nobody could tell which of {', '.join(sources)} the digest belongs to",
            remedy="Record one event for each exhibit; only a source and what was made from it share an event.",
        )
    of = _HASH_OF.get(known[numbers[-1]].kind or ExhibitKind.MEDIUM, HashOf.MEDIA) if numbers else HashOf.MEDIA
    stage = _STAGES.get(EventType(entry["type"]))
    defaults = {"of": of.value} | ({"stage": stage.value} if stage else {})
    if entry.get("hash"):
        entry["hash"] = [defaults | record for record in entry["hash"]]
    corrected = entry.get("corrects_event")
    last = ledger.entries[-1].seq if ledger.entries else 0
    if corrected is not None and not 1 <= corrected <= last:
        raise CustodyError(
            f"there is no line {corrected} to correct",
            remedy=f"Give the number of a line from 1 to {last}; 'labkit custody show' lists them.",
        )


def _unknown_exhibit(number: str, known: Mapping[str, object]) -> CustodyError:
    declared = f"Declared so far: {', '.join(known)}. " if known else ""
    return CustodyError(
        f"exhibit {number} is not declared",
        remedy=f"{declared}Declare it first: labkit custody add exhibit {number} --kind KIND --description TEXT",
    )


def _corrects_another(entry: Mapping[str, Any], ledger: Ledger) -> tuple[Notice, ...]:
    """Return a notice where a correction names exhibits that the corrected line does not: the number may be a slip."""
    seq, named = entry.get("corrects_event"), {*entry.get("exhibits", [])}
    for corrected in ledger.entries:
        if isinstance(corrected, Event) and corrected.seq == seq and not named <= {*corrected.exhibits}:
            return (Notice("custody.remark.corrects-other", {"seq": seq, "exhibits": ", ".join(corrected.exhibits)}),)
    return ()


def _unknown_names(entry: Mapping[str, Any], ledger: Ledger) -> tuple[Notice, ...]:
    """Return a notice for each person or place of the line that nobody declared."""
    if entry["type"] not in set(EventType):
        return ()
    places = {place.loc_id for place in ledger.locations}
    people = {person.person_id for person in ledger.people}
    named = [entry.get("actor"), entry.get("released_by"), entry.get("received_by"), *entry.get("witnesses", [])]
    unknown = [name for name in dict.fromkeys(named) if name and name not in people | places]
    found = [Notice("custody.remark.unknown-person", {"name": name}) for name in unknown]
    where = entry.get("location")
    if where and where not in places:
        found.append(Notice("custody.remark.unknown-place", {"name": where}))
    return tuple(found)
