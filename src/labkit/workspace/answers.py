"""The answers as they were typed, in answers.json: task name to text."""

from collections.abc import Mapping

from labkit.errors import WorkspaceError
from labkit.workspace.folder import Workspace
from labkit.workspace.records import read_json, write_json

_REMEDY = "Correct answers.json in an editor, or move it away and give your answers again with 'labkit answer'."


def read_answers(workspace: Workspace) -> dict[str, str]:
    """Return all answers by task name.

    Raises:
        WorkspaceError: answers.json was edited into something that can not be read.
    """
    answers: Mapping[object, object] = {}
    if workspace.answers_path.exists():
        answers = read_json(workspace.answers_path, dict, remedy=_REMEDY)
    wrong = [str(name) for name, text in answers.items() if not isinstance(text, str)]
    if wrong:
        raise WorkspaceError(f"answers.json: the answer to {', '.join(wrong)} is not a text", remedy=_REMEDY)
    return {str(name): str(text) for name, text in answers.items()}


def store_answer(workspace: Workspace, task_name: str, text: str) -> None:
    """Keep one answer; the file appears whole, the other answers stay."""
    write_json(workspace.answers_path, read_answers(workspace) | {task_name: text})
