"""How mail carries what is not plain Latin: encoded words, base64, quoted-printable, extended parameters.

Sources: RFC 2045 sections 6.7 and 6.8, RFC 2047 sections 2 and 4.1, RFC 2231 section 4, RFC 5322 section 2.2.3.
"""

import base64
from collections.abc import Sequence
from urllib.parse import quote

from labkit.synthesis.artifacts.texts import TextEncoding, encoded

CRLF = "\r\n"
_LONGEST_LINE = 76
_LONGEST_WORD = 64  # 75 are allowed; so the first one fits beside the name of its header
_PLAIN = frozenset(range(33, 127)) - {ord("=")}
_SPACE, _TAB = 0x20, 0x09
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


def header_text(text: str, encoding: TextEncoding) -> list[str]:
    """Return the words of an unstructured header: as they are, or as encoded words.

    Raises:
        SynthesisError: The encoding has no such character.
    """
    if text.isascii() and "=?" not in text:
        return text.split(" ")
    room = (_LONGEST_WORD - len(f"=?{encoding.charset}?B??=")) // 4 * 3  # bytes that fit into one word
    words, current = [], b""
    for character in text:  # a word may not end inside a character
        data = encoded(character, encoding)
        if len(current) + len(data) > room:
            words.append(current)
            current = b""
        current += data
    return [f"=?{encoding.charset}?B?{base64.b64encode(word).decode('ascii')}?=" for word in (*words, current)]


def phrase(text: str, encoding: TextEncoding) -> list[str]:
    """Return the name of a person in an address as words; quoted where plain Latin has signs of its own.

    Raises:
        SynthesisError: The encoding has no such character.
    """
    if text.isascii() and not all(character.isalnum() or character in " -_" for character in text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"']
    return header_text(text, encoding)


def folded(name: str, words: Sequence[str]) -> str:
    """Return a header with its line end; it goes on in a new line where a word would cross column 76."""
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LONGEST_LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return CRLF.join(lines) + CRLF


def base64_body(data: bytes) -> str:
    """Return ``data`` in lines of 76 characters."""
    text = base64.b64encode(data).decode("ascii")
    lines = [text[start : start + _LONGEST_LINE] for start in range(0, len(text), _LONGEST_LINE)]
    return "".join(line + CRLF for line in lines)


def quoted_printable_body(data: bytes) -> str:
    r"""Return ``data``, whose lines end with ``\r\n``, so that every line is plain and has at most 76 characters."""
    return CRLF.join(_quoted_line(line) for line in data.split(b"\r\n"))


def _quoted_line(line: bytes) -> str:
    lines = [""]
    for place, byte in enumerate(line):
        last = place == len(line) - 1
        plain = byte in _PLAIN or (byte in {_SPACE, _TAB} and not last)
        token = chr(byte) if plain else f"={byte:02X}"
        if len(lines[-1]) + len(token) > _LONGEST_LINE - (not last):
            lines[-1] += "="
            lines.append("")
        lines[-1] += token
    return CRLF.join(lines)


def extended_parameter(name: str, value: str) -> str:
    """Return a parameter such as ``filename="a.txt"``, with its charset where the value is not plain Latin."""
    if value.isascii() and '"' not in value and "\\" not in value:
        return f'{name}="{value}"'
    return f"{name}*=UTF-8''{quote(value, safe=_ATTRIBUTE_CHARACTERS)}"
