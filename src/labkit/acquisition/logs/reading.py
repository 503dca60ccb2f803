"""Which tool wrote a log, and the record that it gives."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from labkit.acquisition.logs import dc3dd, ewfacquire, ftk_imager, guymager
from labkit.acquisition.logs.lines import Log
from labkit.errors import AcquisitionError
from labkit.model.acquisition import MediaDigests, ProvenanceRecord

READERS: tuple[tuple[Callable[[Log], bool], Callable[[Log], ProvenanceRecord]], ...] = (
    (ftk_imager.is_mine, ftk_imager.read),
    (guymager.is_mine, guymager.read),
    (dc3dd.is_mine, dc3dd.read),
    (ewfacquire.is_mine, ewfacquire.read),
)
_MOST_BYTES = 4 * 1024 * 1024


def read_log(path: Path, *, zone: tzinfo | None = None) -> ProvenanceRecord:
    """Read the log of FTK Imager, Guymager, dc3dd or ewfacquire.

    Args:
        path: The log.
        zone: The zone of the machine that wrote it. Without it, times that carry no offset are left out.

    Raises:
        AcquisitionError: There is no such file, it is no log of these tools, or it states no digest.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise AcquisitionError(f"there is no log {path}", remedy="Check the name of the file.") from None
    log = Log(path.name, _text(content[:_MOST_BYTES]), zone)
    for is_mine, read in READERS:
        if len(content) <= _MOST_BYTES and is_mine(log):
            return _checked(log, read)
    raise AcquisitionError(
        f"{path.name} is no acquisition log that labkit knows",
        remedy="Give the .txt of FTK Imager, the .info of Guymager, the log of dc3dd, or what ewfacquire printed.",
    )


def _checked(log: Log, read: Callable[[Log], ProvenanceRecord]) -> ProvenanceRecord:
    try:
        record = read(log)
    except (ValueError, OverflowError) as error:
        raise AcquisitionError(
            f"{log.name} is damaged: {error}", remedy="Copy the log again from where the image was made."
        ) from error
    if record.digests == MediaDigests():
        raise AcquisitionError(
            f"{log.name} states no digest of the medium",
            remedy="The acquisition was stopped or made without hashing. Compute the digests of the image now, and "
            "write down that they were computed later.",
        )
    return record


def _text(content: bytes) -> str:
    """Return the text: UTF-16 and UTF-8 are told by their mark or tried, anything else is a Windows code page."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
