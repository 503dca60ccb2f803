import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.letter_changes import changed_units
from labkit.synthesis.filesystems.space import NOBODY, SpaceMap, runs


def a_map(count: int = 20) -> SpaceMap:
    return SpaceMap(2, 2 + count, page_units=16, unit_name="clusters")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), []),
        ((5,), [(5, 1)]),
        ((5, 6, 7), [(5, 3)]),
        ((7, 8, 2, 3, 5), [(7, 2), (2, 2), (5, 1)]),
        ((3, 2, 1), [(3, 1), (2, 1), (1, 1)]),
    ],
)
def test_runs_are_stretches_of_consecutive_numbers(numbers: tuple[int, ...], expected: list[tuple[int, int]]) -> None:
    assert list(runs(numbers)) == expected


def test_the_search_goes_on_behind_the_last_unit_and_round_at_the_end() -> None:
    space = a_map()
    assert space.allocate(3, 7) == (2, 3, 4)
    space.release((2, 3))
    assert space.allocate(16, 8) == tuple(range(5, 21))

    assert space.allocate(3, 9) == (21, 2, 3)
    assert (space.writer(4), space.writer(2), space.free_count) == (7, 9, 0)


def test_a_full_map_gives_nothing_and_says_how_much_is_missing() -> None:
    space = a_map(4)
    space.allocate(3, 7)

    with pytest.raises(SynthesisError, match="2 clusters are needed and 1 are free") as caught:
        space.allocate(2, 8)

    assert "larger" in caught.value.remedy
    assert space.free() == (5,)


def test_a_freed_unit_remembers_who_had_it() -> None:
    space = a_map()
    space.allocate(1, 7)
    space.release((2,))

    assert (space.writer(2), space.is_free(2), space.is_untouched(2)) == (7, True, False)
    assert (space.writer(3), space.is_untouched(3)) == (NOBODY, True)
    space.rewind()
    assert space.allocate(1, 8) == (2,)


def test_a_bitmap_has_the_lowest_unit_in_the_lowest_bit() -> None:
    space = a_map()
    space.take(2, 1, 7)
    space.take(4, 1, 7)
    space.take(17, 2, 7)

    assert (space.bitmap(0), space.bitmap(1)) == (b"\x05\x80", b"\x01\x00")
    assert (space.free_in(0), space.free_in(1)) == (13, 3)


def test_only_changed_pages_are_told_and_only_once() -> None:
    space = a_map(64)
    assert space.changed_pages() == [0, 1, 2, 3]
    space.take(17, 2, 7)
    space.take(60, 1, 7)

    assert space.changed_pages() == [0, 1, 3]
    assert space.changed_pages() == []


def test_a_fork_goes_its_own_way() -> None:
    space = a_map()
    fork = space.fork()
    fork.allocate(2, 7)

    assert (space.free_count, fork.free_count) == (20, 18)
    assert space.is_untouched(2)


def test_letter_changes_are_read_as_they_are_written() -> None:
    assert changed_units("0061-0063-32 0101-0105/2-1 00FF+121") == {
        0x61: 0x41,
        0x62: 0x42,
        0x63: 0x43,
        0x101: 0x100,
        0x103: 0x102,
        0x105: 0x104,
        0xFF: 0x178,
    }
