"""What a CREATE statement says: columns, keys and indices, as far as the places of bytes depend on them.

The statements are stored as they are given, as SQLite does; this reads the part of its language that programs use for
their tables. Sources: sqlite.org, "CREATE TABLE", "CREATE INDEX" and "Datatypes In SQLite", section 3.1 (affinity).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.sqlite_records import Value

Affinity = Literal["INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC"]

_NAME = r"[\w.]+|\"[^\"]+\"|\[[^\]]+\]|`[^`]+`"
_TABLE = re.compile(
    rf"\s*CREATE\s+TABLE\s+({_NAME})\s*\((.*)\)\s*(WITHOUT\s+ROWID\s*)?", re.IGNORECASE | re.DOTALL | re.ASCII
)
_INDEX = re.compile(
    rf"\s*CREATE\s+(UNIQUE\s+)?INDEX\s+({_NAME})\s+ON\s+({_NAME})\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL | re.ASCII
)
_KEY = re.compile(
    rf"(?:CONSTRAINT\s+(?:{_NAME})\s+)?(?:PRIMARY\s+KEY|UNIQUE)\s*\((.*?)\)\s*", re.IGNORECASE | re.DOTALL | re.ASCII
)
_OTHER_CONSTRAINT = re.compile(rf"(?:CONSTRAINT\s+(?:{_NAME})\s+)?(?:FOREIGN\s+KEY|CHECK)\b", re.IGNORECASE | re.ASCII)
_COLUMN = re.compile(rf"({_NAME})\s*([A-Z]+(?:\s*\(\s*\d+\s*\))?)?(?=\s|$)(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_NOT_TYPES = ("NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "COLLATE", "CONSTRAINT")
_DEFAULT = re.compile(r"\bDEFAULT\s+('[^']*'|\"[^\"]*\"|[-+]?\d+|NULL|TRUE|FALSE)", re.IGNORECASE | re.ASCII)
_WORDS: dict[str, Value] = {"NULL": None, "TRUE": 1, "FALSE": 0}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``rowid_alias``: it is an INTEGER PRIMARY KEY and so the number of the row."""

    name: str
    affinity: Affinity
    default: Value
    not_null: bool
    rowid_alias: bool


@dataclass(frozen=True, slots=True)
class Index:
    """An index. ``sql`` is None for one that SQLite makes itself for a UNIQUE or a PRIMARY KEY."""

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool
    sql: str | None


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table with the indices that its own statement asks for.

    ``primary_key`` has columns for a table WITHOUT ROWID, whose rows lie in the order of their key.
    """

    name: str
    sql: str
    columns: tuple[Column, ...]
    own_indices: tuple[Index, ...]
    autoincrement: bool
    primary_key: tuple[str, ...] = ()


def table_schema(sql: str) -> TableSchema:
    """Read a CREATE TABLE statement.

    Raises:
        SynthesisError: It is none, or asks for something that this writer does not do (COLLATE, GENERATED ...).
    """
    found = _TABLE.fullmatch(sql)
    if found is None:
        raise _not_read(sql, "a plain CREATE TABLE name (...)")
    name = _unquoted(found[1])
    columns: list[Column] = []
    keys: list[tuple[str, ...]] = []
    autoincrement = False
    for part in _parts(found[2]):
        if key := _KEY.fullmatch(part):
            keys.append(_column_names(key[1], sql))
        elif not _OTHER_CONSTRAINT.match(part):
            column, own_key = _column(part, sql)
            columns.append(column)
            autoincrement |= "AUTOINCREMENT" in part.upper()
            if own_key:
                keys.append((column.name,))
    known = [column.name for column in columns]
    different = list(dict.fromkeys(keys))
    _check_columns(different, known, sql)
    if found[3]:
        if len(different) != 1 or any(column.rowid_alias for column in columns):
            raise _not_read(sql, "one PRIMARY KEY, and no UNIQUE, for a table WITHOUT ROWID")
        return TableSchema(name, sql, tuple(columns), (), autoincrement=False, primary_key=different[0])
    indices = tuple(
        Index(f"sqlite_autoindex_{name}_{number}", name, key, unique=True, sql=None)
        for number, key in enumerate(different, start=1)
    )
    return TableSchema(name, sql, tuple(columns), indices, autoincrement)


def index_schema(sql: str) -> Index:
    """Read a CREATE INDEX statement.

    Raises:
        SynthesisError: It is none, or has expressions, an order, a collation or a WHERE.
    """
    found = _INDEX.fullmatch(sql)
    if found is None:
        raise _not_read(sql, "a plain CREATE [UNIQUE] INDEX name ON table (columns)")
    columns = _column_names(found[4], sql)
    return Index(_unquoted(found[2]), _unquoted(found[3]), columns, unique=found[1] is not None, sql=sql)


def _column(part: str, sql: str) -> tuple[Column, bool]:
    found = _COLUMN.fullmatch(part)
    if found is None:
        raise _not_read(sql, f"a column: {part!r}")
    name, declared, rest = _unquoted(found[1]), found[2] or "", found[3]
    if declared.upper() in _NOT_TYPES:
        declared, rest = "", f"{declared}{rest}"
    words = rest.upper()
    if "COLLATE" in words or "GENERATED" in words:
        raise _not_read(sql, f"a column without COLLATE and GENERATED: {part!r}")
    primary = "PRIMARY KEY" in words
    alias = primary and declared.upper() == "INTEGER"
    default = _DEFAULT.search(rest)
    column = Column(name, _affinity(declared.upper()), _literal(default[1]) if default else None,
                    not_null="NOT NULL" in words, rowid_alias=alias)  # fmt: skip
    return column, (primary and not alias) or "UNIQUE" in words.split()


def _affinity(declared: str) -> Affinity:
    if "INT" in declared:
        return "INTEGER"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in declared or not declared:
        return "BLOB"
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def _literal(text: str) -> Value:
    if text[0] in "'\"":
        return text[1:-1]
    return _WORDS[text.upper()] if text.upper() in _WORDS else int(text)


def _parts(body: str) -> Iterator[str]:
    """Yield what stands between the commas that are in no brackets."""
    depth, start = 0, 0
    for place, character in enumerate(body):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield body[start:place].strip()
            start = place + 1
    yield body[start:].strip()


def _column_names(text: str, sql: str) -> tuple[str, ...]:
    parts = list(_parts(text))
    if not all(re.fullmatch(_NAME, part, re.ASCII) for part in parts):
        raise _not_read(sql, f"plain column names in {text!r}")
    return tuple(_unquoted(part) for part in parts)


def _check_columns(keys: Sequence[tuple[str, ...]], known: Sequence[str], sql: str) -> None:
    missing = [name for key in keys for name in key if name not in known]
    if missing or len(set(known)) < len(known):
        raise _not_read(sql, "columns that exist and have different names")


def _unquoted(name: str) -> str:
    return name[1:-1] if name[0] in '"[`' else name


def _not_read(sql: str, wanted: str) -> SynthesisError:
    return SynthesisError(
        f"the statement {sql[:60]!r} is not understood",
        remedy=f"Write {wanted}; COLLATE, expressions, DESC and WHERE are not supported.",
    )
