"""From a file somebody handed in to a value that grading can take.

``read_submission`` is a pure function from a file to a value: no key, no database, nothing written. That makes it
ready to be moved into a worker process of its own. Everything it reads is hostile until it has passed here; every
refusal is a ``RefusalError`` with a stable code.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit.cohort.archive import read_members
from labkit.cohort.limits import LIMITS, Limits
from labkit.cohort.refusal import RefusalError
from labkit.custody.ledger import split_lines
from labkit.model.grading import Submission
from labkit.strict_json import RefusedJsonError, read_object
from labkit.workspace.submission import ANSWERS, CUSTODY, ENVELOPE, EXAMINATION, FILES, HINTS, PEER, SCHEMA, SIGNATURE

_SIGNATURE_BYTES = 64
_KEYS = frozenset(
    {
        "schema",
        "pack_id",
        "trainee_id",
        "attempt",
        "submitted_at",
        "prev_submission_sha256",
        "files",
        "custody_head",
        "workspace_key",
        "kit_version",
    }
)
_PACK_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TRAINEE_ID = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
_TASK = re.compile(r"[a-z0-9-]{1,80}/[a-z0-9-]{1,80}")
_MOST_ATTEMPTS = 100_000
_MOST_HINTS = 1_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a submission says about itself, beside its content. The workspace key signed it."""

    prev_submission_sha256: str
    custody_head: str
    workspace_key: str
    kit_version: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """A submission that passed intake. ``submission.trainee_id`` is what it claims."""

    submission: Submission
    envelope: Envelope


def read_submission(path: Path, limits: Limits = LIMITS) -> Received:
    """Read one file .labsub under limits.

    Raises:
        RefusalError: The file can not be accepted; its code says why.
        OSError: The file can not be read.
    """
    wanted = {
        ENVELOPE: limits.json_bytes,
        SIGNATURE: _SIGNATURE_BYTES,
        ANSWERS: limits.json_bytes,
        HINTS: limits.json_bytes,
        CUSTODY: limits.custody_lines * limits.line_bytes,
        EXAMINATION: limits.examination_lines * limits.line_bytes,
        PEER: limits.peer_bytes,
    }
    members = read_members(path, wanted, limits)
    for name in wanted:
        if name not in members and name != PEER:
            raise RefusalError("missing-member", name=name)
    envelope = _envelope(_object(members, ENVELOPE, limits))
    _check_signature(envelope["workspace_key"], members[ENVELOPE], members[SIGNATURE])
    for name, digest in envelope["files"].items():
        if name not in members:
            raise RefusalError("missing-member", name=name)
        if hashlib.sha256(members[name]).hexdigest() != digest:
            raise RefusalError("changed-member", name=name)
    sha256, size_bytes = _file_digest(path)
    submission = Submission(
        pack_id=envelope["pack_id"],
        trainee_id=envelope["trainee_id"],
        attempt=envelope["attempt"],
        submitted_at_utc=envelope["submitted_at"],
        answers=_answers(_object(members, ANSWERS, limits), limits),
        custody_lines=_lines(members[CUSTODY], CUSTODY, limits.custody_lines, limits.line_bytes),
        examination_lines=_lines(members[EXAMINATION], EXAMINATION, limits.examination_lines, limits.line_bytes),
        hints_used=_hints(_object(members, HINTS, limits), limits),
        sha256=sha256,
        peer_copy=members[PEER] if PEER in envelope["files"] else b"",
    )
    facts = {name: envelope[name] for name in ("prev_submission_sha256", "custody_head", "workspace_key")}
    return Received(submission, Envelope(kit_version=envelope["kit_version"], size_bytes=size_bytes, **facts))


def _object(members: Mapping[str, bytes], name: str, limits: Limits) -> dict[str, Any]:
    """Return the JSON object in one file. The rules are those of the custody ledger; a file may be longer."""
    try:
        return read_object(members[name], max_bytes=limits.json_bytes)
    except RefusedJsonError as refused:
        raise RefusalError("bad-json", name=name, why=refused.code) from None


def _envelope(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("schema"), str):
        raise RefusalError("bad-form", name=ENVELOPE)
    if value["schema"] != SCHEMA:
        raise RefusalError("other-schema", schema=value["schema"])
    files, attempt, kit_version = value.get("files"), value.get("attempt"), value.get("kit_version")
    sound = (
        value.keys() == _KEYS
        and _fits(_PACK_ID, value["pack_id"])
        and _fits(_TRAINEE_ID, value["trainee_id"])
        and isinstance(attempt, int)
        and not isinstance(attempt, bool)
        and 0 < attempt <= _MOST_ATTEMPTS
        and (value["prev_submission_sha256"] == "" or _fits(_DIGEST, value["prev_submission_sha256"]))
        and _fits(_DIGEST, value["custody_head"])
        and _fits(_DIGEST, value["workspace_key"])
        and isinstance(kit_version, str)
        and isinstance(files, dict)
        and files.keys() - {PEER} == set(FILES)
        and all(_fits(_DIGEST, digest) for digest in files.values())
    )
    if not sound:
        raise RefusalError("bad-form", name=ENVELOPE)
    return {**value, "submitted_at": _time(value["submitted_at"]), "kit_version": str(kit_version)[:40]}


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        in_utc = at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise RefusalError("bad-form", name=ENVELOPE) from None
    if at.tzinfo is None:
        raise RefusalError("bad-form", name=ENVELOPE)
    return in_utc


def _check_signature(public_key: str, data: bytes, signature: bytes) -> None:
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(bytes.fromhex(public_key)).verify(data, signature)
    except (CryptoError, ValueError, TypeError):
        raise RefusalError("bad-signature") from None


def _answers(value: Any, limits: Limits) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > limits.answers:
        raise RefusalError("bad-form", name=ANSWERS)
    if not all(_fits(_TASK, name) and isinstance(text, str) for name, text in value.items()):
        raise RefusalError("bad-form", name=ANSWERS)
    return value


def _hints(value: Any, limits: Limits) -> Mapping[str, int]:
    if not isinstance(value, dict) or len(value) > limits.answers:
        raise RefusalError("bad-form", name=HINTS)
    for name, number in value.items():
        if not _fits(_TASK, name) or not isinstance(number, int) or not 0 <= number <= _MOST_HINTS:
            raise RefusalError("bad-form", name=HINTS)
    return value


def _lines(data: bytes, name: str, most_lines: int, most_bytes: int) -> tuple[str, ...]:
    if data.count(b"\n") > most_lines:
        raise RefusalError("too-many-lines", name=name, limit=most_lines)
    if any(len(line) > most_bytes for line in data.split(b"\n")):
        raise RefusalError("line-too-long", name=name, limit=most_bytes)
    return split_lines(data)


def _file_digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
