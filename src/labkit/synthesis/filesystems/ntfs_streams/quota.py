"""$Quota: how much each owner uses, and may. A new volume counts nothing and limits nobody.

Sources: Linux-NTFS, "NTFS Documentation", "Files: $Quota"; the structures ``QUOTA_CONTROL_ENTRY`` and ``QUOTA_FLAGS``
of ntfs-3g; the entries are those of volumes that Windows 10 formatted.
"""

import struct
from dataclasses import dataclass
from datetime import datetime

from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs_streams.security import ADMINISTRATORS, sid_bytes
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex

DEFAULTS_OWNER_ID = 1
FIRST_OWNER_ID = 0x100
_VERSION = 2
_UNLIMITED = -1
_DEFAULT_LIMITS = 0x1


@dataclass(frozen=True, slots=True)
class QuotaOwner:
    """What $Q holds about one owner; without a SID it is the entry with the defaults for new owners."""

    owner_id: int
    changed_utc: datetime
    sid: str | None = None
    flags: int = _DEFAULT_LIMITS
    used_bytes: int = 0
    threshold_bytes: int = _UNLIMITED
    limit_bytes: int = _UNLIMITED

    def entry(self) -> ViewEntry:
        """Return the entry of the index $Q."""
        data = struct.pack(
            "<IIQQqqQ",
            _VERSION,
            self.flags,
            self.used_bytes,
            filetime(self.changed_utc),
            self.threshold_bytes,
            self.limit_bytes,
            0,  # the limit was never exceeded
        )
        return ViewEntry(struct.pack("<I", self.owner_id), data + (sid_bytes(self.sid) if self.sid else b""))


def written_by_format(formatted_utc: datetime) -> tuple[QuotaOwner, ...]:
    """Return what a new volume has: the defaults, and the administrators."""
    return (
        QuotaOwner(DEFAULTS_OWNER_ID, formatted_utc),
        QuotaOwner(FIRST_OWNER_ID, formatted_utc, ADMINISTRATORS),
    )


def quota_index(owners: tuple[QuotaOwner, ...]) -> ViewIndex:
    """Return $Quota:$Q, sorted by owner id."""
    return ViewIndex.of("$Q", Collation.ULONG, (owner.entry() for owner in owners))


def owner_index(owners: tuple[QuotaOwner, ...]) -> ViewIndex:
    """Return $Quota:$O, which finds the owner id by SID."""
    entries = (ViewEntry(sid_bytes(one.sid), struct.pack("<I", one.owner_id)) for one in owners if one.sid)
    return ViewIndex.of("$O", Collation.SID, entries)
