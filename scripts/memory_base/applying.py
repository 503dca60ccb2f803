"""Sample values, and their way into a capture: with them the gates try a patch map before it is published."""

import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from memory_base.entries import TIME_STEP_BYTES, ChoiceEntry, Entry, NumberEntry, TimeEntry, ValueEntry
from memory_base.tokens import TOKENS

_PIECE = re.compile(r"(\[[^\]]+\]|\\?.)(?:\{(\d+)\})?")
_SECOND = 1_000_000_000
_NUMBERS = {"u8": "<B", "le16": "<H", "be16": ">H"}
_TIMES = {"s64": ("<q", 1), "s32": ("<i", 1), "-s64": ("<q", -1), "ns64": ("<q", _SECOND), "-ns64": ("<q", -_SECOND)}


def sample_values(seed: str) -> dict[str, bytes]:
    """Return a value for each token, drawn from ``seed``."""
    texts = {
        token.name: _of_form(token.form, f"{seed}/{token.name}") for token in TOKENS.values() if not token.template
    }
    values = {name: text.encode() for name, text in texts.items()}
    for token in TOKENS.values():
        if token.template:
            plain = token.template.format_map(texts).encode("latin-1").ljust(token.width, b" ")
            key = int(texts[token.key], 16)
            values[token.name] = bytes(byte ^ key for byte in plain)
    return values


def _of_form(form: str, seed: str) -> str:
    """Return a text of a regular expression, of which only the first alternative is used."""
    digest = iter(hashlib.shake_256(seed.encode()).digest(256))
    text = ""
    for piece, count in _PIECE.findall(form.partition("|")[0]):
        letters = _letters(piece)
        text += "".join(letters[next(digest) % len(letters)] for _ in range(int(count or 1)))
    return text


def _letters(piece: str) -> str:
    if not piece.startswith("["):
        return piece[-1]
    ranges = re.findall(r"(.)-(.)|(.)", piece[1:-1])
    return "".join(single or "".join(map(chr, range(ord(first), ord(last) + 1))) for first, last, single in ranges)


def apply(
    image: bytearray, entries: Iterable[Entry], values: Mapping[str, bytes], shift_s: int, options: Mapping[str, str]
) -> None:
    """Put the values into ``image``, move its times, and make the choices."""
    for entry in entries:
        match entry:
            case ValueEntry():
                text = values[entry.token][entry.begin : entry.end]
                if entry.form == "text":
                    image[entry.at : entry.at + len(text)] = text
                else:  # the bytes between are zero, or attributes that stay
                    image[entry.at : entry.at + 2 * len(text) : 2] = text
            case NumberEntry():
                struct.pack_into(_NUMBERS[entry.form], image, entry.at, int(values[entry.token]))
            case TimeEntry():
                for number in range(entry.count):
                    _move(image, entry.at + TIME_STEP_BYTES * number, entry.form, shift_s)
            case ChoiceEntry() if options[entry.choice] == entry.option:
                if image[entry.at : entry.at + len(entry.old)] != entry.old:
                    raise ValueError(f"{entry.line()} does not find what it replaces")
                image[entry.at : entry.at + len(entry.new)] = entry.new


def _move(image: bytearray, at: int, form: str, shift_s: int) -> None:
    if form == "decimal":
        image[at : at + 10] = b"%010d" % (int(image[at : at + 10]) + shift_s)
    elif form == "iso":
        old = image[at : at + 19].decode()
        moved = datetime.fromisoformat(old) + timedelta(seconds=shift_s)
        image[at : at + 19] = moved.isoformat(sep=old[10]).encode()
    else:
        layout, factor = _TIMES[form]
        struct.pack_into(layout, image, at, struct.unpack_from(layout, image, at)[0] + factor * shift_s)
