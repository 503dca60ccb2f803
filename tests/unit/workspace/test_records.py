import errno
import json
import os
from pathlib import Path

import pytest

from labkit import atomic
from labkit.errors import AnswerError, WorkspaceError
from labkit.workspace import examination
from labkit.workspace.answers import read_answers, store_answer
from labkit.workspace.hints import open_next, opened_hints
from labkit.workspace.tasks import find_task, read_tasks
from tests.small_class import NOW, TASKS, a_workspace


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("exam/digest", "exam/digest"),
        ("digest", "exam/digest"),
        ("DIGEST", "exam/digest"),
        ("dig", "exam/digest"),
        ("ex/dig", "exam/digest"),
        ("size_bytes", "exam/size-bytes"),
        ("pract", "practice/count"),
        (" exam / verdict ", "exam/verdict"),
    ],
)
def test_a_task_is_found_by_what_people_type(typed: str, name: str) -> None:
    assert find_task(TASKS, typed).name == name


def test_an_ambiguous_name_lists_what_it_may_mean() -> None:
    with pytest.raises(AnswerError, match="may mean 2 tasks") as caught:
        find_task(TASKS, "size")

    assert "exam/size-bytes, exam/size-sectors" in caught.value.remedy


@pytest.mark.parametrize(("typed", "suggested"), [("exam/digets", "exam/digest"), ("verdikt", "exam/verdict")])
def test_a_slip_of_the_keys_gets_a_suggestion(typed: str, suggested: str) -> None:
    with pytest.raises(AnswerError, match="there is no task") as caught:
        find_task(TASKS, typed)

    assert suggested in caught.value.remedy


@pytest.mark.parametrize("typed", ["", "zzz"])
def test_without_anything_alike_status_is_named(typed: str) -> None:
    with pytest.raises(AnswerError) as caught:
        find_task(TASKS, typed)

    assert "labkit status" in caught.value.remedy


def test_tasks_come_back_as_they_were_packed(tmp_path: Path) -> None:
    assert read_tasks(a_workspace(tmp_path)) == TASKS


def test_answers_are_kept_one_by_one(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    store_answer(workspace, "exam/digest", "first")
    store_answer(workspace, "exam/verdict", "отличаются")
    store_answer(workspace, "exam/digest", "second")

    assert read_answers(workspace) == {"exam/digest": "second", "exam/verdict": "отличаются"}


def test_a_full_disk_keeps_the_answers_that_were_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = a_workspace(tmp_path)
    store_answer(workspace, "exam/digest", "first")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store_answer(workspace, "exam/digest", "second")

    assert read_answers(workspace) == {"exam/digest": "first"}
    assert not list(workspace.root.glob(".*.part"))


@pytest.mark.parametrize("text", ["{", "[]", '{"exam/digest": 5}', "\xff"])
def test_answers_that_were_edited_wrongly_are_explained(tmp_path: Path, text: str) -> None:
    workspace = a_workspace(tmp_path)
    workspace.answers_path.write_bytes(text.encode("latin-1"))

    with pytest.raises(WorkspaceError, match=r"answers\.json") as caught:
        read_answers(workspace)

    assert "labkit answer" in caught.value.remedy


@pytest.mark.parametrize("text", ["{", "[{}]"])
def test_damaged_tasks_are_explained(tmp_path: Path, text: str) -> None:
    workspace = a_workspace(tmp_path)
    path = workspace.kit / "tasks.json"
    path.chmod(0o644)
    path.write_text(text, encoding="utf-8")

    with pytest.raises(WorkspaceError, match=r"tasks\.json") as caught:
        read_tasks(workspace)

    assert "Start the pack again" in caught.value.remedy


def test_missing_hints_are_explained(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    (workspace.kit / "hints.json").chmod(0o644)
    (workspace.kit / "hints.json").unlink()

    with pytest.raises(WorkspaceError, match=r"hints\.json is missing"):
        open_next(workspace, "exam/digest")


def test_hints_open_one_after_another_and_are_counted(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    opened = [open_next(workspace, "exam/digest") for _ in range(4)]

    assert [(hint.text_markdown, hint.is_new) for hint in opened if hint] == [
        ("first", True), ("second", True), ("third", True), ("third", False),
    ]  # fmt: skip
    assert opened_hints(workspace) == {"exam/digest": 3}
    assert open_next(workspace, "exam/verdict") is None


def log_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_examination_log_is_chained(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.evidence / "stick" / "image.raw"
    for command in ("image info", "image hash", "image ls"):
        assert examination.record(image.parent, command, image, {"rows": 3}, now=NOW)

    lines = workspace.examination_path.read_bytes().splitlines()
    log = log_of(workspace.examination_path)
    assert [entry["target"] for entry in log] == ["evidence/stick/image.raw"] * 3
    assert log[0]["prev"] == examination.genesis(workspace)
    assert [entry["prev"] for entry in log[1:]] == [examination.line_digest(line) for line in lines[:2]]


def test_outside_a_workspace_nothing_is_recorded(tmp_path: Path) -> None:
    assert not examination.record(tmp_path, "image info", tmp_path / "x.raw", {})
    assert list(tmp_path.iterdir()) == []


def test_an_image_elsewhere_is_recorded_where_the_examiner_sits(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    outside = tmp_path / "other.raw"

    assert examination.record(workspace.root / "work", "image info", outside, {}, now=NOW)
    assert log_of(workspace.examination_path)[0]["target"] == str(outside)


def test_a_line_that_was_cut_short_stays_and_the_log_goes_on(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace.examination_path.write_bytes(b'{"torn')

    examination.append_entry(workspace, "hint", "exam/digest", {}, at=NOW)

    torn, line = workspace.examination_path.read_bytes().splitlines()
    assert torn == b'{"torn'
    assert json.loads(line)["prev"] == examination.line_digest(torn)


def test_a_name_that_is_no_unicode_is_recorded_as_an_escape(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    examination.append_entry(workspace, "image cat", "evidence/\udcff", {"path": "/\udcfe"}, at=NOW)

    assert log_of(workspace.examination_path)[0]["target"] == "evidence/\\udcff"


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = a_workspace(tmp_path)
    examination.append_entry(workspace, "hint", "exam/digest", {}, at=NOW)
    before = workspace.examination_path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        examination.append_entry(workspace, "hint", "exam/digest", {}, at=NOW)

    assert workspace.examination_path.read_bytes() == before
