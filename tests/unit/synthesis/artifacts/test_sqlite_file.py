import hashlib

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.sqlite_file import Database
from labkit.synthesis.artifacts.sqlite_records import record, varint

NOTES = "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text VARCHAR NOT NULL, size INTEGER DEFAULT 7)"
PAGE = 4096


def notes(*texts: str, **options: bool) -> Database:
    database = Database(PAGE, **options)
    database.create(NOTES)
    for text in texts:
        database.insert("notes", {"text": text})
    return database


def page(data: bytes, number: int) -> bytes:
    return data[(number - 1) * PAGE : number * PAGE]


def freeblocks(data: bytes) -> list[bytes]:
    """Walk the freeblocks of a leaf page, as the file format describes them."""
    offset, blocks = int.from_bytes(data[1:3], "big"), []
    while offset:
        size = int.from_bytes(data[offset + 2 : offset + 4], "big")
        blocks.append(data[offset : offset + size])
        offset = int.from_bytes(data[offset : offset + 2], "big")
    return blocks


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8100"),
        (16383, "ff7f"),
        (16384, "818000"),
        (2**56 - 1, "ffffffffffffff7f"),
        (2**56, "80c080808080808000"),
        (-1, "ffffffffffffffffff"),
    ],
)
def test_varints_are_as_short_as_they_can_be(number: int, written: str) -> None:
    assert varint(number).hex() == written


def test_a_record_has_the_smallest_type_of_each_value() -> None:
    assert record((None, 0, 1, -1, 200, 1.5, "й", b"\x09")).hex() == (
        "09 00080901020711 0e ff 00c8 3ff8000000000000 d0b9 09".replace(" ", "")
    )


def test_a_deleted_row_stays_in_a_freeblock() -> None:
    database = notes("first", "the deleted one", "last")
    database.delete("notes", 2)

    (block,) = freeblocks(page(database.render(), 2))

    assert b"the deleted one" in block


def test_neighbours_become_one_freeblock() -> None:
    database = notes("first", "deleted one", "deleted two", "last", "gone three", "very last")
    for rowid in (2, 3, 5):
        database.delete("notes", rowid)

    low, high = freeblocks(page(database.render(), 2))

    assert b"gone three" in low
    assert b"deleted two" in high
    assert b"deleted one" in high


def test_the_last_row_deleted_stays_in_the_gap_as_in_sqlite() -> None:
    database = notes("first", "deleted last")
    database.delete("notes", 2)

    leaf = page(database.render(), 2)

    assert freeblocks(leaf) == []
    assert b"deleted last" in leaf[: int.from_bytes(leaf[5:7], "big")]


def test_a_table_that_was_emptied_keeps_its_rows_as_remnants() -> None:
    database = notes("one and only")
    database.delete("notes", 1)

    leaf = page(database.render(), 2)

    assert int.from_bytes(leaf[3:5], "big") == 0
    assert int.from_bytes(leaf[5:7], "big") == PAGE
    assert b"one and only" in leaf


def test_the_old_version_of_a_row_stays_if_its_length_changed() -> None:
    database = notes("old version", "last")
    database.update("notes", 1, {"text": "newer version"})
    database.update("notes", 2, {"text": "LAST"})
    data = database.render()

    assert b"old version" in freeblocks(page(data, 2))[0]
    assert b"newer version" in data
    assert b"LAST" in data
    assert b"last" not in data


def test_zeroed_deletion_leaves_nothing() -> None:
    database = notes("first", "deleted one", "x" * 3 * PAGE, "last", zero_deleted=True)
    database.delete("notes", 2)
    database.delete("notes", 3)
    data = database.render()

    assert b"deleted one" not in data
    assert b"xxx" not in data
    assert b"last" in data


def test_autoincrement_gives_no_number_twice() -> None:
    database = notes("one", "two")
    database.create("CREATE TABLE plain (text TEXT)")
    database.insert("plain", {"text": "a"})
    database.delete("notes", 2)
    database.delete("plain", 1)

    assert database.insert("notes", {"text": "three"}) == 3
    assert database.insert("plain", {"text": "b"}) == 1


def test_defaults_and_affinities_are_those_of_the_columns() -> None:
    database = notes("one")
    database.create("CREATE TABLE m (k LONGVARCHAR, b BOOLEAN DEFAULT FALSE NOT NULL, r REAL, n INTEGER, x)")
    database.insert("m", {"k": 70, "r": 2, "n": 3.0, "x": True})

    assert database.row("notes", 1) == {"id": 1, "text": "one", "size": 7}
    assert database.row("m", 1) == {"k": "70", "b": 0, "r": 2.0, "n": 3, "x": 1}
    assert [type(value) for value in database.row("m", 1).values()] == [str, int, float, int, int]


def test_a_fork_goes_its_own_way() -> None:
    database = notes("one", "two")
    before = database.render()
    fork = database.fork()
    fork.delete("notes", 1)
    fork.insert("notes", {"text": "three"})
    fork.create("CREATE TABLE more (a TEXT UNIQUE)")
    fork.insert("more", {"a": "x"})
    second = fork.fork()
    second.delete("more", 1)
    second.insert("more", {"a": "x"})

    assert database.render() == before
    assert fork.rowids("notes") == [2, 3]
    assert database.rowids("notes") == [1, 2]
    with pytest.raises(SynthesisError):
        fork.insert("more", {"a": "x"})


def test_same_values_same_bytes() -> None:
    database = Database(512, user_version=77, application_id=5)
    database.create(NOTES)
    database.create("CREATE INDEX notes_text ON notes (text, size)")
    for number in range(200):
        database.insert("notes", {"text": f"заметка {number} " * (number % 40), "size": number**3})
    for number in range(40, 90, 2):
        database.delete("notes", number)
    database.update("notes", 7, {"text": "другая", "size": None})

    assert (
        hashlib.sha256(database.render()).hexdigest()
        == "19daee9784db06928a02af423bd64175d8e0df8d2cf38989c2843cb725bc6a49"
    )
    assert database.render() == database.fork().render()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE t", "is not understood"),
        ("CREATE TABLE t (a TEXT) WITHOUT ROWID", "is not understood"),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY) WITHOUT ROWID", "is not understood"),
        ("CREATE TABLE t (a TEXT COLLATE NOCASE)", "is not understood"),
        ("CREATE TABLE t (a TEXT, a TEXT)", "is not understood"),
        ("CREATE TABLE t (a TEXT, PRIMARY KEY (b))", "is not understood"),
        ("CREATE TABLE t (a TEXT, PRIMARY KEY (lower(a)))", "is not understood"),
        ("CREATE TABLE t (a TEXT, )", "is not understood"),
        ("CREATE INDEX i ON notes (text DESC)", "is not understood"),
        ("CREATE INDEX i ON notes (text) WHERE size > 3", "is not understood"),
        ("CREATE VIRTUAL INDEX i ON notes (text)", "is not understood"),
        ("CREATE TABLE notes (a TEXT)", "already a notes"),
        ("CREATE INDEX i ON none (text)", "no table 'none'"),
        ("CREATE INDEX i ON notes (none)", "does not fit"),
        ("CREATE UNIQUE INDEX i ON notes (text)", "does not fit"),
    ],
)
def test_a_statement_that_can_not_be_kept_is_refused(sql: str, message: str) -> None:
    database = notes("one")
    before = database.render()

    with pytest.raises(SynthesisError, match=message) as caught:
        database.create(sql)

    assert caught.value.remedy
    assert database.render() == before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"texts": "x"}, "no column 'texts'"),
        ({}, "notes.text must have a value"),
        ({"text": None}, "notes.text must have a value"),
        ({"text": "x", "size": "7"}, "holds numbers, not the text '7'"),
        ({"text": "x", "size": 1 << 63}, "more than the 64 bits"),
        ({"text": "\ud800"}, "half of a surrogate pair"),
        ({"text": "x", "id": 1}, "1 can not be the number of a new row"),
        ({"text": "x", "id": "two"}, "'two' can not be the number"),
        ({"text": "x", "id": 1 << 63}, "9223372036854775808 can not be the number"),
    ],
)
def test_a_row_that_can_not_be_kept_is_refused(row: dict[str, str | int | None], message: str) -> None:
    database = notes("one")
    before = database.render()

    with pytest.raises(SynthesisError, match=message) as caught:
        database.insert("notes", row)

    assert caught.value.remedy
    assert database.render() == before


def test_a_key_is_not_taken_twice() -> None:
    database = Database()
    database.create("CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)")
    database.insert("meta", {"key": "version", "value": 70})
    database.insert("meta", {"key": "other"})

    with pytest.raises(SynthesisError, match=r"key = .*version.* already"):
        database.insert("meta", {"key": "version"})
    with pytest.raises(SynthesisError, match="already"):
        database.update("meta", 2, {"key": "version"})
    database.update("meta", 1, {"key": "another"})
    database.update("meta", 2, {"key": "version"})
    database.delete("meta", 2)
    database.insert("meta", {"key": "version"})


def test_rows_that_are_not_there_are_named() -> None:
    database = notes("one")

    for act in (database.row, database.delete, lambda table, row: database.update(table, row, {"size": 1})):
        with pytest.raises(SynthesisError, match="no row 2"):
            act("notes", 2)
        with pytest.raises(SynthesisError, match="no table 'none'"):
            act("none", 1)
    with pytest.raises(SynthesisError, match="number of row 1 of notes"):
        database.update("notes", 1, {"id": 5})


def test_after_the_last_number_there_is_none() -> None:
    database = notes()
    database.insert("notes", {"id": (1 << 63) - 1, "text": "last"})

    with pytest.raises(SynthesisError, match="can not be the number"):
        database.insert("notes", {"text": "one more"})


def test_rows_are_found_by_a_value() -> None:
    database = notes("one", "two", "one")

    assert database.find("notes", "text", "one") == [1, 3]
    assert database.number("notes", 1, "size") == 7
    with pytest.raises(SynthesisError, match="no column 'none'"):
        database.find("notes", "none", 1)
    for column in ("text", "none"):
        with pytest.raises(SynthesisError, match="no whole number"):
            database.number("notes", 1, column)


def test_page_sizes_are_powers_of_two() -> None:
    with pytest.raises(SynthesisError, match="no pages of 1000 bytes") as caught:
        Database(1000)

    assert "4096" in caught.value.remedy
