"""What is handed in: a small zip of text files, signed with the workspace key and bound to the pack."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit import __version__
from labkit.atomic import write_whole
from labkit.canonical import canonical_json
from labkit.custody import ledger
from labkit.errors import WorkspaceError
from labkit.workspace import peer
from labkit.workspace.answers import read_answers
from labkit.workspace.folder import Workspace
from labkit.workspace.hints import opened_hints
from labkit.workspace.records import read_json, write_json
from labkit.workspace.start import WORKSPACE_KEY

SUFFIX = ".labsub"
SCHEMA = "labkit-submission/1"
ENVELOPE = "submission.json"
SIGNATURE = "submission.sig"
ANSWERS = "answers.json"
CUSTODY = "custody.jsonl"
EXAMINATION = "examination.jsonl"
HINTS = "hints.json"
PEER = "peer.labledger"  # the copy of a colleague's ledger that was audited, where there is one
FILES = (ANSWERS, CUSTODY, EXAMINATION, HINTS)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say; the time of handing in is in submission.json

_ATTEMPTS = "attempts.json"
_UNIX = 3


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One file that was made to be handed in."""

    path: Path
    attempt: int
    sha256: str
    custody_head: str


def write_submission(workspace: Workspace, out: Path | None, *, now: datetime) -> HandedIn:
    """Make the file to hand in from what is in the workspace.

    Args:
        workspace: The trainee's folder.
        out: Where to put it: a folder, or the name of the file; the workspace itself if left out.
        now: The time of handing in, aware.

    Raises:
        WorkspaceError: A file of the workspace is damaged.
        CustodyError: The end of the ledger is damaged.
    """
    manifest = workspace.manifest
    attempts = _attempts(workspace)
    attempt = len(attempts) + 1
    ledger.recover(workspace.custody_path, genesis=workspace.ledger_genesis, recorded_at=now)
    custody = _content(workspace.custody_path)
    head = ledger.parse(ledger.split_lines(custody), genesis=workspace.ledger_genesis).head
    files = {
        ANSWERS: canonical_json(read_answers(workspace)),
        CUSTODY: custody,
        EXAMINATION: _content(workspace.examination_path),
        HINTS: canonical_json(opened_hints(workspace)),
    }
    copy = peer.audited(workspace)
    files |= {PEER: copy} if copy else {}
    key = workspace_key(workspace)
    envelope = canonical_json(
        {
            "schema": SCHEMA,
            "pack_id": manifest.pack_id,
            "trainee_id": manifest.trainee_id,
            "attempt": attempt,
            "submitted_at": now.astimezone(UTC).isoformat(timespec="seconds"),
            "prev_submission_sha256": attempts[-1]["sha256"] if attempts else "",
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
            "custody_head": head,
            "workspace_key": bytes(key.verify_key).hex(),
            "kit_version": __version__,
        }
    )
    archive = _zipped({ENVELOPE: envelope, SIGNATURE: key.sign(envelope).signature, **files})
    path = _place(workspace, out, attempt)
    write_whole(path, archive)
    sha256 = hashlib.sha256(archive).hexdigest()
    write_json(workspace.kit / _ATTEMPTS, [*attempts, {"attempt": attempt, "sha256": sha256, "file": path.name}])
    return HandedIn(path, attempt, sha256, head)


def attempts_made(workspace: Workspace) -> int:
    """Return how many files to hand in were made from this workspace."""
    return len(_attempts(workspace))


def workspace_key(workspace: Workspace) -> Any:
    """Return the signing key of a workspace. It shows that attempts come from one workspace, not whose it is.

    Raises:
        WorkspaceError: The key is missing or damaged.
    """
    from nacl.signing import SigningKey

    try:
        return SigningKey(bytes.fromhex((workspace.kit / WORKSPACE_KEY).read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        raise WorkspaceError(
            "the key of this workspace is missing or damaged",
            remedy="Start the pack again into a new folder, copy answers.json and custody.jsonl there, and tell "
            "your trainer why.",
        ) from None


def _place(workspace: Workspace, out: Path | None, attempt: int) -> Path:
    name = f"{workspace.manifest.trainee_id}-attempt-{attempt}{SUFFIX}"
    if out is None:
        return workspace.root / name
    if out.suffix == SUFFIX:
        out.parent.mkdir(parents=True, exist_ok=True)
        return out
    out.mkdir(parents=True, exist_ok=True)
    return out / name


def _attempts(workspace: Workspace) -> list[dict[str, Any]]:
    path = workspace.kit / _ATTEMPTS
    remedy = "Tell your trainer; the list of what was handed in before was damaged. Move it away to go on."
    if not path.exists():
        return []
    attempts: list[dict[str, Any]] = read_json(path, list, remedy=remedy)
    if not all(isinstance(each, dict) and isinstance(each.get("sha256"), str) for each in attempts):
        raise WorkspaceError(f"{_ATTEMPTS} does not have the form that labkit writes", remedy=remedy)
    return attempts


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, ZIP_TIME)
            # A colleague could write a ledger that packs so well that intake takes the submission for a bomb.
            info.compress_type = zipfile.ZIP_STORED if name == PEER else zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()
