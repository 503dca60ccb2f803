"""What a trainee's computer may know of an answer: its form, never what is right; and the way back from it.

Fields are copied one by one, by name. What is not named here does not leave the trainer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labkit.content.brief import fill
from labkit.content.schemas import Answer, Option, Task

_FIELDS = ("type", "algorithm", "unit", "base", "tokens", "case_sensitive")
_WITHHELD = "withheld"  # stands where a task of the trainer has what is right


def public_form(answer: Answer, language: str, public_variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form of an answer needs to be known, in one language, as JSON values."""
    fields: dict[str, Any] = {name: getattr(answer, name) for name in _FIELDS if hasattr(answer, name)}
    if hasattr(answer, "options"):
        fields["options"] = public_options(answer.options, language, public_variables)
    return fields


def public_options(
    options: Sequence[Option], language: str, public_variables: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return options as they are shown: id and title in one language, variables filled in."""
    return [
        {"id": option.id, "title": fill(option.title.get(language) or option.title["en"], public_variables)}
        for option in options
    ]


def task_of_form(task_id: str, points: float, form: Mapping[str, Any]) -> Task:
    """Return a task that reads answers as the trainer's does and knows nothing of what is right.

    Raises:
        ValueError: The form is none that ``public_form`` makes.
    """
    fields = {**form, "value": _WITHHELD}
    if "options" in form:
        fields["options"] = [{"id": option["id"], "title": {"en": option["title"]}} for option in form["options"]]
    return Task.model_validate({"id": task_id, "points": points, "answer": fields})
