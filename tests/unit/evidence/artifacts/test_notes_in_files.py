"""What documents, photographs and archives note of themselves, as exiftool reads it too, and what damage does."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.synthesis.streams import Stream
from labkit.synthesis.world.exif import Position, Shot
from labkit.synthesis.world.office import docx, ods, xlsx
from labkit.synthesis.world.office_properties import DocumentProperties
from labkit.synthesis.world.pdf import PdfProperties, pdf
from labkit.synthesis.world.photo import camera_photo
from labkit.synthesis.world.png import png
from labkit.synthesis.world.zip_stored import ZippedFile, zip_files
from tests.oracles import oracle
from tests.unit.evidence.artifacts.told import told

AT = datetime(2026, 2, 3, 9, 5, 6, tzinfo=timezone(timedelta(hours=5)))
NOTES = DocumentProperties(
    "Дана", "Teo", AT - timedelta(days=9), AT, AT - timedelta(days=1), revision=7, company="ТОО Норвик"
)


def photograph(**more: Any) -> bytes:
    shot = Shot("Norvix", "NX-20", AT.replace(tzinfo=None), **more)
    return camera_photo(Stream(b"1", "camera"), shot, size_bytes=30_000)


def moments(records: list[dict[str, Any]]) -> dict[str, datetime | None]:
    return {
        one["details"]["time_of"]: one["at_utc"] and datetime.fromisoformat(one["at_utc"]).astimezone(UTC)
        for one in records
    }


@pytest.mark.parametrize("name", ["plan.docx", "plan.xlsx"])
def test_an_office_document_tells_who_and_when(tmp_path: Path, name: str) -> None:
    if name.endswith("docx"):
        data = docx(["a"], author="", saved=AT, size_bytes=None, properties=NOTES)
    else:
        data = xlsx([["a"]], author="", saved=AT, size_bytes=None, properties=NOTES)
    records, said = told(tmp_path, {f"/{name}": data})
    details = records[0]["details"]

    assert moments(records) == {"created": NOTES.created, "last saved": NOTES.modified, "last printed": NOTES.printed}
    assert (details["author"], details["last_saved_by"], details["revision"]) == ("Дана", "Teo", "7")
    assert (details["company"], details["program"]) == ("ТОО Норвик", "Microsoft Office Word")
    assert "Warning" not in said


@pytest.mark.oracle
def test_exiftool_reads_the_same_notes_of_a_photograph(tmp_path: Path) -> None:
    data = photograph(offset=timedelta(hours=5), software="Lumera Edit 3", position=Position(-3.25, 80.5, -12, AT))
    (one,), _ = told(tmp_path, {"/yard.jpg": data})
    (tmp_path / "yard.jpg").write_bytes(data)
    other = json.loads(oracle(["exiftool", "-json", "-n", tmp_path / "yard.jpg"]))[0]
    details = one["details"]

    assert datetime.fromisoformat(one["at_utc"]) == AT
    assert details["taken_local"] == "2026-02-03T09:05:06"
    assert other["DateTimeOriginal"] == "2026:02:03 09:05:06"
    assert details["camera"] == f"{other['Make']} {other['Model']}"
    assert details["program"] == other["Software"]
    assert (details["latitude"], details["longitude"]) == (other["GPSLatitude"], other["GPSLongitude"])
    assert details["altitude_m"] == other["GPSAltitude"]
    assert details["satellites_utc"] == "2026-02-03T04:05:06Z"
    assert (details["width"], details["height"]) == (other["ImageWidth"], other["ImageHeight"])


def test_a_camera_without_a_zone_gives_no_moment_whatever_the_zone_of_the_machine(tmp_path: Path) -> None:
    (one,), _ = told(tmp_path, {"/yard.jpg": photograph()}, "--zone", "Asia/Almaty")

    assert one["at_utc"] is None
    assert one["details"]["taken_local"] == "2026-02-03T09:05:06"
    assert "latitude" not in one["details"]


@pytest.mark.oracle
def test_exiftool_reads_the_same_notes_of_a_pdf(tmp_path: Path) -> None:
    properties = PdfProperties("Writer 7", "Pagemaker 2", AT - timedelta(hours=1), AT)
    data = pdf(["text"], title="План", author="Дана", size_bytes=9000, properties=properties)
    records, _ = told(tmp_path, {"/plan.pdf": data})
    (tmp_path / "plan.pdf").write_bytes(data)
    other = json.loads(oracle(["exiftool", "-json", "-PDF:all", tmp_path / "plan.pdf"]))[0]
    details = records[0]["details"]

    assert moments(records) == {"created": AT - timedelta(hours=1), "last saved": AT}
    assert (details["author"], details["title"]) == (other["Author"], other["Title"]) == ("Дана", "План")
    assert (details["program"], details["made_by"]) == (other["Creator"], other["Producer"])


@pytest.mark.oracle
def test_the_members_of_an_archive_are_told_as_unzip_tells_them(tmp_path: Path) -> None:
    data = zip_files([ZippedFile(f"план {number}.txt", b"x" * number, AT) for number in range(1, 4)])
    records, _ = told(tmp_path, {"/papers.zip": data})
    (tmp_path / "papers.zip").write_bytes(data)
    listed = oracle(["unzip", "-l", tmp_path / "papers.zip"])

    assert [one["details"]["member"] for one in records] == ["план 1.txt", "план 2.txt", "план 3.txt"]
    assert all(one["details"]["member"] in listed for one in records)
    assert listed.count("2026-02-03 04:05") == len(records)  # unzip runs in UTC and takes the time that has it
    assert {datetime.fromisoformat(one["at_utc"]) for one in records} == {AT}
    assert [data[one["offset_bytes"] :][:4] for one in records] == [b"PK\x03\x04"] * 3


def test_an_archive_with_local_times_alone_needs_the_zone_of_the_machine(tmp_path: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", (2026, 2, 3, 9, 5, 6)), "a" * 900)
    (unknown,), _ = told(tmp_path, {"/a.zip": stored.getvalue()})
    (one,), _ = told(tmp_path, {"/a.zip": stored.getvalue()}, "--zone", "Asia/Almaty")

    assert (unknown["at_utc"], unknown["details"]["at_local"]) == (None, "2026-02-03T09:05:06")
    assert datetime.fromisoformat(one["at_utc"]) == AT


def test_times_without_a_zone_need_the_zone_of_the_machine(tmp_path: Path) -> None:
    meta = (
        '<office:document-meta xmlns:office="urn:o" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:m">'
        "<meta:initial-creator>Дана</meta:initial-creator><dc:creator>Teo</dc:creator>"
        "<dc:date>2026-02-03T09:05:06.5</dc:date><meta:generator>LibreOffice/7.4</meta:generator>"
        "</office:document-meta>"
    )
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("meta.xml", meta)
    (unknown,), _ = told(tmp_path, {"/a.odt": stored.getvalue()})
    (one,), _ = told(tmp_path, {"/a.odt": stored.getvalue()}, "--zone", "Asia/Almaty")

    assert (unknown["at_utc"], unknown["details"]["at_local"]) == (None, "2026-02-03T09:05:06.500000")
    assert one["at_utc"] == "2026-02-03T04:05:06.500000Z"
    assert (one["details"]["author"], one["details"]["last_saved_by"]) == ("Дана", "Teo")
    assert one["what"] == "a.odt: last saved by Teo"


def test_what_notes_nothing_or_is_something_else_is_passed_over(tmp_path: Path) -> None:
    files = {
        "/a.jpg": png(Stream(b"1", "png"), columns=32, rows=20, made=AT, software=""),
        "/b.jpg": pdf(["text"], title="", author="", size_bytes=3000),
        "/c.docx": photograph(),
        "/d.pdf": b"no paper " * 200,
        "/e.zip": b"no archive " * 200,
        "/f.ods": ods([["a"]], author="Дана", saved=AT, size_bytes=None),
    }
    records, said = told(tmp_path, files)

    assert {one["source_path"] for one in records} <= {"/a.jpg", "/f.ods"}
    assert "Warning" not in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cut.docx", "its archive is damaged"),
        ("cut.zip", "the archive is damaged"),
        ("cut.pdf", "it is a damaged PDF file"),
        ("cut.jpg", "begins as a picture does"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, message: str) -> None:
    whole = {
        "cut.docx": docx(["a"], author="Дана", saved=AT, size_bytes=None, properties=NOTES),
        "cut.zip": zip_files([ZippedFile("a.txt", b"x" * 2000, AT)]),
        "cut.pdf": b"%PDF-1.4\n" + b"nothing " * 200,
        "cut.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 1000,
    }[name]
    other = {"/b.zip": zip_files([ZippedFile("b.txt", b"", AT)])}
    records, said = told(tmp_path, {f"/{name}": whole if name in {"cut.pdf", "cut.jpg"} else whole[:900], **other})

    assert [one["source_path"] for one in records] == ["/b.zip"]
    assert f"/{name}: " in said
    assert message in said


def test_an_archive_whose_names_are_no_text_is_named(tmp_path: Path) -> None:
    data = zip_files([ZippedFile("план.txt", b"x" * 900, AT)]).replace("план".encode(), b"\xff" * 8)
    records, said = told(tmp_path, {"/a.zip": data, "/b.zip": zip_files([ZippedFile("b.txt", b"", AT)])})

    assert [one["source_path"] for one in records] == ["/b.zip"]
    assert "the archive is damaged" in said


def test_a_part_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/core.xml", "<a>" + " " * (2 << 20) + "</a>")
    _, said = told(tmp_path, {"/bomb.docx": stored.getvalue()})

    assert "larger than notes of a program are" in said
