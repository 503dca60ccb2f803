"""The answer book of a class that was built and graded: what it says is what was graded by."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from labkit.cli import main
from labkit.errors import WorkspaceError
from labkit.usecases.answer_book import write_answer_book
from tests.system.conftest import Played


def rows(table: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))


def test_the_book_tells_everybody_the_own_answers(played: Played, tmp_path: Path) -> None:
    book = write_answer_book(played.demo.classroom.root, tmp_path / "book", processes=1)
    found = {(row["trainee_id"], row["task"]): row["answer"] for row in rows(book.csv)}

    assert book.trainees == len(played.truths)
    for trainee_id, truths in played.truths.items():
        truth = truths["kestrel"]
        assert found[trainee_id, "image-and-verify/raw-sha256"] == truth.fact("usb:media.sha256")
        assert found[trainee_id, "image-and-verify/partition-start"] == (
            f"{truth.fact('usb:partition.offset_bytes')} bytes disk"
        )
    assert len({answer for (_, task), answer in found.items() if task == "image-and-verify/raw-sha256"}) == len(
        played.truths
    )
    assert not list(played.demo.classroom.root.glob("answers"))


def test_the_command_writes_a_book_for_one_trainee(played: Played, tmp_path: Path) -> None:
    root, out = played.demo.classroom.root, tmp_path / "one"
    done = CliRunner().invoke(
        main, ["trainer", "answers", str(root), "--only", "T02", "--out", str(out), "--language", "ru", "--jobs", "1"]
    )

    assert done.exit_code == 0, done.output
    assert "it holds every right answer" in done.output
    assert {row["trainee_id"] for row in rows(out / "answer-book.csv")} == {"T02"}
    assert "Книга ответов" in (out / "answer-book.html").read_text(encoding="utf-8")
    with pytest.raises(WorkspaceError, match="nobody in the roster"):
        write_answer_book(root, out, only=["T99"])
