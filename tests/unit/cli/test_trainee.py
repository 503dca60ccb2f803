import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.workspace.answers import read_answers
from labkit.workspace.folder import Workspace
from labkit.workspace.tasks import TASKS, read_tasks, tasks_bytes
from tests.small_class import a_pack, a_workspace


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = a_workspace(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def test_start_says_what_to_do_next_in_the_trainees_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a_pack(tmp_path / "T01.labpack")
    a_pack(tmp_path / "T02.labpack", "T02", language="ru")

    english, russian = run("start", "T01.labpack"), run("start", "T02.labpack", "--into", "моя папка")

    assert english.exit_code == russian.exit_code == 0, english.output + russian.output
    assert "What to do now" in english.output
    assert "cd T01" in english.output
    assert "labkit guide 00" in english.output
    assert "Что делать дальше" in russian.output
    assert 'cd "моя папка"' in russian.output
    assert (tmp_path / "моя папка" / "START-HERE.html").is_file()


@pytest.mark.parametrize(("data", "said"), [(b"", "cut short"), (None, "is not there")])
def test_start_refuses_what_is_no_pack(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "x.labpack"
    if data is not None:
        path.write_bytes(data)

    result = run("start", str(path), "--into", str(tmp_path / "w"))

    assert (result.exit_code, result.stdout) == (8, "")
    assert said in result.stderr
    assert "Next:" in result.stderr
    assert not (tmp_path / "w").exists()


def test_a_changed_pack_is_refused_by_name(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    changed = tmp_path / "changed.labpack"
    with zipfile.ZipFile(pack) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"other" if name.endswith("note.txt") else source.read(name))

    result = run("start", str(changed), "--into", str(tmp_path / "w"))

    assert result.exit_code == 8
    assert "evidence/stick/note.txt is not what the trainer packed" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["T01.labpack", "changed.labpack"]


def test_ctrl_c_has_its_own_exit_code_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.workspace.pack import Pack

    a_pack(tmp_path / "T01.labpack")

    def interrupt(_pack: Pack, folder: Path, _progress: object) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(Pack, "unpack", interrupt)
    result = run("start", str(tmp_path / "T01.labpack"), "--into", str(tmp_path / "w"))

    assert result.exit_code == 130
    assert "Nothing half-written" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["T01.labpack"]


@pytest.mark.parametrize(
    "command", [["status"], ["check"], ["submit"], ["guide", "00"], ["hint", "x"], ["answer", "x", "1"]]
)
def test_outside_a_workspace_every_command_says_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run(*command)

    assert result.exit_code == 9
    assert "labkit start" in result.stderr


def test_an_answer_is_stored_and_repeated(workspace: Workspace) -> None:
    result = run("answer", "exam/digest", "AB " * 32)

    assert result.exit_code == 0, result.output
    assert "ab" * 32 in result.output
    assert json.loads(workspace.answers_path.read_bytes())["exam/digest"] == ("AB " * 32).strip()


def test_a_claim_is_repeated_as_it_was_written_where_only_hyphens_and_case_are_folded(workspace: Workspace) -> None:
    tasks = read_tasks(workspace)
    options = [{"id": f"wording-{number}", "title": f"Sentence {number}."} for number in (3, 4)]
    answer = {"type": "CLAIM", "options": options}
    claim = next(replace(task, id="claim", answer=answer) for task in tasks if task.exercise == "exam")
    (workspace.kit / TASKS).chmod(0o644)
    (workspace.kit / TASKS).write_bytes(tasks_bytes([*tasks, claim]))

    assert "wording-3; KF-06-pass.log; line 9" in run("answer", "claim", "wording-3; KF-06-pass.log; line 9").output
    assert "wording-3; KF06; line 9" in run("answer", "claim", "WORDING-3; KF-06\nline 9").output


def test_words_without_quotation_marks_are_one_answer(workspace: Workspace) -> None:
    assert run("answer", "verdict", "They", "differ").exit_code == 0
    assert json.loads(workspace.answers_path.read_bytes()) == {"exam/verdict": "They differ"}


def with_a_table(workspace: Workspace) -> None:
    """Add a task that is answered by a table."""
    tasks = read_tasks(workspace)
    columns = [
        {"id": "lba", "title": "Sector", "form": {"type": "INT", "unit": "sectors"}},
        {"id": "kind", "title": "Kind", "form": {"type": "TEXT"}},
    ]
    answer = {"type": "TABLE", "key": "lba", "columns": columns}
    table = next(replace(task, id="table", answer=answer) for task in tasks if task.exercise == "exam")
    (workspace.kit / TASKS).chmod(0o644)
    (workspace.kit / TASKS).write_bytes(tasks_bytes([*tasks, table]))


def test_a_table_is_read_from_a_file_and_shown_as_it_is_understood(workspace: Workspace) -> None:
    with_a_table(workspace)
    file = workspace.root / "work" / "table.csv"
    file.write_text("\ufeffkind,sector\r\nfat,0x800\r\n", encoding="utf-8")

    result = run("answer", "table", "--file", str(file))

    assert result.exit_code == 0, result.output
    assert "2048 | fat" in result.output
    assert json.loads(workspace.answers_path.read_bytes())["exam/table"].startswith("kind,sector")


def test_a_table_may_stand_in_the_answers_as_a_list_and_stays_one(workspace: Workspace) -> None:
    with_a_table(workspace)
    rows = [{"lba": 2048, "kind": "fat"}]
    workspace.answers_path.write_text(json.dumps({"exam/table": rows}), encoding="utf-8")

    assert run("answer", "exam/digest", "ab" * 32).exit_code == 0
    checked = [json.loads(line) for line in run("check", "--json").output.splitlines()]

    assert json.loads(workspace.answers_path.read_bytes())["exam/table"] == rows
    assert {line["task"]: line["result"] for line in checked}["exam/table"] == "form"
    assert read_answers(workspace)["exam/table"] == '[{"kind": "fat", "lba": 2048}]'
    workspace.answers_path.write_text('{"exam/table": 5}', encoding="utf-8")
    assert "neither a text nor a list of rows" in run("check").stderr


@pytest.mark.parametrize(
    ("content", "said"), [(b"x" * 16_385, "longer than 16 KiB"), (b"\xff\xfe1\x00", "not text in UTF-8")]
)
def test_a_file_that_is_no_answer_is_refused(workspace: Workspace, content: bytes, said: str) -> None:
    (workspace.root / "answer.txt").write_bytes(content)

    result = run("answer", "exam/size-bytes", "--file", "answer.txt")

    assert result.exit_code == 10
    assert said in result.stderr
    assert "Next:" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["5", "--file", "answer.txt"], ["--file", "missing.txt"]])
def test_an_answer_is_a_value_or_a_file(workspace: Workspace, arguments: list[str]) -> None:
    (workspace.root / "answer.txt").write_text("5", encoding="utf-8")

    assert run("answer", "exam/size-bytes", *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("task", "value"),
    [("exam/digest", "abc"), ("exam/size-bytes", "many"), ("exam/size-bytes", "4 sectors"), ("exam/verdict", "maybe"),
     ("exam/size-bytes", "-"), ("exam/custody", "yes"), ("no-such-task", "1"), ("exam/size", "1")],
)  # fmt: skip
def test_an_answer_of_the_wrong_form_costs_nothing_and_stores_nothing(
    workspace: Workspace, task: str, value: str
) -> None:
    run("answer", "exam/digest", "ab" * 32)
    before = workspace.answers_path.read_bytes()
    log = workspace.examination_path.read_bytes()

    result = run("answer", task, value)

    assert result.exit_code == 10
    assert "Next:" in result.stderr
    assert workspace.answers_path.read_bytes() == before
    assert workspace.examination_path.read_bytes() == log


def test_hints_say_what_they_cost(workspace: Workspace) -> None:
    first, second, third = run("hint", "digest"), run("hint", "digest"), run("hint", "digest")
    practice = [run("hint", "practice/count").output for _ in range(2)]

    assert "first" in first.output
    assert "costs nothing" in first.output
    assert "next hint costs 10 % more" in first.output
    assert "10 % of the points" in second.output
    assert "20 % of the points" in third.output
    assert "no further hints" in third.output
    assert "All hints of this task are open" in run("hint", "digest").output
    assert all("costs nothing" in output for output in practice)
    assert "has no hints" in run("hint", "exam/verdict").output
    log = workspace.examination_path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["command"] for line in log] == ["hint"] * 5


def test_status_counts_and_names_the_next_step(workspace: Workspace) -> None:
    assert "Answered: 0 of 5" in run("status").output
    run("answer", "exam/digest", "ab" * 32)
    run("hint", "exam/digest")

    listing = run("status").output
    rows = [json.loads(line) for line in run("status", "--json").output.splitlines()]
    plain = run("status", "--plain").output.splitlines()

    assert "Answered: 1 of 5" in listing
    assert "labkit guide 00" in listing
    assert [row["task"] for row in rows if row["answered"]] == ["exam/digest"]
    assert next(row for row in rows if row["task"] == "exam/digest")["hints_opened"] == 1
    assert plain[2].split("\t") == ["exam/digest", "Task 1", "10", "answered", "1/3"]


def test_status_and_check_look_at_one_lab_or_exercise(workspace: Workspace) -> None:
    def tasks(*arguments: str) -> list[str]:
        return [json.loads(line)["task"] for line in run(*arguments, "--json").output.splitlines()]

    exam = [task.name for task in read_tasks(workspace) if task.exercise == "exam"]

    assert tasks("status", "exam") == tasks("check", "EX") == exam
    assert tasks("status", "00") == tasks("status", "first") == tasks("check", "L0") == tasks("status")
    assert "Answered: 0 of 1" in run("status", "practice").output
    missing = run("check", "09")
    assert missing.exit_code == 10
    assert "00, practice, exam" in missing.stderr


def test_an_answer_that_can_not_be_read_is_refused_in_the_trainees_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = a_workspace(tmp_path, language="ru")
    monkeypatch.chdir(made.root)

    refused = run("answer", "exam/verdict", "maybe")
    made.answers_path.write_text('{"exam/verdict": "maybe"}', encoding="utf-8")

    assert (refused.exit_code, refused.stdout) == (10, "")
    assert refused.stderr.startswith("Ошибка: Нужен один из вариантов")
    assert "agree, differ" in refused.stderr
    assert "Next" not in refused.stderr
    assert "exam/verdict: Нужен один из вариантов" in run("check").output


def test_check_says_right_or_wrong_in_practice_only(workspace: Workspace) -> None:
    def result_of(task: str) -> str:
        rows = [json.loads(line) for line in run("check", "--json").output.splitlines()]
        return next(row["result"] for row in rows if row["task"] == task)

    assert result_of("practice/count") == "missing"
    run("answer", "practice/count", "4097")
    assert result_of("practice/count") == "wrong"
    run("answer", "practice/count", "4 096")
    assert result_of("practice/count") == "right"
    run("answer", "exam/size-bytes", "4096")
    assert result_of("exam/size-bytes") == "form"
    assert result_of("exam/custody") == "ledger"
    workspace.answers_path.write_text('{"exam/digest": "xyz"}', encoding="utf-8")
    assert result_of("exam/digest") == "unreadable"
    shown = run("check").output
    assert "can not be read" in shown
    assert "only the form is checked" in shown
    assert "labkit custody check" in shown


def test_guide_by_number_name_and_page(workspace: Workspace) -> None:
    for name in ("00", "0", "L00", "00-first", "first"):
        assert "Read this." in run("guide", name).output
    assert run("guide", "00", "--page").output.strip() == str(workspace.root / "guides" / "00-first.html")
    missing = run("guide", "99")
    assert missing.exit_code == 9
    assert "00-first" in missing.stderr


def test_submit_says_what_to_hand_in(workspace: Workspace, tmp_path: Path) -> None:
    run("answer", "exam/digest", "ab" * 32)

    first, second = run("submit"), run("submit", "--out", str(tmp_path / "stick"))

    assert "T01-attempt-1.labsub" in first.output
    assert "1 of 5 answers" in first.output
    assert "Attempt 2" in second.output
    assert (tmp_path / "stick" / "T01-attempt-2.labsub").is_file()


def test_control_characters_in_a_class_name_do_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = a_workspace(tmp_path, class_name="Spring \x1b[2J")
    monkeypatch.chdir(made.root)

    assert "\x1b" not in run("status").output
