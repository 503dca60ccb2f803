"""The results of a class, in one SQLite file beside its roster.

Codes and values are stored, never sentences. A result is kept once for each (submission, key version, engine version),
so grading again changes nothing; everything in here can be made again from the packs and the submissions.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from labkit.canonical import canonical_json
from labkit.errors import StorageError
from labkit.grading.result_record import read_result, result_values, task_values
from labkit.model.grading import Flag, SubmissionResult

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

RESULTS = "results.sqlite"
SCHEMA_VERSION = 1
_MAKE_AGAIN = (
    "Move results.sqlite away and run 'labkit trainer build' and then 'labkit trainer grade': everything in it is "
    "made again from the packs and the submissions."
)
_TRY_AGAIN = (
    "Make space on the disk and see that nobody else writes the file, then run the command again; what was stored "
    "before is kept."
)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF  # SQLite, "Result and Error Codes": the low byte of an extended code is its primary code


@dataclass(frozen=True, slots=True)
class PackRecord:
    """One pack that was built. ``signature`` is in hex; ``truth_sha256`` stands for the truth it was built with."""

    pack_id: str
    trainee_id: str
    signature: str
    truth_sha256: str


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """One file that came in. ``status`` is ``accepted`` or ``refused``, then with the code of the reason.

    ``trainee_id`` is empty where nobody knows whose it is. Times are ISO 8601 in UTC; ``source`` is the name of the
    file in the inbox.
    """

    sha256: str
    trainee_id: str
    attempt: int
    submitted_at: str
    received_at: str
    source: str
    size_bytes: int
    workspace_key: str
    status: str
    reason: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)


class Store:
    """The open results of one class. Use it in a ``with`` block."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new, empty file.

        Raises:
            StorageError: The file is there already, or can not be written.
        """
        if path.exists():
            raise StorageError(f"{path} is there already", remedy="Move it away first.")
        from labkit.cohort.tables import METADATA

        store = cls(_engine(path))
        try:
            with store._transaction() as connection:
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
                METADATA.create_all(connection)
        except BaseException:
            store.close()
            path.unlink(missing_ok=True)
            raise
        return store

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the results of a class.

        Raises:
            StorageError: The file is missing, damaged, or was written by a newer labkit.
        """
        if not path.is_file():
            raise StorageError(f"{path} is missing", remedy=_MAKE_AGAIN)
        store = cls(_engine(path))
        try:
            store._refuse_unsound(path)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put_pack(self, pack: PackRecord) -> None:
        """Remember a pack."""
        from labkit.cohort.tables import PACK

        self._upsert([(PACK, _row(pack))])

    def packs(self) -> dict[str, PackRecord]:
        """Return the packs by pack id."""
        from labkit.cohort.tables import PACK

        return {row["pack_id"]: PackRecord(**row) for row in self._rows(PACK.select())}

    def put_submissions(self, submissions: Sequence[SubmissionRecord]) -> None:
        """Remember what came in. What was known before keeps the time at which it came in first."""
        from labkit.cohort.tables import SUBMISSION

        known = {record.sha256: record.received_at for record in self.submissions()}
        rows = []
        for record in submissions:
            row = _row(record) | {"values": canonical_json(dict(record.values)).decode()}
            rows.append((SUBMISSION, row | {"received_at": known.get(record.sha256, record.received_at)}))
        self._upsert(rows)

    def submissions(self) -> tuple[SubmissionRecord, ...]:
        """Return everything that came in, by digest."""
        from labkit.cohort.tables import SUBMISSION

        rows = self._rows(SUBMISSION.select().order_by(SUBMISSION.c.sha256))
        return tuple(SubmissionRecord(**row | {"values": json.loads(row["values"])}) for row in rows)

    def put_result(
        self, result: SubmissionResult, *, key_version: str, engine_version: str, graded_at: datetime
    ) -> bool:
        """Keep a result; return whether it is new. The same result again leaves the file as it is.

        Raises:
            StorageError: Another result stands for the same submission and versions: grading is not deterministic.
        """
        from labkit.cohort.tables import ITEM_RESULT, RESULT

        versions = {
            "submission_sha256": result.submission_sha256,
            "key_version": key_version,
            "engine_version": engine_version,
        }
        text = canonical_json(result_values(result)).decode()
        known = self._rows(RESULT.select().filter_by(**versions))
        if known:
            if known[0]["result_json"] != text:
                raise StorageError(
                    f"submission {result.submission_sha256[:12]} was graded before, with another result",
                    remedy="Nothing was changed. This is a fault of labkit: keep the class folder and report it.",
                )
            return False
        row = versions | {
            "trainee_id": result.trainee_id,
            "points": result.points,
            "max_points": result.max_points,
            "graded_at": graded_at.isoformat(timespec="seconds"),
            "result_json": text,
        }
        items = []
        for task in result.tasks:
            values = task_values(task)
            plain = {column.name: values[column.name] for column in ITEM_RESULT.columns if column.name in values}
            items.append((ITEM_RESULT, versions | plain))
        self._upsert([(RESULT, row), *items])
        return True

    def result(self, submission_sha256: str, *, key_version: str, engine_version: str) -> SubmissionResult | None:
        """Return the result of a submission, for these versions or, where there is none, the last that was made."""
        from labkit.cohort.tables import RESULT

        rows = self._rows(
            RESULT.select().filter_by(submission_sha256=submission_sha256).order_by(RESULT.c.graded_at.desc())
        )
        for row in rows:
            if (row["key_version"], row["engine_version"]) == (key_version, engine_version):
                return read_result(json.loads(row["result_json"]))
        return read_result(json.loads(rows[0]["result_json"])) if rows else None

    def replace_flags(self, flags: Sequence[Flag]) -> None:
        """Keep these flags and no others."""
        from labkit.cohort.tables import FLAG

        with self._transaction() as connection:
            connection.execute(FLAG.delete())
            for number, flag in enumerate(flags):
                values = canonical_json(dict(flag.values)).decode()
                connection.execute(
                    FLAG.insert().values(number=number, kind=flag.kind, trainee_id=flag.trainee_id, values=values)
                )

    def flags(self) -> tuple[Flag, ...]:
        """Return the flags in order."""
        from labkit.cohort.tables import FLAG

        rows = self._rows(FLAG.select().order_by(FLAG.c.number))
        return tuple(Flag(row["kind"], row["trainee_id"], json.loads(row["values"])) for row in rows)

    def _rows(self, statement: Any) -> list[dict[str, Any]]:
        with self._transaction() as connection:
            return [dict(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - SQLAlchemy's name

    def _upsert(self, rows: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
        from sqlalchemy.dialects.sqlite import insert

        with self._transaction() as connection:
            for table, row in rows:
                keys = [column.name for column in table.primary_key]
                statement = insert(table).values(**row)
                rest = {name: statement.excluded[name] for name in row if name not in keys}
                connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))

    @contextmanager
    def _transaction(self) -> Iterator["Connection"]:
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StorageError(f"{self._engine.url.database}: {error.orig}", remedy=_TRY_AGAIN) from error

    def _refuse_unsound(self, path: Path) -> None:
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.connect() as connection:
                version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
                found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE
            if code not in _DAMAGED:  # a full disk, a lock, a missing right: the file itself is sound
                raise StorageError(f"{path}: {error.orig}", remedy=_TRY_AGAIN) from error
            raise StorageError(f"{path} is damaged: {error.orig}", remedy=_MAKE_AGAIN) from error
        if version > SCHEMA_VERSION:
            raise StorageError(
                f"{path} was written by a newer labkit (version {version} of its form; this one knows "
                f"{SCHEMA_VERSION})",
                remedy="Install the newer labkit.",
            )
        if found != "ok" or version != SCHEMA_VERSION:
            raise StorageError(f"{path} is damaged or no file of results: {found}", remedy=_MAKE_AGAIN)


def _engine(path: Path) -> "Engine":
    from sqlalchemy import URL, NullPool, create_engine, event

    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _row(record: PackRecord | SubmissionRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
