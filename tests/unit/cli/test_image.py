"""`labkit image` at the command line: what it prints, which exit code it leaves, what it writes down."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from labkit.cli import main, output
from labkit.evidence.disk import VolumeReader
from labkit.usecases import examiner, exporting
from labkit.workspace import examination
from tests.oracles import oracle, reference_image
from tests.small_class import a_workspace

KEYS = {
    "volume", "path", "type", "address", "size_bytes", "deleted",
    "born_utc", "modified_utc", "changed_utc", "accessed_utc", "time_basis",
}  # fmt: skip


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FAT volume with a live file, a deleted one, and a name made to fool a terminal."""
    folder = tmp_path_factory.mktemp("stick")
    image = folder / "stick.raw"
    with image.open("wb") as file:
        file.truncate(8 * 1024 * 1024)
    oracle(["mkfs.fat", "-F", "16", "-s", "1", "-i", "1234abcd", image])
    for name, content in {"note.txt": b"meet at 14:05\r\n", "gone for good.txt": b"old\x00bytes" * 300}.items():
        (folder / name).write_bytes(content)
    oracle(["mcopy", "-i", image, folder / "note.txt", folder / "gone for good.txt", "::"])
    oracle(["mcopy", "-i", image, folder / "note.txt", "::in\u202etxt.exe"])
    oracle(["mdel", "-i", image, "::gone for good.txt"])
    return image


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["image", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def objects(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]


def refused(code: int, message: str, remedy: str, *arguments: object) -> None:
    error = run(*arguments, code=code).stderr
    assert message in error
    assert "Next:  " in error
    assert remedy in error


def test_ls_prints_one_object_a_line(stick: Path) -> None:
    rows = objects("ls", stick)

    assert all(set(row) - {"zone"} == KEYS for row in rows)
    assert all(row["path"].startswith("/") for row in rows)
    assert [row["path"] for row in rows if row["deleted"]] == ["/gone for good.txt"]
    assert {row["changed_utc"] for row in rows} == {None}
    assert rows[0]["time_basis"] == "local"


def test_ls_takes_a_zone(stick: Path) -> None:
    plain, shifted = (
        next(row for row in objects("ls", stick, *zone) if row["path"] == "/note.txt")
        for zone in ([], ["--zone", "Asia/Almaty"])
    )
    assert shifted["zone"] == "Asia/Almaty"
    assert shifted["modified_utc"] != plain["modified_utc"]


def test_ls_for_people_says_that_times_are_local(stick: Path) -> None:
    result = run("ls", stick)
    assert "path" in result.stdout.splitlines()[0]
    assert any("deleted" in line and line.endswith("/gone for good.txt") for line in result.stdout.splitlines())
    assert "--zone" in result.stderr
    shifted = run("ls", stick, "--zone", "Asia/Almaty").stderr
    assert "--zone" not in shifted
    assert "they are shown in UTC, taken from Asia/Almaty." in shifted


def test_ls_plain_has_the_same_columns_in_every_line(stick: Path) -> None:
    lines = run("ls", stick, "--plain").stdout.splitlines()
    assert {line.count("\t") for line in lines} == {10}


def test_hostile_names_can_not_turn_text_around(stick: Path) -> None:
    for form in ([], ["--plain"], ["--json"]):
        text = run("ls", stick, *form).stdout
        assert "\u202e" not in text
        assert "\\u202etxt.exe" in text
    assert "/in\u202etxt.exe" in {row["path"] for row in objects("ls", stick)}


def test_ls_leaves_deleted_entries_out_and_goes_into_one_directory(stick: Path) -> None:
    assert not [row for row in objects("ls", stick, "--no-deleted") if row["deleted"]]
    assert objects("ls", stick, "--under", "/$OrphanFiles") == []


def test_cat_is_byte_for_byte(stick: Path) -> None:
    assert run("cat", stick, "/note.txt").stdout_bytes == b"meet at 14:05\r\n"
    (gone,) = [row for row in objects("ls", stick) if row["deleted"]]
    assert run("cat", stick, "--address", gone["address"]).stdout_bytes == b"old\x00bytes" * 300
    assert len(run("cat", stick, "/note.txt", "--slack").stdout_bytes) == 512 - 15


def test_stat_shows_times_and_place(stick: Path) -> None:
    (found,) = objects("stat", stick, "/note.txt")
    assert found["entries"][0]["path"] == "/note.txt"
    assert found["attributes"][0]["runs"][0]["size_bytes"] == 512
    text = run("stat", stick, "/note.txt").stdout
    assert "as stored (local)" in text
    assert "byte on medium" in text
    assert "as stored" not in run("stat", stick, "/note.txt", "--zone", "Asia/Kabul").stdout
    assert "path\t/note.txt" in run("stat", stick, "/note.txt", "--plain").stdout


def test_info_and_volumes_of_an_e01() -> None:
    path = reference_image("mmls_1.E01")
    (info,) = objects("info", path)
    assert info["container"] == "E01"
    assert info["metadata"]["examiner_name"] == "Rishwanth"
    assert info["stored_digests"]["sha1"] == "067bc6ab29685ee19b0cf82c9d15ac510d1e7d95"
    assert "stored sha1" in run("info", path).stdout
    assert [row["number"] for row in objects("volumes", path)] == [None, 1, 2, None]
    lines = run("volumes", path, "--plain").stdout.splitlines()
    assert lines[1].split("\t") == ["-", "0", "0", "65536", "-", "unallocated"]
    assert len(lines) == 5


def test_volumes_warn_of_a_damaged_table(tmp_path: Path) -> None:
    path = tmp_path / "damaged.raw"
    with path.open("wb") as file:
        file.truncate(8 << 20)
    oracle(["sgdisk", "-n", "1:2048:4095", "-c", "1:KF data", path])
    data = bytearray(path.read_bytes())
    data[512 + 16] ^= 0xFF
    path.write_bytes(data)

    shown = run("volumes", path)

    assert "KF data" in shown.stdout
    assert "Warning: the primary GUID partition table is damaged: the checksum of the header" in shown.stderr


def test_hash_of_raw_is_the_same_for_medium_and_container(stick: Path) -> None:
    (found,) = objects("hash", stick)
    assert found["media"] == found["container"]
    assert found["agrees"] is None
    assert found["media"]["sha256"] in run("hash", stick).stdout


def test_hash_of_a_stretch_is_that_of_its_bytes_alone(stick: Path, log: list[tuple[str, Path, dict[str, Any]]]) -> None:
    expected = hashlib.sha256(stick.read_bytes()[4096:123_450]).hexdigest()
    (found,) = objects("hash", stick, "--offset", "0x1000", "--length", 123_450 - 4096)

    assert (found["offset_bytes"], found["size_bytes"], found["sha256"]) == (4096, 119_354, expected)
    assert expected in run("hash", stick, "--offset", 4096, "--length", 119_354).stdout
    assert log[0][2]["at"] == 4096
    assert log[0][2]["sha256"] == expected


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (8 * 1024 * 1024 - 1, 2), (0, 8 * 1024 * 1024 + 1), (-1, 5)])
def test_hash_of_a_stretch_that_is_not_there_is_refused(stick: Path, offset: int, length: int) -> None:
    refused(5, "do not lie on the medium of 8388608 bytes", "sector size", "hash", stick, f"--offset={offset}",
            f"--length={length}")  # fmt: skip


def test_hash_of_a_stretch_needs_both_ends(stick: Path) -> None:
    assert "both --offset and --length" in run("hash", stick, "--offset", 0, code=2).stderr
    assert "both --offset and --length" in run("hash", stick, "--length", 5, code=2).stderr


def test_hash_of_segments_gives_each_file_too() -> None:
    (found,) = objects("hash", reference_image("ext2.split.E01"))
    assert set(found["segments"]) == {"ext2.split.E01", "ext2.split.E02"}
    assert sum(s["size_bytes"] for s in found["segments"].values()) == found["container"]["size_bytes"]


@pytest.fixture
def flipped(tmp_path: Path) -> Path:
    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[200_000] ^= 1
    path = tmp_path / "flipped.E01"
    path.write_bytes(data)
    return path


def test_hash_warns_where_the_container_says_otherwise(flipped: Path) -> None:
    result = run("hash", flipped, "--json")
    assert "Warning: the digests of the medium differ" in result.stderr
    assert json.loads(result.stdout)["agrees"] is False


def test_verify_agrees(stick: Path) -> None:
    result = run("verify", reference_image("mmls_1.E01"))
    assert "verified" in result.stderr
    (found,) = objects("hash", stick)
    for name in ("md5", "sha1", "sha256"):
        digest = found["media"][name]
        assert json.loads(run("verify", stick, "--expect", digest.upper(), "--json").stdout)["agrees"] is True


def test_verify_that_differs_never_says_verified(flipped: Path, stick: Path) -> None:
    refused(6, "computed and recorded md5, sha1 differ", "Do not examine this copy", "verify", flipped)
    result = run("verify", flipped, code=6)
    assert "verified," not in result.output
    assert result.stdout.count("DIFFERS") == 2
    refused(6, "sha256 differ", "Do not examine", "verify", stick, "--expect", "0" * 64)


def test_expected_digest_does_not_make_a_wrong_container_good(flipped: Path) -> None:
    (found,) = objects("hash", flipped)
    refused(6, "md5, sha1 differ", "master", "verify", flipped, "--expect", found["media"]["sha256"])


def test_verify_with_nothing_recorded_is_not_verified(stick: Path) -> None:
    refused(5, "nothing is stored to compare with", "--expect", "verify", stick)
    assert json.loads(run("verify", stick, "--json", code=5).stdout)["agrees"] is None


def test_expected_digest_must_be_one(stick: Path) -> None:
    refused(5, "is not an MD5, SHA-1 or SHA-256", "hexadecimal", "verify", stick, "--expect", "z" * 64)


def test_export_writes_content_and_tells_its_digests(stick: Path, tmp_path: Path) -> None:
    (done,) = objects("export", stick, "/note.txt", "--to", tmp_path)
    assert Path(done["file"]) == tmp_path / "note.txt"
    assert (tmp_path / "note.txt").read_bytes() == b"meet at 14:05\r\n"
    assert len(done["sha256"]) == 64
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_export_overwrites_only_when_told(stick: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.txt"
    target.write_text("mine", encoding="utf-8")
    refused(13, "exists already", "--force", "export", stick, "/note.txt", "--to", target)
    assert target.read_text(encoding="utf-8") == "mine"
    run("export", stick, "/note.txt", "--to", target, "--force")
    assert target.read_bytes() == b"meet at 14:05\r\n"


def test_export_never_writes_to_the_image(stick: Path) -> None:
    before = stick.read_bytes()
    refused(13, "is the image itself", "never written", "export", stick, "/note.txt", "--to", stick, "--force")
    assert stick.read_bytes() == before


def test_export_needs_a_folder_and_room(stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(13, "there is no folder", "Make the folder", "export", stick, "/note.txt", "--to", tmp_path / "a" / "b")
    (tmp_path / "note.txt").mkdir()
    refused(13, "is a folder", "--to", "export", stick, "/note.txt", "--to", tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    refused(13, "1 bytes free, the content needs 15", "Make room", "export", stick, "/note.txt", "--to", tmp_path / "x")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/plan.txt", "plan.txt"), ("/a/CON.txt", "_CON.txt"), ("/..", "address-9"), ("/a\\b:c", "a_b_c"),
        ("/x\u202ey\n", "x_y_"), (None, "address-9"), ("/dot. ", "dot"),
    ],
)  # fmt: skip
def test_exported_names_are_safe_on_every_system(path: str | None, name: str) -> None:
    assert exporting._own_name(examiner.Selection(path, 9), 9) == name


def test_exported_streams_and_slack_are_named_after_them() -> None:
    assert exporting._own_name(examiner.Selection("/a.txt", None, "Zone.Identifier"), 9) == "a.txt.Zone.Identifier"
    assert exporting._own_name(examiner.Selection("/a.txt", None, None, slack=True), 9) == "a.txt.slack"


def test_ctrl_c_during_an_export_leaves_no_half_file(
    stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    monkeypatch.setattr(VolumeReader, "read", interrupted)
    run("export", stick, "/note.txt", "--to", tmp_path / "out", code=130)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_during_hash_stops_at_once(tmp_path: Path) -> None:
    big = tmp_path / "big.raw"
    with big.open("wb") as file:
        file.truncate(64 * 1024**3)  # sparse: minutes to hash
    process = subprocess.Popen(
        [sys.executable, "-m", "labkit", "image", "hash", str(big)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"Traceback" not in error


@pytest.mark.skipif(os.name == "nt", reason="head is POSIX")
def test_reader_that_goes_away_is_no_error(stick: Path) -> None:
    for command in (f"ls {stick} --json", f"cat {stick} --address 2"):
        code = f"{sys.executable} -m labkit image {command} | head -c 1 > {os.devnull}"
        done = subprocess.run(code, shell=True, capture_output=True, timeout=60, check=False)  # noqa: S602
        assert b"Traceback" not in done.stderr
        assert b"Broken" not in done.stderr


def test_volume_must_be_chosen_where_there_are_several() -> None:
    path = reference_image("mmls_1.E01")
    refused(5, "several volumes with a file system: 1, 2", "--volume N", "cat", path, "/$Boot")
    assert len(run("cat", path, "/$Boot", "--volume", "2").stdout_bytes) == 8192
    assert len(run("cat", path, "/$Boot", "--offset", hex(65536)).stdout_bytes) == 8192
    refused(5, "has no volume 3", "1, 2", "ls", path, "--volume", "3")


def test_file_that_is_no_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a disk\n" * 500, encoding="utf-8")
    refused(5, "holds no file system that labkit knows", "image of a disk", "ls", path)
    refused(5, "holds no file system that labkit knows", "image of a disk", "stat", path, "--address", "3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ls", "x", "--volume", "1", "--offset", "512"], "not both"),
        (["cat", "x"], "PATH or by --address"),
        (["cat", "x", "/a", "--address", "4"], "one of the two"),
        (["ls", "x", "--offset", "two"], "not a number of bytes"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], message: str) -> None:
    assert message in run(*arguments, code=2).stderr


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, dict[str, Any]]]:
    lines: list[tuple[str, Path, dict[str, Any]]] = []

    def record(start: Path, command: str, target: Path, details: Mapping[str, Any]) -> bool:
        json.dumps(details)
        lines.append((command, target, dict(details)))
        return True

    monkeypatch.setattr(examination, "record", record)
    monkeypatch.setattr(examiner, "find_root", Path)  # as if everything lay in a workspace
    return lines


def test_every_command_is_written_down_once(
    stick: Path, tmp_path: Path, log: list[tuple[str, Path, dict[str, Any]]]
) -> None:
    run("info", stick)
    run("volumes", stick)
    run("ls", stick, "--zone", "Asia/Kabul")
    run("stat", stick, "/note.txt")
    run("cat", stick, "--address", "4")
    run("export", stick, "/note.txt", "--to", tmp_path)
    run("hash", stick)
    run("verify", stick, code=5)

    names = ["info", "volumes", "ls", "stat", "cat", "export", "hash", "verify"]
    assert [command for command, _, _ in log] == [f"image {name}" for name in names]
    assert {target for _, target, _ in log} == {stick}
    assert {details["outcome"] for _, _, details in log} == {"done"}
    details = {command.removeprefix("image "): values for command, _, values in log}
    assert details["ls"]["zone"] == "Asia/Kabul"
    assert details["cat"]["address"] == 4
    assert details["export"]["sha256"]
    assert details["hash"]["media_sha256"] == details["hash"]["container_sha256"]
    assert details["verify"]["agrees"] is None


def test_failures_are_written_down_too(
    stick: Path, monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, Path, dict[str, Any]]]
) -> None:
    run("cat", stick, "/nothing.txt", code=5)
    monkeypatch.setattr(VolumeReader, "find", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    run("cat", stick, "/note.txt", code=130)

    assert [details["outcome"] for _, _, details in log] == ["failed", "stopped"]
    assert "nothing.txt" in log[0][2]["error"]


def test_examination_log_of_a_workspace_gets_a_line(stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    work = workspace.root / "work"
    work.mkdir(exist_ok=True)
    image = work / "stick.raw"
    image.write_bytes(stick.read_bytes())

    (found,) = objects("hash", image)
    run("cat", image, "/nothing.txt", code=5)

    *_, hashed, failed = map(json.loads, workspace.examination_path.read_text(encoding="utf-8").splitlines())
    assert (hashed["command"], hashed["target"]) == ("image hash", "work/stick.raw")
    assert hashed["details"]["media_sha256"] == found["media"]["sha256"]
    assert (failed["command"], failed["details"]["outcome"]) == ("image cat", "failed")


def test_evidence_keeps_its_bytes_and_its_times(stick: Path, tmp_path: Path) -> None:
    before = (stick.read_bytes(), stick.stat().st_mtime_ns)
    stick.chmod(0o444)
    for command in ("info", "volumes", "ls", "hash"):
        run(command, stick)
    run("export", stick, "/note.txt", "--to", tmp_path)
    assert (stick.read_bytes(), stick.stat().st_mtime_ns) == before


def test_tables_are_safe_and_without_colour_when_they_are_not_on_a_terminal() -> None:
    @click.command()
    def show() -> None:
        output.write_table(("name", "size"), [("[red]x[/red]\x1b[2J", 5)], plain=False, right=("size",))
        output.write_fields([("key", "a\u2066b")], plain=False)

    text = CliRunner().invoke(show).stdout
    assert "[red]x[/red]\\x1b[2J" in text
    assert "a\\u2066b" in text
    assert "\x1b" not in text


def test_progress_is_silent_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    with output.progress(plain=False) as watch:
        assert b"".join(watch([b"a", b"b"], 2, "medium")) == b"ab"
    assert capfd.readouterr().err == ""


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with output.progress(plain=False) as watch:
        assert b"".join(watch([b"a" * 10], 10, "medium")) == b"a" * 10
    assert "medium" in capsys.readouterr().err
