"""Answers of rows and columns."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from labkit.content.schemas.choices import EnumAnswer
from labkit.content.schemas.expected import Mistake
from labkit.content.schemas.places import InodeAnswer, OffsetAnswer, PathAnswer
from labkit.content.schemas.terms import Slug, Strict, Translated
from labkit.content.schemas.values import HashAnswer, IntAnswer, TextAnswer, TimeAnswer

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
