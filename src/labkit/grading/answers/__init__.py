"""One module for each answer type, and the table that finds it."""

from collections.abc import Mapping

from labkit.grading.answers import claim_answer, defect_answer, log_answer, table_answer, yara_answer
from labkit.grading.answers.simple import SIMPLE, AnswerType, type_of

TYPES: Mapping[str, AnswerType] = {
    **SIMPLE,
    "TABLE": type_of(table_answer),
    "CLAIM": type_of(claim_answer),
    "YARA": type_of(yara_answer),
    "DEFECT": type_of(defect_answer),
    "LOG": type_of(log_answer),
}
