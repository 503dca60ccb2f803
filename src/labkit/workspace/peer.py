"""The ledgers of colleagues in a workspace: checked, kept read-only, one of them to be audited.

::

    peer/T02/copy.labledger     the copy as it came
    peer/T02/custody.jsonl      the ledger in it
    .labkit/audit.json          whose ledger is audited
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.append_only import locked
from labkit.atomic import write_whole
from labkit.custody.copies import MAX_BYTES, SUFFIX, LedgerCopy, RefusedCopyError, is_of_class, read_copy
from labkit.custody.ledger import parse, split_lines
from labkit.custody.signing import countersigned
from labkit.errors import CustodyError
from labkit.model.custody import Event, EventType
from labkit.workspace.folder import Workspace
from labkit.workspace.pair import Pair, read_pair
from labkit.workspace.records import read_json, write_json

FOLDER = "peer"
COPY = f"copy{SUFFIX}"
LEDGER = "custody.jsonl"
_AUDIT = "audit.json"
_READ_ONLY, _WRITABLE = 0o444, 0o644


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking a copy did. ``receipt`` is the number of the line that was added to the own ledger, else None."""

    copy: LedgerCopy
    folder: Path
    is_audited: bool
    receipt: int | None = None


def read_file(path: Path) -> LedgerCopy:
    """Return the copy in a file.

    Raises:
        RefusedCopyError: It can not be taken.
        CustodyError: The file can not be read.
    """
    try:
        with path.open("rb") as file:
            return read_copy(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise CustodyError(f"{path} can not be read: {error.strerror}", remedy="Check its name.") from error


def take(workspace: Workspace, copy: LedgerCopy, *, other: bool = False, replace: bool = False) -> Taken:
    """Take a colleague's ledger into the workspace, or the own one that comes back countersigned.

    Args:
        workspace: The folder of the one who takes it.
        copy: The copy, whole and signed by the workspace that it comes from.
        other: Take it from somebody who is not in the pair, because the trainer said so.
        replace: Take it although it does not go on from the copy that is there.

    Raises:
        RefusedCopyError: It is of another class, the own ledger, of somebody else, or does not go on from the copy
            that was taken before; or a receipt does not fit the own ledger.
    """
    pair = read_pair(workspace)
    if not is_of_class(copy, workspace.manifest.public_key):
        raise RefusedCopyError("copy-other-class", "this ledger belongs to another class: another trainer signed it")
    if copy.owner.pack_id == pair.card.pack_id:
        return _take_back(workspace, copy, pair)
    if copy.maker != copy.owner:
        raise RefusedCopyError(
            "copy-second-hand",
            f"{copy.maker.trainee_name} made this copy of the ledger of {copy.owner.trainee_name}",
            remedy="Ask the one whose ledger it is: 'labkit custody give' in their own workspace.",
        )
    if not other and copy.owner.pack_id not in {one.pack_id for one in pair.colleagues}:
        names = ", ".join(f"{one.name} ({one.trainee_id})" for one in pair.colleagues) or "nobody"
        raise RefusedCopyError(
            "copy-not-partner",
            f"this is the ledger of {copy.owner.trainee_name}; you work with {names}",
            remedy="If your trainer gave you another partner, add --other.",
        )
    folder = workspace.root / FOLDER / copy.owner.trainee_id
    if not replace:
        _refuse_what_does_not_go_on(folder, copy)
    folder.mkdir(parents=True, exist_ok=True)
    _keep(folder / COPY, copy.data)
    _keep(folder / LEDGER, copy.content)
    is_audited = other or (pair.audits is not None and copy.owner.pack_id == pair.audits.pack_id)
    if is_audited:
        write_json(workspace.kit / _AUDIT, {"trainee_id": copy.owner.trainee_id})
    return Taken(copy, folder, is_audited)


def held(workspace: Workspace) -> Iterator[LedgerCopy]:
    """Yield the copies that were taken, by the names of their folders."""
    for path in sorted((workspace.root / FOLDER).glob(f"*/{COPY}")):
        yield read_file(path)


def held_of(workspace: Workspace, trainee_id: str) -> LedgerCopy:
    """Return the copy that was taken from one colleague.

    Raises:
        CustodyError: None was taken from them.
    """
    found = next((one for one in held(workspace) if one.owner.trainee_id.casefold() == trainee_id.casefold()), None)
    if found is None:
        raise CustodyError(
            f"no ledger of {trainee_id} was taken here",
            remedy="Take it first: labkit custody take FILE. 'labkit custody partner' tells whose ledger is needed.",
        )
    return found


def audited(workspace: Workspace) -> bytes:
    """Return the file of the copy that is audited, to be handed in; nothing where there is none."""
    path = workspace.kit / _AUDIT
    if not path.exists():
        return b""
    named = read_json(path, dict, remedy="Take the ledger of your colleague again: labkit custody take FILE.")
    copy = workspace.root / FOLDER / Path(str(named.get("trainee_id"))).name / COPY
    return copy.read_bytes() if copy.is_file() and copy.stat().st_size <= MAX_BYTES else b""


def _refuse_what_does_not_go_on(folder: Path, copy: LedgerCopy) -> None:
    if not (folder / COPY).is_file():
        return
    before = read_file(folder / COPY)
    name = copy.owner.trainee_name
    if copy.content.startswith(before.content):
        return
    if before.content.startswith(copy.content):
        raise RefusedCopyError(
            "copy-older", f"you have a later copy of the ledger of {name} already", remedy="Keep that one."
        )
    raise RefusedCopyError(
        "copy-rewritten",
        f"this ledger of {name} does not hold what it held when you took it before",
        remedy="Something was changed or taken out since. Tell your trainer; --replace takes the new one all the same.",
    )


def _keep(path: Path, data: bytes) -> None:
    if path.exists():
        path.chmod(_WRITABLE)  # Windows does not replace a read-only file
    write_whole(path, data)
    path.chmod(_READ_ONLY)


def _take_back(workspace: Workspace, copy: LedgerCopy, pair: Pair) -> Taken:
    """Add the receipt that a colleague countersigned to the own ledger."""
    if copy.maker == pair.card or copy.genesis != workspace.ledger_genesis:
        raise RefusedCopyError(
            "copy-own",
            "this is your own ledger",
            remedy="Take the one that your colleague made with labkit custody give.",
        )
    with locked(workspace.custody_path) as lines:
        lines.file.seek(0)
        mine = lines.file.read()
        added = copy.content.removeprefix(mine)
        if copy.content == mine or not copy.content.startswith(mine):
            raise RefusedCopyError(
                "receipt-not-next",
                "the receipt does not follow the last line of your ledger",
                remedy="If it is in your ledger already, nothing is left to do. If you wrote lines since you gave the "
                "copy, give a new one and let it be countersigned.",
            )
        receipt = _receipt(copy, added)
        lines.append(added)
    return Taken(copy, workspace.root, is_audited=False, receipt=receipt)


def _receipt(copy: LedgerCopy, added: bytes) -> int:
    """Return the number of the one line that may come back: a receipt that its maker signed."""
    ledger = parse(split_lines(copy.content), genesis=copy.genesis)
    last = ledger.entries[-1] if ledger.entries else None
    keys = {person.person_id: person.specimen_signature.lower() for person in ledger.people}
    if (
        added.count(b"\n") != 1
        or ledger.problems
        or not isinstance(last, Event)
        or last.type is not EventType.RECEIVED
        or last.seq not in countersigned(ledger)
        or keys.get(last.received_by) != copy.workspace_key
    ):
        raise RefusedCopyError(
            "receipt-unfit",
            "what came back is not one receipt, signed by your colleague's workspace",
            remedy="Nothing was added. Let it be made with 'labkit custody countersign LINE --as PERSON --peer ID', "
            "and compare the digits that 'labkit custody partner' shows with those that you declared.",
        )
    return last.seq
