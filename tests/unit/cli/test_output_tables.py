"""Tables in a narrow terminal: what is copied from them stays in one piece."""

import os
import shutil
import sys

import click
import pytest

from labkit.cli import output

DIGEST = "0123456789abcdef" * 4
TASK = "deleted-on-fat/overwritten-candidate"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written, as a terminal of 80 columns gets it."""
    found: list[str] = []
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    monkeypatch.setattr(output, "write", lambda text: found.append(click.unstyle(text)))
    return found


def test_a_digest_is_not_broken_where_the_table_is_wider_than_the_terminal(written: list[str]) -> None:
    headers = ("what", "algorithm", "digest")
    output.write_table(headers, [("stored in container", "sha256", DIGEST)], plain=False, whole=headers)

    assert DIGEST in written[0]
    assert "stored in container" in written[0]


def test_a_column_that_is_not_named_is_folded(written: list[str]) -> None:
    output.write_table(("a", "digest"), [("x" * 30, DIGEST)], plain=False)

    assert DIGEST not in written[0]
    assert max(map(len, written[0].splitlines())) <= 80


def test_the_name_of_a_task_is_broken_behind_its_slash_only(written: list[str]) -> None:
    rows = [(TASK, "A file that can not be believed, whatever it says of itself", "10", "answered", "0/3")]
    headers = ("task", "heading", "points", "state", "hints")
    output.write_table(headers, rows, plain=False, right=["points"], whole=["task"])

    lines = [line.split()[0] for line in written[0].splitlines() if line.strip()]
    assert "deleted-on-fat/" in lines
    assert "overwritten-candidate" in lines
    assert "A file" in written[0]
    assert max(map(len, written[0].splitlines())) <= 80


def test_where_all_of_it_fits_nothing_is_broken(written: list[str]) -> None:
    output.write_table(("task", "points"), [(TASK, "10")], plain=False, whole=["task"])

    assert TASK in written[0]
