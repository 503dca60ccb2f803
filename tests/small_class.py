"""A pack and a class that are small enough for unit tests: real keys, real formats, a few bytes of evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from labkit.cohort.keys import ClassKeys
from labkit.cohort.packs import PackContent, write_pack
from labkit.workspace.folder import Workspace
from labkit.workspace.hints import hints_bytes
from labkit.workspace.manifest import Manifest
from labkit.workspace.start import start_workspace
from labkit.workspace.tasks import PublicTask, tasks_bytes
from labkit.workspace.verifier import make_verifier

KEYS = ClassKeys(bytes(range(32)), bytes(range(32, 64)))
NOW = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
COURSE = "first-steps"
OPTIONS = [{"id": "agree", "title": "They agree"}, {"id": "differ", "title": "They differ"}]


def a_task(exercise: str, task_id: str, number: int, answer: Mapping[str, object], **changes: object) -> PublicTask:
    """Return a public task."""
    fields = {
        "exercise": exercise,
        "exercise_title": exercise.capitalize(),
        "lab": "00-first",
        "id": task_id,
        "number": number,
        "heading": f"Task {number}",
        "text": "Do it.",
        "points": 10,
        "mode": "graded",
        "answer": answer,
    }
    return PublicTask(**(fields | changes))


TASKS = (
    a_task(
        "practice",
        "count",
        1,
        {"type": "INT", "unit": "bytes"},
        mode="formative",
        verifier=make_verifier("4096", b"0123456789abcdef"),
    ),
    a_task("exam", "digest", 1, {"type": "HASH", "algorithm": "sha256"}),
    a_task("exam", "verdict", 2, {"type": "ENUM", "options": OPTIONS}),
    a_task("exam", "size-bytes", 3, {"type": "INT", "unit": "bytes"}),
    a_task("exam", "size-sectors", 4, {"type": "INT", "unit": "sectors"}),
    a_task("exam", "custody", 5, {"type": "LOG"}),
)
TEXTS = {
    "START-HERE.html": b"<!doctype html>start",
    "guides/00-first.html": b"<!doctype html>guide",
    "evidence/stick/image.raw": bytes(1_500_000) + b"evidence",
    "evidence/stick/note.txt": b"a note\n",
    "kit/tasks.json": tasks_bytes(TASKS),
    "kit/hints.json": hints_bytes({"exam/digest": ("first", "second", "third"), "practice/count": ("one", "two")}),
    "kit/guides/00-first.md": b"# First\n\nRead this.\n",
}


def a_manifest(trainee_id: str = "T01", **changes: str) -> Manifest:
    """Return a manifest without files."""
    fields: dict[str, object] = {
        "class_name": "Spring",
        "course": COURSE,
        "pack_id": KEYS.pack_id(COURSE, trainee_id),
        "pack_token": KEYS.pack_token(COURSE, trainee_id),
        "trainee_id": trainee_id,
        "trainee_name": "Nadia Marlow",
        "language": "en",
        "zone": "Asia/Almaty",
        "issued_at": "2026-04-01T08:00:00+00:00",
        "kit_min_version": "0.1.0",
        "public_key": KEYS.public_key,
        "files": {},
    }
    return Manifest(**(fields | changes))


def a_pack(path: Path, trainee_id: str = "T01", **changes: str) -> Path:
    """Write a small pack and return its path."""
    write_pack(path, PackContent({}, TEXTS), a_manifest(trainee_id, **changes), KEYS)
    return path


def a_workspace(folder: Path, trainee_id: str = "T01", **changes: str) -> Workspace:
    """Return a workspace started from a small pack."""
    folder.mkdir(parents=True, exist_ok=True)
    return start_workspace(a_pack(folder / f"{trainee_id}.labpack", trainee_id, **changes), folder / trainee_id)
