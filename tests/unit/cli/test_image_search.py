"""`labkit image search` at the command line."""

import json
from pathlib import Path

import pytest

from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run, stops_at_once
from tests.unit.evidence.examined_media import AT, CLUSTER, fat_volume, in_two_pieces, written


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The word in a live file, in slack, in a deleted file, and over the seam of two fragments."""
    volume = fat_volume()
    volume.make_directory("/docs", AT)
    volume.create("/docs/live.txt", "Аскаров".encode("cp1251"), AT)
    volume.write_slack("/docs/live.txt", b"\0\0" + "аскаров".encode())
    volume.create("/gone.txt", "АСКАРОВ\u202e".encode("utf-16-le"), AT)
    word = "Аскаров".encode()
    in_two_pieces(volume, "/pieces.txt", b"x" * (CLUSTER - 4) + word[:4], word[4:])
    volume.delete("/gone.txt", AT)
    return written(volume, tmp_path_factory.mktemp("stick") / "stick.raw")


def test_each_hit_says_where_it_is_and_whose(stick: Path) -> None:
    found = objects("image", "search", stick, "аскаров")
    shown = [
        (hit["region"], hit["encoding"], hit["path"], hit["deleted"], hit["offset_in_file"], hit["found_in"])
        for hit in found
    ]
    assert shown == [
        ("allocated", "cp1251", "/docs/live.txt", False, 0, "medium"),
        ("slack", "UTF-8", "/docs/live.txt", False, 9, "medium"),
        ("unallocated", "UTF-16LE", "/gone.txt", True, 0, "medium"),
        ("allocated", "UTF-8", "/pieces.txt", False, CLUSTER - 4, "content"),
    ]
    data = stick.read_bytes()
    for hit in found[:3]:
        stored = data[hit["offset_bytes"] :][: hit["size_bytes"]]
        assert stored.decode(hit["encoding"]).lower() == "аскаров"
        assert hit["offset_in_volume"] == hit["offset_bytes"]
        assert hit["volume"] == 0


def test_regions_and_directories_can_be_chosen(stick: Path) -> None:
    assert [h["region"] for h in objects("image", "search", stick, "аскаров", "--in", "slack,unallocated")] == [
        "slack",
        "unallocated",
    ]
    assert {h["path"] for h in objects("image", "search", stick, "аскаров", "--path", "/DOCS")} == {"/docs/live.txt"}
    assert objects("image", "search", stick, "аскаров", "--path", "/doc") == []


def test_table_and_plain_lines_show_the_same_hits(stick: Path) -> None:
    table = run("image", "search", stick, "аскаров").stdout
    assert "/gone.txt (deleted) +0" in table
    assert "over the seam" in table
    assert "\u202e" not in table
    header, *lines = run("image", "search", stick, "аскаров", "--plain").stdout.splitlines()
    assert len(lines) == 4
    first = dict(zip(header.split("\t"), lines[0].split("\t"), strict=True))
    assert (first["region"], first["path"], first["word"]) == ("allocated", "/docs/live.txt", "аскаров")


def test_no_hit_prints_nothing(stick: Path) -> None:
    assert run("image", "search", stick, "nowhere").stdout == ""


def test_what_is_wrong_is_said(stick: Path, tmp_path: Path) -> None:
    refused(5, "clusters is no region", "unallocated", "image", "search", stick, "a", "--in", "clusters")
    refused(5, "',' is no region", "unallocated", "image", "search", stick, "a", "--in", ",")
    refused(5, "'latin' is not an encoding", "ISO-8859-1", "image", "search", stick, "a", "--encoding", "latin")
    refused(5, "there is no file", "evidence", "image", "search", tmp_path / "none.raw", "a")
    run("image", "search", stick, code=2)


def test_search_is_written_to_the_examination_log(stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.root / "work" / "stick.raw"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(stick.read_bytes())
    run("image", "search", image, "аскаров", "--in", "slack")
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "image search"
    assert line["details"] == {"words": ["аскаров"], "in": ["slack"], "hits": 1, "outcome": "done"}


def test_ctrl_c_stops_a_search(tmp_path: Path) -> None:
    stops_at_once(tmp_path, "image", "search", "{}", "word")
