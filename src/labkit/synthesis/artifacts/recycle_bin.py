r"""The recycle bin of Windows 10 and 11: ``$I`` index files, the names of a pair, ``desktop.ini``.

A deleted file becomes ``\$Recycle.Bin\<SID>\$RXXXXXX.ext``, and ``$IXXXXXX.ext`` beside it says where it was, how large
it was and when it was deleted. Source: libyal, dtformats, "Windows Recycle.Bin file formats", section "Metadata ($I)
file format", version 2.
"""

import struct
from dataclasses import dataclass
from datetime import datetime
from ntpath import basename, splitext

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.streams import Stream

DESKTOP_INI = (
    b"[.ShellClassInfo]\r\n"
    b"CLSID={645FF040-5081-101B-9F08-00AA002F954E}\r\n"
    b"LocalizedResourceName=@%SystemRoot%\\system32\\shell32.dll,-8964\r\n"
)
_VERSION = 2
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_DRAWN_LETTERS = 6


@dataclass(frozen=True, slots=True)
class RecycledNames:
    """The two names of one deleted file or folder."""

    index: str  # $I...: what is known about it
    content: str  # $R...: the file or folder itself


def recycled_names(original_path: str, stream: Stream) -> RecycledNames:
    """Draw the names that a file gets in the bin: six letters or digits, and its own ending."""
    drawn = "".join(stream.pick(_LETTERS) for _ in range(_DRAWN_LETTERS)) + splitext(basename(original_path))[1]
    return RecycledNames(f"$I{drawn}", f"$R{drawn}")


def index_file(original_path: str, *, size_bytes: int, deleted: datetime) -> bytes:
    r"""Return the ``$I`` file of a deleted file or folder.

    Args:
        original_path: Where it was, with its drive: ``C:\Users\dana\plan.docx``.
        size_bytes: Its size; for a folder that of all files in it.
        deleted: When it was deleted, aware.

    Raises:
        SynthesisError: The path has no drive, the size is negative, or the time carries no zone.
    """
    if original_path[1:3] != ":\\":
        raise SynthesisError(
            f"{original_path!r} is not a full path on a drive",
            remedy=r"Write it as Windows does, such as C:\Users\dana\plan.docx.",
        )
    if size_bytes < 0:
        raise SynthesisError(f"a file can not have {size_bytes} bytes", remedy="Give a size of 0 or more.")
    path = f"{original_path}\0".encode("utf-16-le")
    return struct.pack("<QQQI", _VERSION, size_bytes, filetime(deleted), len(path) // 2) + path
