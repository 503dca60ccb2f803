"""Text as people type it, brought to one form before it is compared.

Trainees type on Cyrillic, Persian and Arabic keyboards and copy from tools that add invisible characters. What looks
the same to the trainee must be the same to the grader. Both sides of a comparison go through the same function.

Source: the rules of input normalisation in the curriculum's language notes, section 6.2, item 3; code points from the
Unicode Standard, chapters 6.2 (spaces, format characters), 7.4 (Cyrillic) and 9.2 (Arabic).
"""

import re
import unicodedata

LIMIT_BYTES = 16_384

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
_INVISIBLE = (
    "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_DIGIT_ZEROS = (0x0660, 0x06F0, 0xFF10)  # Arabic-Indic, Persian, full-width
_TOKEN: dict[int, str | None] = {
    **{ord(space): " " for space in _SPACES},
    **{ord(mark): None for mark in _INVISIBLE},
    **{zero + value: str(value) for zero in _DIGIT_ZEROS for value in range(10)},
    0x2212: "-",  # minus sign
    0x2010: "-",
    0x2011: "-",
    0x2013: "-",  # en dash, which word processors put for a hyphen
}
_TEXT = {
    **{key: value for key, value in _TOKEN.items() if value != "-"},
    0x064A: "\u06cc",  # Arabic yeh -> Persian yeh
    0x0643: "\u06a9",  # Arabic kaf -> Persian kaf
}

# Cyrillic letters that are drawn like the hexadecimal digits a-f.
HEX_LOOKALIKES = {"а": "a", "с": "c", "е": "e", "А": "a", "В": "b", "С": "c", "Е": "e"}
# Letters that are drawn like a decimal digit. Which one was meant can not be known, so they are not accepted.
DIGIT_LOOKALIKES = {"О": "0", "о": "0", "З": "3", "з": "3", "O": "0", "o": "0"}
# Cyrillic letters that are drawn like a Latin one, for names that look equal and are not.
_LETTER_LOOKALIKES = str.maketrans("аеорсухіјѕАВЕКМНОРСТУХІЈЅ", "aeopcyxijsABEKMHOPCTYXIJS")

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def token(text: str) -> str:
    """Return a technical token (number, digest, time) in one form: ASCII digits, plain spaces, no hidden marks."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_TOKEN).split(" ")).strip()


def words(text: str) -> str:
    """Return a piece of text in one form: NFC, Persian letters for Arabic twins, single spaces, no hidden marks."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_TEXT).split())


def unlike(text: str) -> str:
    """Return ``text`` with every Cyrillic letter that has a Latin twin replaced by it."""
    return text.translate(_LETTER_LOOKALIKES)


def is_cyrillic(character: str) -> bool:
    """Return whether ``character`` stands in one of the Cyrillic blocks."""
    return "\u0400" <= character <= "\u052f"


def printable(text: str, limit: int = 500) -> str:
    """Return at most ``limit`` characters of ``text``, with no control characters and no lone surrogates in them."""
    return _UNSAFE.sub("\ufffd", text[:limit])
