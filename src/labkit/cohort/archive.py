"""A zip from somebody else's machine, listed and read in place under limits. Nothing is written to disk."""

import errno
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from labkit.cohort.limits import Limits
from labkit.cohort.refusal import RefusalError
from labkit.workspace.manifest import DOS_NAMES

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x41  # general purpose bits 0 and 6, APPNOTE.TXT 4.4.4
_FORBIDDEN = frozenset('\\:*?"<>|')
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
    OverflowError,
)


def read_members(path: Path, wanted: Mapping[str, int], limits: Limits) -> dict[str, bytes]:
    """Return the members of a zip that are ``wanted`` (name to largest size in bytes); others are only checked.

    Raises:
        RefusalError: The archive breaks a limit or a rule; the code says which.
        OSError: The file can not be read.
    """
    size_bytes = path.stat().st_size
    if size_bytes > limits.archive_bytes:
        raise RefusalError("archive-too-large", size=size_bytes, limit=limits.archive_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check_list(infos, limits)
            members = {}
            for info in infos:
                if info.filename in wanted:
                    _check_size(info, wanted[info.filename])
                    members[info.filename] = archive.read(info)
            return members
    except RefusalError:
        raise
    except _ZIP_ERRORS as error:
        raise RefusalError("broken-archive") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise RefusalError("broken-archive") from error  # the directory points to a place before the file


def _check_list(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(infos) > limits.members:
        raise RefusalError("too-many-members", count=len(infos), limit=limits.members)
    if sum(info.file_size for info in infos) > limits.total_bytes:
        raise RefusalError("archive-too-large", size=sum(info.file_size for info in infos), limit=limits.total_bytes)
    seen: set[str] = set()
    for info in infos:
        _check_member(info, limits)
        folded = info.filename.casefold()
        if folded in seen:
            raise RefusalError("duplicate-name", name=info.filename)
        seen.add(folded)


def _check_member(info: zipfile.ZipInfo, limits: Limits) -> None:
    name = info.filename
    if not is_plain_name(name, limits.name_bytes):
        raise RefusalError("unsafe-name", name=name)
    if info.flag_bits & _ENCRYPTED:
        raise RefusalError("encrypted", name=name)
    if info.compress_type not in _METHODS:
        raise RefusalError("unknown-compression", name=name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RefusalError("link", name=name)
    _check_size(info, limits.member_bytes)
    if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(info.compress_size, 1):
        raise RefusalError("bomb", name=name)


def _check_size(info: zipfile.ZipInfo, limit_bytes: int) -> None:
    if info.file_size > limit_bytes:
        raise RefusalError("member-too-large", name=info.filename, limit=limit_bytes)


def is_plain_name(name: str, limit_bytes: int) -> bool:
    """Return whether a member's name is harmless on every system: relative, in NFC, no reserved names or characters."""
    try:
        size_bytes = len(name.encode())
    except UnicodeEncodeError:
        return False
    if not 0 < size_bytes <= limit_bytes or unicodedata.normalize("NFC", name) != name:
        return False
    if any(character in _FORBIDDEN or unicodedata.category(character) in ("Cc", "Cf") for character in name):
        return False
    return all(
        part not in ("", ".", "..") and not part.endswith((".", " ")) and part.split(".")[0].lower() not in DOS_NAMES
        for part in name.removesuffix("/").split("/")
    )
