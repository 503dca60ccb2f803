"""The shape of lab.toml, exercise.toml and course.toml. Unknown keys are errors; every key is described.

Answers refer to the truth by ``item:trace.fact`` (or ``var:name``); a literal ``value`` is for what is the same for
everybody. Where a right answer has several parts, ``truth`` is a list of references.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
Reference = Annotated[str, Field(pattern=r"^(var:[a-z0-9_]+|[a-z0-9-]+:[a-z0-9-]+\.[a-z0-9_]+)$")]
TraceReference = Annotated[str, Field(pattern=r"^[a-z0-9-]+:[a-z0-9-]+$")]
Translated = Annotated[dict[str, str], Field(min_length=1)]
Status = Literal["wip", "beta", "active", "deprecated"]

Base = Literal["disk", "partition", "file", "memory"]


class Strict(BaseModel):
    """A table in which a key that nobody knows is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(Strict):
    """What is right: a fact of the truth, or a literal that is the same for all."""

    truth: Reference | Annotated[list[Reference], Field(min_length=1)] | None = Field(
        None, description="fact of the truth that is the right answer, or a list of facts that make it together"
    )
    value: str | int | list[str] | list[int] | None = Field(None, description="right answer, the same for all")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Expected":
        if (self.truth is None) == (self.value is None):
            raise ValueError("needs exactly one of 'truth' and 'value'")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """Return the references in ``truth``, one by one."""
        return (self.truth,) if isinstance(self.truth, str) else tuple(self.truth or ())


class Mistake(Expected):
    """The value that a typical mistake gives, with the mistake's name."""

    code: str = Field(pattern=r"^[A-Z]+(-[A-Z0-9]+)+$|^CYR$", description="code of curriculum section 7.3, e.g. H-CONT")
    credit_percent: int = Field(0, ge=0, le=90, description="share of the points that this mistake still earns")


class HashAnswer(Expected):
    """A digest. A weaker algorithm of the right object is recognised from the sibling facts md5 and sha1."""

    type: Literal["HASH"] = Field(description="answer type")
    algorithm: Literal["md5", "sha1", "sha256"] = Field(description="algorithm that is asked for")


class IntAnswer(Expected):
    """A whole number."""

    type: Literal["INT"] = Field(description="answer type")
    unit: Literal["bytes", "sectors", "seconds", "clusters", "count"] = Field(description="unit that is asked for")
    tolerance: int = Field(0, ge=0, description="largest difference that is still right")
    cluster_bytes: Reference | None = Field(None, description="fact: bytes in a cluster, to name a size rounded up")


class OffsetAnswer(Expected):
    """A place, as bytes or sectors from a base; the trainee states the unit. The truth is in bytes."""

    type: Literal["OFFSET"] = Field(description="answer type")
    base: Base = Field(description="what byte 0 is; memory: addresses as one process sees them")
    base_start: Reference | None = Field(None, description="fact: where the other base begins on the disk, in bytes")
    base_required: bool = Field(False, description="whether a place counted from another base, and said so, is a slip")


class RegionAnswer(Expected):
    """A stretch of bytes. The truth is a pair: where it begins, in bytes from the base, and its length in bytes."""

    type: Literal["REGION"] = Field(description="answer type")
    base: Base = Field(description="what byte 0 is; memory: addresses as one process sees them")
    base_start: Reference | None = Field(None, description="fact: where the other base begins on the disk, in bytes")
    base_required: bool = Field(False, description="whether a place counted from another base, and said so, is a slip")


class InodeAnswer(Expected):
    """The address of a file: inode, MFT number or FAT entry address."""

    type: Literal["INODE"] = Field(description="answer type")
    parent: Reference | None = Field(None, description="fact: address of the directory, a typical slip")
    previous: Reference | None = Field(None, description="fact: an older address of the same name")


class PathAnswer(Expected):
    """A path from the root of its volume."""

    type: Literal["PATH"] = Field(description="answer type")
    case_sensitive: bool = Field(False, description="whether the file system tells upper from lower case")


class TimeAnswer(Expected):
    """A moment, ISO 8601 with an offset."""

    type: Literal["TIME"] = Field(description="answer type")
    tolerance_s: int = Field(1, ge=0, description="largest difference in seconds that is still right")
    zone: str | None = Field(None, description="IANA zone of the clock; lets the grader name zone mistakes T-1 to T-4")


class Option(Strict):
    """One choice of an ENUM, a MULTI, an ORDER or a CLAIM."""

    id: Slug = Field(description="what is stored and compared")
    title: Translated = Field(description="what is shown, by language; may hold {public variables}")


class Choices(Expected):
    """An answer that is made from a list of options; what is right is said by their ids."""

    options: list[Option] = Field(min_length=2, description="the choices in the order they are shown")


class EnumAnswer(Choices):
    """One of a list of options."""

    type: Literal["ENUM"] = Field(description="answer type")


class MultiAnswer(Choices):
    """Several of a list of options."""

    type: Literal["MULTI"] = Field(description="answer type")


class OrderAnswer(Choices):
    """All options in an order. What is right is a list of their ids, what comes first at its beginning."""

    type: Literal["ORDER"] = Field(description="answer type")
    ties: list[Annotated[list[Slug], Field(min_length=2)]] = Field(
        default_factory=list, description="groups of neighbours any of which may come first"
    )

    def ranks(self, right: Sequence[str]) -> dict[str, int]:
        """Return at which place of the right order each option belongs; tied ones share the first of their places."""
        ranks = {name: place for place, name in enumerate(right)}
        for tie in self.ties:
            ranks |= dict.fromkeys(tie, min(ranks[name] for name in tie))
        return ranks

    def ties_are_neighbours(self, right: Sequence[str]) -> bool:
        """Return whether the options of each tie stand together in the right order, and in no other tie."""
        tied = [name for tie in self.ties for name in tie]
        if len(set(tied)) < len(tied) or not set(tied) <= set(right):
            return False
        return all(max(map(right.index, tie)) - min(map(right.index, tie)) == len(tie) - 1 for tie in self.ties)


class NumberedPlace(Expected):
    """Something numbered: a line of a custody file or a log, an object of a picture. Of several, any will do."""

    type: Literal["NUMBERED"] = Field(description="answer type")


Place = PathAnswer | InodeAnswer | OffsetAnswer | RegionAnswer | NumberedPlace


class Citation(Strict):
    """What in the evidence supports a statement: a place in an exhibit, or a page or picture, perhaps as a whole."""

    exhibit: str = Field(min_length=1, description="exhibit number, or file name of a page; may hold {variables}")
    place: Annotated[Place, Field(discriminator="type")] | None = Field(
        None,
        description="where in it: a path, an address, an offset, a region, numbered lines; a page may do as a whole",
    )

    @property
    def answer(self) -> Place:
        """Return the place, by the name that it has in a task and in a cell; only where there is one."""
        assert self.place is not None  # noqa: S101 - asked for by the caller
        return self.place

    @property
    def mistakes(self) -> list[Mistake]:
        """Return nothing: the type of the place knows its own mistakes."""
        return []


class ClaimAnswer(Choices):
    """The statements that evidence supports, and an exhibit with a place, or a page, that shows it."""

    type: Literal["CLAIM"] = Field(description="answer type")
    over: list[Slug] = Field(default_factory=list, description="statements that say more than the evidence shows")
    citations: list[Citation] = Field(min_length=1, description="what is cited, any of which supports what is right")


class TextAnswer(Expected):
    """A word, a name or a short text, compared without upper and lower case."""

    type: Literal["TEXT"] = Field(description="answer type")


class SetAnswer(Expected):
    """Unordered tokens, separated by commas, semicolons or line ends; words and numbers also by spaces."""

    type: Literal["SET"] = Field(description="answer type")
    tokens: Literal["text", "phrase", "name", "int"] = Field(
        "text", description="how a token is read: one word, several words, a file name, a whole number"
    )


CellAnswer = Annotated[
    HashAnswer | IntAnswer | OffsetAnswer | InodeAnswer | PathAnswer | TimeAnswer | EnumAnswer | TextAnswer,
    Field(discriminator="type"),
]


class Cell(Strict):
    """One cell of a right row: the answer of its column with what is right, and the mistakes that are known in it."""

    answer: CellAnswer = Field(description="the column's answer, completed")
    mistakes: list[Mistake] = Field(default_factory=list, description="values of typical mistakes, by name")


class Column(Strict):
    """One column of a TABLE."""

    id: Slug = Field(description="what stands in the head of the table that is handed in")
    title: Translated = Field(description="what is shown, by language; may stand in the head as well")
    answer: dict[str, Any] = Field(description="an answer without what is right, e.g. { type = 'INT', unit = 'bytes' }")


class TableAnswer(Strict):
    """Rows and columns. Each cell is an answer of its own; rows are told apart by the key column.

    In a row of ``exercise.toml`` a cell is ``{ truth = "item:trace.fact" }``, with any key that its answer type has and
    with ``mistakes``; or the literal value alone, where it is the same for everybody.
    """

    type: Literal["TABLE"] = Field(description="answer type")
    key: Slug = Field(description="column by which rows are told apart; it earns nothing by itself")
    columns: list[Column] = Field(min_length=2, description="columns in the order they are shown")
    rows: list[dict[str, Cell]] = Field(min_length=1, description="the right rows: column to cell")

    @model_validator(mode="before")
    @classmethod
    def _complete_cells(cls, data: Any) -> Any:
        if not (
            isinstance(data, dict) and isinstance(data.get("columns"), list) and isinstance(data.get("rows"), list)
        ):
            return data  # what is wrong with it is said by the fields
        forms = {
            column["id"]: column["answer"]
            for column in data["columns"]
            if isinstance(column, dict) and isinstance(column.get("answer"), dict) and "id" in column
        }
        rows = [
            {name: _completed(forms[name], cell) if name in forms else cell for name, cell in row.items()}
            for row in data["rows"]
            if isinstance(row, dict)
        ]
        for number, row in enumerate(rows, start=1):
            if row.keys() != forms.keys():
                odd = ", ".join(sorted(map(str, row.keys() ^ forms.keys())))
                raise ValueError(f"row {number} does not have exactly the columns of the table; look at {odd}")
        return {**data, "rows": rows}

    @model_validator(mode="after")
    def _columns_are_told_apart(self) -> "TableAnswer":
        names = [column.id for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("two columns have the same id")
        if self.key not in names:
            raise ValueError(f"the key {self.key!r} is none of the columns {', '.join(names)}")
        return self

    def form(self, column: str) -> CellAnswer:
        """Return the answer by which the cells of a column are read."""
        return self.rows[0][column].answer


def _completed(form: dict[str, Any], cell: Any) -> Any:
    if isinstance(cell, Cell) or (isinstance(cell, dict) and "answer" in cell):
        return cell
    if not isinstance(cell, dict):
        return {"answer": {**form, "value": cell}}
    own = {key: value for key, value in cell.items() if key != "mistakes"}
    return {"answer": {**form, **own}, "mistakes": cell.get("mistakes", [])}


class YaraAnswer(Strict):
    """A YARA rule, tried on generated sets of samples. Each reference is a fact that names a set."""

    type: Literal["YARA"] = Field(description="answer type")
    positives: Reference = Field(description="fact: the set of files that the rule must find")
    mutated: Reference = Field(description="fact: the set of changed variants that a good rule finds as well")
    clean: Reference = Field(description="fact: the set of files that the rule must leave alone")


class RuledFlaw(Strict):
    """What an auditor should say where a custody rule is broken, by the ids of the lists of the task."""

    category: Slug = Field(description="kind of flaw")
    consequences: list[Slug] = Field(min_length=1, description="what it leads to")
    cures: list[Slug] = Field(min_length=1, description="what helps most; any of several")


class DefectAnswer(Strict):
    """The flaws of a custody file: the lines, the kind, what follows, what would cure it.

    The file is either that of an item, into which flaws were planted, or a colleague's ledger, read by the rules.
    """

    type: Literal["DEFECT"] = Field(description="answer type")
    item: Slug | None = Field(None, description="the item whose custody file is read; its traces say what was planted")
    colleague: bool = Field(False, description="whether the ledger of a colleague is read, instead of an item")
    categories: list[Option] = Field(min_length=2, description="kinds of flaws to choose from")
    consequences: list[Option] = Field(min_length=2, description="what a flaw may lead to")
    cures: list[Option] = Field(min_length=2, description="what may be done about it")
    rules: dict[Annotated[str, Field(pattern=r"^CC-\d\d$")], RuledFlaw] = Field(
        default_factory=dict, description="with colleague: custody rule to what it means; other rules are not asked for"
    )

    @model_validator(mode="after")
    def _says_whose(self) -> "DefectAnswer":
        if (self.item is None) != self.colleague:
            raise ValueError("name an item, or say colleague = true")
        if self.item is not None and self.rules:
            raise ValueError("only the ledger of a colleague is read by rules")
        for rule, flaw in self.rules.items():
            for name, ids, options in (
                ("category", [flaw.category], self.categories),
                ("consequences", flaw.consequences, self.consequences),
                ("cures", flaw.cures, self.cures),
            ):
                unknown = sorted(set(ids) - {option.id for option in options})
                if unknown:
                    raise ValueError(f"{rule}: {name} has {', '.join(unknown)}, which is not in the list")
        return self


class LogEvent(Strict):
    """An event that the ledger must hold: a type and perhaps an exhibit, or an event of the story."""

    type: str | None = Field(None, description="event type of custody/1, e.g. acquired; that of the story by default")
    exhibit: str | None = Field(None, description="exhibit number; may hold {variables}")
    hash_truth: Reference | None = Field(None, description="fact: digest that the event must carry")
    truth: TraceReference | None = Field(None, description="item:trace: the event of the story that it must tell")
    corrects: str | None = Field(None, description="for corrected: event type of the line that it must correct")
    countersigned: bool = Field(
        False, description="for received: whether the receiver must have signed the release with a key"
    )

    @model_validator(mode="after")
    def _says_which(self) -> "LogEvent":
        if self.type is None and self.truth is None:
            raise ValueError("name a type, or an event of the story with truth")
        if self.corrects is not None and self.type != "corrected":
            raise ValueError("only a type = 'corrected' has corrects")
        return self


class LogAnswer(Strict):
    """The custody ledger itself, scored by the rules and by the events it must hold."""

    type: Literal["LOG"] = Field(description="answer type")
    story: Slug | None = Field(None, description="item all of whose events the ledger must tell as they happened")
    events: list[LogEvent] = Field(default_factory=list, description="events that must be there")
    tolerance_s: int = Field(300, ge=0, description="how far a time may be from that of the story, in seconds")
    leave_out: list[str] = Field(
        default_factory=list, description="custody rules that can not be asked here, such as CC-24"
    )
    only: list[str] = Field(
        default_factory=list, description="custody rules that alone count, where another task asks for the others"
    )
    overlay: Literal["default", "attesting-witness", "legacy-digests"] = Field(
        "default", description="what a country adds to the custody rules"
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> "LogAnswer":
        if self.story is None and not self.events:
            raise ValueError("list the events that must be there, or name a story")
        return self


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
