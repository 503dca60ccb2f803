"""From a ``Content`` of the story to bytes: a text in the form that the file's ending names, or everyday content."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.model.scenario import Content
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.words import word_list
from labkit.synthesis.world import office
from labkit.synthesis.world.audio import music
from labkit.synthesis.world.everyday import LANGUAGES, paragraphs, rows
from labkit.synthesis.world.exif import Shot
from labkit.synthesis.world.office_properties import DocumentProperties
from labkit.synthesis.world.pdf import PdfProperties, pdf
from labkit.synthesis.world.photo import CAMERAS, camera_photo, photo

SECTOR_BYTES = 512
# How much of its last sector a drawn size fills: every file has some slack, and room for a short text in it.
_LEAST_IN_LAST, _MOST_IN_LAST = 8, 440
_ENCODINGS: Mapping[str, tuple[str, ...]] = {
    "en": ("utf-8",),
    "ru": ("utf-8", "cp1251", "utf-16"),
    "fa": ("utf-8", "utf-16"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a maker of content may know: the file it is for, whose it is, and when it is written.

    ``written`` is what the device's clock shows: local time, aware of the offset of its zone.
    """

    path: str
    author: str
    written: datetime
    values: Mapping[str, str]
    corpus: Mapping[str, bytes]
    company: str = ""  # where the author works, if the file is written at a computer that says so

    @property
    def extension(self) -> str:
        """The ending of the file name in lower case, without the dot; empty if it has none."""
        name = self.path.rpartition("/")[2]
        return name.rpartition(".")[2].lower() if "." in name else ""

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        name = self.path.rpartition("/")[2]
        return name.rpartition(".")[0] if "." in name else name

    @property
    def office(self) -> DocumentProperties | None:
        """What an office program at that computer notes in a document."""
        if not self.company:
            return None
        spreadsheet = self.extension == "xlsx"
        return DocumentProperties(
            self.author,
            self.author,
            self.written,
            self.written,
            application="Microsoft Excel" if spreadsheet else "Microsoft Office Word",
            template="" if spreadsheet else "Normal.dotm",
            company=self.company,
        )

    @property
    def publishing(self) -> PdfProperties | None:
        """What a program at that computer notes in a PDF file."""
        return PdfProperties("Word", "Folio", self.written, self.written) if self.company else None


def render(content: Content, setting: Setting, stream: Stream) -> bytes:
    """Return the bytes of ``content`` for one trainee.

    Raises:
        SynthesisError: The corpus has no such template, there is no such generator, or the size is too small.
    """
    size = drawn_size(content, stream)
    if content.generator is not None:
        return _generate(fill(content.generator, setting.values), setting, stream, size)
    if content.text is not None:
        text = fill(content.text, setting.values)
    else:
        name = fill(content.corpus or "", setting.values)
        if name not in setting.corpus:
            raise SynthesisError(
                f"the corpus has no {name!r}, which {setting.path} is made from",
                remedy=f"Put it into the item's corpus folder; there are: {', '.join(setting.corpus) or 'none'}.",
            )
        text = fill(setting.corpus[name].decode(), setting.values)
    return _in_form(text, setting, size, content.encoding)


def drawn_size(content: Content, stream: Stream) -> int | None:
    """Return a length in bytes from the wish of ``content``; it never fills its last sector. None without a wish."""
    if content.size_bytes is None or content.spread_bytes == 0:
        return content.size_bytes
    sectors = stream.below(max(1, content.spread_bytes // SECTOR_BYTES))
    start = content.size_bytes // SECTOR_BYTES + sectors
    return start * SECTOR_BYTES + stream.between(_LEAST_IN_LAST, _MOST_IN_LAST)


def _in_form(text: str, setting: Setting, size: int | None, encoding: str) -> bytes:
    lines = text.rstrip("\n").split("\n")
    table = [line.split(";") for line in lines]
    author, saved = setting.author, setting.written
    match setting.extension:
        case "docx":
            return office.docx(lines, author=author, saved=saved, size_bytes=size, properties=setting.office)
        case "xlsx":
            return office.xlsx(table, author=author, saved=saved, size_bytes=size, properties=setting.office)
        case "ods":
            return office.ods(table, author=author, saved=saved, size_bytes=size)
        case "pdf":
            return pdf(lines, title=setting.stem, author=author, size_bytes=size, properties=setting.publishing)
    return _sized_text(text, encoding, size)


def _generate(generator: str, setting: Setting, stream: Stream, size: int | None) -> bytes:
    kind, _, language = generator.partition(":")
    language = language or "en"
    maker = GENERATORS.get(kind)
    if maker is None or language not in LANGUAGES:
        raise SynthesisError(
            f"there is no generator {generator!r}",
            remedy=f"Take one of {', '.join(sorted(GENERATORS))}, with :en, :ru or :fa behind it for a language.",
        )
    if size is None:
        raise SynthesisError(
            f"the generator {generator!r} does not know how much to make for {setting.path}",
            remedy="Give the content a size_bytes.",
        )
    return maker(setting, stream, language, size)


def _notes_bytes(setting: Setting) -> int:
    """Return how much room the notes of programs may take in a document."""
    return 2800 if setting.company else 0


def _photo(setting: Setting, stream: Stream, _language: str, size: int) -> bytes:
    return photo(stream, taken=setting.written, size_bytes=size)


def _camera_photo(setting: Setting, stream: Stream, _language: str, size: int) -> bytes:
    maker, model = stream.pick(CAMERAS)
    return camera_photo(stream, Shot(maker, model, setting.written.replace(tzinfo=None)), size_bytes=size)


def _music(setting: Setting, stream: Stream, _language: str, size: int) -> bytes:
    artist, _, title = setting.stem.partition(" - ")
    return music(stream, title=title or setting.stem, artist=artist, size_bytes=size)


def _pdf(setting: Setting, stream: Stream, _language: str, size: int) -> bytes:
    lines = paragraphs(stream, "en", max(0, (size - 1600 - _notes_bytes(setting)) * 3 // 4))
    return pdf(lines, title=setting.stem, author=setting.author, size_bytes=size, properties=setting.publishing)


def _document(setting: Setting, stream: Stream, language: str, size: int) -> bytes:
    text = paragraphs(stream, language, max(0, (size - 2600 - _notes_bytes(setting)) // 2))
    notes = setting.office
    return office.docx(text, author=setting.author, saved=setting.written, size_bytes=size, properties=notes)


def _spreadsheet(setting: Setting, stream: Stream, language: str, size: int) -> bytes:
    if setting.extension == "csv":
        lines = "".join(";".join(row) + "\r\n" for row in rows(stream, language, size // 24))
        return _sized_text(lines, "utf-8", size)
    table = rows(stream, language, max(2, (size - 3200 - _notes_bytes(setting)) // 480))
    author, saved = setting.author, setting.written
    if setting.extension == "ods":
        return office.ods(table, author=author, saved=saved, size_bytes=size)
    return office.xlsx(table, author=author, saved=saved, size_bytes=size, properties=setting.office)


def _note(_setting: Setting, stream: Stream, language: str, size: int) -> bytes:
    encoding = stream.pick(_ENCODINGS[language])
    lines = paragraphs(stream, language, size * 2)
    return _sized_text("\r\n".join(lines), encoding, size)


def _letter(_setting: Setting, stream: Stream, language: str, size: int) -> bytes:
    return _sized_text("\r\n".join(paragraphs(stream, language, size * 2)), "utf-8", size)


GENERATORS: Mapping[str, Callable[[Setting, Stream, str, int], bytes]] = {
    "photo": _photo,
    "camera-photo": _camera_photo,  # with a small picture inside
    "music": _music,
    "pdf": _pdf,
    "document": _document,
    "spreadsheet": _spreadsheet,
    "note": _note,
    "letter": _letter,
}


def _sized_text(text: str, encoding: str, size: int | None) -> bytes:
    """Return ``text`` cut or filled up with spaces to ``size`` bytes; UTF-16 gets its mark and an even length."""
    mark = b""
    if encoding == "utf-16":
        mark, encoding = b"\xff\xfe", "utf-16-le"
    data = mark + text.encode(encoding)
    if size is None:
        return data
    # A cut may fall into a character; what is left of it is dropped and its room filled up again.
    whole = mark + data[len(mark) : size].decode(encoding, "ignore").encode(encoding)
    space = " ".encode(encoding)
    return whole + space * ((size - len(whole)) // len(space))


def persona(stream: Stream) -> str:
    """Return the name of an everyday author."""
    return f"{stream.pick(word_list('given'))} {stream.pick(word_list('family'))}"


def is_mixed(name: str) -> bool:
    """Tell whether the letters of a file name, its ending left out, belong to more than one script."""
    stem = name.rpartition(".")[0] if "." in name else name
    return len({script for script, letters in _SCRIPTS.items() if letters.search(stem)}) > 1


_SCRIPTS: Mapping[str, "re.Pattern[str]"] = {
    "Latin": re.compile("[A-Za-z\u00c0-\u024f]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Arabic": re.compile("[\u0620-\u065f\u066e-\u06d5\u06fa-\u06ff]"),
}
