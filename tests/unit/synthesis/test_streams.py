import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.synthesis.streams import Stream


def test_the_bytes_are_the_documented_construction() -> None:
    key = hashlib.sha256(b"\x00\x04seed" + b"name").digest()
    blocks = b"".join(hashlib.sha256(key + number.to_bytes(8, "big")).digest() for number in range(3))

    assert Stream(b"seed", "name").take(80) == blocks[:80]


@given(st.lists(st.integers(0, 100), max_size=10))
def test_it_does_not_matter_in_what_pieces_bytes_are_taken(sizes: list[int]) -> None:
    stream = Stream(b"s", "n")

    assert b"".join(stream.take(size) for size in sizes) == Stream(b"s", "n").take(sum(sizes))


def test_another_name_or_seed_gives_another_stream() -> None:
    taken = {Stream(seed, name).take(16) for seed in (b"a", b"b") for name in ("x", "y")}

    assert len(taken) == 4
    assert Stream(b"ab", "c").take(16) != Stream(b"a", "bc").take(16)


@given(st.integers(1, 2**70), st.binary(max_size=8))
def test_below_stays_in_range(limit: int, seed: bytes) -> None:
    assert 0 <= Stream(seed, "n").below(limit) < limit


def test_below_is_even() -> None:
    stream = Stream(b"even", "n")
    counts = [0] * 6
    for _ in range(6000):
        counts[stream.below(6)] += 1

    assert min(counts) > 850
    assert max(counts) < 1150


def test_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Stream(b"", "n").below(0)


def test_between_reaches_both_ends() -> None:
    stream = Stream(b"ends", "n")

    assert {stream.between(3, 5) for _ in range(100)} == {3, 4, 5}


@given(st.lists(st.integers(), max_size=30), st.binary(max_size=4))
def test_shuffled_keeps_the_members_and_leaves_the_argument(deck: list[int], seed: bytes) -> None:
    before = list(deck)

    assert sorted(Stream(seed, "n").shuffled(deck)) == sorted(deck)
    assert deck == before


def test_sample_draws_different_members() -> None:
    drawn = Stream(b"s", "n").sample(range(50), 20)

    assert len(set(drawn)) == 20
    assert set(drawn) <= set(range(50))
    assert Stream(b"s", "n").pick(["only"]) == "only"
