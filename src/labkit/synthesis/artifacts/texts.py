"""Text files in the encodings that are met on Russian, Central Asian and Persian computers.

Sources: the tables of the WHATWG "Encoding Standard", section 9, for windows-1251, KOI8-R, IBM866 and windows-1256;
Unicode standard, section 23.8, for the byte order mark.
"""

from enum import Enum

from labkit.errors import SynthesisError


class TextEncoding(Enum):
    """An encoding: its name on the Internet, Python's codec, and the mark at the start of a file."""

    UTF_8 = ("utf-8", "utf-8", b"")
    UTF_8_WITH_MARK = ("utf-8", "utf-8", b"\xef\xbb\xbf")
    UTF_16 = ("utf-16", "utf-16-le", b"\xff\xfe")  # little-endian, as Windows Notepad writes it
    WINDOWS_1251 = ("windows-1251", "cp1251", b"")  # Cyrillic Windows
    WINDOWS_1256 = ("windows-1256", "cp1256", b"")  # Arabic Windows; it lacks the Persian ye, U+06CC
    KOI8_R = ("koi8-r", "koi8-r", b"")
    CP866 = ("ibm866", "cp866", b"")  # the command prompt of Russian Windows

    def __init__(self, charset: str, codec: str, mark: bytes) -> None:
        self.charset = charset
        self.codec = codec
        self.mark = mark


def text_file(text: str, encoding: TextEncoding, *, line_end: str = "\r\n") -> bytes:
    r"""Return ``text``, whose lines end with ``\n``, as a file.

    Raises:
        SynthesisError: The encoding has no such character.
    """
    return encoding.mark + encoded(text.replace("\n", line_end), encoding)


def encoded(text: str, encoding: TextEncoding) -> bytes:
    """Return ``text`` as bytes, without a mark.

    Raises:
        SynthesisError: The encoding has no such character.
    """
    try:
        return text.encode(encoding.codec)
    except UnicodeEncodeError as error:
        character = text[error.start]
        line = text.count("\n", 0, error.start) + 1
        raise SynthesisError(
            f"{encoding.charset} has no {character!r} (U+{ord(character):04X}), which line {line} of the text needs",
            remedy="Take UTF-8, or write another letter: windows-1256, for one, has the Arabic ye U+064A only.",
        ) from error
