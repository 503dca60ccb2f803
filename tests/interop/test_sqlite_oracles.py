"""Databases of our own making, as SQLite sees them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from labkit.synthesis.artifacts.sqlite_file import Database
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

PAGE_SIZES = (512, 1024, 4096, 32768, 65536)
PAGES = (
    "CREATE TABLE pages(id INTEGER PRIMARY KEY AUTOINCREMENT,url LONGVARCHAR,title LONGVARCHAR,"
    "count INTEGER DEFAULT 0 NOT NULL,weight REAL,icon BLOB)"
)
TABLES = (
    "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)",
    PAGES,
    "CREATE INDEX pages_url ON pages (url)",
    "CREATE INDEX pages_count ON pages (count, title)",
    "CREATE TABLE chain (id INTEGER NOT NULL,place INTEGER NOT NULL,url TEXT NOT NULL, PRIMARY KEY (id, place) )",
    "CREATE TABLE plain (a, b VARCHAR(30) DEFAULT 'x, y (z)', CONSTRAINT k UNIQUE (a, b), CHECK (a > 0))",
    "CREATE TABLE facts (value, key TEXT, more REAL, PRIMARY KEY (key, more)) WITHOUT ROWID",
    "CREATE INDEX facts_value ON facts (value, key)",
    *(f"CREATE TABLE filler{number} (a TEXT, b TEXT, {'long_name_' * 20} TEXT)" for number in range(10)),
)
NUMBERS = (0, 1, -1, 127, 128, -129, 32768, 8388608, 1 << 31, 1 << 47, -(1 << 63), (1 << 63) - 1)


def drawn(stream: Stream, page_bytes: int, rows: int, *, zero_deleted: bool = False) -> Database:
    database = Database(page_bytes, user_version=7, application_id=0x4C41424B, zero_deleted=zero_deleted)
    for sql in TABLES:
        database.create(sql)
    database.insert("meta", {"key": "version", "value": 70})
    live: list[int] = []
    for number in range(rows):
        size = stream.pick([5, 50, page_bytes - 60, page_bytes, 2 * page_bytes + 17])
        row = {
            "url": f"https://{stream.below(1000)}.example/{'п' * (size // 2)}",
            "title": stream.pick(["Заголовок", "گزارش", "title", ""]) + str(number),
            "count": stream.pick(NUMBERS),
            "weight": stream.pick([None, 1, 2.5, -0.125]),
            "icon": stream.take(stream.pick([0, 10, page_bytes // 2])),
        }
        live.append(database.insert("pages", row))
        database.insert("chain", {"id": number % 7, "place": number, "url": "u"})
        fact = database.insert("facts", {"key": f"key {number * 7 % 50}", "more": number, "value": "v" * (size // 4)})
        if stream.below(7) == 0:
            database.delete("facts", fact)
        if stream.below(5) == 0:
            database.update("pages", stream.pick(live), {"count": number, "title": "new" * stream.below(9)})
        if stream.below(5) == 0:
            database.delete("pages", live.pop(stream.below(len(live))))
    for rowid in [rowid for rowid in live if rows // 3 < rowid < rows // 2]:
        database.delete("pages", rowid)
    return database


@contextmanager
def opened(database: Database, folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / "made.sqlite"
    path.write_bytes(database.render())
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@pytest.mark.seeds
@pytest.mark.parametrize("seed", range(20))
def test_sqlite_finds_no_fault_and_reads_every_row(tmp_path, seed: int) -> None:
    stream = Stream(bytes((seed,)), "sqlite")
    page_bytes = PAGE_SIZES[seed % len(PAGE_SIZES)]
    database = drawn(stream, page_bytes, stream.pick([0, 1, 3, 40, 200]), zero_deleted=seed % 3 == 0)

    with opened(database, tmp_path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in ("meta", "pages", "chain", "plain"):
            stored = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608
            assert stored == [tuple(database.row(table, rowid).values()) for rowid in database.rowids(table)]
        facts = [tuple(database.row("facts", rowid).values()) for rowid in database.rowids("facts")]
        assert connection.execute("SELECT * FROM facts ORDER BY key, more").fetchall() == sorted(
            facts, key=lambda fact: fact[1:]
        )
        kinds = connection.execute("SELECT DISTINCT typeof(weight) FROM pages WHERE weight IS NOT NULL").fetchall()
        assert set(kinds) <= {("real",)}
        assert connection.execute("PRAGMA user_version").fetchone() == (7,)


@pytest.mark.parametrize("page_bytes", PAGE_SIZES)
def test_sqlite_searches_by_the_indices_and_goes_on_writing(tmp_path, page_bytes: int) -> None:
    database = drawn(Stream(b"1", "search"), page_bytes, 150)
    wanted = {rowid: str(database.row("pages", rowid)["url"]) for rowid in database.rowids("pages")}

    with opened(database, tmp_path) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT id FROM pages WHERE url = ?", ("x",)).fetchall()
        assert "pages_url" in str(plan)
        for rowid, url in wanted.items():
            assert (rowid,) in connection.execute("SELECT id FROM pages WHERE url = ?", (url,)).fetchall()
        ordered = [url for (url,) in connection.execute("SELECT url FROM pages INDEXED BY pages_url ORDER BY url")]
        assert ordered == sorted(wanted.values())

        with connection:
            connection.execute("INSERT INTO pages(url) VALUES (?)", ("https://new.example/" + "x" * page_bytes * 3,))
            connection.execute("DELETE FROM pages WHERE id % 3 = 0")
        assert connection.execute("SELECT max(id) FROM pages").fetchone()[0] > 150 - 1
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_large_tables_have_several_levels(tmp_path) -> None:
    database = Database(512)
    database.create("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
    database.create("CREATE INDEX t_word ON t (word)")
    for number in range(12_000):
        database.insert("t", {"word": f"{number * 7919 % 12_000:05d}"})

    with opened(database, tmp_path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*), sum(id) FROM t").fetchone() == (12_000, 12_000 * 12_001 // 2)
        words = connection.execute("SELECT word FROM t INDEXED BY t_word ORDER BY word").fetchall()
        assert words == [(f"{number:05d}",) for number in range(12_000)]


def test_a_long_free_list_holds_together(tmp_path) -> None:
    database = Database(512)
    database.create("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
    for number in range(3):
        database.insert("t", {"word": f"{number}" * 100_000})
    database.delete("t", 2)

    with opened(database, tmp_path) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 190
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.render().count(b"1" * 500) > 190


@pytest.mark.parametrize("rowid", [1, 127, 128, (1 << 56) - 1, 1 << 56, (1 << 63) - 1])
def test_numbers_of_rows_of_any_length(tmp_path, rowid: int) -> None:
    database = Database()
    database.create("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
    database.insert("t", {"id": rowid, "word": "w"})

    with opened(database, tmp_path) as connection:
        assert connection.execute("SELECT * FROM t").fetchall() == [(rowid, "w")]


def test_sqlite_dissect_carves_deleted_rows_from_freeblocks(tmp_path) -> None:
    database = Database()
    database.create("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, size INTEGER)")
    for number in range(40):
        database.insert("notes", {"text": f"заметка номер {number}", "size": 1000 * number})
    for rowid in (5, 6, 20):
        database.delete("notes", rowid)
    path = tmp_path / "notes.sqlite"
    path.write_bytes(database.render())

    told = oracle(["sqlite_dissect", path, "--carve", "--carve-freelists"])

    carved = [line for line in told.splitlines() if "Freeblock Operation: Carved" in line]
    assert len(carved) == 3
    for number in (4, 5, 19):
        assert any(f"(NULL, заметка номер {number}, {1000 * number})" in line for line in carved)


@pytest.mark.seeds
@pytest.mark.skipif(
    not (3, 40) <= sqlite3.sqlite_version_info[:2] <= (3, 45), reason="other SQLite may free room in another way"
)
@pytest.mark.parametrize("seed", range(16))
def test_deleted_rows_lie_byte_for_byte_as_in_sqlite(tmp_path, seed: int) -> None:
    stream = Stream(bytes((seed,)), "bytes")
    page_bytes = PAGE_SIZES[seed % 4]
    database = Database(page_bytes, zero_deleted=seed % 3 == 0)
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, size INTEGER)"
    database.create(sql)
    path = tmp_path / "real.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page_bytes}")
        connection.execute(f"PRAGMA secure_delete = {'on' if seed % 3 == 0 else 'off'}")
        connection.execute(sql)
        connection.execute("BEGIN")
        count = page_bytes // 20
        for number in range(count):
            row = {"word": "слово " * stream.below(9), "size": number**2}
            connection.execute("INSERT INTO t (word, size) VALUES (:word, :size)", row)
            database.insert("t", row)
        for rowid in stream.sample(range(1, count // 2), count // 12):  # SQLite merges pages that are nearly empty
            connection.execute("DELETE FROM t WHERE id = ?", (rowid,))
            database.delete("t", rowid)
        connection.execute("COMMIT")
    real, made = path.read_bytes(), database.render()

    assert len(made) == len(real)
    for number, start in enumerate(range(0, len(real), page_bytes), start=1):
        theirs, ours = real[start : start + page_bytes], made[start : start + page_bytes]
        if number == 1:
            # The counters of changes and the number of the library differ: we count every change by itself.
            theirs, ours = (page[:24] + page[28:92] + page[100:] for page in (theirs, ours))
        if ours[0] != 0x05:  # behind the pointers of an inner page SQLite leaves what stood there before
            assert ours == theirs, f"page {number}"


def test_file_names_the_library_version(tmp_path) -> None:
    path = tmp_path / "empty.sqlite"
    path.write_bytes(Database().render())

    assert "last written using SQLite version 3045001" in oracle(["file", "-b", path])
