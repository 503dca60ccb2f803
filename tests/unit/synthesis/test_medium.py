import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.synthesis.medium import CHUNK_BYTES, Medium

SIZE_BYTES = 3 * CHUNK_BYTES + 512

writes = st.lists(st.tuples(st.integers(0, SIZE_BYTES - 1), st.binary(max_size=200)), max_size=12)


@given(writes)
def test_it_holds_what_a_plain_array_holds(operations: list[tuple[int, bytes]]) -> None:
    medium, plain = Medium(SIZE_BYTES), bytearray(SIZE_BYTES)
    for offset_bytes, whole in operations:
        data = whole[: SIZE_BYTES - offset_bytes]
        medium.write(offset_bytes, data)
        plain[offset_bytes : offset_bytes + len(data)] = data

    assert b"".join(medium.chunks()) == plain
    assert medium.read(100, SIZE_BYTES - 200) == plain[100:-100]


@given(writes, writes)
def test_a_fork_and_its_parent_do_not_see_each_other(
    before: list[tuple[int, bytes]], after: list[tuple[int, bytes]]
) -> None:
    parent, twin = Medium(SIZE_BYTES), Medium(SIZE_BYTES)
    for offset_bytes, data in before:
        for medium in (parent, twin):
            medium.write(offset_bytes, data[: SIZE_BYTES - offset_bytes])
    fork = parent.fork()
    for offset_bytes, data in after:
        fork.write(offset_bytes, data[: SIZE_BYTES - offset_bytes])

    assert b"".join(parent.chunks()) == b"".join(twin.chunks())

    frozen = b"".join(fork.chunks())
    parent.write(0, b"later")
    assert b"".join(fork.chunks()) == frozen


def test_a_write_across_chunks_is_read_back_whole() -> None:
    medium = Medium(SIZE_BYTES)
    data = bytes(range(256)) * 250

    medium.write(CHUNK_BYTES - 7, data)

    assert medium.read(CHUNK_BYTES - 7, len(data)) == data
    assert [len(chunk) for chunk in medium.chunks()] == [CHUNK_BYTES] * 3 + [512]


@pytest.mark.parametrize("size_bytes", [0, -512, 1000])
def test_a_size_that_is_no_whole_number_of_sectors_is_refused(size_bytes: int) -> None:
    with pytest.raises(SynthesisError, match="whole number of 512-byte sectors") as caught:
        Medium(size_bytes)

    assert "multiple of 512" in caught.value.remedy


@pytest.mark.parametrize(("offset_bytes", "size_bytes"), [(-1, 1), (SIZE_BYTES, 1), (SIZE_BYTES - 5, 6)])
def test_what_lies_outside_is_refused(offset_bytes: int, size_bytes: int) -> None:
    medium = Medium(SIZE_BYTES)

    with pytest.raises(SynthesisError, match="lie outside"):
        medium.write(offset_bytes, bytes(size_bytes))
    with pytest.raises(SynthesisError, match="lie outside") as caught:
        medium.read(offset_bytes, size_bytes)

    assert "larger" in caught.value.remedy
