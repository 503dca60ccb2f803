import json
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.content.public_form import public_form, task_of_form
from labkit.content.schemas import Task
from labkit.grading.expected import right_spelling, shown
from labkit.grading.forms import check_form
from tests.unit.grading.a_case import ALL, truth_of

TRUTH = truth_of()
SECRET = ("truth", "value", "mistakes", "parent", "previous", "base_start", "rows", "over", "citations")


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys(member)


def as_read_back(task: Task) -> Task:
    form = json.loads(json.dumps(public_form(task.answer, "en", TRUTH.variables)))
    return task_of_form("task", 10, form)


@pytest.mark.parametrize("name", ALL)
def test_a_form_holds_nothing_of_what_is_right(name: str) -> None:
    form = public_form(ALL[name].answer, "ru", TRUTH.variables)

    assert not set(SECRET) & set(keys(form))
    assert "usb:" not in json.dumps(form)


@pytest.mark.parametrize("name", ALL)
def test_a_trainee_and_a_trainer_read_an_answer_alike(name: str) -> None:
    text = right_spelling(ALL[name], TRUTH)
    task = ALL[name].model_copy(update={"answer": shown(ALL[name], TRUTH)})

    assert check_form(as_read_back(ALL[name]), text) == check_form(task, text)
