"""lab.toml and course.toml: labs, and the orders in which courses take them."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from labkit.content.schemas.terms import Slug, Status, Strict, Translated, Uuid


class Lab(Strict):
    """lab.toml: a guided session that uses exercises in order."""

    slug: Annotated[str, Field(pattern=r"^[0-9]{2}-[a-z0-9]+(-[a-z0-9]+)*$")] = Field(description="the folder's name")
    uuid: Uuid = Field(description="never changes, even when the slug does")
    code: Annotated[str, Field(pattern=r"^L[0-9]{2}$")] = Field(description="number in the curriculum, e.g. L03")
    status: Status = Field(description="wip, beta, active or deprecated")
    title: Translated = Field(description="title by language")
    role: Literal["all", "first-responder", "custodian", "examiner", "analyst", "prosecutor"] = Field(
        description="the role that the trainee plays"
    )
    minutes: int = Field(gt=0, le=240, description="time that it takes in class, with all its exercises")
    minutes_of: dict[Slug, Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict, description="what of it an exercise takes that a course may leave out"
    )
    case: Slug = Field(description="case in evidence_images/")
    items: list[Slug] = Field(default_factory=list, description="evidence items that the guide uses")
    exercises: list[Slug] = Field(min_length=1, description="exercises in the order of the guide")
    teaches: list[Slug] = Field(default_factory=list, description="concepts that it teaches")
    requires: list[Slug] = Field(default_factory=list, description="concepts that must come before")
    comment: Any = Field(None, description="a note for authors; not used")

    @model_validator(mode="after")
    def _minutes_are_parts(self) -> "Lab":
        unknown = sorted(set(self.minutes_of) - set(self.exercises))
        if unknown:
            raise ValueError(f"minutes_of names {unknown[0]!r}, which is none of the exercises")
        if sum(self.minutes_of.values()) >= self.minutes:
            raise ValueError("minutes_of takes all the minutes of the lab")
        return self


class Course(Strict):
    """One order of labs for a format and an audience."""

    title: Translated = Field(description="title by language")
    labs: list[str] = Field(min_length=1, description="slugs of labs in order")
    leave_out: list[Slug] = Field(
        default_factory=list, description="exercises of these labs that the course does without, with their evidence"
    )
    pass_percent: int = Field(60, ge=0, le=100, description="share of the points that passes")


class Courses(Strict):
    """labs/course.toml: all courses by slug."""

    courses: dict[Slug, Course] = Field(description="courses by slug")
