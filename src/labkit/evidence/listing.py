"""Listings as lines of JSON and of a body file, written by hand because a listing has tens of thousands of them.

Names come from the medium and may be hostile: characters that reorder or hide text on a screen are escaped, which a
JSON reader turns back.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from labkit.evidence.disk import VolumeReader
from labkit.evidence.rows import Row
from labkit.evidence.timestamps import iso_text

# Direction marks and overrides, line and paragraph separators, byte order mark, lone surrogates, C1 controls.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")

_quote = json.JSONEncoder(ensure_ascii=False).encode


def json_text(text: str) -> str:
    """Return ``text`` as a JSON string that is safe to show."""
    quoted = _quote(text)
    return quoted if quoted.isascii() and "\x7f" not in quoted else _UNSAFE.sub(_escape, quoted)


def json_lines(reader: VolumeReader, rows: Iterator[Row]) -> Iterator[str]:
    """Yield one JSON object for each row, with a line end.

    Keys: ``volume, path, type, address, size_bytes, deleted, born_utc, modified_utc, changed_utc, accessed_utc,
    time_basis``; where they apply ``zone`` (local times only), ``stream``, ``attribute``, ``reallocated``,
    ``target``.
    """
    head = f'{{"volume": {reader.volume.number}, "path": '
    basis = f', "time_basis": "{reader.time_basis}"'
    if reader.time_basis == "local":
        basis += f', "zone": {json_text(reader.zone)}'
    for (
        path, kind, address, size, deleted, born, modified, changed, accessed, stream, attribute, reallocated, target,
        _, _, _, _,
    ) in rows:  # fmt: skip
        more = basis
        if attribute is not None:
            more = f'{basis}, "attribute": "{attribute}"'
        if stream is not None:
            more += f', "stream": {json_text(stream)}'
        if reallocated:
            more += ', "reallocated": true'
        if target is not None:
            more += f', "target": {json_text(target)}'
        yield (
            f'{head}{json_text(path)}, "type": "{kind}", "address": {address}, "size_bytes": {size}, '
            f'"deleted": {"true" if deleted else "false"}, "born_utc": {_time(born)}, '
            f'"modified_utc": {_time(modified)}, "changed_utc": {_time(changed)}, '
            f'"accessed_utc": {_time(accessed)}{more}}}\n'
        )


def body_lines(_reader: VolumeReader, rows: Iterator[Row]) -> Iterator[str]:
    """Yield the lines of a body file, as ``fls -r -p -m /`` writes them, for mactime and other tools.

    ``MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime``, MD5 always 0, times in whole seconds since 1970. An
    NTFS name has a line of its own for its second set of times, ``($FILE_NAME)``.

    Source: Sleuth Kit Wiki, "Body file".
    """
    second = 1_000_000_000
    for (
        path, _, address, size, deleted, born, modified, changed, accessed, stream, attribute, reallocated, target,
        mode, owner, group, file_name,
    ) in rows:  # fmt: skip
        name = path if path.isascii() and path.isprintable() else _printable(path)
        end = "" if not deleted else " (deleted-realloc)" if reallocated and mode[2] != "-" else " (deleted)"
        middle = f"|{mode}|{owner}|{group}|"
        if file_name is not None:
            _, _, fn_born, fn_modified, fn_changed, fn_accessed, identity, fn_size = file_name
            yield (
                f"0|{name} ($FILE_NAME){end}|{address}-48-{identity}{middle}{fn_size}|{fn_accessed // second}"
                f"|{fn_modified // second}|{fn_changed // second}|{fn_born // second}\n"
            )
        if stream is not None:
            name = f"{name}:{_printable(stream)}"
        if target is not None:
            name = f"{name} -> {_printable(target)}"
        inode = address if attribute is None else f"{address}-{attribute}"
        yield (
            f"0|{name}{end}|{inode}{middle}{size}|{accessed // second}|{modified // second}|{changed // second}"
            f"|{born // second}\n"
        )


def _printable(name: str) -> str:
    """Return a name without characters that would end a line or fool a screen."""
    return _UNSAFE.sub("^", _CONTROLS.sub("^", name))


@lru_cache(maxsize=65536)
def _time(time_ns: int) -> str:
    text = iso_text(time_ns)
    return "null" if text is None else f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
