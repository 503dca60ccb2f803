"""The shape of lab.toml, exercise.toml and course.toml. Unknown keys are errors; every key is described.

Answers refer to the truth by ``item:trace.fact`` (or ``var:name``); a literal ``value`` is for what is the same for
everybody. Where a right answer has several parts, ``truth`` is a list of references.
"""

from labkit.content.schemas.choices import Choices, ClaimAnswer, EnumAnswer, MultiAnswer, Option, OrderAnswer
from labkit.content.schemas.custody import DefectAnswer, LogAnswer, LogEvent, RuledFlaw
from labkit.content.schemas.exercise import Answer, Exercise, Task, YaraAnswer
from labkit.content.schemas.expected import Expected, Mistake
from labkit.content.schemas.lab import Course, Courses, Lab
from labkit.content.schemas.places import (
    Citation,
    InodeAnswer,
    NumberedPlace,
    OffsetAnswer,
    PathAnswer,
    Place,
    RegionAnswer,
)
from labkit.content.schemas.tables import Cell, CellAnswer, Column, TableAnswer
from labkit.content.schemas.terms import (
    Base,
    Reference,
    Slug,
    Status,
    Strict,
    TraceReference,
    Translated,
    Uuid,
    VariableName,
)
from labkit.content.schemas.values import HashAnswer, IntAnswer, SetAnswer, TextAnswer, TimeAnswer

__all__ = [
    "Answer",
    "Base",
    "Cell",
    "CellAnswer",
    "Choices",
    "Citation",
    "ClaimAnswer",
    "Column",
    "Course",
    "Courses",
    "DefectAnswer",
    "EnumAnswer",
    "Exercise",
    "Expected",
    "HashAnswer",
    "InodeAnswer",
    "IntAnswer",
    "Lab",
    "LogAnswer",
    "LogEvent",
    "Mistake",
    "MultiAnswer",
    "NumberedPlace",
    "OffsetAnswer",
    "Option",
    "OrderAnswer",
    "PathAnswer",
    "Place",
    "Reference",
    "RegionAnswer",
    "RuledFlaw",
    "SetAnswer",
    "Slug",
    "Status",
    "Strict",
    "TableAnswer",
    "Task",
    "TextAnswer",
    "TimeAnswer",
    "TraceReference",
    "Translated",
    "Uuid",
    "VariableName",
    "YaraAnswer",
]
