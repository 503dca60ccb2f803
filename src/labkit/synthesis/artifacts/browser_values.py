"""Values that browsers write: addresses, of which not every one may stand in a history, times and identifiers."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.fictional import check_host
from labkit.synthesis.streams import Stream


@dataclass(frozen=True, slots=True)
class Origin:
    """The first part of an address: ``https://`` and the host with its port."""

    prefix: str
    host: str

    @property
    def site(self) -> str:
        """Scheme, host and port, as a browser writes the site of a page."""
        return f"{self.prefix}{self.host}/"


def origin(url: str) -> Origin:
    """Return the origin of an address that can not be anybody's.

    Raises:
        SynthesisError: The address has no scheme, letters that are not plain Latin, or a host that may be somebody's.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not parts.scheme or not url.isascii():
        raise SynthesisError(
            f"{url!r} is not the address of a page", remedy="Write it whole, percent-encoded: https://a.example/%D0%B0"
        )
    if host:
        check_host(host)
    return Origin(f"{parts.scheme}://", parts.netloc)


def file_url(windows_path: str) -> str:
    """Return the ``file:`` address of a path on a drive."""
    return "file:///" + quote(windows_path.replace("\\", "/"), safe="/:")


def microseconds(moment: datetime, *, since: datetime) -> int:
    """Return the microseconds from ``since`` to ``moment``; both are aware.

    Raises:
        SynthesisError: ``moment`` carries no zone.
    """
    if moment.tzinfo is None:
        raise SynthesisError(
            f"{moment.isoformat()} carries no zone; a browser stores UTC",
            remedy="Give an aware time, such as the one DeviceClock.device_utc returns.",
        )
    return (moment - since) // timedelta(microseconds=1)


def check_duration(name: str, began: datetime, ended: datetime) -> None:
    """Refuse a download that ends before it begins.

    Raises:
        SynthesisError: It does.
    """
    if ended < began:
        raise SynthesisError(f"the download of {name} ends before it begins", remedy="Exchange the two times.")


def random_uuid(seed: bytes, name: str) -> uuid.UUID:
    """Return the version 4 UUID (RFC 9562 section 5.4) that belongs to ``name``."""
    return uuid.UUID(bytes=Stream(seed, name).take(16), version=4)
