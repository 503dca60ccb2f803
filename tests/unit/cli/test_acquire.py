"""``labkit acquire`` and ``labkit device``, as they are typed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.acquisition.drives import ImageDrive
from labkit.hashing import digest_bytes
from labkit.usecases import custodian
from tests.small_class import a_workspace
from tests.unit.acquisition.devices import MIB, medium_bytes, write_device
from tests.unit.acquisition.test_logs import DC3DD, FTK, MD5, SHA256
from tests.unit.cli.image_runner import objects, refused, run

DATA = medium_bytes(10 * MIB)
BLOCKERS = """
[[blocker]]
id = "WB-3"
kind = "hw"
make = "Fenwick"
model = "Bridge 2"
firmware = "1.4"

[[blocker]]
id = "WB-4"
kind = "hw"
faults = ["passes-writes"]
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_device(tmp_path / "source", DATA, body=BLOCKERS, head="unreadable = [[100, 3], [9000, 1]]")


def acquire(source: Path, out: Path, *more: str, code: int = 0):
    return run("acquire", source, out, "--blocker", "WB-3", *more, code=code)


def test_a_device_is_acquired_and_everything_is_said(source: Path, tmp_path: Path) -> None:
    result = acquire(source, tmp_path / "KF-06.E01", "--case", "NV-2026-0417", "--evidence", "KF-02")

    assert "4 sectors" in result.stdout
    assert "100 to 102" in result.stdout
    assert "the SHA-256 agrees" in result.stdout
    assert "Warning: 4 sectors could not be read" in result.stderr
    assert "WB-3 was not tested" in result.stderr
    assert run("image", "verify", tmp_path / "KF-06.E01").exit_code == 0


def test_the_record_is_what_json_shows(source: Path, tmp_path: Path) -> None:
    (shown,) = objects("acquire", source, tmp_path / "KF-06", "--format", "raw", "--blocker", "WB-3")

    record = json.loads((tmp_path / "KF-06.raw.acquisition.json").read_text())
    assert shown == {
        "image": str(tmp_path / "KF-06.raw"),
        "record": str(tmp_path / "KF-06.raw.acquisition.json"),
        **record,
    }
    assert record["schema"] == "labkit-acquisition/1"
    assert record["read_errors"] == [{"lba": 100, "count": 3}, {"lba": 9000, "count": 1}]
    assert record["write_protection"]["id"] == "WB-3"
    assert record["source"]["serial"] == "FW-20417-0093"


def test_segments_of_the_size_that_was_asked_for(source: Path, tmp_path: Path) -> None:
    acquire(source, tmp_path / "KF-06", "--format", "raw", "--segment-size", "4M")

    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("KF-06.0*")) if path.suffix != ".json"]
    assert sizes == [4 * MIB, 4 * MIB, 2 * MIB]


@pytest.mark.parametrize("size", ["12x", "M", "-", "1e999"])
def test_a_size_that_is_none_is_refused(source: Path, tmp_path: Path, size: str) -> None:
    assert "is not a size" in acquire(source, tmp_path / "a.E01", "--segment-size", size, code=2).stderr


def test_segments_that_are_too_small_are_refused(source: Path, tmp_path: Path) -> None:
    refused(15, "too small or too large", "640M", "acquire", source, tmp_path / "a.E01", "--segment-size", "10K")


def test_name_and_format_must_not_contradict_each_other(source: Path, tmp_path: Path) -> None:
    refused(15, "says raw, --format says E01", "--format", "acquire", source, tmp_path / "a.dd", "--format", "e01")
    refused(15, "not the name of a first segment", "NAME.E01", "acquire", source, tmp_path / "a.E02")


def test_a_stop_on_the_way_and_going_on(tmp_path: Path) -> None:
    source = write_device(tmp_path / "source", DATA, body=BLOCKERS, head="cable_pulled_at = 17000")
    out = tmp_path / "KF-06.E01"

    refused(16, "16384 of 20480 sectors are safely", "--resume", "acquire", source, out, "--blocker", "WB-3")
    refused(15, "is not finished", "add --resume", "acquire", source, out, "--blocker", "WB-3")
    result = acquire(source, out, "--resume")
    refused(15, "is finished already", "image verify", "acquire", source, out, "--blocker", "WB-3", "--resume")

    assert "at sector 16384: cable; resumed" in result.stdout
    run("image", "verify", out)


def test_ctrl_c_says_how_to_go_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "KF-06.E01"
    read = ImageDrive.read
    with monkeypatch.context() as patched:
        patched.setattr(
            ImageDrive, "read", lambda drive, lba, count: _stopped() if lba > 17000 else read(drive, lba, count)
        )
        stopped = acquire(source, out, code=130)

    assert stopped.stderr.endswith("\nStopped. What was read is safe; go on with the same command and --resume.\n")
    assert "stopped; resumed" in acquire(source, out, "--resume").stdout


def _stopped() -> bytes:
    raise KeyboardInterrupt


def test_there_must_be_something_to_go_on_with(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "KF-06.E01"
    refused(15, "nothing to go on with", "Leave out --resume", "acquire", source, out, "--blocker", "WB-3", "--resume")


def test_another_device_is_not_gone_on_with(tmp_path: Path) -> None:
    source = write_device(tmp_path / "source", DATA, body=BLOCKERS, head="cable_pulled_at = 17000")
    out = tmp_path / "KF-06.E01"
    acquire(source, out, code=16)
    source.write_text(source.read_text().replace("FW-20417-0093", "FW-99999-0001"))

    refused(
        15, "serial FW-99999-0001", "Connect the first device", "acquire", source, out, "--blocker", "WB-3", "--resume"
    )


def test_protection_must_be_chosen(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.raw"
    refused(15, "nothing says how the source", "--blocker WB-3, --blocker WB-4", "acquire", source, out)
    refused(15, "needs a reason", "--justification", "acquire", source, out, "--blocker", "none")
    refused(15, "no write blocker WB-9", "WB-3", "acquire", source, out, "--blocker", "WB-9")
    assert list(tmp_path.glob("a.*")) == []


def test_without_a_blocker_the_reason_is_recorded_and_a_warning_is_said(source: Path, tmp_path: Path) -> None:
    result = run("acquire", source, tmp_path / "a.raw", "--blocker", "none", "--justification", "blocker broken")

    protection = json.loads((tmp_path / "a.raw.acquisition.json").read_text())["write_protection"]
    assert (protection["kind"], protection["justification"]) == ("none", "blocker broken")
    assert "no write blocker was used" in result.stderr


def test_a_folder_that_is_not_there_is_said(source: Path, tmp_path: Path) -> None:
    refused(
        15, "there is no folder", "Make the folder", "acquire", source, tmp_path / "x" / "a.raw", "--blocker", "WB-3"
    )


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"mine")
    refused(13, "is there already", "another name", "acquire", source, tmp_path / "a.raw", "--blocker", "WB-3")
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.raw"]


def test_hidden_sectors_are_told_and_acquired_when_asked_for(tmp_path: Path) -> None:
    source = write_device(tmp_path / "s", DATA, body=f'[hidden]\nsectors = 480\nby = "HPA"\n{BLOCKERS}')

    assert "480 sectors behind them (HPA), 20000 to 20479" in run("device", "info", source).stdout
    assert "480 sectors hidden by HPA were not acquired" in acquire(source, tmp_path / "a.raw").stderr
    acquire(source, tmp_path / "b.raw", "--hidden")
    assert (tmp_path / "a.raw").read_bytes() == DATA[: 20000 * 512]
    assert (tmp_path / "b.raw").read_bytes() == DATA
    assert json.loads((tmp_path / "b.raw.acquisition.json").read_text())["source"]["hidden_acquired"] is True


def test_a_dco_is_not_lifted(tmp_path: Path) -> None:
    source = write_device(tmp_path / "s", DATA, body=f'[hidden]\nsectors = 480\nby = "DCO"\n{BLOCKERS}')
    refused(
        15,
        "would change the device",
        "in writing",
        "acquire",
        source,
        tmp_path / "a.raw",
        "--blocker",
        "WB-3",
        "--hidden",
    )


def test_device_info_as_json(source: Path) -> None:
    (told,) = objects("device", "info", source)
    assert (told["sectors"], told["sector_bytes"], told["size_bytes"]) == (20480, 512, len(DATA))
    assert [blocker["id"] for blocker in told["blockers"]] == ["WB-3", "WB-4"]
    assert "faults" not in json.dumps(told)


def test_a_blocker_is_tested(source: Path) -> None:
    assert "FAIL" not in run("device", "test-blocker", source, "--blocker", "WB-3").stdout
    refused(15, "WB-4 failed its test", "set it aside", "device", "test-blocker", source, "--blocker", "WB-4")
    results = run("device", "test-blocker", source, "--blocker", "WB-4", "--json", code=15).stdout.splitlines()
    assert [json.loads(line)["passed"] for line in results] == [True, True, True, False]


def test_the_custody_options_go_together(source: Path, tmp_path: Path) -> None:
    assert "together" in acquire(source, tmp_path / "a.raw", "--exhibit", "KF-02", code=2).stderr


def test_the_log_of_another_tool_becomes_a_record_that_verify_compares_with(tmp_path: Path) -> None:
    image = tmp_path / "KF-06.dd"
    image.write_bytes(DATA)
    log = tmp_path / "KF-06.log"
    text = DC3DD.replace(MD5, digest_bytes(DATA).md5).replace(SHA256, digest_bytes(DATA).sha256)
    log.write_text(text)

    shown = run("device", "import-log", log, "--image", image)
    refused(13, "is there already", "Move it away", "device", "import-log", log, "--image", image)
    verified = run("image", "verify", image)
    image.write_bytes(DATA[:-1] + b"x")
    refused(6, "md5, sha256 differ", "master", "image", "verify", image)

    assert "dc3dd 7.2.646" in shown.stdout
    assert "40960 to 40962" in shown.stdout
    assert verified.stdout.count("agrees") == 2
    assert "record" in verified.stdout


def test_times_of_a_log_need_a_zone(tmp_path: Path) -> None:
    log = tmp_path / "KF-06.E01.txt"
    log.write_text(FTK, encoding="utf-8")

    assert "have no zone" in run("device", "import-log", log).stderr
    (tmp_path / "KF-06.E01.txt.acquisition.json").unlink()
    (record,) = objects("device", "import-log", log, "--zone", "Asia/Almaty")
    assert record["started_at"] == "2026-04-17T05:02:11+00:00"
    refused(15, "no time zone Asia/Nowhere", "Asia/Almaty", "device", "import-log", log, "--zone", "Asia/Nowhere")


def test_verify_names_what_is_damaged_although_the_medium_agrees(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "KF-06.E01"
    acquire(source, out)
    data = bytearray(out.read_bytes())
    data[13 + 76 + 2] ^= 8  # an idle bit of the header values, over which no checksum goes
    out.write_bytes(data)

    result = run("image", "verify", out, code=6)

    assert "its medium agrees, its container is damaged" in result.stderr
    assert "the header2 section at byte 89 has bits set that carry nothing" in result.stderr
    assert "not byte for byte the file that its provenance record names" in result.stderr


def test_verify_names_the_sectors_of_a_damaged_chunk(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "KF-06.E01"
    acquire(source, out, "--compression", "portable")
    data = bytearray(out.read_bytes())
    data[data.index(b"sectors") + 76 + 40_000] ^= 1
    out.write_bytes(data)

    assert "sectors 64 to 127: the checksum does not fit" in run("image", "verify", out, code=6).stderr


def test_a_damaged_record_is_said(source: Path, tmp_path: Path) -> None:
    acquire(source, tmp_path / "a.raw")
    (tmp_path / "a.raw.acquisition.json").write_text("{}")
    refused(15, "is no provenance record", "move the record away", "image", "verify", tmp_path / "a.raw")


@pytest.mark.skipif(os.name == "nt", reason="limits of file sizes are POSIX")
@pytest.mark.parametrize("name", ["KF-06.E01", "KF-06.raw"])
def test_a_full_destination_stops_the_command_and_it_goes_on(source: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    command = [sys.executable, "-m", "labkit", "acquire", source, out, "--blocker", "WB-3", "--compression", "portable"]
    stopped = subprocess.run(command, capture_output=True, check=False, preexec_fn=_small_files)

    assert stopped.returncode == 16
    assert b"the destination is full; 0 of 20480 sectors" in stopped.stderr
    assert b"--resume" in stopped.stderr
    acquire(source, out, "--resume")
    assert run("image", "verify", out).exit_code == 0


def _small_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MIB, 3 * MIB))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_small_disk_is_found_too_small_before_and_is_full_on_the_way(source: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", disk], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("a tmpfs can not be mounted here")
    try:
        out = disk / "KF-06.raw"
        refused(13, "bytes free; the image can take", "--no-space-check", "acquire", source, out, "--blocker", "WB-3")
        assert list(disk.iterdir()) == []
        refused(
            16, "the destination is full; 16384 of 20480 sectors", "Make room on the disk",
            "acquire", source, out, "--blocker", "WB-3", "--no-space-check",
        )  # fmt: skip
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        result = acquire(source, out, "--resume")
        assert "destination-full; resumed" in result.stdout
        run("image", "verify", out)
    finally:
        subprocess.run(["umount", disk], check=True)


class TestInAWorkspace:
    """The examination log knows the test of the blocker, and the ledger takes the acquisition."""

    @pytest.fixture
    def desk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        root = a_workspace(tmp_path / "class").root
        monkeypatch.chdir(root)
        return root

    def test_a_tested_blocker_is_recorded_as_tested(self, desk: Path, source: Path) -> None:
        run("device", "test-blocker", source, "--blocker", "WB-3")
        result = acquire(source, desk / "work" / "KF-06.E01")

        record = json.loads((desk / "work" / "KF-06.E01.acquisition.json").read_text())
        assert record["write_protection"]["test_passed"] is True
        assert "not tested" not in result.stderr

    def test_a_blocker_that_failed_is_refused(self, desk: Path, source: Path) -> None:
        run("device", "test-blocker", source, "--blocker", "WB-4", code=15)
        refused(
            15, "WB-4 failed its test", "Test another", "acquire", source, desk / "work" / "a.E01", "--blocker", "WB-4"
        )

    def test_the_ledger_takes_the_acquisition(self, desk: Path, tmp_path: Path) -> None:
        device = write_device(
            tmp_path / "s", DATA, body=BLOCKERS, head="cable_pulled_at = 17000\nunreadable = [[100, 3]]"
        )
        for words in (
            ("case", "NV-2026-0417", "--officer", "P4"),
            ("person", "P4", "--name", "Omid Falk", "--role", "examiner"),
            ("location", "LAB", "--kind", "lab", "--tz", "Asia/Kabul"),
            ("exhibit", "KF-02", "--kind", "medium", "--description", "red stick"),
            ("exhibit", "KF-06", "--kind", "image", "--description", "image of KF-02", "--derived-from", "KF-02"),
        ):
            run("custody", "add", *words)
        names = ("--exhibit", "KF-02", "--image-exhibit", "KF-06", "--by", "P4", "--location", "LAB", "--tested", "3")
        out = desk / "work" / "KF-06.E01"
        acquire(device, out, *names, code=16)
        result = acquire(device, out, *names, "--resume")

        ledger = custodian.read_ledger(custodian.find_ledger(desk))
        acquired, verified = ledger.events
        assert not ledger.problems
        assert "lines 6, 7" in result.stdout
        assert acquired.exhibits == ("KF-02", "KF-06")
        assert (acquired.read_errors[0].lba, acquired.read_errors[0].count) == (100, 3)
        assert acquired.write_block is not None
        assert (acquired.write_block.id, acquired.write_block.tested_event) == ("WB-3", 3)
        assert acquired.event_at is not None
        assert acquired.event_at.text.endswith("+04:30")
        assert "at sector 16384 (the device was lost), resumed" in acquired.note
        assert [(record.alg, record.stage) for record in verified.hashes] == [("sha256", "verify")]
        assert acquired.attachments[0].name == "KF-06.E01.acquisition.json"

    def test_an_unknown_exhibit_does_not_cost_the_image(self, desk: Path, source: Path) -> None:
        out = desk / "work" / "KF-06.E01"
        names = ("--exhibit", "KF-02", "--image-exhibit", "KF-06", "--by", "P4")
        refused(7, "is made and verified", "custody add acquired", "acquire", source, out, "--blocker", "WB-3", *names)
        run("image", "verify", out)


def test_people_read_it_in_their_language_and_programs_in_english(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = run("device", "info", source, "--plain").stdout
    monkeypatch.setenv("LABKIT_LANGUAGE", "ru")

    assert run("device", "info", source, "--plain").stdout == english
    said = [run("device", "info", source), run("device", "test-blocker", source, "--blocker", "WB-3")]
    said.append(run("device", "test-blocker", source, "--blocker", "WB-4", code=15))
    said.append(acquire(source, tmp_path / "KF-06.E01"))
    ours = {"labkit", "device", "info", "acquisition", "json", "Fenwick", "Data", "Stick", "Bridge"}
    text = "\n".join(line for one in said for line in one.output.splitlines() if not re.match("(md5|sha)", line))
    assert [word for word in re.findall(r"\b[A-Za-z]{4,}\b", text) if word not in ours] == []
