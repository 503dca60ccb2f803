"""`labkit yara` at the command line, against the `yara` program."""

import gzip
import json
import struct
import subprocess
from datetime import UTC
from pathlib import Path

import pytest

from labkit.evidence import yara_scan
from labkit.synthesis.filesystems.ext4 import Ext4Volume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from tests.oracles import oracle
from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run, stops_at_once
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, in_two_pieces, written

UTC_AT = AT.replace(tzinfo=UTC)

RULES = """
rule Ledger : money
{
    strings:
        $word = "LEDGER-7719"
        $wide = "LEDGER-7719" wide
    condition:
        any of them
}

rule Anything
{
    condition:
        true
}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yar"
    path.write_text(RULES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = fat_volume()
    volume.create("/live.txt", b"x" * 3000 + b"LEDGER-7719", AT)
    volume.write_slack("/live.txt", b"....LEDGER-7719")
    volume.create("/gone.txt", "LEDGER-7719".encode("utf-16-le"), AT)
    volume.delete("/gone.txt", AT)
    return written(volume, tmp_path_factory.mktemp("stick") / "stick.raw")


def theirs(rules: Path, target: Path, *options: str) -> list[tuple[str, str, int]]:
    """Rule, string and offset of each hit, as the yara program prints them."""
    found, rule = [], ""
    for line in oracle(["yara", "-s", *options, rules, target]).splitlines():
        if line.startswith("0x"):
            offset, string, _ = line.split(":", 2)
            found.append((rule, string, int(offset, 16)))
        else:
            rule = line.split()[0]
    return sorted(found)


def ours(*arguments: object) -> list[tuple[str, str, int]]:
    found = objects("yara", *arguments)
    return sorted((hit["rule"], hit["string"], hit["offset_bytes"]) for hit in found if hit["string"])


@pytest.mark.oracle
def test_hits_in_a_raw_image_are_those_of_yara(rules: Path, stick: Path) -> None:
    found = ours(rules, stick)
    assert len(found) == 3
    assert found == theirs(rules, stick)


@pytest.mark.oracle
def test_hits_in_a_folder_are_those_of_yara(rules: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"LEDGER-7719")
    (folder / "deep" / "b.bin").write_bytes(bytes(999) + b"LEDGER-7719LEDGER-7719")
    (folder / "empty").write_bytes(b"")
    found = objects("yara", rules, folder)
    assert ours(rules, folder) == theirs(rules, folder, "-r")
    assert {Path(hit["file"]).name for hit in found if hit["string"]} == {"a.txt", "b.bin"}
    assert {Path(hit["file"]).name for hit in found if hit["rule"] == "Anything"} == {"a.txt", "b.bin", "empty"}


def test_each_hit_in_an_image_names_its_owner(rules: Path, stick: Path) -> None:
    found = [hit for hit in objects("yara", rules, stick) if hit["string"]]
    assert [(hit["string"], hit["region"], hit["path"], hit["offset_in_file"]) for hit in found] == [
        ("$word", "allocated", "/live.txt", 3000),
        ("$word", "slack", "/live.txt", 3015),
        ("$wide", "unallocated", "/gone.txt", 0),
    ]
    assert found[0]["tags"] == ["money"]
    assert bytes.fromhex(found[0]["data"]) == b"LEDGER-7719"
    data = stick.read_bytes()
    assert all(data[hit["offset_bytes"] :].startswith(bytes.fromhex(hit["data"])) for hit in found)


def test_regions_of_an_image_can_be_chosen(rules: Path, stick: Path) -> None:
    (found,) = [hit for hit in objects("yara", rules, stick, "--in", "unallocated") if hit["string"]]
    assert found["path"] == "/gone.txt"
    assert found["offset_bytes"] == stick.read_bytes().find("LEDGER-7719".encode("utf-16-le"))


@pytest.mark.parametrize("shift", [-5, 0, 5])
def test_windows_of_other_media_show_each_hit_once(
    shift: int, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yara_scan, "WINDOW_BYTES", 4 * MIB)
    volume = fat_volume()
    volume.flush()
    cluster = next(n for n in range(2, 8000) if volume.cluster_offset_bytes(n) >= 4 * MIB - CLUSTER)
    begin = volume.cluster_offset_bytes(cluster)
    volume.write_unallocated(bytes(4 * MIB + shift - begin) + b"LEDGER-7719", cluster=cluster)
    path = written(volume, tmp_path / "medium.raw")
    packed = tmp_path / "medium.raw.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    assert ours(rules, packed) == ours(rules, path) == [("Ledger", "$word", 4 * MIB + shift)]
    assert sum(hit["rule"] == "Anything" for hit in objects("yara", rules, packed)) == 1


@pytest.mark.oracle
def test_medium_of_an_e01_is_scanned_and_not_its_container(rules: Path, stick: Path, tmp_path: Path) -> None:
    oracle(["ewfacquire", "-u", "-q", "-c", "deflate:best", "-t", tmp_path / "stick", stick])
    assert ours(rules, tmp_path / "stick.E01") == ours(rules, stick)


def test_table_and_plain_lines(rules: Path, stick: Path) -> None:
    table = run("yara", rules, stick).stdout
    assert "/gone.txt (deleted)" in table
    assert "LEDGER-7719" in table
    header, *lines = run("yara", rules, stick, "--plain").stdout.splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert {row["path"] for row in rows if row["string"]} == {"/live.txt", "/gone.txt"}
    assert [row["offset_bytes"] for row in rows if row["rule"] == "Anything"] == [""]


def test_rules_that_do_not_compile_are_shown_with_their_line(stick: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yar"
    broken.write_text("rule A\n{\n    condition:\n        $nothing\n}\n", encoding="utf-8")
    refused(5, "broken.yar(5)", "just above", "yara", broken, stick)
    broken.write_bytes(b"\xff\xfe\x00rule")
    refused(5, "do not compile", "line", "yara", broken, stick)
    refused(5, "no file of rules", ".yar", "yara", tmp_path / "none.yar", stick)


def test_targets_that_can_not_be_scanned_are_said(rules: Path, stick: Path, tmp_path: Path) -> None:
    refused(5, "there is no file", "Check", "yara", rules, tmp_path / "none.raw")
    refused(5, "has no regions", "Leave --in out", "yara", rules, rules, "--in", "slack")
    refused(5, "has no regions", "Leave --in out", "yara", rules, tmp_path, "--in", "slack")
    refused(5, "is no region", "unallocated", "yara", rules, stick, "--in", "free")


def test_rules_that_take_too_long_are_stopped(tmp_path: Path) -> None:
    slow = tmp_path / "slow.yar"
    slow.write_text("rule A { strings: $a = /a(b|c|.)*d.{1,99}x/s condition: $a }", encoding="utf-8")
    target = tmp_path / "target.bin"
    target.write_bytes(b"abcd" * 4_000_000)
    refused(5, "did not come to an end in 1 seconds", "--rules-timeout", "yara", slow, target, "--rules-timeout", "1")


def test_string_with_too_many_matches_is_said(tmp_path: Path) -> None:
    many = tmp_path / "many.yar"
    many.write_text('rule A { strings: $a = "aaaa" condition: #a > 1 }', encoding="utf-8")
    target = tmp_path / "target.bin"
    target.write_bytes(b"a" * 1_100_000)
    scanner = yara_scan.Scanner(many, limit_s=60)
    assert next(scanner.file(target)).string == "$a"
    assert scanner.problems == ["too many matches of $a in rule A; only the first are shown"]


def test_scan_is_written_to_the_examination_log(rules: Path, stick: Path, tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    image = workspace.root / "work" / "stick.raw"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(stick.read_bytes())
    run("yara", rules, image)
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert (line["command"], line["target"]) == ("yara", "work/stick.raw")
    assert (line["details"]["hits"], line["details"]["outcome"]) == (4, "done")
    assert len(line["details"]["rules_sha256"]) == 64


def test_ctrl_c_stops_a_scan(rules: Path, tmp_path: Path) -> None:
    stops_at_once(tmp_path, "yara", str(rules), "{}")


APART = 'rule Apart { strings: $a = "first half" $b = "second half" condition: $a at 0 and $b and filesize < 64KB }'


@pytest.fixture
def apart(tmp_path: Path) -> Path:
    path = tmp_path / "apart.yar"
    path.write_text(APART, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stick with a file in two pieces, whose content fits a rule that the medium does not."""
    volume = fat_volume()
    volume.make_directory("/docs", AT)
    in_two_pieces(volume, "/docs/letter.txt", b"first half".ljust(CLUSTER, b"."), b"second half of the letter")
    volume.create("/docs/other.txt", b"second half of another file", AT)
    volume.create("/gone.txt", b"first half second half", AT)
    volume.delete("/gone.txt", AT)
    return written(volume, tmp_path_factory.mktemp("pieces") / "pieces.raw")


@pytest.mark.oracle
def test_a_file_inside_an_image_is_scanned_as_a_whole(apart: Path, pieces: Path, tmp_path: Path) -> None:
    assert objects("yara", apart, pieces) == []  # nowhere on the medium does it begin at byte 0

    found = objects("yara", apart, pieces, "--files")

    assert [(hit["path"], hit["string"], hit["offset_in_file"]) for hit in found] == [
        ("/docs/letter.txt", "$a", 0),
        ("/docs/letter.txt", "$b", CLUSTER),
    ]
    assert {(hit["region"], hit["offset_bytes"], hit["deleted"]) for hit in found} == {("allocated", None, False)}
    letter = tmp_path / "letter.txt"
    letter.write_bytes(oracle_bytes(["icat", pieces, str(found[0]["address"])]))
    assert [(rule, string, offset) for rule, string, offset in theirs(apart, letter)] == ours_in_files(apart, pieces)


def ours_in_files(rules: Path, image: Path) -> list[tuple[str, str, int]]:
    found = objects("yara", rules, image, "--files")
    return sorted((hit["rule"], hit["string"], hit["offset_in_file"]) for hit in found)


def oracle_bytes(arguments: list[object]) -> bytes:
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, timeout=60).stdout


def test_each_live_file_of_each_kind_of_volume_is_scanned_once(rules: Path, tmp_path: Path) -> None:
    medium = Medium(8 * MIB)
    volume = NtfsVolume(
        medium, start_bytes=0, size_bytes=8 * MIB, cluster_bytes=1024, label="", serial=1, formatted=UTC_AT
    )
    volume.create("/resident.txt", b"LEDGER-7719", UTC_AT)
    volume.create("/long.txt", b"x" * 5000 + b"LEDGER-7719", UTC_AT)
    volume.write_stream("/long.txt", "side", b"LEDGER-7719", UTC_AT)
    volume.link("/long.txt", "/same.txt", UTC_AT)
    volume.create("/gone.txt", b"LEDGER-7719", UTC_AT)
    volume.delete("/gone.txt", UTC_AT)
    volume.flush()
    path = tmp_path / "ntfs.raw"
    path.write_bytes(b"".join(medium.chunks()))

    found = objects("yara", rules, path, "--files")
    assert sorted((hit["path"], hit["offset_in_file"]) for hit in found if hit["string"]) == [
        ("/long.txt", 5000),
        ("/resident.txt", 0),
    ]
    assert sorted(hit["path"] for hit in found if hit["rule"] == "Anything") == ["/long.txt", "/resident.txt"]


@pytest.mark.parametrize("shift", [-2 * MIB, -MIB, -5, 0, 5])
def test_a_long_file_is_scanned_in_parts_and_that_is_said(
    shift: int, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yara_scan, "WINDOW_BYTES", 4 * MIB)
    monkeypatch.setattr(yara_scan, "WHOLE_BYTES", 2 * MIB + 1000)
    volume = fat_volume()
    volume.create("/long.bin", bytes(4 * MIB + shift) + b"LEDGER-7719" + bytes(700), AT)
    volume.create("/short.bin", b"LEDGER-7719", AT)
    path = written(volume, tmp_path / "long.raw")

    result = run("yara", rules, path, "--files", "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    strings = [(hit["path"], hit["offset_in_file"]) for hit in found if hit["string"]]
    assert sorted(strings) == [("/long.bin", 4 * MIB + shift), ("/short.bin", 0)]
    assert sorted(hit["path"] for hit in found if hit["rule"] == "Anything") == ["/long.bin", "/short.bin"]
    told = "/long.bin is too long to be scanned as a whole; conditions see parts of 16 MiB"
    assert (told in result.stderr) == (shift > -2 * MIB)


def test_content_that_can_not_be_read_to_its_end_is_said(rules: Path, tmp_path: Path) -> None:
    volume = fat_volume()
    volume.create("/first.txt", b"LEDGER-7719", AT)
    volume.create("/second.txt", b"LEDGER-7719", AT)
    volume.create("/torn.bin", b"LEDGER-7719".ljust(6 * MIB, b"."), AT)
    data = written(volume, tmp_path / "torn.raw").read_bytes()
    (tmp_path / "torn.raw").write_bytes(data[: 5 * MIB])  # an image that ends early

    result = run("yara", rules, tmp_path / "torn.raw", "--files", "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [hit["path"] for hit in found if hit["string"]] == ["/first.txt", "/second.txt", "/torn.bin"]
    assert "/torn.bin in volume 0 is scanned only so far as it can be read" in result.stderr


def test_a_file_that_claims_more_than_its_volume_holds_is_scanned_so_far_as_that(rules: Path, tmp_path: Path) -> None:
    medium = Medium(2 * MIB)
    volume = Ext4Volume(
        medium, start_bytes=0, size_bytes=2 * MIB, block_bytes=1024, label="", uuid=bytes(16), formatted=UTC_AT
    )
    volume.create("/endless.txt", b"LEDGER-7719".ljust(3000, b"."), UTC_AT)
    volume.create("/then.txt", b"LEDGER-7719", UTC_AT)
    volume.flush()
    data = bytearray(b"".join(medium.chunks()))
    (table_block,) = struct.unpack_from("<I", data, 2 * 1024 + 8)
    inodes = range(table_block * 1024, table_block * 1024 + 64 * 256, 256)
    inode = next(at for at in inodes if struct.unpack_from("<I", data, at + 4) == (3000,))
    struct.pack_into("<I", data, inode + 108, 1 << 24)  # the upper half of its size: 64 PiB
    path = tmp_path / "endless.raw"
    path.write_bytes(data)

    result = run("yara", rules, path, "--files", "--json", "--rules-timeout", 60)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [hit["path"] for hit in found if hit["string"]] == ["/endless.txt", "/then.txt"]
    told = "/endless.txt in volume 0 is scanned only so far as it can be read: it claims more than the 2,097,152 bytes"
    assert told in result.stderr


def test_whole_files_in_tables_and_plain_lines(rules: Path, pieces: Path, apart: Path) -> None:
    assert (
        f"Apart $b  {CLUSTER}  whole file  /docs/letter.txt  second half"
        in run("yara", apart, pieces, "--files").stdout
    )
    header, *lines = run("yara", apart, pieces, "--files", "--plain").stdout.splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert [(row["path"], row["offset_bytes"], row["offset_in_file"]) for row in rows] == [
        ("/docs/letter.txt", "", "0"),
        ("/docs/letter.txt", "", str(CLUSTER)),
    ]


def test_where_there_are_no_files_inside_it_is_said(rules: Path, stick: Path, tmp_path: Path) -> None:
    refused(5, "is no image with a file system", "Leave --files out", "yara", rules, tmp_path, "--files")
    refused(5, "is no image with a file system", "Leave --files out", "yara", rules, rules, "--files")
    refused(5, "--files scans whole files", "not both", "yara", rules, stick, "--files", "--in", "slack")


def test_rules_that_take_too_long_inside_an_image_are_stopped(tmp_path: Path) -> None:
    slow = tmp_path / "slow.yar"
    slow.write_text("rule A { strings: $a = /a(b|c|.)*d.{1,99}x/s condition: $a }", encoding="utf-8")
    volume = fat_volume()
    volume.create("/long.bin", b"abcd" * (2 * MIB), AT)
    path = written(volume, tmp_path / "slow.raw")
    refused(
        5,
        "did not come to an end in 1 seconds",
        "--rules-timeout",
        "yara",
        slow,
        path,
        "--files",
        "--rules-timeout",
        "1",
    )
