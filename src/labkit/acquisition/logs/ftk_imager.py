"""The text file that FTK Imager puts beside an image (NAME.E01.txt, NAME.001.txt).

Times are local to the machine, without a zone. Source: files written by FTK Imager 3.1 to 4.7, and the AccessData
"FTK Imager User Guide", section "Verifying Drives and Images".
"""

import re
from pathlib import PureWindowsPath

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

_TIME = "%a %b %d %H:%M:%S %Y"
_CREATED = re.compile(r"Created By AccessData\W{0,3}\s*FTK\W{0,3}\s*Imager\s+([\w.]+)", re.IGNORECASE)
_ACQUIRED = re.compile(r"^Acquired using:\s*(?:ADI|FTK)?([\w.]*)", re.IGNORECASE | re.MULTILINE)
_UNREAD = re.compile(r"(\d+)\s+through\s+(\d+)|^\s*(\d+)\s*$", re.MULTILINE)


def is_mine(log: Log) -> bool:
    """Return whether FTK Imager wrote this."""
    return bool(_CREATED.search(log.text) or _ACQUIRED.search(log.text))


def read(log: Log) -> ProvenanceRecord:
    """Return the record."""
    created = _CREATED.search(log.text) or _ACQUIRED.search(log.text)
    computed, _, verified = log.text.partition("Image Verification Results")
    sectors = number(_last(log, "Sector count"))
    sector_bytes = number(log.value("Bytes per Sector"))
    files = tuple(ImageFile(PureWindowsPath(line.strip()).name) for line in _segment_list(computed))
    return ProvenanceRecord(
        InstrumentUsed("FTK Imager", created[1] if created else ""),
        CaseDetails(
            log.value("Case Number"),
            log.value("Evidence Number"),
            log.value("Examiner"),
            log.value("Unique description"),
            log.value("Notes"),
        ),
        SourceDescription(
            model=log.value("Drive Model"),
            serial=log.value("Drive Serial Number"),
            connection=log.value("Drive Interface Type"),
            sector_bytes=sector_bytes,
            sectors=sectors,
        ),
        ImageDescription(
            "E01" if files and files[0].name.lower().endswith(".e01") else "raw",
            sectors * sector_bytes if sectors and sector_bytes else None,
            files=files,
        ),
        _digests(computed),
        log.moment(log.value("Acquisition started"), _TIME),
        log.moment(log.value("Acquisition finished"), _TIME),
        verification=_verification(log, verified),
        read_errors=_unread(computed),
        read_from=log.name,
    )


def _last(log: Log, name: str) -> str:
    """Return the last value of a name: the plain sector count stands behind the one with separators."""
    found = re.findall(rf"^\s*{name}:(.*)$", log.text, re.IGNORECASE | re.MULTILINE)
    return found[-1] if found else ""


def _digests(text: str) -> MediaDigests:
    values = {}
    for algorithm, label in (("md5", "MD5"), ("sha1", "SHA1")):
        found = re.search(rf"^\s*{label} checksum:(.*)$", text, re.IGNORECASE | re.MULTILINE)
        values[algorithm] = digest(found[1], algorithm) if found else ""
    return MediaDigests(**values)


def _verification(log: Log, text: str) -> Verification | None:
    """Return the verification, if the log has one: every checksum line of it must say ``verified``."""
    results = re.findall(r"checksum:\s*[0-9a-fA-F]+\s*:\s*(.+)$", text, re.MULTILINE)
    if not results:
        return None
    ended = re.search(r"Verification finished:\s*(.+?)\s*$", text, re.MULTILINE)
    agrees = all(result.strip().lower() == "verified" for result in results)
    return Verification(agrees, _digests(text), log.moment(ended[1], _TIME) if ended else None)


def _segment_list(text: str) -> list[str]:
    _, _, rest = text.partition("Segment list:")
    lines = []
    for line in rest.splitlines()[1:] if rest else []:
        if not line.strip():
            break
        lines.append(line)
    return lines


def _unread(text: str) -> tuple[SectorRun, ...]:
    _, _, rest = text.partition("could not be read:")
    told, _, _ = rest.partition("The contents of these sectors")
    return runs((int(one[0] or one[2]), int(one[1] or one[2])) for one in _UNREAD.findall(told))
