"""The small JSON files that a workspace keeps: read with care, because people edit them; written whole."""

import json
from pathlib import Path
from typing import Any

from labkit.atomic import write_whole
from labkit.errors import WorkspaceError


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` so that people can read it, whole or not at all."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
    write_whole(path, f"{text}\n".encode())


def read_json(path: Path, kind: type, *, remedy: str) -> Any:
    """Return the value of a JSON file.

    Raises:
        WorkspaceError: The file is missing, is not JSON in UTF-8, or does not hold a ``kind`` at the top.
    """
    try:
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise WorkspaceError(f"{path.name} is missing from the workspace", remedy=remedy) from None
    except (ValueError, RecursionError) as error:
        raise WorkspaceError(f"{path.name} can not be read: {error}", remedy=remedy) from None
    if not isinstance(value, kind):
        raise WorkspaceError(f"{path.name} does not have the form that labkit writes", remedy=remedy)
    return value
