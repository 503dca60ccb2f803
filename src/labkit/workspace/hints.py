"""Hints: handed out one after another, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkit.canonical import canonical_json
from labkit.workspace.folder import Workspace
from labkit.workspace.records import read_json, write_json

HINTS = "hints.json"
OPENED = "hints-opened.json"
_START_AGAIN = "Start the pack again into a new folder; your answers stay in the old one."


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint as it was opened. ``number`` counts from 1; ``is_new`` tells whether it was opened just now."""

    number: int
    of: int
    text_markdown: str
    is_new: bool


def hints_bytes(hints: Mapping[str, tuple[str, ...]]) -> bytes:
    """Return the file hints.json of a pack: task name to its hints."""
    return canonical_json({name: list(texts) for name, texts in hints.items()})


def hints_of(workspace: Workspace, task_name: str) -> tuple[str, ...]:
    """Return all hints of a task, opened or not."""
    texts = read_json(workspace.kit / HINTS, dict, remedy=_START_AGAIN).get(task_name, [])
    return tuple(str(text) for text in texts)


def opened_hints(workspace: Workspace) -> dict[str, int]:
    """Return how many hints of each task were opened."""
    path = workspace.kit / OPENED
    if not path.exists():
        return {}
    opened = read_json(path, dict, remedy="Tell your trainer; the count of opened hints was damaged.")
    return {str(name): number for name, number in opened.items() if isinstance(number, int)}


def open_next(workspace: Workspace, task_name: str) -> Hint | None:
    """Open the next hint of a task and count it; the last one again where all are open; None where there is none."""
    texts = hints_of(workspace, task_name)
    if not texts:
        return None
    opened = opened_hints(workspace)
    before = opened.get(task_name, 0)
    number = min(before + 1, len(texts))
    if number > before:
        write_json(workspace.kit / OPENED, opened | {task_name: number})
    return Hint(number, len(texts), texts[number - 1], number > before)
