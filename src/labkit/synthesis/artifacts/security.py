"""Security identifiers and self-relative security descriptors.

Source: MS-DTYP, the sections 2.4.2 "SID", 2.4.4.2 "ACCESS_ALLOWED_ACE", 2.4.5 "ACL" and 2.4.6 "SECURITY_DESCRIPTOR".
"""

import re
import struct
from dataclasses import dataclass

from labkit.errors import SynthesisError

ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
LOCAL_SYSTEM = "S-1-5-18"
LOCAL_SERVICE = "S-1-5-19"
NETWORK_SERVICE = "S-1-5-20"
KEY_ALL_ACCESS = 0xF003F
KEY_READ = 0x20019
_SID = re.compile(r"S-1-(\d{1,10})((?:-\d{1,10}){1,15})")
_CONTAINER_INHERIT = 0x02
_SELF_RELATIVE, _DACL_PRESENT = 0x8000, 0x0004
_HEADER_BYTES = 20


@dataclass(frozen=True, slots=True)
class Permission:
    """Whom an entry of an access list lets do what; keys below inherit it."""

    sid: str
    access_mask: int


def sid_bytes(sid: str) -> bytes:
    """Return the binary form of a SID such as ``S-1-5-18``.

    Raises:
        SynthesisError: ``sid`` does not have this form.
    """
    matched = _SID.fullmatch(sid)
    parts = [int(part) for part in matched[2].split("-")[1:]] if matched else []
    if not matched or max(parts) >= 1 << 32:
        raise SynthesisError(
            f"{sid!r} is not a security identifier",
            remedy="Write S-1-, the authority, and one to fifteen numbers below 2^32, such as S-1-5-21-1-2-3-1001.",
        )
    authority = int(matched[1]).to_bytes(6, "big")
    return struct.pack("<BB", 1, len(parts)) + authority + struct.pack(f"<{len(parts)}I", *parts)


def security_descriptor(owner: str, group: str, permissions: tuple[Permission, ...]) -> bytes:
    """Return a self-relative security descriptor with a discretionary access list.

    Raises:
        SynthesisError: One of the SIDs has a wrong form.
    """
    entries = b""
    for permission in permissions:
        sid = sid_bytes(permission.sid)
        entries += struct.pack("<BBHI", 0, _CONTAINER_INHERIT, 8 + len(sid), permission.access_mask) + sid
    access_list = struct.pack("<BBHHH", 2, 0, 8 + len(entries), len(permissions), 0) + entries
    owner_bytes, group_bytes = sid_bytes(owner), sid_bytes(group)
    owner_offset = _HEADER_BYTES + len(access_list)
    header = struct.pack(
        "<BBHIIII",
        1,
        0,
        _SELF_RELATIVE | _DACL_PRESENT,
        owner_offset,
        owner_offset + len(owner_bytes),
        0,
        _HEADER_BYTES,
    )
    return header + access_list + owner_bytes + group_bytes


MACHINE_SECURITY = security_descriptor(
    ADMINISTRATORS,
    LOCAL_SYSTEM,
    (
        Permission(ADMINISTRATORS, KEY_ALL_ACCESS),
        Permission(LOCAL_SYSTEM, KEY_ALL_ACCESS),
        Permission(USERS, KEY_READ),
    ),
)


def user_security(sid: str) -> bytes:
    """Return the security descriptor of the keys of one account's own hive.

    Raises:
        SynthesisError: ``sid`` has a wrong form.
    """
    return security_descriptor(
        ADMINISTRATORS,
        LOCAL_SYSTEM,
        (
            Permission(sid, KEY_ALL_ACCESS),
            Permission(LOCAL_SYSTEM, KEY_ALL_ACCESS),
            Permission(ADMINISTRATORS, KEY_ALL_ACCESS),
        ),
    )
