"""One module for each answer type, and the table that finds it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.grading.answers import (
    enum_answer,
    hash_answer,
    inode_answer,
    int_answer,
    log_answer,
    multi_answer,
    offset_answer,
    path_answer,
    region_answer,
    set_answer,
    time_answer,
)
from labkit.grading.answers.contract import ExpectedAnswer, Given, KnownValue, Source, Verdict


@dataclass(frozen=True, slots=True)
class AnswerType:
    """The five functions of an answer type; what they take and give stands in ``contract``."""

    right_value: Callable[[object, Any], Any]
    spelling: Callable[[Any, Any], str]
    parse: Callable[[str, Any], Given[Any]]
    known_values: Callable[[Any, Any, Source], Iterable[KnownValue]]
    compare: Callable[[Given[Any], Any, ExpectedAnswer], Verdict]


def _of(module: Any) -> AnswerType:
    return AnswerType(module.right_value, module.spelling, module.parse, module.known_values, module.compare)


TYPES: Mapping[str, AnswerType] = {
    "HASH": _of(hash_answer),
    "INT": _of(int_answer),
    "OFFSET": _of(offset_answer),
    "REGION": _of(region_answer),
    "INODE": _of(inode_answer),
    "PATH": _of(path_answer),
    "TIME": _of(time_answer),
    "ENUM": _of(enum_answer),
    "MULTI": _of(multi_answer),
    "SET": _of(set_answer),
    "LOG": _of(log_answer),
}
