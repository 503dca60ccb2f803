"""Why something was done: the closed list of purposes, and how free text names one."""

import re
from collections.abc import Mapping
from enum import StrEnum


class Purpose(StrEnum):
    """The purposes that rules ask for. A text names one as its first word, or in its own words."""

    EXAMINATION = "examination"
    COURT = "court"
    DAMAGED = "damaged"
    ISOLATION = "isolation"
    SHUTDOWN = "shutdown"


# Whole words, or the beginnings of words, in the languages of the kit.
_WORDS: Mapping[Purpose, re.Pattern[str]] = {
    Purpose.EXAMINATION: re.compile(r"\b(examin|imaging|acqui|экспертиз|исследован|снят)\w*"),
    Purpose.COURT: re.compile(r"\b(court|trial|hearing|суд(а|у|ом|е)?|судебн\w+ заседани\w+)\b"),
    Purpose.DAMAGED: re.compile(r"\b(damag|tear|torn|поврежд|порван)\w*"),
    Purpose.ISOLATION: re.compile(
        r"\b(isolat|faraday|shield|flight mode|airplane mode|изол|экранир|фараде|авиарежим)\w*"
    ),
    Purpose.SHUTDOWN: re.compile(r"\b(shut ?down|switch(ed)? off|power(ed)? off|выключ)\w*"),
}
_GENERIC = frozenset(
    {
        "work", "for work", "check", "checking", "for check", "task", "duty", "job", "other", "misc", "various",
        "routine", "as needed", "as required", "official", "official use", "n a", "na", "none", "no", "ok",
        "contemporaneous",
        "работа", "для работы", "по работе", "проверка", "для проверки", "прочее", "разное", "по необходимости",
        "служебная необходимость", "для дела", "нет", "своевременно",
    }
)  # fmt: skip


def purposes(text: str) -> frozenset[Purpose]:
    """Return the purposes that a text names."""
    folded = text.casefold()
    return frozenset(purpose for purpose, words in _WORDS.items() if words.search(folded))


def is_generic(text: str) -> bool:
    """Return whether a text could stand in every line: ``work``, ``check``, ``-``."""
    plain = " ".join(re.findall(r"\w+", text.casefold()))
    return not plain or plain in _GENERIC
