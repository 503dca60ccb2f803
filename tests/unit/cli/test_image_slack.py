"""`labkit image slack` at the command line."""

import json
from pathlib import Path

import pytest

from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run
from tests.unit.evidence.examined_media import AT, CLUSTER, fat_volume, written


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = fat_volume()
    volume.make_directory("/docs", AT)
    volume.create("/docs/a.txt", b"a" * 100, AT)
    volume.write_slack("/docs/a.txt", b"the key is under \0\0ab\0\0" + "Перевод\u202e".encode())
    volume.create("/clean.txt", b"c" * 10, AT)
    return written(volume, tmp_path_factory.mktemp("stick") / "stick.raw")


def test_only_slack_that_holds_something_is_shown(stick: Path) -> None:
    (found,) = objects("image", "slack", stick)
    assert (found["kind"], found["path"], found["deleted"]) == ("file", "/docs/a.txt", False)
    assert found["size_bytes"] == CLUSTER - 100
    assert stick.read_bytes()[found["offset_bytes"] :].startswith(b"the key")
    assert [(text["encoding"], text["text"]) for text in found["texts"]] == [
        ("UTF-8", "the key is under "),
        ("UTF-8", "Перевод"),
    ]
    assert found["texts"][1]["offset_bytes"] == found["offset_bytes"] + len(b"the key is under \0\0ab\0\0")


def test_empty_slack_short_text_and_directories_can_be_chosen(stick: Path) -> None:
    assert {piece["path"] for piece in objects("image", "slack", stick, "--empty")} >= {"/docs/a.txt", "/clean.txt"}
    (long_only,) = objects("image", "slack", stick, "--strings", "10")
    assert [text["text"] for text in long_only["texts"]] == ["the key is under "]
    assert objects("image", "slack", stick, "--path", "/clean.txt") == []


def test_table_and_plain_lines(stick: Path) -> None:
    table = run("image", "slack", stick).stdout
    assert "/docs/a.txt" in table
    assert "the key is under" in table
    header, *lines = run("image", "slack", stick, "--plain").stdout.splitlines()
    assert len(lines) == 2
    row = dict(zip(header.split("\t"), lines[1].split("\t"), strict=True))
    assert (row["path"], row["text"]) == ("/docs/a.txt", "Перевод")
    (empty,) = [
        line for line in run("image", "slack", stick, "--plain", "--empty").stdout.splitlines() if "clean" in line
    ]
    assert empty.endswith("\t\t\t")


def test_too_short_text_is_refused(stick: Path, tmp_path: Path) -> None:
    refused(5, "text of 1 characters", "--strings 3", "image", "slack", stick, "--strings", "1")
    refused(5, "there is no file", "evidence", "image", "slack", tmp_path / "none.raw")


def test_slack_is_written_to_the_examination_log(stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.root / "work" / "stick.raw"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(stick.read_bytes())
    run("image", "slack", image, "--path", "/docs")
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "image slack"
    assert line["details"] == {"shortest": 4, "under": "/docs", "pieces": 1, "outcome": "done"}
