"""Names on an NTFS volume: what Windows allows, and which of them are 8.3 names.

Source: Microsoft, "Naming Files, Paths, and Namespaces"; Linux-NTFS, "NTFS Documentation", "Concepts: Filename
Namespace". The 8.3 name beside a long one is made as on FAT (see ``fat_names``).
"""

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_names import LONGEST_SHORT_NAME, is_short_name, tailed_alias_for
from labkit.synthesis.filesystems.ntfs_streams.upcase import upper

__all__ = ["LONGEST_NAME_UNITS", "check_name", "check_stream_name", "is_dos_name", "tailed_alias_for", "units"]

LONGEST_NAME_UNITS = 255  # UTF-16 code units
_BAD = frozenset('"*/:<>?\\|') | {chr(code) for code in range(32)}
_BAD_IN_STREAM = frozenset("/:\\\0")


def check_name(name: str) -> None:
    """Refuse a name that Windows can not make on an NTFS volume.

    Raises:
        SynthesisError: The name is empty, too long, ends with a dot or a space, or has a character that is not
            allowed.
    """
    _check(name, _BAD, 'Leave out " * / : < > ? \\ | and control characters.')
    if name[-1] in ". ":
        raise SynthesisError(
            f"the name {name!r} ends with a dot or a space", remedy="Give a name that ends with another character."
        )


def check_stream_name(name: str) -> None:
    """Refuse a name that a named stream can not have.

    Raises:
        SynthesisError: The name is empty, too long, or has a character that is not allowed.
    """
    _check(name, _BAD_IN_STREAM, "Leave out / : \\ and the zero character.")


def is_dos_name(name: str) -> bool:
    """Tell whether a name is an 8.3 name but for its case, so that it needs no other beside it."""
    return len(name) <= LONGEST_SHORT_NAME and name.isascii() and is_short_name(upper(name))


def units(name: str) -> int:
    """Return how many UTF-16 code units a name has."""
    return len(name) if name.isascii() else len(name.encode("utf-16-le")) // 2


def _check(name: str, bad: frozenset[str], remedy: str) -> None:
    if not bad.isdisjoint(name) or not (name.isascii() or name.isprintable() or _is_whole(name)):
        shown = sorted(bad.intersection(name)) or [character for character in name if not _is_whole(character)]
        raise SynthesisError(
            f"the name {name!r} has the character {shown[0]!r}, which NTFS does not allow", remedy=remedy
        )
    if not 0 < units(name) <= LONGEST_NAME_UNITS:
        raise SynthesisError(
            f"the name {name[:20]!r}... has {units(name)} UTF-16 units; NTFS allows 1 to {LONGEST_NAME_UNITS}",
            remedy="Shorten the name, or give one.",
        )


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
