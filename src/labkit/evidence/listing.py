"""Listings as lines of JSON, written by hand because a listing has tens of thousands of them.

Names come from the medium and may be hostile: characters that reorder or hide text on a screen are escaped, which a
JSON reader turns back.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from labkit.evidence.body_file import UNSAFE
from labkit.evidence.disk import VolumeReader
from labkit.evidence.rows import Row
from labkit.evidence.timestamps import iso_text

_quote = json.JSONEncoder(ensure_ascii=False).encode


def json_text(text: str) -> str:
    """Return ``text`` as a JSON string that is safe to show."""
    quoted = _quote(text)
    return quoted if quoted.isprintable() else re.sub(UNSAFE, _escape, quoted)


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


@lru_cache(maxsize=65536)
def _time(time_ns: int) -> str:
    text = iso_text(time_ns)
    return "null" if text is None else f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
