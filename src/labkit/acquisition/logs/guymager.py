"""The .info file that Guymager puts beside an image. Times are local to the machine, without a zone.

Source: Guymager's source code, ``table.cpp``, functions ``InfoAcquisitionStart``, ``InfoAcquisitionBadSectors`` and
``InfoAcquisitionEnd``.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from labkit.acquisition.logs.lines import Log, digest, number, runs
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

_TIME = "%Y-%m-%d %H:%M:%S"
_TIME_CHARACTERS = 19
_LABELS = {"md5": "MD5 hash", "sha1": "SHA1 hash", "sha256": "SHA256 hash"}
_BAD = re.compile(
    r"During acquisition, \d+ bad sectors have been encountered\..*?numbers are:(.*?)(?:During verification|State:)",
    re.DOTALL,
)


def is_mine(log: Log) -> bool:
    """Return whether Guymager wrote this."""
    return "GUYMAGER ACQUISITION INFO FILE" in log.text[:200]


def read(log: Log) -> ProvenanceRecord:
    """Return the record."""
    size = number(log.value("Device size").partition("(")[0])
    is_ewf = "expert witness" in log.value("Format").lower()
    return ProvenanceRecord(
        InstrumentUsed("Guymager", log.value("Version")),
        CaseDetails(
            log.value("Case number"),
            log.value("Evidence number"),
            log.value("Examiner"),
            log.value("Description"),
            log.value("Notes"),
        ),
        SourceDescription(
            model=log.value("Device Model"),
            serial=log.value("Serial Number"),
            connection=log.value("Linux device"),
        ),
        ImageDescription("E01" if is_ewf else "raw", size, files=tuple(_files(log))),
        _digests(log, ""),
        _moment(log, "Acquisition started"),
        _moment(log, "Verification started") or _moment(log, "Ended"),
        verification=_verification(log),
        read_errors=_bad(log.text),
        read_from=log.name,
    )


def _moment(log: Log, name: str) -> datetime | None:
    return log.moment(log.value(name)[:_TIME_CHARACTERS], _TIME)


def _digests(log: Log, behind: str) -> MediaDigests:
    return MediaDigests(
        **{algorithm: digest(log.value(f"{label}{behind}"), algorithm) for algorithm, label in _LABELS.items()}
    )


def _verification(log: Log) -> Verification | None:
    found = re.search(r"^Image verification (OK|FAILED)", log.text, re.MULTILINE)
    if found is None:
        return None
    return Verification(found[1] == "OK", _digests(log, " verified image"), _moment(log, "Ended"))


def _bad(text: str) -> tuple[SectorRun, ...]:
    """Return the runs of ``1234, 1300-1307``, over several lines."""
    found = _BAD.search(text)
    if found is None:
        return ()
    pairs = re.findall(r"(\d+)(?:-(\d+))?", found[1])
    return runs((int(first), int(last or first)) for first, last in pairs)


def _files(log: Log) -> Iterator[ImageFile]:
    _, _, rest = log.text.partition("Generated image files")
    for line in rest.splitlines():
        found = re.fullmatch(r"(?:n/a|[0-9a-fA-F]{32})\s+(\S.*?)\s*", line.strip())
        if found:
            yield ImageFile(found[1])
