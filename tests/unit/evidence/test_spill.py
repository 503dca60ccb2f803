"""What is put aside comes back, sorted where it has to be, in little memory."""

import random
import tempfile
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import StorageError
from labkit.evidence.spill import Row, SortedRows, Spill

MIB = 1024 * 1024


def test_bytes_come_back_wherever_they_lie() -> None:
    spill = Spill()
    whole = random.Random(1).randbytes(3 * MIB + 777)
    for begin in range(0, len(whole), 70_001):
        assert spill.append(whole[begin : begin + 70_001]) == begin

    assert spill.size_bytes == len(whole)
    for begin in (0, 1, MIB - 5, MIB, 2 * MIB + 9, len(whole) - 900, len(whole) - 1, len(whole)):
        for size in (0, 1, 1000, 300_000):
            assert spill.read(begin, size) == whole[begin : begin + size]


def test_no_file_is_made_for_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: pytest.fail("a file was made"))
    spill = Spill()
    spill.append(bytes(MIB))

    assert spill.read(MIB - 1, 5) == b"\0"


def test_a_full_disk_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(StorageError, match=r"can not be written: .*No space left") as caught:
        Spill().append(bytes(2 * MIB))
    assert "TMPDIR" in caught.value.remedy


def test_a_file_that_can_not_be_read_again_is_told() -> None:
    spill = Spill()
    spill.append(bytes(2 * MIB))
    spill._file.close()
    spill._file = open(__file__, "ab")  # noqa: PTH123, SIM115 - a file that is not open for reading

    with pytest.raises(StorageError, match="can not be read"):
        spill.read(0, 10)
    spill._file.close()


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(-5, 5)), max_size=600), st.integers(0, 301))
def test_few_rows_are_sorted(rows: list[Row], key: int) -> None:
    check(rows, [key])


@pytest.mark.parametrize("count", [8191, 8192, 8193, 100_000])
def test_many_rows_are_sorted(count: int) -> None:
    source = random.Random(count)
    check([(source.randrange(count), number) for number in range(count)], [0, 1, count // 3, count - 1, count + 1])


def check(rows: list[Row], keys: list[int]) -> None:
    sorted_rows = SortedRows("<Qq")
    for row in rows:
        sorted_rows.add(row)
    sorted_rows.settle()
    expected = sorted(rows, key=lambda row: row[0])  # Python's sort leaves what is equal in its order

    assert list(sorted_rows) == expected
    assert len(sorted_rows) == len(rows)
    for key in keys:
        last = sorted_rows.last_not_behind(key)
        assert last == sum(row[0] <= key for row in rows) - 1
        if last >= 0:
            assert sorted_rows[last] == expected[last]


def test_rows_can_be_left_out_on_the_way() -> None:
    def even(rows: Iterator[Row]) -> Iterator[Row]:
        return (row for row in rows if row[0] % 2 == 0)

    rows = SortedRows("<Qq")
    for number in range(1000):
        rows.add((number, 0))
    rows.settle(even)

    assert [row[0] for row in rows] == list(range(0, 1000, 2))
    assert rows[rows.last_not_behind(501)][0] == 500


def test_memory_does_not_grow_with_the_rows() -> None:
    peaks = []
    for count in (50_000, 300_000):
        tracemalloc.start()
        rows = SortedRows("<QQqqB")
        for number in range(count):
            rows.add((number * 7919 % count, number, 0, 0, 0))
        rows.settle()
        assert rows[rows.last_not_behind(count // 2)][0] == count // 2
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + MIB
