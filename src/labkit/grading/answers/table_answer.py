"""TABLE: rows and columns. Every cell is read and compared by the answer type of its column; the key finds the row."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.content.schemas import TableAnswer
from labkit.grading.answers.contract import (
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.answers.simple import SIMPLE
from labkit.grading.normalise import printable
from labkit.grading.tables import read_table, write_table
from labkit.model.grading import Detail

Row = Mapping[str, Given[Any]]  # column to its cell, as it was understood; empty cells are not there
Rows = tuple[Row, ...]

MAX_DETAILS = 40
_SHOWN_CHARACTERS = 60
_FULL_PERCENT = 100


def right_value(raw: object, answer: TableAnswer) -> None:
    """Refuse: what is right is said by the rows that the exercise lists.

    Raises:
        ContentError: Always.
    """
    raise unfit(raw, "no value: a TABLE task lists rows")


def parse(text: str, answer: TableAnswer) -> Given[Rows]:
    """Return the rows, each cell as the answer type of its column reads it.

    Raises:
        FormError: Not a table, or a cell that can not be read; ``cell`` of the error names row and column.
    """
    titles = {column.id: tuple(column.title.values()) for column in answer.columns}
    rows = tuple(
        {name: _cell(answer, number, name, cell) for name, cell in row.items()}
        for number, row in enumerate(read_table(text, titles, answer.key), start=1)
    )
    notices = dict.fromkeys(notice for row in rows for cell in row.values() for notice in cell.notices)
    return Given(rows, _written([{name: cell.text for name, cell in row.items()} for row in rows], answer), (*notices,))


def _cell(answer: TableAnswer, number: int, column: str, text: str) -> Given[Any]:
    form = answer.form(column)
    try:
        return SIMPLE[form.type].parse(text, form)
    except FormError as error:
        raise FormError(
            f"row {number}, column {column}: {error.message}",
            remedy=error.remedy,
            code=error.code,
            mistake=error.mistake,
            values=error.values,
            cell={"row": number, "column": column},
        ) from None


def spelling(value: Sequence[Mapping[str, Any]], answer: TableAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return _written(
        [
            {name: SIMPLE[answer.form(name).type].spelling(cell, answer.form(name)) for name, cell in row.items()}
            for row in value
        ],
        answer,
    )


def _written(rows: Sequence[Mapping[str, str]], answer: TableAnswer) -> str:
    columns = [column.id for column in answer.columns]
    in_order = sorted(rows, key=lambda row: [row.get(name, "") for name in (answer.key, *columns)])
    return write_table(in_order, columns)


def known_values(answer: TableAnswer, right: object, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: mistakes are known cell by cell."""
    yield from ()


def compare(given: Given[Rows], answer: TableAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return the share of the right cells that was earned, with one detail for each cell and row that is not right.

    A row is found by its key, and by no other cell. A key that is a recognised mistake finds its row as well, whose
    cells then earn the share of that mistake. A row too many counts as a row with nothing right in it. The key earns
    nothing by itself.
    """
    pairs = _pairs(given.value, answer, expected)
    found = {number for _, number, _ in pairs if number is not None}
    others = [column.id for column in answer.columns if column.id != answer.key]
    earned = 0
    details: list[Detail] = []
    notices: dict[str, None] = {}
    for row, number, key in pairs:
        shown = printable(row[answer.key].text, _SHOWN_CHARACTERS)
        if number is None:
            details.append(Detail("TABLE-EXTRA", {"row": shown}))
            continue
        if key.credit_percent < _FULL_PERCENT:
            details.append(_wrong(shown, answer.key, key))
        for column in others:
            verdict = _verdict(row, column, number, answer, expected)
            earned += verdict.credit_percent * key.credit_percent
            notices |= dict.fromkeys(verdict.notices)
            if verdict.credit_percent < _FULL_PERCENT:
                details.append(_wrong(shown, column, verdict))
    missing = len(expected.rows) - len(found)
    if missing:
        details.append(Detail("TABLE-MISSING", {"count": missing}))
    rows = len(expected.rows) + len(pairs) - len(found)
    codes = Counter(str(detail.values["mistake"]) for detail in details if "mistake" in detail.values)
    return Verdict(
        earned // (_FULL_PERCENT * len(others) * rows),
        codes.most_common(1)[0][0] if codes else None,
        notices=tuple(notices),
        details=tuple(details[:MAX_DETAILS]),
    )


def _pairs(rows: Rows, answer: TableAnswer, expected: ExpectedAnswer) -> list[tuple[Row, int | None, Verdict]]:
    """Return each row with the number of its right row, None where there is none, and the verdict on its key.

    Right keys are looked for first, so that a mistake never takes the row of a right one.
    """
    free = dict.fromkeys(range(len(expected.rows)))
    found: dict[int, tuple[int, Verdict]] = {}
    for right_only in (True, False):
        for place, row in enumerate(rows):
            if place in found:
                continue
            for number in free:
                verdict = _verdict(row, answer.key, number, answer, expected)
                if verdict.credit_percent == _FULL_PERCENT or (not right_only and verdict.mistake):
                    found[place] = number, verdict
                    del free[number]
                    break
    return [(row, *found.get(place, (None, Verdict(0)))) for place, row in enumerate(rows)]


def _verdict(row: Row, column: str, number: int, answer: TableAnswer, expected: ExpectedAnswer) -> Verdict:
    cell = row.get(column)
    if cell is None:
        return Verdict(0)
    right = answer.rows[number][column].answer
    return SIMPLE[right.type].compare(cell, right, expected.rows[number][column])


def _wrong(row: str, column: str, verdict: Verdict) -> Detail:
    values: dict[str, str | int] = {"row": row, "column": column}
    if verdict.mistake is None:
        return Detail("TABLE-CELL", values)
    return Detail("TABLE-CELL-MISTAKE", {**values, "mistake": verdict.mistake})
