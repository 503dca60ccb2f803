"""The log of dc3dd (log=). Its first and last lines carry times with their offset from UTC.

Source: dc3dd's source code, ``src/dc3dd.c``, functions ``report_job``, ``report_input`` and
``flush_grouped_read_errors``.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from labkit.acquisition.logs.lines import Log, runs
from labkit.model.acquisition import (
    CaseDetails,
    ImageDescription,
    ImageFile,
    InstrumentUsed,
    MediaDigests,
    ProvenanceRecord,
    SectorRun,
    SourceDescription,
    Verification,
)

_STARTED = re.compile(r"^dc3dd (\S+) started at (.+?)\s*$", re.MULTILINE)
_ENDED = re.compile(r"^dc3dd (?:completed|aborted|failed) at (.+?)\s*$", re.MULTILINE)
_SIZE = re.compile(r"^device size: (\d+) sectors[^,]*,\s*([\d,]+) bytes", re.MULTILINE)
_SECTOR = re.compile(r"^sector size: (\d+) bytes", re.MULTILINE)
_RESULTS = re.compile(r"^(input|output) results for \S+ [`'](.+?)':$(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"(?:\[(ok|!!)\]\s*)?\b([0-9a-f]{32,64}) \((md5|sha1|sha256)\)")
_ONE = re.compile(r"reading `[^']*' at sector (\d+)")
_SEVERAL = re.compile(r"while reading `[^']*' from sector (\d+) to sector (\d+)")


def is_mine(log: Log) -> bool:
    """Return whether dc3dd wrote this."""
    return _STARTED.search(log.text) is not None


def read(log: Log) -> ProvenanceRecord:
    """Return the record."""
    started, ended, size = _STARTED.search(log.text), _ENDED.search(log.text), _SIZE.search(log.text)
    sector_bytes = _SECTOR.search(log.text)
    results = _RESULTS.findall(log.text)
    sources = [(name, text) for kind, name, text in results if kind == "input"]
    images = [(name, text) for kind, name, text in results if kind == "output"]
    return ProvenanceRecord(
        InstrumentUsed("dc3dd", started[1] if started else "", log.value("command line")),
        CaseDetails(),
        SourceDescription(
            connection=sources[0][0] if sources else "",
            sector_bytes=int(sector_bytes[1]) if sector_bytes else None,
            sectors=int(size[1]) if size else None,
        ),
        ImageDescription(
            "raw",
            int(size[2].replace(",", "")) if size else None,
            files=tuple(ImageFile(PurePosixPath(name).name) for name, _ in images),
        ),
        _digests("".join(text for _, text in sources)),
        _moment(started[2] if started else ""),
        _moment(ended[1] if ended else ""),
        verification=_verification("".join(text for _, text in images)),
        read_errors=_unread(log.text),
        read_from=log.name,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _digests(text: str) -> MediaDigests:
    return MediaDigests(**{algorithm: value for _, value, algorithm in reversed(_HASH.findall(text))})


def _verification(text: str) -> Verification | None:
    """Return what dc3dd found when it read its output again (hof=, phod=): ``[ok]`` or ``[!!]`` before a digest."""
    marks = [mark for mark, _, _ in _HASH.findall(text) if mark]
    return Verification("!!" not in marks, _digests(text)) if marks else None


def _unread(text: str) -> tuple[SectorRun, ...]:
    pairs = [(int(one), int(one)) for one in _ONE.findall(text)]
    pairs += [(int(first), int(last)) for first, last in _SEVERAL.findall(text)]
    return runs(iter(pairs))
