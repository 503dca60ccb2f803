"""From a roster to the class report, and every stop on the way: message, remedy, exit code, nothing half-done."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from labkit.atomic import remove_tree
from labkit.cli import main
from labkit.custody import ledger
from labkit.usecases.demo import PLAYERS
from labkit.usecases.reporting import write_report
from labkit.usecases.trainer import grade_inbox
from labkit.workspace.folder import open_workspace
from tests.small_class import NOW
from tests.system.conftest import Played

posix = pytest.mark.skipif(os.name == "nt", reason="signals and file size limits as POSIX has them")


@pytest.fixture(scope="module")
def rows(played: Played) -> dict[str, Any]:
    report = json.loads(played.demo.report.json.read_text(encoding="utf-8"))
    return {row["trainee"]["trainee_id"]: row for row in report["rows"]}


def outcomes(row: dict[str, Any]) -> dict[str, str]:
    return {task["task"]: task["outcome"] for task in row["tasks"]}


def mistakes(row: dict[str, Any]) -> dict[str, str]:
    return {task["task"]: task["mistake"] for task in row["tasks"] if task["mistake"]}


def test_who_does_everything_right_has_full_marks(rows: dict[str, Any]) -> None:
    assert rows["T01"]["points"] == rows["T01"]["max_points"] == 300
    assert set(outcomes(rows["T01"]).values()) == {"correct"}


def test_who_does_half_gets_half_and_pays_for_hints_in_graded_exercises_only(rows: dict[str, Any]) -> None:
    tasks = {task["task"]: task for task in rows["T02"]["tasks"]}

    assert set(outcomes(rows["T02"]).values()) >= {"correct", "missing"}
    assert tasks["image-and-verify/raw-sha256"]["points"] == 12 * 0.9  # two hints: the first is free
    assert tasks["image-and-verify/size-sectors"]["points"] == 5  # one hint


def test_who_hashes_the_container_is_told_so(rows: dict[str, Any]) -> None:
    assert mistakes(rows["T03"])["image-and-verify/e01-sha256"] == "H-CONT"
    assert mistakes(rows["T03"])["fingerprints/media-sha256"] == "H-CONT"
    assert set(mistakes(rows["T03"]).values()) >= {"H-CONT", "H-NL"}


def test_who_is_an_hour_off_loses_points_for_times_only(rows: dict[str, Any]) -> None:
    wrong = {task for task, outcome in outcomes(rows["T04"]).items() if outcome != "correct"}

    assert wrong == {"fingerprints/kabul-time", "deleted-on-fat/sheet-born", "deleted-on-fat/sheet-modified"}


def test_who_copies_is_betrayed_by_personal_values_and_nobody_else_is(played: Played, rows: dict[str, Any]) -> None:
    assert {flag.trainee_id for flag in played.demo.graded.flags} == {"T05"}
    assert {flag.values["owner"] for flag in played.demo.graded.flags} == {"T01"}
    assert rows["T05"]["points"] < 150


def test_a_broken_archive_gets_a_row_with_the_reason(played: Played, rows: dict[str, Any]) -> None:
    assert rows["T06"]["status"] == "refused"
    assert "cut short" in rows["T06"]["reason"]
    assert [refused.code for refused in played.demo.graded.refused] == ["broken-archive"]


def test_everybody_reads_feedback_in_their_own_language(played: Played) -> None:
    folder = played.demo.report.page.parent / "feedback"

    assert sorted(path.stem for path in folder.iterdir()) == ["T01", "T02", "T03", "T04", "T05"]
    for player in PLAYERS[:5]:
        page = (folder / f"{player.trainee_id}.html").read_text(encoding="utf-8")
        assert f'<html lang="{player.language}"' in page
        assert player.name in page


def test_the_class_report_names_everybody_and_the_mistakes(played: Played) -> None:
    page = played.demo.report.page.read_text(encoding="utf-8")

    for player in PLAYERS[:5]:
        assert player.name in page
    assert "H-CONT" in page
    assert "://" not in page  # nothing is fetched from anywhere


def test_the_trainees_own_commands_agree_with_the_grade(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(played.demo.folder / "workspaces" / "T01")

    checked = [json.loads(line) for line in CliRunner().invoke(main, ["check", "--json"]).output.splitlines()]

    results = {item["task"]: item["result"] for item in checked}
    practice = {result for task, result in results.items() if task.startswith("fingerprints/")}
    assert practice == {"right"}
    assert set(results.values()) == {"right", "form", "ledger"}


def test_the_ledger_of_a_workspace_holds_together(played: Played) -> None:
    workspace = open_workspace(played.demo.folder / "workspaces" / "T01")

    parsed = ledger.parse(ledger.split_lines(workspace.custody_path.read_bytes()), genesis=workspace.ledger_genesis)

    assert parsed.events
    assert parsed.problems == ()


def dump(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_grading_and_reporting_again_changes_nothing(played: Played, tmp_path: Path) -> None:
    root = tmp_path / "class"
    shutil.copytree(played.demo.classroom.root, root)
    before = dump(root / "results.sqlite")
    page = (root / "report" / "class-report.html").read_bytes()

    again = grade_inbox(root, played.demo.folder / "inbox", now=NOW + timedelta(days=1))
    write_report(root)

    assert (len(again.graded), len(again.known)) == (0, 5)
    assert dump(root / "results.sqlite") == before
    assert (root / "report" / "class-report.html").read_bytes() == page


def test_a_later_attempt_counts_and_the_earlier_results_stay(played: Played, tmp_path: Path) -> None:
    root, inbox = tmp_path / "class", tmp_path / "inbox"
    shutil.copytree(played.demo.classroom.root, root)
    workspace = tmp_path / "T02"
    shutil.copytree(played.demo.folder / "workspaces" / "T02", workspace)
    runner = CliRunner()
    with contextlib.chdir(workspace):
        runner.invoke(main, ["answer", "image-and-verify/report-wording", "wording-3; KF-06-second-pass.log; line 10"])
        made = runner.invoke(main, ["submit", "--out", str(inbox)])
    assert made.exit_code == 0, made.output

    graded = grade_inbox(root, inbox, now=NOW + timedelta(days=1))
    report = json.loads(write_report(root).json.read_text(encoding="utf-8"))

    assert [trainee.trainee_id for trainee in graded.graded] == ["T02"]
    by_id = {row["trainee"]["trainee_id"]: row for row in report["rows"]}
    assert outcomes(by_id["T02"])["image-and-verify/report-wording"] == "correct"
    assert by_id["T01"]["points"] == 300
    remove_tree(workspace)


def test_content_that_was_changed_after_the_packs_were_built_is_noticed(played: Played, tmp_path: Path) -> None:
    root = tmp_path / "class"
    shutil.copytree(played.demo.classroom.root, root)
    with contextlib.closing(sqlite3.connect(root / "results.sqlite")) as connection, connection:
        connection.execute("update pack set truth_sha256 = 'of another scenario' where trainee_id = 'T03'")

    result = CliRunner().invoke(main, ["trainer", "grade", str(root), str(played.demo.folder / "inbox")])

    assert result.exit_code == 3
    assert "T03" in result.stderr
    assert "--force" in result.stderr


def labkit(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "labkit", *map(str, arguments)]


def a_new_class(folder: Path, trainees: int) -> Path:
    roster = folder / "roster.csv"
    lines = [
        "trainee_id,name,language",
        *(f"T{number:02d},Trainee Number{number},en" for number in range(1, trainees + 1)),
    ]
    roster.write_text("\n".join(lines), encoding="utf-8")
    command = labkit("trainer", "new", folder / "class", "--roster", roster, "--course", "first-steps")
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder / "class"


def limited(command: list[str], limit_bytes: int) -> subprocess.CompletedProcess[bytes]:
    """Run a command that can not make a file larger than ``limit_bytes``: what a full disk looks like."""
    code = (
        "import os, resource, sys; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes})); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return subprocess.run([sys.executable, "-c", code, *command], capture_output=True, timeout=120, check=False)


@posix
def test_a_full_disk_stops_start_with_a_remedy_and_nothing_left(played: Played, tmp_path: Path) -> None:
    pack = played.demo.classroom.packs / "T01.labpack"

    done = limited(labkit("start", pack, "--into", tmp_path / "T01"), 2_000_000)

    assert done.returncode == 13, done.stderr
    assert b"Next:" in done.stderr
    assert b"space" in done.stderr
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_stops_a_build_with_a_remedy_and_nothing_left(tmp_path: Path, jobs: int) -> None:
    folder = a_new_class(tmp_path, 2)

    done = limited(labkit("trainer", "build", folder, "--jobs", jobs), 3_000_000)

    assert done.returncode == 13, done.stderr
    assert b"Next:" in done.stderr
    assert list((folder / "packs").iterdir()) == []


@posix
def test_ctrl_c_stops_a_build_and_the_next_run_goes_on(tmp_path: Path) -> None:
    folder = a_new_class(tmp_path, 3)
    packs = folder / "packs"
    process = subprocess.Popen(
        labkit("trainer", "build", folder, "--jobs", 2),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while not list(packs.glob("*.labpack")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody at once
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert b"run the same command again" in said
    kept = list(packs.iterdir())
    assert 0 < len(kept) < 3
    assert all(path.suffix == ".labpack" for path in kept)
    again = subprocess.run(labkit("trainer", "build", folder), capture_output=True, timeout=120, check=True)
    assert f"{3 - len(kept)} pack(s) built, {len(kept)} kept".encode() in again.stdout
