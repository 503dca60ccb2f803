"""Names on a FAT volume: what is allowed, the 8.3 alias, the long-name slots, the volume label.

Source: Microsoft, "FAT32 File System Specification", version 1.03 (2000), the sections "FAT Long Directory Entries",
"Name Limits and Character Sets", "Name Generation In Long Name Directory Entries" with the basis-name and numeric-tail
algorithms. Short names here are plain ASCII: a character that is not becomes ``_``, as on a machine whose OEM code
page lacks it. After ``~4`` the alias is two characters and four hexadecimal digits, the habit of Windows NT and later;
Microsoft did not publish its checksum, so the digits here are a CRC-16 of the long name.
"""

import binascii
import re
from collections.abc import Callable

from labkit.errors import SynthesisError

LONGEST_NAME_UNITS = 255  # UTF-16 code units
LONGEST_SHORT_NAME = 12  # with its dot
UNITS_PER_SLOT = 13
_BAD_IN_LONG = frozenset('"*/:<>?\\|\uffff') | {chr(code) for code in range(32)}
_SHORT_CHARACTERS = r"A-Z0-9!#$%&'()@^_`{}~\-"
_SHORT_NAME = re.compile(f"[{_SHORT_CHARACTERS}]{{1,8}}(\\.[{_SHORT_CHARACTERS}]{{1,3}})?")
_LABEL = re.compile(f"[{_SHORT_CHARACTERS} ]{{1,11}}")
_NOT_SHORT = re.compile(f"[^{_SHORT_CHARACTERS}]")
_TAILS_BEFORE_CHECKSUM = 4
_STEM_CHARACTERS = 6  # of the long name, before a tail
_LAST_SLOT = 0x40
_LONG_NAME_ATTRIBUTES = 0x0F
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def check_name(name: str) -> None:
    """Refuse a name that a FAT volume can not hold.

    Raises:
        SynthesisError: The name is empty, too long, ends with a dot or a space, or has a character that is not
            allowed.
    """
    bad = sorted(set(name) & _BAD_IN_LONG | {character for character in name if "\ud800" <= character <= "\udfff"})
    if bad:
        raise SynthesisError(
            f"the name {name!r} has the character {bad[0]!r}, which FAT does not allow",
            remedy='Leave out " * / : < > ? \\ | and control characters.',
        )
    if not name or name[-1] in ". ":
        raise SynthesisError(
            f"the name {name!r} is empty or ends with a dot or a space",
            remedy="Give a name that ends with another character.",
        )
    units = len(name.encode("utf-16-le")) // 2
    if units > LONGEST_NAME_UNITS:
        raise SynthesisError(
            f"the name {name[:20]!r}... has {units} UTF-16 units; FAT allows {LONGEST_NAME_UNITS}",
            remedy="Shorten the name.",
        )


def name_key(name: str) -> str:
    """Return what two names have in common that FAT takes for the same: the name without case.

    One character stays one character (ß stays ß), as in the upper-case table of Windows.
    """
    return "".join(upper if len(upper := character.upper()) == 1 else character for character in name)


def is_short_name(name: str) -> bool:
    """Tell whether a short entry alone can hold ``name`` as it is written."""
    return _SHORT_NAME.fullmatch(name) is not None


def alias_for(name: str, taken: Callable[[str], bool]) -> str:
    """Return the 8.3 name that stands beside the long name ``name``, such as ``INVOIC~1.XLS``.

    Args:
        name: A name that ``check_name`` accepts.
        taken: Tells whether a name (upper case) is in use in the directory.
    """
    upper = name.translate(_ASCII_UPPER)
    if is_short_name(upper) and not taken(upper):
        return upper  # differs in case only: no tail
    return tailed_alias_for(name, taken)


def tailed_alias_for(name: str, taken: Callable[[str], bool]) -> str:
    """Return the 8.3 name with a tail that stands beside ``name``, which is none itself."""
    upper = name.upper() if name.isascii() else name.translate(_ASCII_UPPER)
    stem, dot, extension = upper.lstrip(". ").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = _in_short_characters(stem.replace(".", "").replace(" ", "")[:_STEM_CHARACTERS]) or "_"
    extension = _in_short_characters(extension.replace(" ", "")[:3])
    ending = f".{extension}" if extension else ""
    for number in range(1, _TAILS_BEFORE_CHECKSUM + 1):
        alias = f"{stem}~{number}{ending}"
        if not taken(alias):
            return alias
    digits = f"{binascii.crc_hqx(name.encode('utf-16-le'), 0):04X}"
    number = 1
    while True:
        tail = f"~{number}"
        alias = f"{(stem[:2] + digits)[: 8 - len(tail)]}{tail}{ending}"
        if not taken(alias):
            return alias
        number += 1


def _in_short_characters(text: str) -> str:
    return text if text.isascii() and text.isalnum() else _NOT_SHORT.sub("_", text)


def short_field(short_name: str) -> bytes:
    """Return the 11 bytes of a short name: eight for the stem, three for the extension, padded with spaces."""
    stem, _, extension = short_name.partition(".")
    return stem.ljust(8).encode("ascii") + extension.ljust(3).encode("ascii")


def checksum(field: bytes) -> int:
    """Return the checksum of an 11-byte short name that ties its long-name slots to it ("ChkSum()")."""
    total = 0
    for byte in field:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
    return total


def long_name_slots(name: str, field: bytes) -> bytes:
    """Return the 32-byte slots that hold ``name``, the last part first, as they stand before the short entry.

    Thirteen UTF-16 units in each slot; the rest is one zero and then 0xFFFF.
    """
    units = name.encode("utf-16-le")
    count = -(-len(units) // (2 * UNITS_PER_SLOT))
    whole = count * 2 * UNITS_PER_SLOT
    padded = (units + b"\0\0" if len(units) < whole else units).ljust(whole, b"\xff")
    check = checksum(field)
    slots = bytearray()
    for order in range(count, 0, -1):
        part = padded[(order - 1) * 26 : order * 26]
        mark = order | (_LAST_SLOT if order == count else 0)
        slots += (
            bytes((mark,)) + part[:10] + bytes((_LONG_NAME_ATTRIBUTES, 0, check)) + part[10:22] + b"\0\0" + part[22:]
        )
    return bytes(slots)


def label_field(label: str) -> bytes:
    """Return a volume label as 11 bytes; an empty label becomes ``NO NAME``, which stands for none.

    Raises:
        SynthesisError: The label is longer than 11 characters or has others than upper-case Latin letters, digits,
            spaces and the signs of short names.
    """
    if label and (_LABEL.fullmatch(label) is None or label[0] == " "):
        raise SynthesisError(
            f"the volume label {label!r} can not be stored",
            remedy="Take up to 11 upper-case Latin letters, digits and spaces, such as 'KF STICK'.",
        )
    return (label or "NO NAME").ljust(11).encode("ascii")
