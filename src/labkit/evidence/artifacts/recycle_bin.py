r"""The recycle bin since Windows Vista: an index file ``$I...`` for each deleted file, whose content is in ``$R...``.

Source: libyal, dtformats, "Windows Recycle.Bin file formats", section "Metadata ($I) file format": version 1 has a
path of 260 characters, version 2 the path's length before it.
"""

import struct
from collections.abc import Iterator

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

_HEADER = struct.Struct("<QQQ")  # version, size of the deleted file, time of deletion
_LENGTH = struct.Struct("<I")
_FIXED_PATH_BYTES = 520
_LARGEST_BYTES = 128 * 1024  # a path has 32,767 characters at most


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    data = source.content(_LARGEST_BYTES)
    path, size, deleted = _index(data)
    at = from_filetime(deleted)
    content_name = "$R" + source.name[2:]
    account = source.path.split("/")[-2]
    yield source.record(
        "recycle_bin",
        at,
        f"moved to the recycle bin: {path}",
        {
            "time_of": "deletion",
            **known(original_path=path, size_bytes=size, account_sid=account if account.startswith("S-") else None),
            "content_name": content_name,
            "content_is_there": source.has_sibling(content_name),
        },
    )


def _index(data: bytes) -> tuple[str, int, int]:
    """Return path, size and FILETIME of the deletion."""
    if len(data) < _HEADER.size + _LENGTH.size:
        raise DamagedArtifactError("it is too short for an index file of the recycle bin")
    version, size, deleted = _HEADER.unpack_from(data)
    if version == 1:
        begin, length = _HEADER.size, _FIXED_PATH_BYTES
    elif version == 2:  # noqa: PLR2004 - the number of the format
        begin, length = _HEADER.size + _LENGTH.size, 2 * _LENGTH.unpack_from(data, _HEADER.size)[0]
    else:
        raise DamagedArtifactError(f"{version} is no version of an index file of the recycle bin")
    if len(data) < begin + length:
        raise DamagedArtifactError("it ends within the path of the deleted file")
    text = data[begin : begin + length].decode("utf-16-le", "backslashreplace")
    return text.partition("\0")[0], size, deleted


PARSER = ArtifactParser(
    name="recycle_bin",
    kinds={"recycle_bin": "Recycle bin: what was deleted, from where, when"},
    patterns=("*/$recycle.bin/*/$i*", "/$orphanfiles/*$i??????*"),
    records=_records,
)
