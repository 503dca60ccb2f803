"""A table as trainees hand it in: CSV or TSV with a head, or a JSON list of objects. Nothing is known of its cells."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.grading.answers.contract import FormError
from labkit.grading.normalise import LIMIT_BYTES, words
from labkit.strict_json import RefusedJsonError, read_object

MOST_ROWS = 200
_DELIMITERS = ("\t", ";", "\u061b", "|", ",", "\u060c")  # Arabic semicolon and comma among them
_REMEDY = "Write one line for each row, with the columns {columns} between commas, semicolons or tabs."


def read_table(text: str, titles: Mapping[str, Sequence[str]], key: str) -> list[dict[str, str]]:
    """Return the rows: column id to the text of its cell; what is left empty is not there.

    The first line may name the columns, in any order; without it they are taken in the order of the task. Quotation
    marks keep a comma inside a cell.

    Args:
        text: What was handed in.
        titles: Column ids in the order of the task, each with its titles.
        key: The column that every row must have.

    Raises:
        FormError: Not a table, a column that is not known or twice there, a row that is too long or has no key.
    """
    listed = text.strip().startswith("[")
    rows = _objects(text, titles) if listed else _lines(text, titles)
    if not rows:
        raise _misfit("the table has no row", titles)
    if len(rows) > MOST_ROWS:
        raise _misfit(f"the table has more than {MOST_ROWS} rows", titles)
    for number, row in enumerate(rows, start=1):
        if key not in row:
            raise _misfit(f"row {number} has nothing in the column {key}", titles)
    return rows


def write_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    """Return rows as ``read_table`` reads them: a head, tabs between cells, line feeds between rows."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue().rstrip("\n")


def _lines(text: str, titles: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").strip("\n")
    several = next((line for line in plain.split("\n") if any(each in line for each in _DELIMITERS)), "")
    delimiter = next((each for each in _DELIMITERS if each in several), ",")
    try:
        records = list(csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise _misfit(f"the table can not be read: {error}", titles) from None
    records = [record for record in records if any(cell.strip() for cell in record)]
    names = _head(records[0], titles) if records else None
    columns = list(titles) if names is None else names
    rows = []
    for number, record in enumerate(records if names is None else records[1:], start=1):
        if any(cell.strip() for cell in record[len(columns) :]):
            raise _misfit(f"row {number} has {len(record)} cells; the table has {len(columns)} columns", titles)
        rows.append(_filled(dict(zip(columns, record, strict=False))))
    return rows


def _head(record: Sequence[str], titles: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the columns that a first line names, or None where it is a row already."""
    found = [_column(cell, titles) for cell in record]
    if not any(found):
        return None
    while found and not record[len(found) - 1].strip():
        found.pop()
    for cell, name in zip(record, found, strict=False):
        if name is None:
            raise _misfit(f"{cell.strip()[:40]!r} is not a column of this table", titles)
    columns = [name for name in found if name is not None]
    if len(set(columns)) < len(columns):
        raise _misfit("a column stands twice in the head of the table", titles)
    return columns


def _column(cell: str, titles: Mapping[str, Sequence[str]]) -> str | None:
    typed = words(cell).casefold()
    return next(
        (name for name, shown in titles.items() if typed in {name, *(words(title).casefold() for title in shown)}),
        None,
    )


def _objects(text: str, titles: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    try:
        found = read_object('{"rows":' + text + "}", max_bytes=LIMIT_BYTES + 20)
    except RefusedJsonError as refused:
        raise _misfit(f"the list can not be read as JSON ({refused.code})", titles) from None
    listed = found.get("rows")
    if len(found) != 1 or not isinstance(listed, list):
        raise _misfit("the answer is not a list of rows", titles)
    rows = []
    for number, entry in enumerate(listed, start=1):
        if not isinstance(entry, dict):
            raise _misfit(f"row {number} is not an object with the columns as its names", titles)
        row: dict[str, str] = {}
        for name, value in entry.items():
            column = _column(name, titles)
            if column is None or column in row:
                raise _misfit(f"row {number}: {name[:40]!r} is not a column of this table, or stands twice", titles)
            row[column] = _text(value, number, titles)
        rows.append(_filled(row))
    return rows


def _text(value: Any, number: int, titles: Mapping[str, Sequence[str]]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _misfit(f"row {number}: a cell is neither a text nor a whole number", titles)
    return str(value)


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if words(cell)}


def _misfit(message: str, titles: Mapping[str, Sequence[str]]) -> FormError:
    return FormError(message, remedy=_REMEDY.format(columns=", ".join(titles)), code="form-table")
