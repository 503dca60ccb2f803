"""Indexes keep their order and their promises whatever is put in and taken out."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.synthesis.filesystems.ntfs.blocks import BLOCK_BYTES, Entry
from labkit.synthesis.filesystems.ntfs.index import Index, Surroundings

HEADER_BYTES = 0x40


def render(entry: Entry) -> bytes:
    head = struct.pack("<QHHHH", entry.owner, entry.size_bytes, 2, 0, 0)
    return (head + entry.text.encode()).ljust(entry.size_bytes, b"\0")


AROUND = Surroundings(lambda: None, render)


def entry(number: int, size_bytes: int = 104) -> Entry:
    return Entry(f"{number:06}".encode(), number, f"entry {number:06}", 1, size_bytes)


def index(root_room: int = 300) -> Index:
    made = Index("$I30", 0x30, 1, 4096)
    made.root_room = root_room
    return made


def read(one: Index) -> list[int]:
    """Return the owners in order, as a reader of the bytes finds them."""
    found: list[int] = []

    def walk(node: bytes) -> None:
        position, used = struct.unpack_from("<II", node, 0)
        while True:
            owner, size, _, flags, _ = struct.unpack_from("<QHHHH", node, position)
            if flags & 1:
                (child,) = struct.unpack_from("<Q", node, position + size - 8)
                walk(one.block_bytes(child, render)[0x18:])
            if flags & 2:
                assert position + size == used
                return
            found.append(owner)
            position += size

    walk(one.root_value(render)[16:])
    return found


def test_a_small_index_has_no_blocks() -> None:
    one = index()
    for number in (2, 1):
        one.insert(entry(number), AROUND)

    assert read(one) == [1, 2]
    assert one.block_count == 0


def test_ten_thousand_entries_make_several_levels() -> None:
    one = index()
    for number in range(10_000):
        one.insert(entry(number * 7919 % 10_000), AROUND)

    assert read(one) == list(range(10_000))
    assert one.height == 3
    assert one.bitmap().count(b"\xff") >= one.block_count // 8


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 250), st.sampled_from([96, 160, 600])), min_size=1, max_size=700),
    st.sampled_from([24, 120, 400]),
)
def test_it_holds_what_was_put_in_and_not_taken_out(steps: list[tuple[int, int]], root_room: int) -> None:
    one = index(root_room)
    held: set[int] = set()
    for number, size_bytes in steps:
        if number in held:
            one.remove(entry(number).key, AROUND)
            held.remove(number)
        else:
            one.insert(entry(number, size_bytes), AROUND)
            held.add(number)

    assert read(one) == sorted(held)
    assert one.root_bytes <= max(root_room, 24)
    for number in range(one.block_count):
        (used,) = struct.unpack_from("<I", one.block_bytes(number, render), 0x1C)
        assert used <= BLOCK_BYTES - 0x18


def test_a_removed_entry_lets_the_rest_move_down_and_the_end_stays() -> None:
    one = index(root_room=24)
    for number in range(5):
        one.insert(entry(number), AROUND)
    before = one.block_bytes(0, render)[HEADER_BYTES:]

    one.remove(entry(1).key, AROUND)

    after = one.block_bytes(0, render)[HEADER_BYTES:]
    end = 4 * 104 + 16
    assert after[104 : 4 * 104] == before[2 * 104 : 5 * 104]
    assert after[end : end + 104] == before[end : end + 104]  # the end of entry 4, and the old end
    assert b"entry 000004" in after[: 4 * 104]


def test_the_last_entry_stays_readable_behind_the_end() -> None:
    one = index(root_room=24)
    for number in range(5):
        one.insert(entry(number), AROUND)

    one.remove(entry(4).key, AROUND)

    slack = one.block_bytes(0, render)[HEADER_BYTES + 4 * 104 + 16 :]
    assert slack.startswith(b"entry 000004")  # its head is under the new end


def test_a_divided_block_keeps_the_moved_half_behind_its_end() -> None:
    one = index(root_room=24)
    for number in range(39):
        one.insert(entry(number), AROUND)
    assert one.block_count == 2 + 1

    first = one.block_bytes(0, render)
    (used,) = struct.unpack_from("<I", first, 0x1C)
    slack = first[0x18 + used :]
    assert b"entry 000030" in slack
    assert read(one) == list(range(39))
