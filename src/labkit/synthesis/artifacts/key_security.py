"""Who may do what with the keys of a hive, as self-relative security descriptors.

Source: Microsoft, "Registry Key Security and Access Rights" (Win32 documentation).
"""

from enum import IntFlag

from labkit.synthesis.filesystems.ntfs_streams.security import (
    ADMINISTRATORS,
    SYSTEM,
    USERS,
    AccessRule,
    Inheritance,
    SecurityDescriptor,
)


class KeyAccess(IntFlag):
    """What an entry of an ACL allows."""

    ALL = 0xF003F
    READ = 0x20019


def _descriptor(*allowed: tuple[str, KeyAccess]) -> bytes:
    rules = tuple(AccessRule(sid, access, Inheritance.DIRECTORIES) for sid, access in allowed)  # and the keys below
    return SecurityDescriptor(ADMINISTRATORS, SYSTEM, rules).to_bytes()


MACHINE_SECURITY = _descriptor((ADMINISTRATORS, KeyAccess.ALL), (SYSTEM, KeyAccess.ALL), (USERS, KeyAccess.READ))


def user_security(sid: str) -> bytes:
    """Return the security descriptor of the keys of one account's own hive.

    Raises:
        SynthesisError: ``sid`` has a wrong form.
    """
    return _descriptor((sid, KeyAccess.ALL), (SYSTEM, KeyAccess.ALL), (ADMINISTRATORS, KeyAccess.ALL))
