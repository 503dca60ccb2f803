"""A SQLite database out of an image, read through SQLite itself; the image stays as it is.

A write-ahead log beside it belongs to it: what was done last may stand there alone. Source: SQLite, "Write-Ahead
Logging".
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from labkit.evidence.artifacts.source import DamagedArtifactError, Source


@contextmanager
def opened_database(source: Source) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a copy in a temporary folder. Its rows are found by the names of their columns.

    Raises:
        DamagedArtifactError: It is no database, is damaged, or has not the tables that are asked for.
        EvidenceError: It can not be read.
    """
    with tempfile.TemporaryDirectory(prefix="labkit-artifact-") as folder:
        copy = Path(folder) / "database"
        source.copy_to(copy)
        log = source.sibling(f"{source.name}-wal")
        if log is not None and not source.deleted:
            log.copy_to(Path(f"{copy}-wal"))
        try:
            with closing(sqlite3.connect(copy)) as database:
                database.execute("PRAGMA trusted_schema = OFF")
                database.text_factory = _text
                database.row_factory = sqlite3.Row
                yield database
        except sqlite3.Error as error:
            raise DamagedArtifactError(f"SQLite says: {error}") from error


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")
