import multiprocessing
import os
from pathlib import Path

import pytest

from labkit.append_only import last_line, locked, split_torn
from labkit.errors import StorageError


@pytest.mark.parametrize(
    ("content", "whole", "torn", "last"),
    [
        (b"", b"", b"", b""),
        (b"one\n", b"one\n", b"", b"one"),
        (b"one\ntw", b"one\n", b"tw", b"tw"),
        (b"on", b"", b"on", b"on"),
        (b"one\n\n", b"one\n\n", b"", b""),
    ],
)
def test_a_line_without_its_end_is_torn(content: bytes, whole: bytes, torn: bytes, last: bytes) -> None:
    assert split_torn(content) == (whole, torn)
    assert last_line(content) == last


def test_lines_are_added_at_the_end_wherever_was_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for line in (b"one\n", b"two\n"):
        with locked(path) as lines:
            lines.tail(2)
            lines.append(line)

    assert path.read_bytes() == b"one\ntwo\n"
    with locked(path) as lines:
        assert lines.tail(5) == b"\ntwo\n"
        assert lines.tail(100) == b"one\ntwo\n"


@pytest.mark.parametrize("written_bytes", [0, 3])
def test_a_line_that_does_not_fit_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written_bytes: int
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")

    class Full:
        """A file on a disk that takes only the first bytes."""

        def __init__(self, file: object) -> None:
            self._file = file

        def write(self, data: bytes) -> int:
            return self._file.write(data[:written_bytes])

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

    opened = os.fdopen

    class Opened:
        def __init__(self, *args: object, **options: object) -> None:
            self._file = opened(*args, **options)

        def __enter__(self) -> Full:
            return Full(self._file.__enter__())

        def __exit__(self, *error: object) -> None:
            self._file.__exit__(*error)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", Opened)
        with pytest.raises(StorageError, match=f"only {written_bytes} of 4 bytes") as caught, locked(path) as lines:
            lines.append(b"two\n")

    assert "Make space" in caught.value.remedy
    assert path.read_bytes() == b"one\n"


def _add(path: Path, name: str) -> None:
    for number in range(50):
        with locked(path) as lines:
            seen = lines.tail(10_000).count(b"\n")
            lines.append(f"{seen} {name}{number}\n".encode())


def test_two_processes_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "log"
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_add, args=(path, name)) for name in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join(120)

    assert [process.exitcode for process in both] == [0, 0]
    numbers = [int(line.split()[0]) for line in path.read_text(encoding="ascii").splitlines()]
    assert numbers == list(range(100))
