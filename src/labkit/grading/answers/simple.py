"""The answer types of one value each. Composed types (TABLE, CLAIM) read and compare their parts by them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.grading.answers import (
    enum_answer,
    hash_answer,
    inode_answer,
    int_answer,
    multi_answer,
    numbered_answer,
    offset_answer,
    order_answer,
    path_answer,
    region_answer,
    set_answer,
    text_answer,
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


def type_of(module: Any) -> AnswerType:
    """Return the five functions of a module."""
    return AnswerType(module.right_value, module.spelling, module.parse, module.known_values, module.compare)


SIMPLE: Mapping[str, AnswerType] = {
    "HASH": type_of(hash_answer),
    "INT": type_of(int_answer),
    "OFFSET": type_of(offset_answer),
    "REGION": type_of(region_answer),
    "INODE": type_of(inode_answer),
    "PATH": type_of(path_answer),
    "TIME": type_of(time_answer),
    "ENUM": type_of(enum_answer),
    "MULTI": type_of(multi_answer),
    "ORDER": type_of(order_answer),
    "TEXT": type_of(text_answer),
    "SET": type_of(set_answer),
    "NUMBERED": type_of(numbered_answer),
}
