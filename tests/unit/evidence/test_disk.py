"""Entries and content of a volume, against fls and icat, and against what was copied in."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import Image, open_image
from labkit.evidence.volumes import volumes
from labkit.model.entry_type import EntryType
from tests.oracles import oracle
from tests.unit.evidence.conftest import LONG_NAME

FAT_PATH = f"/papers/{LONG_NAME}"


def reader(image: Image, zone: str = "UTC") -> VolumeReader:
    return VolumeReader(image, volumes(image)[-1], zone)


def content(volume: VolumeReader, address: int, stream: str | None = None) -> bytes:
    return b"".join(volume.read(address, stream=stream))


def body_rows(*arguments: str | Path) -> list[tuple[str, ...]]:
    """Name (without marks), address, size, accessed, modified, changed, born."""
    rows = []
    for line in oracle(["fls", "-r", "-p", "-m", "/", *arguments]).splitlines():
        _, name, address, _, _, _, *numbers = line.split("|")
        if not name.endswith((" ($FILE_NAME)", " ($FILE_NAME) (deleted)")):
            rows.append((name, address.partition("-")[0], *numbers))
    return sorted(rows)


def our_rows(volume: VolumeReader) -> list[tuple[str, ...]]:
    rows = []
    for entry in volume.entries():
        name = entry.path + (f":{entry.stream}" if entry.stream else "") + (" (deleted)" if entry.deleted else "")
        times = (entry.accessed_utc, entry.modified_utc, entry.changed_utc, entry.born_utc)
        seconds = (str(int(time.timestamp())) if time else "0" for time in times)
        rows.append((name, str(entry.address), str(entry.size_bytes), *seconds))
    return sorted(rows)


@pytest.mark.parametrize("fixture", ["fat_image", "fat16_image"])
def test_entries_are_those_of_fls(fixture: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(fixture)
    with open_image(path) as image:
        assert our_rows(reader(image)) == body_rows(path)


def test_ntfs_entries_are_those_of_fls_where_times_are_set(ntfs_image: Path) -> None:
    """mkntfs leaves the times of $MFT at 0; the Sleuth Kit 4.11 prints 2076 for that, we print nothing."""
    with open_image(ntfs_image) as image:
        ours, theirs = our_rows(reader(image)), body_rows(ntfs_image)

    assert [row[:3] for row in ours] == [row[:3] for row in theirs]
    different = [row for row, other in zip(ours, theirs, strict=True) if row != other]
    assert different == [("/$MFT", "0", different[0][2], "0", "0", "0", "0")]


def test_entries_of_a_partition_are_those_of_fls(disk_image: Path) -> None:
    with open_image(disk_image) as image:
        assert our_rows(reader(image)) == body_rows("-o", "4096", disk_image)


def test_deleted_entries_can_be_left_out(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        volume = reader(image)
        everything = list(volume.entries())
        live = list(volume.entries(deleted=False))

    assert [entry.path for entry in everything if entry.deleted] == ["/second report.txt"]
    assert live == [entry for entry in everything if not entry.deleted]


def test_types_are_told_apart(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        types = {entry.path: entry.type for entry in reader(image).entries()}

    assert types["/first.txt"] is EntryType.FILE
    assert types["/papers"] is EntryType.DIRECTORY
    assert types["/$OrphanFiles"] is types["/$FAT1"] is EntryType.VIRTUAL
    assert next(path for path, kind in types.items() if kind is EntryType.VOLUME_LABEL).startswith("/KF-06")


def test_content_is_what_was_copied_in(fat_image: Path, ntfs_image: Path) -> None:
    with open_image(fat_image) as image:
        volume = reader(image)
        assert content(volume, volume.find("/first.txt")) == b"A" * 1300
        assert content(volume, volume.find(FAT_PATH)).decode() == "Сумма: 4 200"
    with open_image(ntfs_image) as image:
        volume = reader(image)
        address = volume.find("/evidence.bin")
        assert content(volume, address) == b"N" * 10_000
        assert content(volume, address, "Zone.Identifier") == b"[ZoneTransfer]\r\nZoneId=3\r\n"


def test_content_is_read_from_any_byte_of_it(fat_image: Path, ntfs_image: Path) -> None:
    for path, name, stream in (
        (fat_image, "/first.txt", None),
        (ntfs_image, "/evidence.bin", None),
        (ntfs_image, "/evidence.bin", "Zone.Identifier"),
        (ntfs_image, "/$MFT", None),
    ):
        with open_image(path) as image:
            volume = reader(image)
            address = volume.find(name)
            whole = content(volume, address, stream)
            for offset in (0, 1, len(whole) // 2, len(whole) - 1, len(whole), len(whole) + 1):
                assert b"".join(volume.read(address, stream=stream, offset_bytes=offset)) == whole[offset:]


def test_deleted_file_is_read_by_address_and_by_path(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        volume = reader(image)
        (deleted,) = [entry for entry in volume.entries() if entry.deleted]
        assert content(volume, deleted.address) == b"B" * 3000
        assert volume.find("/second report.txt") == deleted.address
        assert volume.content(deleted.address).deleted


def test_named_stream_has_a_row_of_its_own(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        rows = [entry for entry in reader(image).entries() if entry.path == "/evidence.bin"]
    assert [(row.stream, row.size_bytes) for row in rows] == [(None, 10_000), ("Zone.Identifier", 26)]
    assert len({row.address for row in rows}) == 1


def test_metadata_files_are_read_like_icat(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        volume = reader(image)
        upcase = content(volume, volume.find("/$UpCase"))
    assert len(upcase) == 131_072
    assert upcase[:8].decode("utf-16-le") == "\0\1\2\3"


def test_clusters_and_sectors_are_those_of_istat(fat16_image: Path) -> None:
    with open_image(fat16_image) as image:
        volume = reader(image)
        detail = volume.stat("/short")
        (attribute,) = detail.attributes
        (run,) = attribute.runs
        said = oracle(["istat", fat16_image, str(detail.entries[0].address)])
        first_sector = int(said.split("Sectors:")[1].split()[0])
        assert run.offset_bytes == first_sector * 512
        assert image.read(run.offset_bytes, 4100) == b"s" * 4100
    assert detail.cluster_bytes == 2048
    assert run.size_bytes == 3 * 2048
    cluster_area = re.search(r"Cluster Area: (\d+) -", oracle(["fsstat", fat16_image]))
    assert cluster_area is not None
    assert run.first_cluster == 2 + (first_sector - int(cluster_area[1])) // 4


def test_detail_names_owner_links_and_second_times_of_ntfs(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        detail = reader(image).stat("/evidence.bin")

    assert detail.links == 1
    assert {(a.type, a.name, a.resident) for a in detail.attributes} >= {
        (128, None, False),
        (128, "Zone.Identifier", True),
    }
    (name,) = detail.file_names
    assert (name.name, name.parent_address) == ("evidence.bin", 5)
    assert name.born_ns > 0


def test_slack_holds_what_was_there_before(fat16_image: Path) -> None:
    """`short` took over the clusters of `slack`; mcopy wrote only what it needed of the last one."""
    with open_image(fat16_image) as image:
        volume = reader(image)
        address = volume.find("/short")
        slack = volume.slack(address)
        (run,) = volume.stat(address).attributes[0].runs
        assert slack == image.read((run.offset_bytes or 0) + 4100, 3 * 2048 - 4100)


def test_slack_of_content_inside_its_record_is_empty(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        volume = reader(image)
        address = volume.find("/evidence.bin")
        assert volume.slack(address, stream="Zone.Identifier") == b""
        assert len(volume.slack(address)) == -10_000 % 4096


def test_zone_shifts_the_local_times_of_fat(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        plain = {e.path: e for e in reader(image).entries()}["/first.txt"]
        almaty = {e.path: e for e in reader(image, "Asia/Almaty").entries()}["/first.txt"]
        assert reader(image).time_basis == "local"
    assert plain.modified_utc is not None
    assert almaty.modified_utc is not None
    assert (plain.modified_utc - almaty.modified_utc).total_seconds() == 5 * 3600
    assert plain.changed_utc is almaty.changed_utc is None


def test_zone_does_not_touch_the_utc_times_of_ntfs(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        assert reader(image).time_basis == "utc"
        assert our_rows(reader(image, "Asia/Almaty")) == our_rows(reader(image))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_times_do_not_depend_on_the_zone_of_the_examiners_machine(zone: str, fat_image: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from labkit.evidence.image import open_image\n"
        "from labkit.evidence.volumes import volumes; from labkit.evidence.disk import VolumeReader\n"
        "with open_image(Path(sys.argv[1])) as image:\n"
        "    for entry in VolumeReader(image, volumes(image)[0]).entries():\n"
        "        if entry.path == '/first.txt': print(entry.modified_utc.isoformat())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(fat_image)],
        capture_output=True, text=True, check=True, env={**os.environ, "TZ": zone}, timeout=60,
    )  # fmt: skip
    (expected,) = [row[4] for row in body_rows(fat_image) if row[0] == "/first.txt"]
    assert datetime.fromisoformat(done.stdout.strip()) == datetime.fromtimestamp(int(expected), UTC)


def refused(volume: VolumeReader, message: str, remedy: str, call: str, *arguments: object, **named: object) -> None:
    with pytest.raises(EvidenceError, match=message) as caught:
        found = getattr(volume, call)(*arguments, **named)
        if not isinstance(found, bytes):
            list(found)
    assert remedy in caught.value.remedy


def test_places_that_do_not_exist_are_named(fat_image: Path, ntfs_image: Path) -> None:
    with open_image(fat_image) as image:
        volume = reader(image)
        refused(volume, "no entry at address 999999999", "Addresses here lie between", "read", 999999999)
        refused(volume, "no entry at address 5000", "Addresses here lie between", "stat", 5000)
        refused(volume, "holds no 'frist.txt'", "Did you mean /first.txt?", "find", "/frist.txt")
        refused(volume, "/papers holds no 'x'", "labkit image ls --under /papers", "find", "/papers/x")
        refused(volume, "'first.txt' is not a full path", "/first.txt", "find", "first.txt")
        refused(volume, "is a directory", "--under PATH", "read", volume.find("/papers"))
        refused(volume, "is not a directory", "stat", "rows", under="/first.txt")
    with open_image(ntfs_image) as image:
        volume = reader(image)
        address = volume.find("/evidence.bin")
        refused(volume, "no stream 'nothing'.*Zone.Identifier", "without a colon", "read", address, stream="nothing")
        refused(volume, "no unnamed content", "--stream", "read", volume.find("/$Secure"))


def test_names_are_found_in_any_case_as_windows_does(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        volume = reader(image)
        assert volume.find("/PAPERS/СЧЁТ ЗА МАРТ 2026.TXT") == volume.find(FAT_PATH)
        assert volume.find("/") == 2


def test_listing_under_a_directory_keeps_full_paths(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        assert [row.path for row in reader(image).rows(under="/papers")] == [FAT_PATH]


def test_volume_without_a_file_system_is_refused(disk_image: Path) -> None:
    with open_image(disk_image) as image, pytest.raises(EvidenceError, match="has no file system") as caught:
        VolumeReader(image, volumes(image)[0])
    assert "--offset" in caught.value.remedy


def test_unknown_zone_is_refused(fat_image: Path) -> None:
    with open_image(fat_image) as image:
        for name in ("Asia/Atlantis", "../../etc/passwd", ""):
            with pytest.raises(EvidenceError, match="no time zone") as caught:
                reader(image, name)
            assert "Asia/Almaty" in caught.value.remedy


def test_overwritten_clusters_are_not_passed_off_as_the_deleted_file(fat16_image: Path, tmp_path: Path) -> None:
    path = tmp_path / "overwritten.raw"
    path.write_bytes(fat16_image.read_bytes())
    taker = tmp_path / "taker"
    taker.write_bytes(b"T" * 2_000_000)
    oracle(["mcopy", "-i", path, taker, "::"])
    with open_image(path) as image:
        volume = reader(image)
        (lost,) = [entry for entry in volume.entries() if entry.deleted and entry.path.endswith("ept")]
        with pytest.raises(EvidenceError, match="can be read to byte") as caught:
            content(volume, lost.address)
    assert "can not be recovered" in caught.value.remedy


def test_damage_of_the_image_is_not_taken_for_a_damaged_file_system(
    ntfs_image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(offset_bytes: int, size_bytes: int) -> bytes:
        raise OSError("bad sector")

    with open_image(ntfs_image) as image:
        volume = reader(image)
        address = volume.find("/$LogFile")
        monkeypatch.setattr(image._media, "read_at", broken)
        with pytest.raises(EvidenceError, match=r"ntfs.raw: bytes \d+ to \d+ of the medium can not be read"):
            list(VolumeReader(image, volume.volume).rows())
        with pytest.raises(EvidenceError, match=r"of the medium can not be read") as caught:
            content(volume, address)
    assert "working copy" in caught.value.remedy


def test_contents_are_those_of_the_live_files_of_a_listing(fat_image: Path, ntfs_image: Path) -> None:
    for path in (fat_image, ntfs_image):
        with open_image(path) as image:
            volume = reader(image)
            listed = {
                row.address: content(volume, row.address)
                for row in volume.rows(deleted=False)
                if row.type is EntryType.FILE and row.stream is None and row.size_bytes and row.path[1] != "$"
            }
            found = {address: b"".join(blocks) for address, blocks in volume.contents()}
            assert listed == {address: data for address, data in found.items() if data}
