import gzip
import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.exif import Position, Shot, exif
from labkit.synthesis.world.mp4 import mp4
from labkit.synthesis.world.office import docx, xlsx
from labkit.synthesis.world.office_properties import DocumentProperties
from labkit.synthesis.world.pdf import PdfProperties, pdf
from labkit.synthesis.world.photo import camera_photo, photo
from labkit.synthesis.world.png import png
from labkit.synthesis.world.stored_deflate import deflate_stored, gzip_stored, zlib_stored
from labkit.synthesis.world.zip_stored import ZippedFile, zip_files

ALMATY = timezone(timedelta(hours=5))
SAVED = datetime(2026, 2, 3, 9, 5, 7, tzinfo=ALMATY)
NAIVE = SAVED.replace(tzinfo=None)
PROPERTIES = DocumentProperties(
    creator="Дана Белканова",
    last_modified_by="Teo & Co",
    created=SAVED - timedelta(days=9),
    modified=SAVED,
    printed=SAVED - timedelta(days=1),
    revision=7,
    title="План <2>",
    template="Normal.dotm",
    company="ТОО «Норвик»",
    edited_minutes=93,
)
PDF_PROPERTIES = PdfProperties("Writer 7", "Pagemaker 2", SAVED - timedelta(hours=1), SAVED)
SHOT = Shot(
    "Norvix",
    "NX-20",
    NAIVE,
    offset=timedelta(hours=5),
    changed=NAIVE + timedelta(days=1),
    software="Lumera Edit 3",
    position=Position(43.25, -30.5, 12, SAVED),
)


def camera(shot: Shot = SHOT, size_bytes: int = 60_001) -> bytes:
    return camera_photo(Stream(b"1", "photo"), shot, size_bytes=size_bytes)


@pytest.mark.parametrize("size_bytes", [8192, 20_000, 20_001, 20_002, 20_003, 120_000])
def test_a_camera_photo_decodes_and_so_does_its_thumbnail(size_bytes: int) -> None:
    image_module = pytest.importorskip("PIL.Image")
    data = camera(size_bytes=size_bytes)
    small = data[data.index(b"\xff\xd8", 2) :]

    assert len(data) == size_bytes
    for file, least_colours in ((data, 20), (small, 10)):
        with image_module.open(io.BytesIO(file)) as image:
            image.load()
            assert image.mode == "RGB"
            assert len(set(image.resize((16, 16)).tobytes())) > least_colours
    with image_module.open(io.BytesIO(small)) as image:
        assert image.size == (160, 120)


def test_a_thumbnail_shows_the_scene_of_its_photo() -> None:
    image_module = pytest.importorskip("PIL.Image")
    data = camera(size_bytes=200_000)
    small_data = data[data.index(b"\xff\xd8", 2) :]

    with image_module.open(io.BytesIO(data)) as image, image_module.open(io.BytesIO(small_data)) as small:
        large = image.convert("L").resize((1, 30)).tobytes()
        little = small.convert("L").resize((1, 30)).tobytes()
    steps = [max(range(1, 30), key=lambda row, rows=rows: rows[row - 1] - rows[row]) for rows in (large, little)]
    assert abs(steps[0] - steps[1]) <= 2  # where the sky ends


def test_a_photo_without_thumbnail_has_one_start_of_image() -> None:
    data = camera_photo(Stream(b"1", "photo"), SHOT, size_bytes=20_000, thumbnail=False)

    assert data.count(b"\xff\xd8\xff") == 1
    assert camera().count(b"\xff\xd8\xff") == 2


def test_stored_blocks_inflate_to_what_went_in() -> None:
    for size in (0, 1, 65535, 65536, 200_000):
        data = Stream(b"1", "data").take(size)
        assert zlib.decompress(zlib_stored(data)) == data
        assert zlib.decompress(deflate_stored(data), wbits=-15) == data
        packed = gzip_stored(data, name="notes.txt", modified=SAVED)
        assert gzip.decompress(packed) == data
        assert struct.unpack_from("<I", packed, 4)[0] == int(SAVED.timestamp())
        assert packed[10:20] == b"notes.txt\0"


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (7, 3), (640, 400), (1366, 768)])
def test_a_png_decodes(columns: int, rows: int) -> None:
    image_module = pytest.importorskip("PIL.Image")
    data = png(Stream(b"1", "png"), columns=columns, rows=rows, made=SAVED, software="Grab 2")

    with image_module.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (columns, rows)
        assert image.info["Software"] == "Grab 2"
        assert len(set(image.tobytes())) > (5 if columns > 100 else 0)


def test_an_archive_of_files_keeps_their_times() -> None:
    files = [ZippedFile("a.txt", b"x", SAVED), ZippedFile("Папка/б.bin", bytes(999), SAVED + timedelta(hours=1))]

    with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
        assert archive.testzip() is None
        read = [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]
        extra = archive.infolist()[0].extra
    assert read == [
        ("a.txt", (2026, 2, 3, 9, 5, 6), b"x"),
        ("Папка/б.bin", (2026, 2, 3, 10, 5, 6), bytes(999)),
    ]
    assert extra == struct.pack("<HHBI", 0x5455, 5, 1, int(SAVED.timestamp()))


@pytest.mark.parametrize("size_bytes", [None, 9000])
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_an_office_file_tells_its_properties(kind: str, size_bytes: int | None) -> None:
    rest = {"author": "x", "saved": SAVED, "size_bytes": size_bytes, "properties": PROPERTIES}
    data = docx(["Текст"], **rest) if kind == "docx" else xlsx([["Текст", "7"]], **rest)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        core = {part.tag.partition("}")[2]: part.text for part in ET.fromstring(archive.read("docProps/core.xml"))}  # noqa: S314
        more = {part.tag.partition("}")[2]: part.text for part in ET.fromstring(archive.read("docProps/app.xml"))}  # noqa: S314
        assert "docProps/app.xml" in archive.read("_rels/.rels").decode()
        assert "/docProps/app.xml" in archive.read("[Content_Types].xml").decode()
    assert len(data) == (size_bytes or len(data))
    assert core["creator"] == "Дана Белканова"
    assert core["lastModifiedBy"] == "Teo & Co"
    assert core["revision"] == "7"
    assert core["modified"] == "2026-02-03T04:05:07Z"
    assert core["created"] == "2026-01-25T04:05:07Z"
    assert core["lastPrinted"] == "2026-02-02T04:05:07Z"
    assert core["title"] == "План <2>"
    assert (more["Company"], more["Template"], more["TotalTime"]) == ("ТОО «Норвик»", "Normal.dotm", "93")


def test_a_pdf_tells_its_programs_and_times_twice() -> None:
    data = pdf(["text"], title="План", author="Дана", size_bytes=5000, properties=PDF_PROPERTIES)

    assert len(data) == 5000
    assert b"/CreationDate (D:20260203080507+05'00')" in data
    assert b"/ModDate (D:20260203090507+05'00')" in data
    assert b"<xmp:ModifyDate>2026-02-03T09:05:07+05:00</xmp:ModifyDate>" in data
    assert "<rdf:li>Дана</rdf:li>".encode() in data
    assert b"/Metadata" not in pdf(["text"], title="План", author="Дана", size_bytes=None)


GOLDEN = {
    "photo": "1b8ef6e94c5722d5645a5d38f8dd96dc3ac4660f9b25456680159289582fbc7a",
    "camera": "fd17f3f76507973f34f6a950b754c635f4000ac66a888d13bcf3b48d7a179853",
    "png": "adc59d40cdcf39b97d5e5d986a61a2184739ac52bbc56810b349cd9c437281b9",
    "mp4": "eb36838e0c389c03d54f6adb7d8e4fb60924ba3b7a377599cf1ff73eb873e681",
    "docx": "ec0f5d9db548fa676534f615249b18469ec66cdb45ef889e9aea45bdf50b26e9",
    "xlsx": "b83933cb0856c4adea640fca7691e707065565bc92f5d0c92c7a09b3465b4b3d",
    "pdf": "adc6030ecedde167fa8411167d565368c6b5a3570507ceaad18eeaada3b52efb",
    "zip": "0dee9aa04592f61bca2fe6b973b188a009e6f17d51388556876688fa293c4a4b",
    "gzip": "3ef44907beb5a387bb73e292c6fab17f51b4538183b43ecbcdb3c58fbb15a8b3",
}


def test_same_values_same_bytes() -> None:
    rest = {"author": "x", "saved": SAVED, "size_bytes": None, "properties": PROPERTIES}
    made = {
        "photo": photo(Stream(b"1", "p"), taken=NAIVE, size_bytes=20_001),
        "camera": camera(),
        "png": png(Stream(b"1", "png"), columns=300, rows=200, made=SAVED),
        "mp4": mp4(Stream(b"1", "mp4"), taken=SAVED, seconds=2),
        "docx": docx(["a", "б"], **rest),
        "xlsx": xlsx([["a", "1"]], **rest),
        "pdf": pdf(["a"], title="t", author="a", size_bytes=None, properties=PDF_PROPERTIES),
        "zip": zip_files([ZippedFile("a", b"x", SAVED)]),
        "gzip": gzip_stored(b"x" * 70_000, name="a", modified=SAVED),
    }

    assert {name: hashlib.sha256(data).hexdigest() for name, data in made.items()} == GOLDEN


@pytest.mark.parametrize(
    ("make", "message", "remedy"),
    [
        (lambda: camera(size_bytes=8191), "8191 bytes is too small", "8192 bytes"),
        (lambda: photo(Stream(b"1", "p"), taken=NAIVE, size_bytes=4095), "too small", "4096 bytes"),
        (lambda: camera(replace(SHOT, maker="Норвикс")), "can not hold 'Норвикс'", "plain Latin"),
        (lambda: camera(replace(SHOT, position=Position(91, 0))), "no place at 91, 0", "-90 to 90"),
        (lambda: camera(replace(SHOT, position=Position(0, 0, 0, NAIVE))), "carries no zone", "aware time"),
        (lambda: exif(replace(SHOT, thumbnail=bytes(65_400)), columns=1, rows=1), "does not fit", "60000"),
        (lambda: png(Stream(b"1", "p"), columns=0, rows=1), "0 x 1 pixels", "1 to 8192"),
        (lambda: png(Stream(b"1", "p"), columns=1, rows=8193), "1 x 8193 pixels", "1 to 8192"),
        (lambda: png(Stream(b"1", "p"), columns=1, rows=1, made=NAIVE), "carries no zone", "aware time"),
        (lambda: png(Stream(b"1", "p"), columns=1, rows=1, software="Снимок"), "can not hold 'Снимок'", "Latin"),
        (lambda: gzip_stored(b"", name="план", modified=SAVED), "the name 'план'", "Latin letters"),
        (lambda: gzip_stored(b"", name="a", modified=NAIVE), "gzip header can not hold the time", "after 1970"),
        (lambda: mp4(Stream(b"1", "p"), taken=NAIVE, seconds=1), "video can not hold the time", "after 1904"),
        (lambda: mp4(Stream(b"1", "p"), taken=SAVED, seconds=0), "0 seconds is too short", "1 to 3600"),
        (lambda: zip_files([ZippedFile("a", b"", NAIVE)]), "of a", "1980 to 2037"),
        (lambda: zip_files([ZippedFile("a", b"", SAVED.replace(year=1979))]), "of a", "1980 to 2037"),
        (lambda: replace(PROPERTIES, created=NAIVE), "a time without a zone", "DeviceClock"),
        (lambda: replace(PROPERTIES, revision=0), "revision 0", "from 1"),
        (lambda: replace(PDF_PROPERTIES, modified=NAIVE), "a time without a zone", "DeviceClock"),
    ],
)
def test_what_can_not_be_noted_is_refused(make, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        make()

    assert remedy in caught.value.remedy


def test_a_camera_without_zone_and_position_notes_neither() -> None:
    block = exif(Shot("a", "b", datetime(2026, 2, 3, tzinfo=UTC)), columns=8, rows=8)

    assert b"0230" in block
    assert struct.pack("<H", 0x8825) not in block[:200]
