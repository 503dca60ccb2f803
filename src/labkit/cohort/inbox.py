"""The trainer's inbox: which files are submissions, and whose each of them is.

A folder is searched with all folders in it, because a download from Moodle has one folder for each participant.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labkit.cohort.intake import Received, read_submission
from labkit.cohort.refusal import RefusalError
from labkit.cohort.store import PackRecord, SubmissionRecord
from labkit.errors import IntakeError
from labkit.model.people import Trainee
from labkit.workspace.submission import SUFFIX

# Moodle: "Download all submissions", names up to and from version 4.1 (mod/assign/locallib.php)
_MOODLE = re.compile(r"(?P<name>[^_]*)_\d+_assignsubmission_file_?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file of the inbox: what it holds, or why it was refused. ``trainee`` is None where nobody knows."""

    path: Path
    source: str
    sha256: str
    size_bytes: int
    trainee: Trainee | None
    received: Received | None
    refusal: RefusalError | None

    def record(self, received_at: datetime) -> SubmissionRecord:
        """Return what the store keeps of it."""
        submission = self.received.submission if self.received else None
        return SubmissionRecord(
            sha256=self.sha256,
            trainee_id=self.trainee.trainee_id if self.trainee else "",
            attempt=submission.attempt if submission else 0,
            submitted_at=submission.submitted_at_utc.isoformat() if submission else "",
            received_at=received_at.astimezone(UTC).isoformat(timespec="seconds"),
            source=self.source,
            size_bytes=self.size_bytes,
            workspace_key=self.received.envelope.workspace_key if self.received else "",
            status="refused" if self.refusal else "accepted",
            reason=self.refusal.code if self.refusal else "",
            values=self.refusal.values if self.refusal else {},
        )


def find_submissions(inbox: Path) -> tuple[Path, ...]:
    """Return the submissions in a folder and all folders in it, in the order of their names; links are left out.

    Raises:
        IntakeError: There is no such folder.
    """
    if inbox.is_file() and inbox.suffix.lower() == SUFFIX:
        return (inbox,)
    if not inbox.is_dir():
        raise IntakeError(f"{inbox} is not a folder", remedy="Name the folder in which the files .labsub lie.")
    found = (path for path in inbox.rglob("*") if path.suffix.lower() == SUFFIX)
    files = [path for path in found if path.is_file() and not path.is_symlink()]
    return tuple(sorted(files, key=lambda path: path.relative_to(inbox).as_posix()))


def receive(path: Path, inbox: Path, trainees: Sequence[Trainee], packs: Mapping[str, PackRecord]) -> Arrival:
    """Read one file of the inbox and say whose it is. A file that can not be taken is a refused arrival, no error.

    Args:
        path: The file.
        inbox: The folder that was searched; folder names below it may carry a name.
        trainees: The roster.
        packs: The packs that were built, by pack id.
    """
    source = path.relative_to(inbox).as_posix() if path != inbox else path.name
    sha256, size_bytes = _digest(path)
    claimed = named_by_place(source, trainees)
    try:
        received = read_submission(path)
    except RefusalError as refused:
        return Arrival(path, source, sha256, size_bytes, claimed, None, refused)
    except Exception as error:  # noqa: BLE001 - one odd file must not stop a class; a person looks at it
        fault = RefusalError("fault", error=type(error).__name__)
        return Arrival(path, source, sha256, size_bytes, claimed, None, fault)
    submission = received.submission
    pack = packs.get(submission.pack_id)
    owner = next((each for each in trainees if pack and each.trainee_id == pack.trainee_id), None)
    if owner is None:
        return Arrival(path, source, sha256, size_bytes, claimed, received, RefusalError("unknown-pack"))
    if submission.trainee_id != owner.trainee_id:
        other = RefusalError("other-identity", claimed=submission.trainee_id, pack=owner.trainee_id)
        return Arrival(path, source, sha256, size_bytes, owner, received, other)
    return Arrival(path, source, sha256, size_bytes, owner, received, None)


def named_by_place(source: str, trainees: Sequence[Trainee]) -> Trainee | None:
    """Return the trainee after whom a Moodle folder or the file is named."""
    *folders, name = source.split("/")
    by_name = {trainee.name.replace("_", "").casefold(): trainee for trainee in trainees}
    for folder in reversed(folders):
        moodle = _MOODLE.fullmatch(folder)
        if moodle and moodle["name"].casefold() in by_name:
            return by_name[moodle["name"].casefold()]
    by_length = sorted(trainees, key=lambda trainee: -len(trainee.trainee_id))
    for part in (name, *reversed(folders)):
        for trainee in by_length:
            wanted = re.escape(trainee.trainee_id)
            if re.match(rf"{wanted}(?![A-Za-z0-9])", part, re.IGNORECASE):
                return trainee
    return None


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
