"""One table of a SQLite database under construction: its rows, the remnants of deleted ones, its keys.

Source: sqlite.org, "Datatypes In SQLite", section 3 (affinity); "Database File Format", sections 2.3 to 2.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.sqlite_pages import TableEntry
from labkit.synthesis.artifacts.sqlite_records import SortKey, Value, record
from labkit.synthesis.artifacts.sqlite_schema import Column, Index, TableSchema


@dataclass(slots=True)
class Table:
    """The rows of one table by their numbers, and what was deleted or replaced in order of its going."""

    schema: TableSchema
    indices: list[Index] = field(default_factory=list)
    rows: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    dead: list[TableEntry] = field(default_factory=list)
    largest_rowid: int = 0  # ever given: what AUTOINCREMENT remembers
    last_rowid: int = 0  # of the live rows
    used_keys: dict[tuple[str, ...], dict[SortKey, int]] = field(default_factory=dict)  # by the columns of a key
    places: dict[str, int] = field(init=False)  # of the columns

    def __post_init__(self) -> None:
        self.places = {column.name: place for place, column in enumerate(self.schema.columns)}
        own = [index.columns for index in self.schema.own_indices]
        for columns in (*own, self.schema.primary_key):
            if columns:
                self.used_keys.setdefault(columns, {})

    def fork(self) -> "Table":
        """Return an independent copy that shares the rows."""
        return Table(
            self.schema,
            list(self.indices),
            dict(self.rows),
            list(self.dead),
            self.largest_rowid,
            self.last_rowid,
            {columns: dict(keys) for columns, keys in self.used_keys.items()},
        )

    def key(self, columns: Sequence[str], values: Sequence[Value]) -> tuple[Value, ...]:
        """Return the values of some columns."""
        return tuple(values[self.places[name]] for name in columns)

    def index_entry(self, index: Index, rowid: int, values: Sequence[Value]) -> tuple[Value, ...]:
        """Return the key of a row and what leads from it to the row."""
        key = self.key(index.columns, values)
        if not self.schema.primary_key:
            return (*key, rowid)
        return key + self.key([name for name in self.schema.primary_key if name not in index.columns], values)

    def by_key(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """Return the values of a row without a number: its key first, then the others."""
        first = [self.places[name] for name in self.schema.primary_key]
        rest = [place for place in range(len(values)) if place not in first]
        return tuple(values[place] for place in (*first, *rest))

    def record(self, values: Sequence[Value]) -> bytes:
        """Return a row as it is stored; the column that is its number stays empty."""
        kept = (
            None if column.rowid_alias else value for column, value in zip(self.schema.columns, values, strict=True)
        )
        return record(tuple(kept))


def stored(table: str, column: Column, value: Value) -> Value:
    """Return a value as its column keeps it.

    Raises:
        SynthesisError: It is missing and must not be, or it is text in a column of numbers.
    """
    if value is None:
        if column.not_null:
            raise SynthesisError(f"{table}.{column.name} must have a value", remedy="Give one; it has no default.")
        return None
    if isinstance(value, bool):
        value = int(value)
    if column.affinity == "TEXT" and isinstance(value, int | float):
        return str(value)
    if column.affinity in {"INTEGER", "NUMERIC", "REAL"} and isinstance(value, str):
        raise SynthesisError(
            f"{table}.{column.name} holds numbers, not the text {value!r}", remedy="Give a number; SQLite would guess."
        )
    if column.affinity in {"INTEGER", "NUMERIC"} and isinstance(value, float) and value.is_integer():
        return int(value)
    if column.affinity == "REAL" and isinstance(value, int):
        return float(value)
    return value
