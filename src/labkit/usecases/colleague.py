"""The verbs of a pair: who the colleague is, giving the own ledger, taking theirs, countersigning in it."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.atomic import write_whole
from labkit.custody import signing
from labkit.custody.copies import SUFFIX, write_copy
from labkit.errors import CustodyError
from labkit.usecases import custodian, custody_exchange
from labkit.usecases.custodian import LedgerPlace
from labkit.workspace import examination, peer
from labkit.workspace.folder import Workspace, find_workspace
from labkit.workspace.pair import Pair, read_pair
from labkit.workspace.peer import Taken
from labkit.workspace.start import WORKSPACE_KEY
from labkit.workspace.submission import workspace_key

PAGE = "custody-log.html"


@dataclass(frozen=True, slots=True)
class Partners:
    """The pair as its member sees it. ``keys`` has the public keys of those whose ledger was taken, by trainee_id."""

    pair: Pair
    public_key: str
    keys: dict[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """A copy that was made: where it lies, how many lines it has, the head of the ledger."""

    path: Path
    lines: int
    head: str


@dataclass(frozen=True, slots=True)
class TakenLedger:
    """A ledger that was taken, and the page on which it can be read (None where the own one came back)."""

    taken: Taken
    page: Path | None
    broken_line: int | None  # where its chain does not hold


def partners(start: Path) -> Partners:
    """Return who the colleagues are, and the keys by which they sign as far as they are known.

    Raises:
        WorkspaceError: No workspace, or the course has no exercise for pairs.
    """
    workspace = find_workspace(start)
    keys = {copy.owner.trainee_id: copy.workspace_key for copy in peer.held(workspace)}
    return Partners(read_pair(workspace), signing.public_key(_private_key(workspace)), keys)


def give(start: Path, out: Path | None, *, now: datetime) -> Given:
    """Write a signed copy of the own ledger for a colleague.

    Args:
        start: A folder in the workspace.
        out: A folder, such as that of a stick, or the name of the file; the workspace if left out.
        now: When, aware.

    Raises:
        RefusedCopyError: The ledger can not be read, or is too large.
    """
    workspace = find_workspace(start)
    place = _own(workspace)
    seen = custodian.view(place, now=now)  # sets an unfinished line aside
    card = read_pair(workspace).card
    content = workspace.custody_path.read_bytes()
    data = write_copy(card, place.genesis, content, private_key=_private_key(workspace), made_at=now)
    path = _place(workspace, out, f"{card.trainee_id}{SUFFIX}")
    write_whole(path, data)
    return Given(path, len(seen.ledger.entries), seen.ledger.head)


def take(start: Path, source: Path, *, other: bool, replace: bool, now: datetime) -> TakenLedger:
    """Take a ledger from a file: a colleague's, with a page to read it, or the own one that comes back countersigned.

    Raises:
        RefusedCopyError: It can not be taken; see ``workspace.peer.take``.
    """
    workspace = find_workspace(start)
    taken = peer.take(workspace, peer.read_file(source), other=other, replace=replace)
    details = {
        "sha256": taken.copy.sha256,
        "owner": taken.copy.owner.trainee_id,
        "lines": len(taken.copy.ledger.entries),
    }
    examination.append_entry(workspace, "custody take", source.name, details, at=now)
    if taken.receipt is not None:
        return TakenLedger(taken, None, None)
    page = custody_exchange.export_to(
        place_of(workspace, taken.copy.owner.trainee_id), "html", taken.folder / PAGE, language=workspace.language
    )
    problems = taken.copy.ledger.problems
    return TakenLedger(taken, page, problems[0].line if problems else None)


def place_of(workspace: Workspace, trainee_id: str) -> LedgerPlace:
    """Return where the ledger of a colleague lies; it is only ever read.

    Raises:
        CustodyError: None was taken from them.
    """
    copy = peer.held_of(workspace, trainee_id)
    path = workspace.root / peer.FOLDER / copy.owner.trainee_id / peer.LEDGER
    return LedgerPlace(path, copy.genesis, workspace.zone, workspace.language, is_ours=False, overlay=workspace.overlay)


def peer_place(start: Path, trainee_id: str) -> LedgerPlace:
    """Return ``place_of`` for the workspace around ``start``."""
    return place_of(find_workspace(start), trainee_id)


def countersign(
    start: Path,
    trainee_id: str,
    line: int,
    person: str,
    *,
    location: str,
    out: Path | None,
    now: datetime,
    beside: Mapping[str, Any] = custody_exchange.NOTHING,
) -> Given:
    """Receive what a colleague released in the ledger that was taken from them, and write a copy to give back.

    The receipt is signed with the key of the workspace; the copy that was taken stays as it is.

    Args:
        start: A folder in the workspace.
        trainee_id: Whose ledger it is.
        line: The line of the release.
        person: Who receives, as declared in that ledger with the public key of this workspace.
        location: Where; that of the release if left out.
        out: Where to write the copy; see ``give``.
        now: When, aware.
        beside: Further fields of the receipt, such as the seals as they were found.

    Raises:
        CustodyError: The line is no open release, or the person was not declared with this key.
    """
    workspace = find_workspace(start)
    card = read_pair(workspace).card
    copy = peer.held_of(workspace, trainee_id)
    if copy.ledger.problems:
        raise CustodyError(
            f"the ledger of {copy.owner.trainee_name} does not hold together in line {copy.ledger.problems[0].line}",
            remedy="Do not sign in it. Show it to your trainer.",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / peer.LEDGER
        path.write_bytes(copy.content)
        place = LedgerPlace(path, copy.genesis, workspace.zone, workspace.language)
        key = workspace.kit / WORKSPACE_KEY
        custody_exchange.countersign(place, line, person, key, location=location, now=now, beside=beside)
        content = path.read_bytes()
        ledger = custodian.read_ledger(place)
    data = write_copy(copy.owner, copy.genesis, content, private_key=_private_key(workspace), made_at=now, maker=card)
    target = _place(workspace, out, f"{copy.owner.trainee_id}-countersigned-by-{card.trainee_id}{SUFFIX}")
    write_whole(target, data)
    details = {"line": line, "owner": copy.owner.trainee_id, "head": ledger.head}
    examination.append_entry(workspace, "custody countersign", target.name, details, at=now)
    return Given(target, len(ledger.entries), ledger.head)


def own_key(start: Path) -> Path:
    """Return the file of the key of the workspace around ``start``, to sign in the own ledger."""
    return find_workspace(start).kit / WORKSPACE_KEY


def _own(workspace: Workspace) -> LedgerPlace:
    return LedgerPlace(
        workspace.custody_path,
        workspace.ledger_genesis,
        workspace.zone,
        workspace.language,
        overlay=workspace.overlay,
    )


def _private_key(workspace: Workspace) -> str:
    return bytes(workspace_key(workspace)).hex()


def _place(workspace: Workspace, out: Path | None, name: str) -> Path:
    if out is None:
        return workspace.root / name
    if out.suffix == SUFFIX:
        out.parent.mkdir(parents=True, exist_ok=True)
        return out
    out.mkdir(parents=True, exist_ok=True)
    return out / name
