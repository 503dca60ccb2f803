"""exercise.toml: tasks, each with the answer that it asks for."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from labkit.content.schemas.choices import ClaimAnswer, EnumAnswer, MultiAnswer, OrderAnswer
from labkit.content.schemas.custody import DefectAnswer, LogAnswer
from labkit.content.schemas.expected import Expected, Mistake
from labkit.content.schemas.places import InodeAnswer, OffsetAnswer, PathAnswer, RegionAnswer
from labkit.content.schemas.tables import TableAnswer
from labkit.content.schemas.terms import Reference, Slug, Status, Strict, Translated, Uuid
from labkit.content.schemas.values import HashAnswer, IntAnswer, SetAnswer, TextAnswer, TimeAnswer


class YaraAnswer(Strict):
    """A YARA rule, tried on generated sets of samples. Each reference is a fact that names a set."""

    type: Literal["YARA"] = Field(description="answer type")
    positives: Reference = Field(description="fact: the set of files that the rule must find")
    mutated: Reference = Field(description="fact: the set of changed variants that a good rule finds as well")
    clean: Reference = Field(description="fact: the set of files that the rule must leave alone")


Answer = Annotated[
    HashAnswer
    | IntAnswer
    | OffsetAnswer
    | RegionAnswer
    | InodeAnswer
    | PathAnswer
    | TimeAnswer
    | EnumAnswer
    | MultiAnswer
    | OrderAnswer
    | TextAnswer
    | SetAnswer
    | TableAnswer
    | ClaimAnswer
    | YaraAnswer
    | DefectAnswer
    | LogAnswer,
    Field(discriminator="type"),
]


class Task(Strict):
    """One numbered thing to do. Its text stands in brief.<lang>.md under the heading of the same number."""

    id: Slug = Field(description="stable name inside the exercise")
    points: float = Field(gt=0, le=100, description="points for a full answer")
    answer: Answer = Field(description="answer type and what is right")
    mistakes: list[Mistake] = Field(default_factory=list, description="values of typical mistakes, by name")

    @model_validator(mode="after")
    def _mistakes_have_a_value_to_stand_for(self) -> "Task":
        if self.mistakes and not isinstance(self.answer, Expected):
            where = "write them into its cells" if isinstance(self.answer, TableAnswer) else "leave them out"
            raise ValueError(f"a {self.answer.type} has no mistakes of its own; {where}")
        return self


class Exercise(Strict):
    """exercise.toml: the graded unit. It does not know which lab uses it."""

    slug: Slug = Field(description="the folder's name")
    uuid: Uuid = Field(description="never changes, even when the slug does")
    status: Status = Field(description="wip, beta, active or deprecated")
    title: Translated = Field(description="title by language")
    case: Slug = Field(description="case in evidence_images/")
    items: list[Slug] = Field(min_length=1, description="evidence items that it needs")
    mode: Literal["formative", "graded"] = Field("graded", description="formative: no deductions, checked at once")
    bonus_points: float | None = Field(
        None, gt=0, le=100, description="the most that it adds to what else was earned; without it, it counts in full"
    )
    maps_to: list[str] = Field(default_factory=list, description="standards and SOLVE-IT techniques it practises")
    tasks: list[Task] = Field(min_length=1, description="tasks in order")
    comment: Any = Field(None, description="a note for authors; not used")

    def points_of(self, task: Task) -> float:
        """Return what a task of this exercise is worth: of a bonus its share."""
        return task.points if self.bonus_points is None else round(task.points * self.bonus_points / 100, 2)

    @property
    def is_for_pairs(self) -> bool:
        """Return whether it needs a colleague."""
        return any(
            (isinstance(task.answer, DefectAnswer) and task.answer.colleague)
            or (isinstance(task.answer, LogAnswer) and any(event.countersigned for event in task.answer.events))
            for task in self.tasks
        )
