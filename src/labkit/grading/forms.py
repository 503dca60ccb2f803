"""The form of an answer: can it be read at all? Asked by the trainee's own commands, where the truth is not known."""

from typing import Any

from labkit.content.schemas import Task
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import FormError, Given
from labkit.grading.normalise import LIMIT_BYTES


def check_form(task: Task, text: str) -> str:
    """Return the answer in its one canonical spelling; equal answers have equal spellings.

    Raises:
        AnswerError: The answer can not be read; it says the form that is expected, with an example.
    """
    return read_answer(task.answer, text).text


def read_answer(answer: Any, text: str) -> Given[Any]:
    """Return what ``text`` says, for one answer of ``content.schemas``.

    Raises:
        FormError: The answer is empty, too long, or not of its form.
    """
    if len(text) > LIMIT_BYTES or len(text.encode("utf-8", "surrogatepass")) > LIMIT_BYTES:
        raise FormError(
            f"the answer is longer than {LIMIT_BYTES // 1024} KiB",
            remedy="Write the value alone, not the whole output of a tool.",
            code="too-long",
        )
    if not text.strip():
        raise FormError("the answer is empty", remedy="Write the value that the task asks for.", code="form-empty")
    return TYPES[answer.type].parse(text, answer)
