"""What labkit understood of an answer, and why it can not be read, in the words of the reader."""

import re
from collections.abc import Mapping
from typing import Any

from labkit.errors import AnswerError
from labkit.grading.answers.contract import FormError
from labkit.i18n import Translator
from labkit.workspace.tasks import PublicTask

SECTOR_BYTES = 512
_SECTORED = ("disk", "partition")  # what is counted in sectors
_OFFSET = re.compile(r"(?P<start>\d+) bytes (?P<base>\w+)")
_REGION = re.compile(r"start (?P<start>\d+), length (?P<length>\d+) bytes (?P<base>\w+)")


def in_words(task: PublicTask, typed: str, understood: str, t: Translator) -> str:
    """Return how an answer was understood: a place with its base, and with its sectors where it lies on a boundary.

    ``understood`` is the canonical spelling. Letter case that does not matter is folded in it for comparing, and in a
    claim the hyphens of the name of an exhibit; shown so, it would look misread, so then it is what was typed.
    """
    form = {"OFFSET": _OFFSET, "REGION": _REGION}.get(str(task.answer.get("type")))
    found = form.fullmatch(understood) if form else None
    if found is None:
        return typed.strip() if _reads_alike(task, understood, typed.strip()) else understood
    start, base = int(found["start"]), found["base"]
    length = int(found["length"]) if "length" in found.groupdict() else None
    key, values = "answer.place" if length is None else "answer.stretch", {"start": start, "length": length}
    if base in _SECTORED and start % SECTOR_BYTES == 0 and (length or 0) % SECTOR_BYTES == 0:
        first = start // SECTOR_BYTES
        key += ".sectors"
        values |= {"first": first, "last": first + (length or 0) // SECTOR_BYTES - 1}
    return t(key, **values, base=t(f"answer.base.{base}"))


def _reads_alike(task: PublicTask, understood: str, typed: str) -> bool:
    if task.answer.get("type") != "CLAIM":
        return understood == typed.casefold()
    return _letters_and_digits(understood) == _letters_and_digits(typed)


def _letters_and_digits(claim: str) -> list[str]:
    return ["".join(filter(str.isalnum, part.casefold())) for part in claim.split(";")]


def refusal(error: FormError, task: PublicTask, t: Translator) -> AnswerError:
    """Return the error for an answer that can not be read, in the language of ``t``; in English it is the error itself.

    The English error quotes the answer; other languages say what is missing and which form the task wants.
    """
    notice = f"notice.{error.code}"
    if t.language == "en" or not t.has(notice):
        return error
    where = t("answer.cell", **error.cell) if error.cell else ""
    form = _form(task, error)
    wanted = t(f"answer.form.{form['type']}")
    options = ", ".join(option["id"] for option in form.get("options", ()))
    remedy = wanted[:1].upper() + wanted[1:] + (f": {options}" if options else "")
    refused = AnswerError(where + t(notice), remedy=remedy)
    refused.heads = (t("answer.error"), "")
    return refused


def _form(task: PublicTask, error: FormError) -> Mapping[str, Any]:
    """Return the form of what can not be read: of the answer, or of the column of its table."""
    if error.cell:
        for column in task.answer["columns"]:
            if column["id"] == error.cell["column"]:
                form: Mapping[str, Any] = column["form"]
                return form
    return task.answer
