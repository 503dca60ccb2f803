"""The answers as they were typed, in answers.json: task name to text, or to a list of rows for a table."""

import json
from collections.abc import Mapping
from typing import Any

from labkit.errors import WorkspaceError
from labkit.workspace.folder import Workspace
from labkit.workspace.records import read_json, write_json

_REMEDY = "Correct answers.json in an editor, or move it away and give your answers again with 'labkit answer'."


def read_answers(workspace: Workspace) -> dict[str, str]:
    """Return all answers by task name; a list of rows as its JSON text.

    Raises:
        WorkspaceError: answers.json was edited into something that can not be read.
    """
    return {
        name: answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        for name, answer in _stored(workspace).items()
    }


def store_answer(workspace: Workspace, task_name: str, text: str) -> None:
    """Keep one answer; the file appears whole, the other answers stay as they are."""
    write_json(workspace.answers_path, {**_stored(workspace), task_name: text})


def _stored(workspace: Workspace) -> dict[str, str | list[Any]]:
    answers: Mapping[object, object] = {}
    if workspace.answers_path.exists():
        answers = read_json(workspace.answers_path, dict, remedy=_REMEDY)
    wrong = [str(name) for name, answer in answers.items() if not isinstance(answer, (str, list))]
    if wrong:
        raise WorkspaceError(
            f"answers.json: the answer to {', '.join(wrong)} is neither a text nor a list of rows", remedy=_REMEDY
        )
    return {str(name): answer for name, answer in answers.items() if isinstance(answer, (str, list))}
