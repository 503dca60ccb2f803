"""A second process beside the reader: it does what it is given, and what it can not do the reader does itself."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.evidence.companion import Companion
from labkit.evidence.isolation import read_apart

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def told_by_a_reader(folder: Path, work: Callable[[], Any]) -> str:
    """Run ``work`` in a reader process and return what it found, as text."""
    found = folder / "found"

    def reader() -> int:
        found.write_text(repr(work()))
        return 0

    assert read_apart(reader) == 0
    return found.read_text()


def test_tasks_are_done_in_another_process_and_their_results_come_in_order(tmp_path: Path) -> None:
    def work() -> Any:
        reader = os.getpid()
        with Companion(lambda task: [task, os.getpid() == reader]) as companion:
            return [companion.takes("one"), companion.takes("two"), *companion.results(wait=True)]

    assert told_by_a_reader(tmp_path, work) == "[True, True, ['one', False], ['two', False]]"


def test_no_more_is_taken_than_is_soon_done(tmp_path: Path) -> None:
    def work() -> Any:
        with Companion(len) as companion:
            taken = [companion.takes("a task"), companion.takes("a task"), companion.takes("a task")]
            list(companion.results(wait=True))
            return [*taken, companion.takes("a task"), companion.takes("a task too long for a pipe" * 1000)]

    assert told_by_a_reader(tmp_path, work) == "[True, True, False, True, False]"


def test_what_fails_there_fails_here_with_its_own_error(tmp_path: Path) -> None:
    def work() -> Any:
        with Companion(lambda task: 10 // task) as companion:
            companion.takes(0)
            companion.takes(5)
            try:
                list(companion.results(wait=True))
            except ZeroDivisionError as error:
                return [str(error), *companion.results(wait=True)]

    assert told_by_a_reader(tmp_path, work) == "['integer division or modulo by zero', 2]"


def test_what_a_companion_does_not_live_to_do_is_done_here(tmp_path: Path) -> None:
    def work() -> Any:
        reader = os.getpid()

        def deed(task: int) -> int:
            if os.getpid() != reader:
                os.kill(os.getpid(), signal.SIGKILL)
            return task * 2

        with Companion(deed) as companion:
            taken = [companion.takes(1), companion.takes(2)].count(True)
            return [list(companion.results(wait=True)) == [2, 4][:taken], companion.takes(3)]

    assert told_by_a_reader(tmp_path, work) == "[True, False]"


def test_no_companion_outlives_its_reader(tmp_path: Path) -> None:
    def work() -> Any:
        with Companion(lambda _: os.getpid()) as companion:
            companion.takes("who are you?")
            return next(companion.results(wait=True))

    process = int(told_by_a_reader(tmp_path, work))

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_outside_of_a_reader_process_there_is_none() -> None:
    with Companion(len) as companion:
        assert not companion.takes("a task")
        assert list(companion.results(wait=True)) == []


def test_with_one_processor_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)

    def work() -> Any:
        with Companion(len) as companion:
            return companion.takes("a task")

    assert told_by_a_reader(tmp_path, work) == "False"
