"""One TOML file to one checked value; what is wrong comes back as problems, not as the first exception."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.content.codes import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    Model = TypeVar("Model", bound=BaseModel)

_CODES: Mapping[str, tuple[str, str]] = {
    "extra_forbidden": ("LK101", "is not a key that is known here; compare it with the schema for a slip"),
    "missing": ("LK103", "is required and missing"),
}


def read_toml(path: Path, root: Path) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    """Return the tables of one TOML file, or None and why it can not be read."""
    relative = path.relative_to(root)
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig")), ()
    except UnicodeDecodeError as error:
        return None, (Problem(relative, "", "LK100", f"is not UTF-8 at byte {error.start}"),)
    except tomllib.TOMLDecodeError as error:
        return None, (Problem(relative, "", "LK100", f"is not TOML: {error}"),)


def read_model(path: Path, root: Path, model: "type[Model]") -> "tuple[Model | None, tuple[Problem, ...]]":
    """Return one TOML file as ``model``, or None and every problem of its shape."""
    from pydantic import ValidationError

    data, problems = read_toml(path, root)
    if data is None:
        return None, problems
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        relative = path.relative_to(root)
        return None, tuple(_problem(relative, data, detail) for detail in error.errors(include_url=False))


def _problem(relative: Path, data: Mapping[str, Any], detail: "ErrorDetails") -> Problem:
    code, message = _CODES.get(detail["type"], ("LK102", ""))
    if not message:
        # pydantic begins a ValueError of our own with this prefix
        message = detail["msg"].removeprefix("Value error, ")
        message = f"{message} (found {detail['input']!r})" if not isinstance(detail["input"], dict) else message
    return Problem(relative, key_name(data, detail["loc"]), code, message)


def key_name(data: Any, location: tuple[str | int, ...]) -> str:
    """Return a pydantic location as an author reads it: ``tasks[2].answer.unit``, list members from 1.

    The tag of a union (the answer type) is a step in the location that the file does not have; it is left out.
    """
    name = ""
    here = data
    for number, step in enumerate(location):
        last = number == len(location) - 1
        if isinstance(step, int):
            name += f"[{step + 1}]"
            here = here[step] if isinstance(here, list) and step < len(here) else None
        elif isinstance(here, dict) and (step in here or (last and step != here.get("type"))):
            name += f".{step}" if name else step
            here = here.get(step)
    return name
