"""The list of trainees: a small CSV file, read strictly, with every problem named at once."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkit.errors import RosterError
from labkit.i18n import LANGUAGES
from labkit.model.people import Trainee

_ALIASES: Mapping[str, str] = {"full_name": "name", "lang": "language", "id_number": "idnumber"}
_REQUIRED = ("trainee_id", "name", "language")
_OPTIONAL = ("username", "idnumber", "email", "group", "pair")
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9_-])?", re.ASCII)  # it becomes a file name
_DOS_NAME = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_MAX_BYTES = 16 * 1024 * 1024
_MAX_CELL = 200
_COLUMNS = "Write a first line with the columns trainee_id,name,language; docs/trainer/README.md has an example."


@dataclass(frozen=True, slots=True)
class _Line:
    number: int  # from 1, as an editor counts
    cells: Mapping[str, str]
    has_more: bool  # cells than the first line has columns


def read_roster(data: bytes, *, name: str = "roster.csv") -> tuple[Trainee, ...]:
    """Return the trainees in the order of the file.

    The file is UTF-8 (a byte order mark is fine), comma or semicolon, with a header line.

    Raises:
        RosterError: Something is wrong; the message lists every problem with its line.
    """
    lines = _lines(_text(data, name), name)
    problems = [f"line {line.number}: {what}" for line in lines for what in _wrong_cells(line)]
    problems += _duplicates(lines, "trainee_id", "trainee_id")
    problems += _duplicates(lines, "name", "name")
    problems += _alone(lines)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise RosterError(
            f"{name} has {count}:\n  " + "\n  ".join(problems),
            remedy="Correct the lines in your spreadsheet, save it as CSV in UTF-8, and run the command again. "
            "Two people of one name: add a second name or a number.",
        )
    return tuple(_trainee(line.cells) for line in lines)


def _text(data: bytes, name: str) -> str:
    if len(data) > _MAX_BYTES:
        raise RosterError(f"{name} is larger than {_MAX_BYTES // 1024**2} MiB", remedy=_COLUMNS)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RosterError(
            f"{name} is not UTF-8: line {line} holds a byte that UTF-8 does not know",
            remedy="Save it again: in Excel as 'CSV UTF-8', in LibreOffice with the character set 'Unicode (UTF-8)'.",
        ) from None
    if not text.strip():
        raise RosterError(f"{name} is empty", remedy=_COLUMNS)
    return text


def _lines(text: str, name: str) -> list[_Line]:
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise RosterError(f"{name}: line {reader.line_num} is not CSV: {error}", remedy=_COLUMNS) from None
    if not rows:
        raise RosterError(f"{name} holds nothing but quotation marks", remedy=_COLUMNS)
    header = [_ALIASES.get(cell.strip().lower(), cell.strip().lower()) for cell in rows[0][1]]
    missing = [column for column in _REQUIRED if column not in header]
    repeated = sorted({column for column in header if column and header.count(column) > 1})
    if missing or repeated:
        what = f"has no column {', '.join(missing)}" if missing else f"has the column {', '.join(repeated)} twice"
        raise RosterError(f"{name} {what}", remedy=_COLUMNS)
    if len(rows) == 1:
        raise RosterError(f"{name} has a first line and no trainees", remedy="Write one line for each trainee.")
    return [
        _Line(
            number,
            {column: _clean(cell) for column, cell in zip(header, row, strict=False)},
            has_more=any(cell.strip() for cell in row[len(header) :]),
        )
        for number, row in rows[1:]
    ]


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _wrong_cells(line: _Line) -> Iterator[str]:
    for column in _REQUIRED:
        if not line.cells.get(column):
            yield f"{column} is empty"
    if line.has_more:
        yield "has more cells than the first line; a name with a comma in it needs quotation marks"
    identifier, language = line.cells.get("trainee_id", ""), line.cells.get("language", "")
    if identifier and (not _ID.fullmatch(identifier) or _DOS_NAME.fullmatch(identifier)):
        yield (
            f"trainee_id {identifier[:40]!r} can not be a file name; use up to 40 letters and digits of ASCII, "
            "dots, hyphens and underscores"
        )
    if language and language.lower() not in LANGUAGES:
        yield f"language {language[:20]!r} is not known; use one of {', '.join(LANGUAGES)}"
    for column in ("name", *_OPTIONAL):
        cell = line.cells.get(column, "")
        if len(cell) > _MAX_CELL:
            yield f"{column} is longer than {_MAX_CELL} characters"
        elif any(unicodedata.category(character) in ("Cc", "Cs") for character in cell):
            yield f"{column} holds a control character"


def _duplicates(lines: list[_Line], column: str, shown: str) -> Iterator[str]:
    first: dict[str, int] = {}
    for line in lines:
        cell = line.cells.get(column, "")
        if cell and first.setdefault(cell.casefold(), line.number) != line.number:
            yield f"line {line.number}: {shown} {cell[:40]!r} stands in line {first[cell.casefold()]} already"


def _alone(lines: list[_Line]) -> Iterator[str]:
    pairs = [line.cells.get("pair", "").casefold() for line in lines]
    for line, pair in zip(lines, pairs, strict=True):
        if pair and pairs.count(pair) == 1:
            yield f"line {line.number}: nobody else has the pair {line.cells['pair'][:40]!r}; a pair needs two"


def _trainee(cells: Mapping[str, str]) -> Trainee:
    return Trainee(
        trainee_id=cells["trainee_id"],
        name=cells["name"],
        language=cells["language"].lower(),
        username=cells.get("username", ""),
        id_number=cells.get("idnumber", ""),
        email=cells.get("email", ""),
        group=cells.get("group", ""),
        pair=cells.get("pair", ""),
    )
