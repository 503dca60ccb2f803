"""SQLite databases as files: tables, indices, rows that come, change and go, and what deleted rows leave.

The writer is our own because the layout of pages differs between versions of SQLite. Rows lie in the order of their
numbers, as when a program only appends; then the deleted ones, and the old versions of those that changed their length,
are dropped as SQLite drops them, byte for byte. Two things differ, so that what a story deletes can be found again: no
later row reuses such room, and no page is merged with another when it gets nearly empty. With ``zero_deleted`` the room
is overwritten with zeros, as programs do that are built with SQLITE_SECURE_DELETE. Indices and tables WITHOUT ROWID
keep nothing deleted.

Source: sqlite.org, "Database File Format", sections 1.3 (header), 2.5 (indices), 2.6.1 (schema table) and 2.6.2
(sequence table); "Datatypes In SQLite", section 3 (affinity).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.sqlite_pages import FILE_HEADER_BYTES, PageWriter, TableEntry
from labkit.synthesis.artifacts.sqlite_records import Value, record, sort_key
from labkit.synthesis.artifacts.sqlite_schema import Column, Index, TableSchema, index_schema, table_schema
from labkit.synthesis.artifacts.sqlite_table import Table, stored

Row = Mapping[str, Value]

SQLITE_VERSION_NUMBER = 3_045_001  # of the library that is said to have written the file: 3.45.1
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
_MAGIC = b"SQLite format 3\0"
_ROLLBACK_JOURNAL = 1
_PAYLOAD_FRACTIONS = bytes((64, 32, 32))
_SCHEMA_FORMAT = 4
_UTF_8 = 1
_SEQUENCE = TableSchema(
    "sqlite_sequence",
    "CREATE TABLE sqlite_sequence(name,seq)",
    tuple(Column(name, "BLOB", None, not_null=False, rowid_alias=False) for name in ("name", "seq")),
    (),
    autoincrement=False,
)


class Database:
    """A database under construction. An operation that raises has changed nothing."""

    def __init__(
        self,
        page_bytes: int = 4096,
        *,
        user_version: int = 0,
        application_id: int = 0,
        zero_deleted: bool = False,
    ) -> None:
        if page_bytes not in _PAGE_SIZES:
            raise SynthesisError(
                f"SQLite has no pages of {page_bytes} bytes",
                remedy=f"Take one of {', '.join(map(str, _PAGE_SIZES))}.",
            )
        self._page_bytes = page_bytes
        self._user_version = user_version
        self._application_id = application_id
        self._zero_deleted = zero_deleted
        self._tables: dict[str, Table] = {}
        self._schema: list[TableSchema | Index] = []  # in order of their making
        self._changes = 0

    def fork(self) -> "Database":
        """Return an independent copy; rows are shared until one side changes them."""
        other = object.__new__(Database)
        other.__dict__.update(self.__dict__)
        other._tables = {name: table.fork() for name, table in self._tables.items()}
        other._schema = list(self._schema)
        return other

    def create(self, sql: str) -> None:
        """Make a table or an index from its CREATE statement, which is stored as it stands.

        Raises:
            SynthesisError: The statement is not understood, the name is taken, or an index has no such table or
                columns, or comes after the rows.
        """
        if "INDEX" in sql.partition("(")[0].upper().split():
            self._create_index(index_schema(sql))
        else:
            self._create_table(table_schema(sql))
        self._changes += 1

    def insert(self, table: str, row: Row) -> int:
        """Add a row and return its number. Columns that ``row`` leaves out get their default.

        Raises:
            SynthesisError: There is no such table or column, a value is missing, has the wrong kind, or is taken.
        """
        found = self._table(table)
        defaults: dict[str, Value] = {column.name: column.default for column in found.schema.columns}
        rowid = self._rowid(found, row)
        self._store(found, rowid, self._merged(found, defaults, row, rowid))
        found.largest_rowid = max(found.largest_rowid, rowid)
        found.last_rowid = max(found.last_rowid, rowid)
        self._changes += 1
        return rowid

    def update(self, table: str, rowid: int, changes: Row) -> None:
        """Change some columns of a row. If its record gets another length, the old one is left behind.

        Raises:
            SynthesisError: As ``insert``; or there is no such row, or its number would change.
        """
        found = self._table(table)
        old = self._values(found, rowid)
        names = [column.name for column in found.schema.columns]
        if any(column.rowid_alias and column.name in changes for column in found.schema.columns):
            raise SynthesisError(
                f"the number of row {rowid} of {table} can not be changed", remedy="Delete the row and insert another."
            )
        new = self._merged(found, dict(zip(names, old, strict=True)), changes, rowid)
        after = self._store(found, rowid, new, replacing=old)
        before = found.record(old)
        if len(before) != len(after):
            found.dead.append(TableEntry(rowid, before, died=len(found.dead)))
        self._changes += 1

    def delete(self, table: str, rowid: int) -> None:
        """Delete a row; its bytes stay where they are, unless the database overwrites them.

        Raises:
            SynthesisError: There is no such table or row.
        """
        found = self._table(table)
        values = self._values(found, rowid)
        for columns, keys in found.used_keys.items():
            keys.pop(sort_key(found.key(columns, values)), None)
        found.dead.append(TableEntry(rowid, found.record(values), died=len(found.dead)))
        del found.rows[rowid]
        if rowid == found.last_rowid:
            found.last_rowid = max(found.rows, default=0)
        self._changes += 1

    def row(self, table: str, rowid: int) -> dict[str, Value]:
        """Return the columns of a live row.

        Raises:
            SynthesisError: There is no such table or row.
        """
        found = self._table(table)
        names = (column.name for column in found.schema.columns)
        return dict(zip(names, self._values(found, rowid), strict=True))

    def number(self, table: str, rowid: int, column: str) -> int:
        """Return a whole number of a live row; nothing counts as 0.

        Raises:
            SynthesisError: There is no such table, row or column, or it holds something else.
        """
        value = self.row(table, rowid).get(column, "nothing")
        if not isinstance(value, int | None):
            raise SynthesisError(
                f"{table}.{column} of row {rowid} is {value!r} and no whole number", remedy="Take another column."
            )
        return value or 0

    def find(self, table: str, column: str, value: Value) -> list[int]:
        """Return the numbers of the live rows whose ``column`` is ``value``, in order.

        Raises:
            SynthesisError: There is no such table or column.
        """
        found = self._table(table)
        if column not in found.places:
            raise self._no_column(found, column)
        place = found.places[column]
        return sorted(rowid for rowid, values in found.rows.items() if values[place] == value)

    def rowids(self, table: str) -> Sequence[int]:
        """Return the numbers of the live rows, in order."""
        return sorted(self._table(table).rows)

    def render(self) -> bytes:
        """Return the file as it is after a commit with a rollback journal, which is gone."""
        pages = PageWriter(self._page_bytes, zero_deleted=self._zero_deleted)
        schema_root = pages.allocate()
        roots = {item.name: pages.allocate() for item in self._schema}
        self._write_schema(pages, schema_root, roots)
        for table in self._tables.values():
            root = roots[table.schema.name]
            if table.schema.primary_key:
                pages.write_index(root, _sorted_records(table.by_key(values) for values in table.rows.values()))
            else:
                live = [TableEntry(rowid, table.record(values)) for rowid, values in table.rows.items()]
                entries = sorted([*table.dead, *live], key=lambda entry: entry.rowid)  # stable: dead before live
                pages.write_table(root, entries)
            for index in table.indices:
                keys = (table.index_entry(index, rowid, values) for rowid, values in table.rows.items())
                pages.write_index(roots[index.name], _sorted_records(keys))
        self._write_sequence(pages, roots)
        written, trunk, free_count = pages.finish()
        data = bytearray(b"".join(written))
        data[:FILE_HEADER_BYTES] = self._header(len(written), trunk, free_count)
        return bytes(data)

    # --- schema

    def _create_table(self, schema: TableSchema) -> None:
        self._check_free(schema.name)
        self._tables[schema.name] = Table(schema, list(schema.own_indices))
        self._schema += [schema, *schema.own_indices]
        if schema.autoincrement and _SEQUENCE not in self._schema:
            self._schema.append(_SEQUENCE)

    def _create_index(self, index: Index) -> None:
        self._check_free(index.name)
        table = self._table(index.table)
        names = {column.name for column in table.schema.columns}
        if not names.issuperset(index.columns) or (index.unique and table.rows):
            raise SynthesisError(
                f"the index {index.name} does not fit the table {index.table}",
                remedy="Name columns of the table, and make a UNIQUE index before the first row.",
            )
        table.indices.append(index)
        if index.unique:
            table.used_keys[index.columns] = {}
        self._schema.append(index)

    def _check_free(self, name: str) -> None:
        if any(item.name == name for item in self._schema):
            raise SynthesisError(f"there is already a {name} in the database", remedy="Take another name.")

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise SynthesisError(
                f"the database has no table {name!r}", remedy=f"There are: {', '.join(self._tables) or 'none'}."
            )
        return self._tables[name]

    @staticmethod
    def _no_column(table: Table, name: str) -> SynthesisError:
        return SynthesisError(
            f"the table {table.schema.name} has no column {name!r}", remedy=f"It has: {', '.join(table.places)}."
        )

    # --- rows

    def _rowid(self, table: Table, row: Row) -> int:
        alias = next((column.name for column in table.schema.columns if column.rowid_alias), None)
        given = row.get(alias) if alias else None
        if given is None:
            given = 1 + (table.largest_rowid if table.schema.autoincrement else table.last_rowid)
        if not isinstance(given, int) or given in table.rows or not -(1 << 63) <= given < 1 << 63:
            raise SynthesisError(
                f"{given!r} can not be the number of a new row of {table.schema.name}",
                remedy="Give a whole number of 64 bits that no row has, or none.",
            )
        return given

    def _merged(self, table: Table, values: dict[str, Value], changes: Row, rowid: int) -> tuple[Value, ...]:
        unknown = [name for name in changes if name not in values]
        if unknown:
            raise self._no_column(table, unknown[0])
        merged = values | dict(changes)
        return tuple(
            rowid if column.rowid_alias else stored(table.schema.name, column, merged[column.name])
            for column in table.schema.columns
        )

    def _store(
        self, table: Table, rowid: int, values: tuple[Value, ...], *, replacing: tuple[Value, ...] | None = None
    ) -> bytes:
        """Put a row into its place and return its record."""
        payload = table.record(values)  # what can not be stored is refused before anything changes
        new_keys = []
        for columns, keys in table.used_keys.items():
            key = table.key(columns, values)
            if None in key:
                continue
            if keys.get(sort_key(key), rowid) != rowid:
                raise SynthesisError(
                    f"{table.schema.name} has a row with {', '.join(columns)} = {key!r} already",
                    remedy="Update that row, or give the new one another value.",
                )
            new_keys.append((keys, sort_key(key)))
        if replacing is not None:
            for columns, keys in table.used_keys.items():
                keys.pop(sort_key(table.key(columns, replacing)), None)
        for keys, key_sorted in new_keys:
            keys[key_sorted] = rowid
        table.rows[rowid] = values
        return payload

    def _values(self, table: Table, rowid: int) -> tuple[Value, ...]:
        if rowid not in table.rows:
            raise SynthesisError(
                f"the table {table.schema.name} has no row {rowid}", remedy="Take the number that insert returned."
            )
        return table.rows[rowid]

    # --- bytes

    def _write_schema(self, pages: PageWriter, root: int, roots: Mapping[str, int]) -> None:
        entries = []
        for rowid, item in enumerate(self._schema, start=1):
            kind, table = ("index", item.table) if isinstance(item, Index) else ("table", item.name)
            entries.append(TableEntry(rowid, record((kind, item.name, table, roots[item.name], item.sql))))
        pages.write_table(root, entries)

    def _write_sequence(self, pages: PageWriter, roots: Mapping[str, int]) -> None:
        if _SEQUENCE.name not in roots:
            return
        counted = [table for table in self._tables.values() if table.schema.autoincrement and table.largest_rowid]
        rows = [record((table.schema.name, table.largest_rowid)) for table in counted]
        pages.write_table(roots[_SEQUENCE.name], [TableEntry(rowid, row) for rowid, row in enumerate(rows, start=1)])

    def _header(self, page_count: int, trunk: int, free_count: int) -> bytes:
        fields = (
            self._changes,
            page_count,
            trunk,
            free_count,
            len(self._schema),  # schema cookie: goes up with each change of the schema
            _SCHEMA_FORMAT,
            0,  # default cache size
            0,  # largest root page: no vacuuming by itself
            _UTF_8,
            self._user_version,
            0,  # incremental vacuum
            self._application_id,
        )
        head = _MAGIC + struct.pack(
            ">HBBB3s", self._page_bytes & 0xFFFF or 1, _ROLLBACK_JOURNAL, _ROLLBACK_JOURNAL, 0, _PAYLOAD_FRACTIONS
        )
        tail = struct.pack(">II", self._changes, SQLITE_VERSION_NUMBER)
        return head + struct.pack(f">{len(fields)}I", *fields) + bytes(20) + tail


def _sorted_records(keys: Iterable[tuple[Value, ...]]) -> list[bytes]:
    return [record(key) for _, key in sorted((sort_key(key), key) for key in keys)]
