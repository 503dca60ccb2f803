"""Metadata of documents, photographs and videos, as exiftool, pypdf and qpdf read them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.synthesis.streams import Stream
from labkit.synthesis.world.exif import Position, Shot
from labkit.synthesis.world.mp4 import mp4
from labkit.synthesis.world.office import docx
from labkit.synthesis.world.office_properties import DocumentProperties
from labkit.synthesis.world.pdf import PdfProperties, pdf
from labkit.synthesis.world.photo import camera_photo
from labkit.synthesis.world.png import png
from labkit.synthesis.world.stored_deflate import gzip_stored
from labkit.synthesis.world.zip_stored import ZippedFile, zip_files
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

AT = datetime(2026, 2, 3, 9, 5, 6, tzinfo=timezone(timedelta(hours=5)))


def told(path: Path, data: bytes) -> dict[str, Any]:
    path.write_bytes(data)
    read: list[dict[str, Any]] = json.loads(oracle(["exiftool", "-json", "-n", "-validate", "-all", path]))
    return read[0]


@pytest.mark.seeds
@pytest.mark.parametrize("seed", range(12))
def test_exiftool_reads_what_the_camera_noted(tmp_path, seed: int) -> None:
    stream = Stream(bytes((seed,)), "camera")
    taken = datetime(2020, 1, 1) + timedelta(seconds=stream.below(10**8))  # noqa: DTZ001 - a camera's local time
    offset = stream.pick([None, timedelta(hours=5), timedelta(hours=-3, minutes=-30)])
    latitude, longitude = stream.between(-90, 90) + 0.25, stream.between(-179, 179) + 0.5
    position = stream.pick(
        [None, Position(latitude if latitude < 90 else 0.0, longitude, stream.between(-99, 999), AT)]
    )
    shot = Shot("Norvix", "NX-20", taken, offset, software=stream.pick(["", "Lumera Edit 3"]), position=position)

    read = told(tmp_path / "a.jpg", camera_photo(stream, shot, size_bytes=stream.between(8192, 60_000)))

    assert read["Validate"] == "0 0 0"
    assert (read["Make"], read["Model"]) == ("Norvix", "NX-20")
    assert read["DateTimeOriginal"] == f"{taken:%Y:%m:%d %H:%M:%S}"
    assert read.get("Software", "") == shot.software
    assert (
        read.get("OffsetTimeOriginal")
        == {None: None, 5: "+05:00", -3.5: "-03:30"}[offset and offset / timedelta(hours=1)]
    )
    assert (read["ExifImageWidth"], read["ExifImageHeight"]) == (read["ImageWidth"], read["ImageHeight"])
    if position is None:
        assert "GPSLatitude" not in read
    else:
        assert read["GPSPosition"] == f"{position.latitude} {position.longitude}"
        assert read["GPSAltitude"] == position.altitude_m
        assert read["GPSDateTime"] == "2026:02:03 04:05:06Z"
    assert "ThumbnailImage" in read


def test_exiftool_takes_the_thumbnail_out(tmp_path) -> None:
    shot = Shot("Norvix", "NX-20", AT.replace(tzinfo=None))
    path = tmp_path / "a.jpg"
    path.write_bytes(camera_photo(Stream(b"1", "camera"), shot, size_bytes=30_000))

    oracle(["exiftool", "-b", "-ThumbnailImage", "-w", str(tmp_path / "%f.thumb"), path])

    small = (tmp_path / "a.thumb").read_bytes()
    assert small[:2] == b"\xff\xd8"
    assert small[-2:] == b"\xff\xd9"
    assert small in path.read_bytes()


def test_exiftool_reads_pictures_and_videos(tmp_path) -> None:
    picture = told(tmp_path / "a.png", png(Stream(b"1", "png"), columns=320, rows=200, made=AT, software="Grab 2"))
    video = told(tmp_path / "a.mp4", mp4(Stream(b"1", "mp4"), taken=AT, seconds=3))

    assert picture["Validate"] == video["Validate"] == "0 0 0"
    assert (picture["ImageSize"], picture["Software"], picture["ModifyDate"]) == (
        "320 200",
        "Grab 2",
        "2026:02:03 04:05:06",
    )
    assert video["CreateDate"] == video["TrackCreateDate"] == "2026:02:03 04:05:06"
    assert (video["Duration"], video["VideoFrameRate"], video["CompressorID"]) == (3, 2, "mp4v")


def test_exiftool_reads_archives(tmp_path) -> None:
    packed = told(tmp_path / "a.gz", gzip_stored(b"text", name="notes.txt", modified=AT))
    archive = told(tmp_path / "a.zip", zip_files([ZippedFile("notes.txt", b"text", AT)]))

    assert (packed["ArchivedFileName"], packed["ModifyDate"]) == ("notes.txt", "2026:02:03 04:05:06+00:00")
    assert (archive["ZipFileName"], archive["ZipModifyDate"]) == ("notes.txt", "2026:02:03 09:05:06")
    assert "No errors detected" in oracle(["unzip", "-t", tmp_path / "a.zip"])


def test_exiftool_reads_office_properties(tmp_path) -> None:
    properties = DocumentProperties("Дана", "Teo", AT - timedelta(days=9), AT, revision=7, company="ТОО Норвик")

    read = told(tmp_path / "a.docx", docx(["a"], author="", saved=AT, size_bytes=None, properties=properties))

    if "Creator" not in read:
        pytest.skip("exiftool has no Archive::Zip (Debian: libarchive-zip-perl)")
    assert (read["Creator"], read["LastModifiedBy"], read["RevisionNumber"]) == ("Дана", "Teo", 7)
    assert (read["CreateDate"], read["ModifyDate"]) == ("2026:01:25 04:05:06Z", "2026:02:03 04:05:06Z")
    assert read["Company"] == "ТОО Норвик"


def test_pypdf_and_qpdf_read_the_notes_of_a_pdf(tmp_path) -> None:
    pypdf = pytest.importorskip("pypdf")
    properties = PdfProperties("Writer 7", "Pagemaker 2", AT - timedelta(hours=1), AT)
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["text"] * 99, title="План", author="Дана", size_bytes=9000, properties=properties))

    with path.open("rb") as file:
        reader = pypdf.PdfReader(file, strict=True)
        noted, xmp = reader.metadata, reader.xmp_metadata
        assert (noted.author, noted.title, noted.creator, noted.producer) == ("Дана", "План", "Writer 7", "Pagemaker 2")
        assert (noted.creation_date, noted.modification_date) == (AT - timedelta(hours=1), AT)
        assert xmp.dc_creator == ["Дана"]
        assert xmp.xmp_modify_date.replace(tzinfo=UTC) == AT.astimezone(UTC)
        assert len(reader.pages) == 2
    assert "No syntax or stream encoding errors found" in oracle(["qpdf", "--check", path])
