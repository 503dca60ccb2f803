"""A class of a country that asks for attesting witnesses: in the trainee's check, on the printed form, in the mark."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.atomic import remove_tree
from labkit.cli import main
from labkit.usecases.trainer import make_class
from tests.small_class import NOW

OVERLAY = """attesting_witnesses = 1
[protocol_names]
en = "record of search"
"""
LINES = (
    ["case", "NV-2026-0417", "--officer", "O1", "--protocol", "12/26"],
    ["person", "O1", "--name", "Sten Orlov", "--role", "DEFR"],
    ["person", "W1", "--name", "Ida Brandt", "--role", "attesting_witness"],
    ["location", "ROOM12", "--kind", "scene", "--tz", "Asia/Almaty"],
    ["exhibit", "KF-02", "--kind", "medium", "--description", "red stick"],
    ["seized", "--exhibit", "KF-02", "--by", "O1", "--location", "ROOM12", "--purpose", "evidence beside the PC"],
)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    roster = tmp_path / "roster.csv"
    roster.write_text("trainee_id,name,language\nT01,Nadia Marlow,en\n", encoding="utf-8")
    own = tmp_path / "norvia.toml"
    own.write_text(OVERLAY, encoding="utf-8")
    make_class(
        tmp_path / "class",
        roster=roster,
        course="first-response",
        name=None,
        passphrase=None,
        overlay=str(own),
        now=NOW,
    )
    done(tmp_path, "trainer", "build", tmp_path / "class", "--jobs", 1)
    done(tmp_path, "start", tmp_path / "class" / "packs" / "T01.labpack", "--into", tmp_path / "T01")
    yield tmp_path / "T01"
    remove_tree(tmp_path / "T01")


def run(folder: Path, *arguments: object) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(main, [str(each) for each in arguments])


def done(folder: Path, *arguments: object) -> str:
    result = run(folder, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def rules(folder: Path, *more: str) -> set[str]:
    return {one["rule"] for one in json.loads(run(folder, "custody", "check", "--json", *more).stdout)["findings"]}


def graded(workspace: Path) -> set[str]:
    """The codes under the custody task of L01 after the ledger was handed in as it stands."""
    folder = workspace.parent
    done(workspace, "submit", "--out", folder / "inbox")
    done(folder, "trainer", "grade", folder / "class", folder / "inbox", "--jobs", 1)
    done(folder, "trainer", "report", folder / "class")
    [row] = json.loads((folder / "class" / "report" / "class-report.json").read_text(encoding="utf-8"))["rows"]
    task = next(task for task in row["tasks"] if task["task"] == "first-on-scene/notes")
    return {detail["code"] for detail in task["details"]}


def test_the_overlay_of_a_class_goes_with_its_packs_and_counts_in_the_mark(workspace: Path) -> None:
    for line in LINES:
        done(workspace, "custody", "add", *line)

    assert "CC-33" in rules(workspace)
    assert "CC-33" not in rules(workspace, "--overlay", "default")
    assert "record of search 12/26" in done(workspace, "custody", "export", "--out", "-")
    assert "CC-33" in graded(workspace)


def test_who_names_the_witnesses_pays_nothing(workspace: Path) -> None:
    for line in (*LINES[:-1], [*LINES[-1], "--witness", "W1"]):
        done(workspace, "custody", "add", *line)

    assert "CC-33" not in rules(workspace)
    assert "CC-33" not in graded(workspace)
