"""`labkit image carve` at the command line."""

import json
from pathlib import Path

import pytest

from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run, stops_at_once
from tests.unit.evidence.carving import samples
from tests.unit.evidence.examined_media import AT, fat_volume, written


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = fat_volume()
    volume.create("/photo.jpg", samples.with_thumbnail(), AT)
    volume.create("/letter.docx", samples.archive("docx"), AT)
    volume.delete("/photo.jpg", AT)
    volume.delete("/letter.docx", AT)
    volume.write_unallocated(samples.picture("PNG")[:5000], cluster=900)
    volume.write_unallocated(b"\xff\xd8\xff\xe0" + b"\x01" * 100, cluster=950)
    return written(volume, tmp_path_factory.mktemp("stick") / "stick.raw")


def test_objects_say_what_where_and_how_sure(stick: Path) -> None:
    found = objects("image", "carve", stick)
    assert [(item["kind"], item["confidence"], item["path"]) for item in found] == [
        ("jpeg", "complete", "/photo.jpg"),
        ("jpeg", "complete", "/photo.jpg"),
        ("docx", "complete", "/letter.docx"),
        ("png", "partial", None),
        ("jpeg", "header only", None),
    ]
    assert found[1]["embedded_in"] == found[0]["offset_bytes"]
    assert found[0]["runs"] == [{"offset_bytes": found[0]["offset_bytes"], "size_bytes": found[0]["size_bytes"]}]
    assert all(item["region"] == "unallocated" for item in found)


def test_table_and_plain_lines(stick: Path) -> None:
    table = run("image", "carve", stick).stdout
    assert "embedded in" in table
    assert "/letter.docx (deleted)" in table
    header, *lines = run("image", "carve", stick, "--plain", "--kind", "png").stdout.splitlines()
    (row,) = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert (row["kind"], row["confidence"], row["cluster_aligned"]) == ("png", "partial", "True")


def test_files_are_written_and_never_over_others(stick: Path, tmp_path: Path) -> None:
    out = tmp_path / "found" / "here"
    found = objects("image", "carve", stick, "--out", out)
    names = {path.name: path.read_bytes() for path in out.iterdir()}
    photo, thumbnail, letter, half, header = found
    assert names[f"{photo['offset_bytes']:012d}.jpg"] == samples.with_thumbnail()
    assert names[f"{letter['offset_bytes']:012d}.docx"] == samples.archive("docx")
    assert Path(half["file"]).read_bytes() == samples.picture("PNG")[: half["size_bytes"]]
    assert (thumbnail["file"], header["file"]) == (None, None)
    assert len(names) == 3
    refused(13, "exists already", "empty folder", "image", "carve", stick, "--out", out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == names


def test_what_is_wrong_is_said(stick: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refused(13, "is a file", "--out", "image", "carve", stick, "--out", tmp_path / "file")
    refused(5, "gif is no kind", "jpeg", "image", "carve", stick, "--kind", "gif,png")
    refused(5, "free is no region", "unallocated", "image", "carve", stick, "--in", "free")
    refused(5, "there is no file", "evidence", "image", "carve", tmp_path / "none.raw")


def test_full_disk_is_said_before_writing(stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    refused(13, "10 bytes free", "Make room", "image", "carve", stick, "--out", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_found_is_said_on_standard_error(tmp_path: Path) -> None:
    path = written(fat_volume(), tmp_path / "empty.raw")
    result = run("image", "carve", path)
    assert (result.stdout, "Nothing was found" in result.stderr) == ("", True)


def test_carving_is_written_to_the_examination_log(stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.root / "work" / "stick.raw"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(stick.read_bytes())
    out = workspace.root / "work" / "found"
    run("image", "carve", image, "--out", out)
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "image carve"
    assert line["details"] == {"in": ["unallocated"], "out": str(out), "found": 5, "written": 3, "outcome": "done"}


def test_ctrl_c_stops_carving(tmp_path: Path) -> None:
    stops_at_once(tmp_path, "image", "carve", "{}", "--in", "all")
