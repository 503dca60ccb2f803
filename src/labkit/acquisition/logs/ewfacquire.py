"""What ewfacquire prints, or its log (-l). Times are local to the machine, without a zone.

The log of ``-l`` holds read errors and digests only. Source: libewf's source code, ``ewftools/imaging_handle.c`` and
``ewftools/log_handle.c``, and runs of ewfacquire 20140813.
"""

import re

from labkit.acquisition.logs.lines import Log, digest, number, runs
from labkit.model.acquisition import (
    CaseDetails,
    ImageDescription,
    InstrumentUsed,
    MediaDigests,
    ProvenanceRecord,
    SectorRun,
    SourceDescription,
)

_TIME = "%b %d, %Y %H:%M:%S"
_ERRORS = re.compile(r"at sector\(s\):\s*(\d+)\s*-\s*\d+\s+number:\s*(\d+)")
_DIGEST = re.compile(r"^(MD5|SHA1|SHA256) hash calculated over data:(.*)$", re.MULTILINE)


def is_mine(log: Log) -> bool:
    """Return whether ewfacquire wrote this."""
    return re.search(r"^ewfacquire\b", log.text, re.MULTILINE) is not None or _DIGEST.search(log.text) is not None


def read(log: Log) -> ProvenanceRecord:
    """Return the record."""
    version = re.search(r"^ewfacquire (\d{8})", log.text, re.MULTILINE)
    size_text = re.search(r"^Media size:.*\((\d+) bytes\)|^Media size:\s*(\d+) bytes", log.text, re.MULTILINE)
    size = int(size_text[1] or size_text[2]) if size_text else None
    sector_bytes = number(log.value("Bytes per sector"))
    values = {found[0].lower(): digest(found[1], found[0].lower()) for found in _DIGEST.findall(log.text)}
    return ProvenanceRecord(
        InstrumentUsed("ewfacquire", version[1] if version else ""),
        CaseDetails(
            log.value("Case number"),
            log.value("Evidence number"),
            log.value("Examiner name"),
            log.value("Description"),
            log.value("Notes"),
        ),
        SourceDescription(
            make=log.value("Vendor"),
            model=log.value("Model"),
            serial=log.value("Serial"),
            sector_bytes=sector_bytes,
            sectors=size // sector_bytes if size and sector_bytes else None,
        ),
        ImageDescription("E01", size, _compression(log)),
        MediaDigests(**values),
        log.moment(log.value("Acquiry started at"), _TIME),
        log.moment(log.value("Acquiry completed at"), _TIME),
        read_errors=_unread(log.text),
        read_from=log.name,
    )


def _compression(log: Log) -> str:
    return log.value("Compression level")


def _unread(text: str) -> tuple[SectorRun, ...]:
    """Return the runs; their length is taken from ``number``, because versions count the last sector differently."""
    pairs = ((int(first), int(count)) for first, count in _ERRORS.findall(text))
    return runs((first, first + count - 1) for first, count in pairs)
