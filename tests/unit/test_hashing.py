import hashlib
from pathlib import Path
from threading import active_count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.hashing import Digester, digest_blocks, digest_bytes, digest_file


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_digests_of_blocks_are_those_of_the_joined_bytes(blocks: list[bytes]) -> None:
    whole = b"".join(blocks)

    digests = digest_blocks(blocks)

    assert digests.size_bytes == len(whole)
    assert digests.md5 == hashlib.md5(whole, usedforsecurity=False).hexdigest()
    assert digests.sha1 == hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    assert digests.sha256 == hashlib.sha256(whole).hexdigest()


def test_a_large_file_is_digested_in_threads_with_the_same_result(tmp_path: Path) -> None:
    data = bytes(range(256)) * 80_000  # 20 MB: several batches
    path = tmp_path / "large.bin"
    path.write_bytes(data)

    assert digest_file(path) == digest_bytes(data)
    assert digest_file(path).sha256 == hashlib.sha256(data).hexdigest()


@given(st.lists(st.binary(max_size=100), max_size=8))
def test_a_mark_is_the_digest_of_what_came_before_it(blocks: list[bytes]) -> None:
    with Digester() as digester:
        marks = []
        for block in blocks:
            digester.update(block)
            marks.append(digester.mark())
        whole = digester.finish()

    assert [mark.result() for mark in marks] == [
        hashlib.sha256(b"".join(blocks[: number + 1])).hexdigest() for number in range(len(blocks))
    ]
    assert whole == digest_bytes(b"".join(blocks))


def test_an_error_while_reading_ends_the_threads() -> None:
    def blocks():
        yield bytes(9_000_000)
        raise OSError("the cable was pulled")

    with pytest.raises(OSError, match="cable"):
        digest_blocks(blocks())


def test_a_digester_that_is_left_early_stops() -> None:
    before = active_count()
    with Digester() as digester:
        digester.update(bytes(9_000_000))
    assert active_count() == before


@pytest.mark.parametrize("processors", [1, 2, 3, 64, None])
def test_any_number_of_processors_gives_the_same_digests(
    processors: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    data = bytes(range(256)) * 80_000
    before = active_count()

    with Digester() as digester:
        digester.update(data)
        threads = active_count() - before
        digests = digester.finish()

    assert digests.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert digests.sha1 == hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert digests.sha256 == hashlib.sha256(data).hexdigest()
    assert threads == {1: 1, 2: 2, None: 1}.get(processors, 3)
