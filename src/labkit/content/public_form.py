"""What a trainee's computer may know of an answer: its form, never what is right; and the way back from it.

Fields are copied one by one, by name. What is not named here does not leave the trainer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labkit.content.brief import fill
from labkit.content.schemas import Answer, CellAnswer, Choices, DefectAnswer, Option, TableAnswer, Task

_FIELDS = ("type", "algorithm", "unit", "base", "tokens", "case_sensitive")
_DEFECT_LISTS = ("categories", "consequences", "cures")
_WITHHELD = "withheld"  # stands where a task of the trainer has what is right
_WITHHELD_SET = "withheld:withheld.sample_set"


def public_form(answer: Answer | CellAnswer, language: str, public_variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form of an answer needs to be known, in one language, as JSON values."""
    fields: dict[str, Any] = {name: getattr(answer, name) for name in _FIELDS if hasattr(answer, name)}
    if isinstance(answer, Choices):
        fields["options"] = public_options(answer.options, language, public_variables)
    if isinstance(answer, DefectAnswer):
        fields |= {"colleague": True} if answer.colleague else {}
        for name in _DEFECT_LISTS:
            fields[name] = public_options(getattr(answer, name), language, public_variables)
    if isinstance(answer, TableAnswer):
        fields["key"] = answer.key
        fields["columns"] = [
            {
                "id": column.id,
                "title": fill(_in(language, column.title), public_variables),
                "form": public_form(answer.form(column.id), language, public_variables),
            }
            for column in answer.columns
        ]
    return fields


def public_options(
    options: Sequence[Option], language: str, public_variables: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return options as they are shown: id and title in one language, variables filled in."""
    return [{"id": option.id, "title": fill(_in(language, option.title), public_variables)} for option in options]


def _in(language: str, title: Mapping[str, str]) -> str:
    return title.get(language) or title["en"]


def task_of_form(task_id: str, points: float, form: Mapping[str, Any]) -> Task:
    """Return a task that reads answers as the trainer's does and knows nothing of what is right.

    Raises:
        ValueError: The form is none that ``public_form`` makes.
    """
    return Task.model_validate({"id": task_id, "points": points, "answer": _of_trainer(form)})


def _of_trainer(form: Mapping[str, Any]) -> dict[str, Any]:
    if form["type"] == "TABLE":
        columns = [
            {"id": column["id"], "title": {"en": column["title"]}, "answer": _without_value(column["form"])}
            for column in form["columns"]
        ]
        return {**form, "columns": columns, "rows": [{column["id"]: _WITHHELD for column in columns}]}
    if form["type"] == "YARA":
        return {**form, **dict.fromkeys(("positives", "mutated", "clean"), _WITHHELD_SET)}
    if form["type"] == "DEFECT":
        whose = {} if form.get("colleague") else {"item": _WITHHELD}
        return {**form, **whose, **{name: _options(form[name]) for name in _DEFECT_LISTS}}
    if form["type"] == "LOG":
        return {**form, "events": [{"type": _WITHHELD}]}
    fields = {**_without_value(form), "value": _WITHHELD}
    if form["type"] == "CLAIM":
        fields["citations"] = [{"exhibit": _WITHHELD, "place": {"type": "PATH", "value": _WITHHELD}}]
    return fields


def _without_value(form: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(form)
    if "options" in form:
        fields["options"] = _options(form["options"])
    return fields


def _options(shown: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [{"id": option["id"], "title": {"en": option["title"]}} for option in shown]
