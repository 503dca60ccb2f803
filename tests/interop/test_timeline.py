"""``labkit image timeline`` beside mactime, and on a volume with a change journal."""

import csv
import io
import json
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.evidence import disk
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason, UsnJournal
from tests.oracles import oracle, reference_image

pytestmark = pytest.mark.oracle
MIB = 1024 * 1024
AT = datetime(2026, 3, 3, 9, 0, 0, tzinfo=UTC)


def run(image: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["image", "timeline", str(image), *arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NTFS volume with a change journal, which ntfs-3g wrote as a file like any other (it bars $Extend)."""
    folder = tmp_path_factory.mktemp("ntfs")
    image, mount = folder / "volume.ntfs", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(32 * MIB)
    oracle(["mkntfs", "-q", "-F", "-f", image])
    oracle(["ntfs-3g", "-o", "streams_interface=windows", image, mount])
    try:
        (mount / "papers").mkdir()
        for name in ("invoice.txt", "gone.txt"):
            (mount / "papers" / name).write_bytes(b"content")
        (mount / "papers" / "invoice.txt:=1+1").write_bytes(b"a name that a spreadsheet would run")
        (mount / "papers" / "gone.txt").unlink()
        parent = (mount / "papers").stat().st_ino & 0xFFFFFFFF
        journal = UsnJournal(AT)
        journal.add(70 | 1 << 48, parent | 1 << 48, "old name.txt", AT, Reason.RENAME_OLD_NAME, attributes=0x20)
        journal.add(
            70 | 1 << 48, parent | 9 << 48, "elsewhere.txt", AT, Reason.FILE_DELETE | Reason.CLOSE, attributes=0x20
        )
        (mount / "UsnJrnl").touch()
        (mount / "UsnJrnl:$J").write_bytes(journal.stored().ljust(8192, b"\0"))
    finally:
        subprocess.run(["umount", mount], check=True, timeout=60)
    return image


@pytest.fixture(autouse=True)
def journal_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "JOURNAL_PATH", "/UsnJrnl")


def mactime_rows(body: str) -> Counter[tuple[str, str, str]]:
    found = subprocess.run(
        ["mactime", "-y", "-d", "-z", "UTC"], input=body.encode(), capture_output=True, check=True, timeout=60
    )
    rows = csv.reader(io.StringIO(found.stdout.decode("utf-8", "replace")))
    next(rows)
    return Counter((row[0], row[2], row[7]) for row in rows if row)


def our_rows(image: Path) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for line in run(image, "--json").stdout.splitlines():
        row = json.loads(line)
        if row["source"] == "USN":
            continue
        name = row["path"] + (f":{row['stream']}" if "stream" in row else "")
        name += " ($FILE_NAME)" if row["source"] == "FN" else ""
        state = " (deleted)" if row["deleted"] else ""
        at = row["time_utc"][:19] + "Z"
        found[at, row["macb"].lower(), name + state] += 1
    return found


def test_every_moment_is_one_of_mactime(volume: Path) -> None:
    body = run(volume, "--bodyfile").stdout
    assert [line.split("|")[1] for line in body.splitlines() if "$UsnJrnl:" in line]  # journal lines are there too
    expected = mactime_rows(oracle(["fls", "-r", "-p", "-m", "/", volume]))

    # mactime knows whole seconds: letters of one entry that fell into the same second are put together there.
    together: dict[tuple[str, str], set[str]] = {}
    for at, macb, name in our_rows(volume):
        together.setdefault((at, name), set()).update(macb)
    ours = {(at, "".join(x if x in letters else "." for x in "macb"), name) for (at, name), letters in together.items()}
    assert ours == {row for row in expected if "1970" not in row[0] and "/.:" not in row[2] and "2076" not in row[0]}


def test_the_journal_is_part_of_the_timeline(volume: Path) -> None:
    rows = [json.loads(line) for line in run(volume, "--json", "--kind", "journal").stdout.splitlines()]

    assert [(row["path"], row["detail"], row["time_utc"]) for row in rows] == [
        ("/papers/old name.txt", "rename old name", "2026-03-03T09:00:00Z"),
        ("?/elsewhere.txt", "file delete+close", "2026-03-03T09:00:00Z"),
    ]
    assert {row["source"] for row in rows} == {"USN"}


def test_the_range_of_time_is_half_open(volume: Path) -> None:
    inside = run(volume, "--from", "2026-03-03T14:00:00+05:00", "--to", "2026-03-03T09:00:01Z", "--plain")
    outside = run(volume, "--from", "2026-03-03T08:00:00Z", "--to", "2026-03-03T09:00:00Z", "--plain")

    assert len(inside.stdout.splitlines()) == 3
    assert len(outside.stdout.splitlines()) == 1


def test_deleted_ones_are_marked_and_a_glob_chooses(volume: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(volume, "--path", "/PAPERS/g*", "--csv", "--kind", "born").stdout)))

    assert {row["path"] for row in rows} == {"/papers/gone.txt"}
    assert {row["state"] for row in rows} == {"deleted"}
    assert {row["source"] for row in rows} == {"SI", "FN"}
    assert all("B" in row["macb"] for row in rows)


def test_no_cell_is_a_formula(volume: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(volume, "--path", "*/invoice.txt", "--csv").stdout)))

    assert {row["stream"] for row in rows} == {"", "'=1+1"}


def test_a_time_without_an_offset_is_refused(volume: Path) -> None:
    error = run(volume, "--from", "2026-03-03T09:00:00", code=5).stderr

    assert "has no offset" in error or "is not a time with an offset from UTC" in error
    assert "Next:  Write ISO 8601" in error


def test_two_forms_at_once_are_refused(volume: Path) -> None:
    assert "Choose one of" in run(volume, "--csv", "--json", code=2).stderr


def test_fat_times_are_shifted_by_the_zone(tmp_path: Path) -> None:
    image = tmp_path / "fat.raw"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkfs.fat", "-F", "16", "-i", "1234abcd", image])
    (tmp_path / "note.txt").write_bytes(b"note")
    oracle(["mcopy", "-i", image, tmp_path / "note.txt", "::"])

    def modified(*zone: str) -> datetime:
        rows = [json.loads(line) for line in run(image, "--json", "--kind", "modified", *zone).stdout.splitlines()]
        (row,) = [row for row in rows if row["path"] == "/note.txt"]
        assert row["source"] == "FAT16"
        return datetime.fromisoformat(row["time_utc"])

    assert (modified() - modified("--zone", "Asia/Almaty")).total_seconds() == 5 * 3600


def test_the_reference_image_with_changed_times(tmp_path: Path) -> None:
    rows = run(reference_image("ntfs-si-vs-fn.raw.gz"), "--path", "*/test.txt", "--plain").stdout.splitlines()[1:]

    assert [row.split("\t")[:3] for row in rows] == [
        ["2014-12-12T17:49:01.551867Z", "MACB", "FN"],
        ["2015-11-03T12:33:59.222933Z", "MACB", "SI"],
    ]
