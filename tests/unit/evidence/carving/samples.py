"""Files of each kind that carving knows, made by programs and libraries that are not ours."""

import gzip
import io
import sqlite3
import struct
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from labkit.synthesis.streams import Stream


def noise(size_bytes: int, name: str = "noise") -> bytes:
    """Return bytes that look random and are the same in each run."""
    return Stream(bytes(32), name).take(size_bytes)


@cache
def picture(kind: str, width: int = 240, height: int = 160, **options: object) -> bytes:
    """Return a picture of noise, which compresses badly."""
    image = Image.frombytes("RGB", (width, height), noise(width * height * 3, f"{kind}{width}"))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@cache
def with_thumbnail() -> bytes:
    """Return a JPEG that has a whole JPEG inside its first APP1 segment, as cameras write them."""
    inner = picture("JPEG", 48, 32)
    body = b"Exif\0\0" + b"II*\0" + bytes(4) + inner
    outer = picture("JPEG")
    return outer[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + outer[2:]


@cache
def pdf(saves: int = 1) -> bytes:
    """Return a PDF, saved so many times by appending."""
    data = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    previous = b""
    for number in range(saves):
        data += b"%d 0 obj\n(%d)\nendobj\n" % (number + 2, number)
        table = len(data)
        data += b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 9 /Root 1 0 R%s >>\n" % previous
        data += b"startxref\n%d\n%%%%EOF\n" % table
        previous = b" /Prev %d" % table
    return data


@cache
def linearised() -> bytes:
    """Return a linearised PDF: its first %%EOF stands near the front, its length in the first object."""
    tail = b"2 0 obj\n(page)\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\nstartxref\n%d\n%%%%EOF\n"
    front = (
        b"%%PDF-1.5\n9 0 obj\n<< /Linearized 1 /L %06d /O 2 >>\nendobj\n"
        b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\nstartxref\n0\n%%%%EOF\n"
    )
    length = len(front % 0) + len(tail % 60)
    return front % length + tail % 60


@cache
def archive(kind: str = "zip", *, stored: bool = False, streamed: bool = False) -> bytes:
    """Return a ZIP, or an office document; ``streamed`` has its sizes behind the content."""

    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return not streamed

        def tell(self) -> int:
            if streamed:
                raise OSError
            return super().tell()

        def seek(self, *where: int) -> int:
            if streamed:
                raise OSError
            return super().seek(*where)

    out = Unseekable()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    members: dict[str, bytes] = {
        "zip": {"a.txt": b"a" * 5000, "b.bin": noise(3000)},
        "docx": {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w>hello</w>" * 300},
        "xlsx": {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x>1</x>" * 300},
        "odt": {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<o>hi</o>" * 300},
    }[kind]
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 3, 9, 10, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            file.writestr(info, content)
    return out.getvalue()


@cache
def sqlite() -> bytes:
    """Return a database of some hundred pages, some of them free, some overflow."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE t (a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * (n * 37 % 9000)) for n in range(200)])
        connection.execute("DELETE FROM t WHERE a % 3 = 0")
        connection.commit()
        connection.close()
        return path.read_bytes()


@cache
def gz() -> bytes:
    return gzip.compress(noise(20_000) + b"y" * 50_000, mtime=0)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@cache
def mp4(brand: bytes = b"isom") -> bytes:
    head = box(b"ftyp", brand + b"\0\0\2\0" + brand)
    return head + box(b"free", b"") + box(b"mdat", noise(30_000)) + box(b"moov", box(b"mvhd", bytes(100)))


def all_kinds() -> dict[str, bytes]:
    """Return one file of each kind."""
    return {
        "jpeg": picture("JPEG"),
        "png": picture("PNG"),
        "pdf": pdf(),
        "zip": archive(),
        "docx": archive("docx"),
        "xlsx": archive("xlsx"),
        "odt": archive("odt"),
        "sqlite": sqlite(),
        "gzip": gz(),
        "mp4": mp4(),
    }
