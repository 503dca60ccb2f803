"""`labkit image` against the Sleuth Kit's command line, on images that nobody here wrote."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.evidence.image import open_image
from tests.oracles import REFERENCE_IMAGES, reference_image

LISTINGS = [
    # image, arguments that choose the volume, what fls said of it
    ("ext2.E01", [], "ext2.body.txt"),
    ("ext2.split.E01", [], "ext2.split.body.txt"),
    ("mmls_1.E01", ["--volume", "1"], "mmls_1.128.body.txt"),
    ("mmls_1.E01", ["--offset", str(55424 * 512)], "mmls_1.55424.body.txt"),
    ("ntfs-ramslack.raw.gz", [], "ntfs-ramslack.body.txt"),
    ("ntfs-si-vs-fn.raw.gz", [], "ntfs-si-vs-fn.body.txt"),
]
IMAGES = ["ext2.E01", "ext2.split.E01", "mmls_1.E01", "ntfs-ramslack.raw.gz", "ntfs-si-vs-fn.raw.gz"]
BodyRow = tuple[str, str, int, int, int, int, int]  # name, address, size, accessed, modified, changed, born


def labkit(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["image", *arguments])
    assert result.exit_code == 0, result.stderr
    return result


def rows_of(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in labkit("ls", "--json", *arguments).stdout.splitlines()]


def expected_rows(name: str) -> list[BodyRow]:
    """The rows of a body file without its $FILE_NAME lines, which `labkit image stat` shows."""
    found = []
    for line in (REFERENCE_IMAGES / "expected" / name).read_text(encoding="utf-8").splitlines():
        _, path, address, _, _, _, *numbers = line.split("|")
        if not path.endswith(" ($FILE_NAME)"):
            size, accessed, modified, changed, born = map(int, numbers)
            found.append((path, address, size, accessed, modified, changed, born))
    return found


def as_body_row(row: dict[str, Any]) -> BodyRow:
    name = row["path"] if "stream" not in row else f"{row['path']}:{row['stream']}"
    if row["type"] == "link":
        name += f" -> {row['target']}"
    if row["deleted"]:
        name += " (deleted)"
    address = f"{row['address']}-{row['attribute']}" if "attribute" in row else str(row["address"])
    times = (seconds(row[key]) for key in ("accessed_utc", "modified_utc", "changed_utc", "born_utc"))
    return (name, address, row["size_bytes"], *times)


def seconds(text: str | None) -> int:
    if text is None:
        return 0
    assert text.endswith("Z")
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(("image", "place", "body"), LISTINGS)
def test_every_row_is_the_row_of_fls(image: str, place: list[str], body: str) -> None:
    rows = rows_of(str(reference_image(image)), *place)

    assert Counter(map(as_body_row, rows)) == Counter(expected_rows(body))


def test_a_listing_of_a_disk_goes_through_all_its_volumes() -> None:
    rows = rows_of(str(reference_image("mmls_1.E01")))

    numbers = Counter(row["volume"] for row in rows)
    assert numbers == {
        1: len(expected_rows("mmls_1.128.body.txt")),
        2: len(expected_rows("mmls_1.55424.body.txt")),
    }


@pytest.mark.parametrize("name", IMAGES)
def test_hash_gives_the_digest_of_the_medium_and_apart_of_the_container(name: str) -> None:
    path = reference_image(name)
    expected = REFERENCE_IMAGES / "expected" / f"{path.name.split('.raw')[0].removesuffix('.E01')}.sha256"

    found = json.loads(labkit("hash", "--json", str(path)).stdout)

    assert found["media"]["sha256"] == expected.read_text(encoding="utf-8").split()[0]
    assert found["container"]["sha256"] != found["media"]["sha256"]
    assert found["container"]["size_bytes"] < found["media"]["size_bytes"] or name == "ext2.split.E01"
    assert set(found["media"]) == set(found["container"]) == {"size_bytes", "md5", "sha1", "sha256"}


def test_volumes_are_those_of_mmls() -> None:
    path = reference_image("mmls_1.E01")
    table = (REFERENCE_IMAGES / "expected" / "mmls_1.mmls.txt").read_text(encoding="utf-8")
    expected = []
    for line in table.splitlines():
        if line[:3].isdigit() and "Meta" not in line:
            _, _, start, _, length, *description = line.split()
            expected.append((int(start) * 512, int(length) * 512, " ".join(description)))

    found = [json.loads(line) for line in labkit("volumes", "--json", str(path)).stdout.splitlines()]

    assert [(row["start_bytes"], row["size_bytes"], row["description"]) for row in found] == [
        (start, size, description.replace("Unallocated", "unallocated")) for start, size, description in expected
    ]
    assert [row["number"] for row in found] == [None, 1, 2, None]
    assert [row["filesystem"] for row in found] == [None, "NTFS", "NTFS", None]


def test_stat_shows_both_sets_of_ntfs_times() -> None:
    path = str(reference_image("ntfs-si-vs-fn.raw.gz"))

    found = json.loads(labkit("stat", "--json", path, "/test/test.txt").stdout)

    (entry,) = found["entries"]
    (name,) = found["file_names"]
    assert entry["modified_utc"].startswith("2015-11-03T")
    assert name["modified_utc"].startswith("2014-12-12T")
    assert seconds(name["born_utc"]) == 1418406541
    assert name["parent_address"] == 38


def test_slack_behind_a_file_is_read_from_its_place_on_the_medium() -> None:
    """The image's author says: RAM slack of /1.txt at byte 213303, cluster slack at byte 213504 (a compressed file)."""
    path = reference_image("ntfs-ramslack.raw.gz")
    detail = json.loads(labkit("stat", "--json", str(path), "/1.txt").stdout)
    (content,) = [attribute for attribute in detail["attributes"] if attribute["type"] == 128]
    stored = content["runs"][0]
    end = stored["offset_bytes"] + stored["size_bytes"]
    assert stored["offset_bytes"] < 213303
    assert end > 213504

    slack = labkit("cat", str(path), "/1.txt", "--slack").stdout_bytes

    with open_image(path) as image:
        assert slack == image.read(213303, end - 213303)
    assert any(slack[213504 - 213303 :])


def test_stored_digest_of_ftk_imager_verifies() -> None:
    found = json.loads(labkit("verify", "--json", str(reference_image("mmls_1.E01"))).stdout)

    assert found["agrees"] is True
    assert found["stored"] == {"md5": found["media"]["md5"], "sha1": found["media"]["sha1"]}
