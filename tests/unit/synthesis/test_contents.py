import csv
import io
import re
import struct
import zipfile
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import Content
from labkit.synthesis.streams import Stream
from labkit.synthesis.world import office
from labkit.synthesis.world.audio import music
from labkit.synthesis.world.contents import Setting, drawn_size, is_mixed, render
from labkit.synthesis.world.pdf import pdf
from labkit.synthesis.world.photo import photo
from tests.oracles import oracle

WRITTEN = datetime(2026, 2, 3, 9, 5, 6, tzinfo=timezone(timedelta(hours=5)))  # what a clock in Almaty shows


def setting(path: str, **corpus: bytes) -> Setting:
    return Setting(path, "Dana Belkanov", WRITTEN, {"who": "Тео"}, corpus)


def made(generator: str, path: str, size: int, seed: bytes = b"1") -> bytes:
    return render(Content(generator=generator, size_bytes=size), setting(path), Stream(seed, "content"))


EVERYDAY = [
    ("photo", "/a.jpg", 30_001, "JPEG image data"),
    ("music", "/a - b.mp3", 70_003, "ID3 version 2.3.0"),
    ("pdf", "/a.pdf", 9_999, "PDF document, version 1.4"),
    ("document:fa", "/a.docx", 9_001, "Microsoft Word 2007+"),
    ("spreadsheet:fa", "/a.xlsx", 6_007, "Microsoft Excel 2007+"),
    ("spreadsheet:ru", "/a.ods", 6_008, "OpenDocument Spreadsheet"),
    ("spreadsheet:en", "/a.csv", 5_000, "text"),
    ("note:en", "/a.txt", 1_001, "text"),
]


@pytest.mark.parametrize(("generator", "path", "size", "said"), EVERYDAY)
def test_everyday_content_has_its_size_and_is_personal(generator: str, path: str, size: int, said: str) -> None:
    data = made(generator, path, size)

    assert len(data) == size
    assert data == made(generator, path, size)
    assert data != made(generator, path, size, b"2")


@pytest.mark.oracle
@pytest.mark.parametrize(("generator", "path", "size", "said"), EVERYDAY)
def test_file_recognises_everyday_content(tmp_path, generator: str, path: str, size: int, said: str) -> None:
    target = tmp_path / path[1:]
    target.write_bytes(made(generator, path, size))

    assert said in oracle(["file", "-b", target])


@pytest.mark.parametrize("size", [4096, 20_000, 20_001, 20_002, 20_003, 81_920])
def test_a_photo_decodes_without_a_complaint(size: int) -> None:
    image_module = pytest.importorskip("PIL.Image")
    data = photo(Stream(bytes(size % 251), "photo"), taken=WRITTEN, size_bytes=size)

    with image_module.open(io.BytesIO(data)) as image:
        image.load()
        assert image.mode == "RGB"
        assert image.getexif()[0x0132] == "2026:02:03 09:05:06"
        assert image.getexif().get_ifd(0x8769)[0x9003] == "2026:02:03 09:05:06"
        assert len(set(image.resize((16, 16)).tobytes())) > 20
    assert len(data) == size


def test_a_photo_has_no_stray_marker_in_its_picture() -> None:
    data = photo(Stream(b"1", "photo"), taken=WRITTEN, size_bytes=40_000)
    scan = data[data.index(b"\xff\xda") + 14 : -2]

    assert set(re.findall(rb"\xff(.)", scan, re.DOTALL)) <= {bytes((0xD0 + n,)) for n in range(8)}


def test_music_is_a_tag_and_whole_frames() -> None:
    data = music(Stream(b"1", "music"), title="Снег", artist="باران شب", size_bytes=60_010)
    length = 0
    for byte in data[6:10]:
        length = length << 7 | byte
    frames = data[10 + length :]

    assert len(frames) % 417 == 0
    assert all(frames[start : start + 4] == b"\xff\xfb\x90\xc4" for start in range(0, len(frames), 417))
    assert "Снег".encode("utf-16-le") in data


def test_a_pdf_points_at_its_own_objects() -> None:
    for size in range(3_000, 3_040):
        data = pdf(["One (1)", "Two \\ 2", "Счёт"] * 30, title="Счёт", author="Dana", size_bytes=size)
        assert len(data) == size
        start = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
        assert data[start:].startswith(b"xref\n")
        for number, entry in enumerate(data[start:].split(b"\n")[3:], start=1):
            if not entry.endswith(b" n "):
                break
            assert data[int(entry[:10]) :].startswith(b"%d 0 obj" % number)
        assert number > 6
    assert b"(One \\(1\\)) Tj" in data


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.ods"])
def test_office_files_are_sound_archives_of_xml(name: str) -> None:
    data = render(
        Content(text="Имя;Сумма\n{who};12.50\na<b;x&y", size_bytes=5_000), setting(f"/{name}"), Stream(b"", "")
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    trees = [ET.fromstring(part) for name, part in parts.items() if name.endswith((".xml", ".rels"))]  # noqa: S314
    texts = " ".join(piece for tree in trees for piece in tree.itertext())

    assert len(data) == 5_000
    assert "Тео" in texts
    assert "a<b" in texts


def test_numbers_are_numbers_in_a_workbook() -> None:
    data = office.xlsx([["Сумма", "12.50", "7", "٣"]], author="a", saved=WRITTEN, size_bytes=None)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()

    assert '<c r="B1"><v>12.50</v></c><c r="C1"><v>7</v></c>' in sheet
    assert '<c r="D1" t="inlineStr">' in sheet


def test_notes_come_in_the_encodings_of_the_region() -> None:
    notes = [made("note:ru", "/a.txt", 900, bytes([number])) for number in range(30)]
    marked = [note for note in notes if note.startswith(b"\xff\xfe")]
    russian = [note.decode("cp1251", "replace") for note in notes if note not in marked]

    assert all("." in note.decode("utf-16") for note in marked)
    assert marked
    assert any("хлеб" in note or "поезд" in note.lower() or "встреча" in note.lower() for note in russian)
    assert any("�" not in note.decode("utf-8", "replace") for note in notes if note not in marked)


def test_a_table_is_read_back_as_rows() -> None:
    rows = list(csv.reader(io.StringIO(made("spreadsheet:ru", "/a.csv", 4_000).decode()), delimiter=";"))

    assert all(len(row) == 4 for row in rows[:-2])
    assert [row[0] for row in rows[:3]] == ["1", "2", "3"]


def test_a_story_text_keeps_its_form_and_its_variables() -> None:
    corpus = {"letter.txt": b"Dear {who},\nsee you"}
    data = render(
        Content(corpus="letter.txt"), Setting("/a.txt", "x", WRITTEN, {"who": "Тео"}, corpus), Stream(b"", "")
    )

    assert data.decode() == "Dear Тео,\nsee you"


def test_a_drawn_size_always_leaves_slack() -> None:
    stream = Stream(b"1", "sizes")
    sizes = [drawn_size(Content(text="x", size_bytes=8192, spread_bytes=4096), stream) or 0 for _ in range(500)]

    assert all(8 <= size % 512 <= 440 for size in sizes)
    assert all(8192 <= size < 8192 + 4096 for size in sizes)
    assert len(set(sizes)) > 300


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        ("Kestrel смета 27.xlsx", True),
        ("Tamarisk فاکتور ۱۲.ods", True),
        ("смета فاکتور.csv", True),
        ("смета 27.xlsx", False),
        ("فهرست ۱۲_2025.xlsx", False),
        ("report 12.csv", False),
        ("_LDTOW~1.XLS", False),
        ("без расширения", False),
    ],
)
def test_mixed_names_are_told_by_their_letters(name: str, mixed: bool) -> None:
    assert is_mixed(name) is mixed


@pytest.mark.parametrize(
    ("content", "path", "message", "remedy"),
    [
        (Content(corpus="no.txt"), "/a.txt", "corpus has no 'no.txt'", "corpus folder"),
        (Content(generator="poem", size_bytes=5000), "/a.txt", "no generator 'poem'", "photo"),
        (Content(generator="note:xx", size_bytes=5000), "/a.txt", "no generator 'note:xx'", ":fa"),
        (Content(generator="photo"), "/a.jpg", "does not know how much", "size_bytes"),
        (Content(generator="photo", size_bytes=4095), "/a.jpg", "too small", "4096"),
        (Content(generator="music", size_bytes=400), "/a.mp3", "too small", "1024"),
        (Content(text="x" * 900, size_bytes=1000), "/a.pdf", "can not have 1000", "larger size_bytes"),
        (Content(text="x", size_bytes=300), "/a.docx", "300 are wished for", "larger size_bytes"),
    ],
)
def test_content_that_can_not_be_made_is_named(content: Content, path: str, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        render(content, setting(path), Stream(b"", ""))

    assert remedy in caught.value.remedy


def test_archives_are_laid_out_by_the_book() -> None:
    data = office.ods([["a"]], author="a", saved=WRITTEN, size_bytes=None)

    # The mimetype comes first and uncompressed, so that it stands at a fixed place (OpenDocument part 2, 3.3).
    assert data[30:38] == b"mimetype"
    assert struct.unpack("<H", data[8:10]) == (0,)


def test_office_files_state_utc_where_they_say_utc_and_local_time_where_they_say_none() -> None:
    sheet = office.xlsx([["a"]], author="a", saved=WRITTEN, size_bytes=None)
    open_sheet = office.ods([["a"]], author="a", saved=WRITTEN, size_bytes=None)

    core = zipfile.ZipFile(io.BytesIO(sheet)).read("docProps/core.xml").decode()
    meta = zipfile.ZipFile(io.BytesIO(open_sheet)).read("meta.xml").decode()

    assert ">2026-02-03T04:05:06Z<" in core
    assert ">2026-02-03T09:05:06<" in meta
