"""Security descriptors: who owns a file, and who may do what with it.

A descriptor is stored self-relative: a header, the discretionary ACL, the owner, the group, in the order in which
Windows writes them. There is no audit list.

Sources: Microsoft [MS-DTYP], sections 2.4.2 (SID), 2.4.3 (ACCESS_MASK), 2.4.4 (ACE), 2.4.5 (ACL) and 2.4.6
(SECURITY_DESCRIPTOR); the descriptors at the end are those that Windows 10 writes where the comment says.
"""

import re
import struct
from dataclasses import dataclass
from enum import IntFlag

from labkit.errors import SynthesisError

_SID = re.compile(r"S-1-(\d{1,15})((?:-\d{1,10}){1,15})")
_LARGEST_AUTHORITY = (1 << 48) - 1
_LARGEST_PART = (1 << 32) - 1
_HEADER_BYTES = 20
_REVISION = 1
_ACL_REVISION = 2
_ACL_HEADER_BYTES = 8
_ACE_HEADER_BYTES = 8
_LARGEST_ACL_BYTES = 0xFFFF
_ALLOWED, _DENIED = 0, 1
_SELF_RELATIVE = 0x8000
_DACL_PROTECTED = 0x1000
_DACL_INHERITED = 0x0400
_DACL_PRESENT = 0x0004

EVERYONE = "S-1-1-0"
SYSTEM = "S-1-5-18"
AUTHENTICATED_USERS = "S-1-5-11"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
NO_GROUP_RID = 513  # the group "None" of a machine without a domain, which files of its users get


class Access(IntFlag):
    """What an entry of an ACL allows; the sums are those that Windows names in its dialogs."""

    READ = 0x120089
    READ_WRITE = 0x12019F
    READ_EXECUTE = 0x1200A9
    MODIFY = 0x1301BF
    FULL = 0x1F01FF
    GENERIC_ALL = 0x10000000
    GENERIC_READ_EXECUTE = 0xA0000000
    GENERIC_MODIFY = 0xE0010000


class Inheritance(IntFlag):
    """How an entry passes on to what lies in a directory."""

    NONE = 0
    FILES = 0x01
    DIRECTORIES = 0x02
    ONLY_BELOW = 0x08  # it does not count for the directory itself
    INHERITED = 0x10  # it came from above
    BELOW = 0x03  # files and directories


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One entry of an ACL."""

    sid: str
    access: int
    inheritance: Inheritance = Inheritance.NONE
    denied: bool = False

    def to_bytes(self) -> bytes:
        """Return the ACCESS_ALLOWED_ACE or ACCESS_DENIED_ACE."""
        sid = sid_bytes(self.sid)
        kind = _DENIED if self.denied else _ALLOWED
        return struct.pack("<BBHI", kind, self.inheritance, _ACE_HEADER_BYTES + len(sid), self.access) + sid


@dataclass(frozen=True, slots=True)
class SecurityDescriptor:
    """Owner, group and the rules in order. SIDs are text: ``S-1-5-18``."""

    owner: str
    group: str
    rules: tuple[AccessRule, ...]
    protected: bool = False  # nothing is inherited from above
    inherited: bool = False  # the rules came from above, as Windows marks them since 2000
    spare_bytes: int = 0  # zeros that the ACL keeps behind its last rule

    def to_bytes(self) -> bytes:
        """Return the descriptor, self-relative; a multiple of 4 bytes.

        Raises:
            SynthesisError: A SID is malformed, or the rules do not fit an ACL.
        """
        entries = b"".join(rule.to_bytes() for rule in self.rules)
        acl_size = _ACL_HEADER_BYTES + len(entries) + self.spare_bytes
        if acl_size > _LARGEST_ACL_BYTES:
            raise SynthesisError(
                f"{len(self.rules)} access rules need {acl_size} bytes; an ACL has at most {_LARGEST_ACL_BYTES}",
                remedy="Give fewer rules; put people into groups.",
            )
        acl = struct.pack("<BBHHH", _ACL_REVISION, 0, acl_size, len(self.rules), 0) + entries + bytes(self.spare_bytes)
        owner, group = sid_bytes(self.owner), sid_bytes(self.group)
        owner_offset = _HEADER_BYTES + len(acl)
        control = (
            _SELF_RELATIVE
            | _DACL_PRESENT
            | (_DACL_PROTECTED if self.protected else 0)
            | (_DACL_INHERITED if self.inherited else 0)
        )
        group_offset = owner_offset + len(owner)
        header = struct.pack("<BBHIIII", _REVISION, 0, control, owner_offset, group_offset, 0, _HEADER_BYTES)
        return header + acl + owner + group


def sid_bytes(sid: str) -> bytes:
    """Return a SID in its binary form.

    Raises:
        SynthesisError: It is not of the form S-1-AUTHORITY-PART..., or a number is too large.
    """
    match = _SID.fullmatch(sid)
    authority = int(match[1]) if match else _LARGEST_AUTHORITY + 1
    parts = [int(part) for part in match[2].split("-")[1:]] if match else []
    if authority > _LARGEST_AUTHORITY or any(part > _LARGEST_PART for part in parts):
        raise SynthesisError(
            f"{sid!r} is not a security identifier",
            remedy="Write S-1-5-18, or S-1-5-21-A-B-C-1001 for a user, with numbers of 32 bits.",
        )
    return bytes((_REVISION, len(parts))) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)


def account_sid(machine: tuple[int, int, int], rid: int) -> str:
    """Return the SID of a local account; a machine has three numbers of 32 bits, its first user RID 1001."""
    return "-".join(("S-1-5-21", *map(str, machine), str(rid)))


def _pair(system: int, administrators: int) -> tuple[AccessRule, ...]:
    return AccessRule(SYSTEM, system), AccessRule(ADMINISTRATORS, administrators)


# What Windows 10 writes to $Secure when it formats a volume, in this order, so with ids from 0x100 on.
METADATA_READ = SecurityDescriptor(SYSTEM, ADMINISTRATORS, _pair(Access.READ, Access.READ))  # $MFT, $LogFile, $Bitmap
METADATA_WRITE = SecurityDescriptor(  # $Volume, $Secure, $Extend and what lies in it
    SYSTEM, ADMINISTRATORS, _pair(Access.READ_WRITE, Access.READ_WRITE)
)
TRANSACTION_DIRECTORY = SecurityDescriptor(ADMINISTRATORS, SYSTEM, _pair(Access.FULL, Access.READ))  # $RmMetadata
TRANSACTION_FILE = SecurityDescriptor(ADMINISTRATORS, SYSTEM, _pair(Access.FULL, Access.READ_EXECUTE), spare_bytes=8)
TRANSACTION_LOG = SecurityDescriptor(SYSTEM, SYSTEM, _pair(Access.FULL, Access.READ_EXECUTE))
SYSTEM_ONLY_DIRECTORY = SecurityDescriptor(
    SYSTEM, SYSTEM, (AccessRule(SYSTEM, Access.FULL, Inheritance.BELOW),), protected=True
)
VOLUME_INFORMATION_DIRECTORY = SecurityDescriptor(  # System Volume Information
    ADMINISTRATORS, SYSTEM, (AccessRule(SYSTEM, Access.FULL, Inheritance.BELOW),), protected=True
)
SYSTEM_ONLY_FILE = SecurityDescriptor(SYSTEM, SYSTEM, (AccessRule(SYSTEM, Access.FULL),))
WRITTEN_BY_FORMAT = (
    METADATA_READ,
    METADATA_WRITE,
    TRANSACTION_DIRECTORY,
    TRANSACTION_FILE,
    TRANSACTION_LOG,
    SYSTEM_ONLY_DIRECTORY,
    VOLUME_INFORMATION_DIRECTORY,
    SYSTEM_ONLY_FILE,
)

_BELOW_ONLY = Inheritance.BELOW | Inheritance.ONLY_BELOW
VOLUME_ROOT = SecurityDescriptor(  # the root directory of a data volume; in its own $SECURITY_DESCRIPTOR
    SYSTEM,
    SYSTEM,
    (
        AccessRule(ADMINISTRATORS, Access.FULL),
        AccessRule(ADMINISTRATORS, Access.GENERIC_ALL, _BELOW_ONLY),
        AccessRule(SYSTEM, Access.FULL),
        AccessRule(SYSTEM, Access.GENERIC_ALL, _BELOW_ONLY),
        AccessRule(AUTHENTICATED_USERS, Access.MODIFY),
        AccessRule(AUTHENTICATED_USERS, Access.GENERIC_MODIFY, _BELOW_ONLY),
        AccessRule(USERS, Access.READ_EXECUTE),
        AccessRule(USERS, Access.GENERIC_READ_EXECUTE, _BELOW_ONLY),
    ),
)
EVERYONE_FULL = SecurityDescriptor(  # a removable disk that everybody may write
    ADMINISTRATORS, SYSTEM, (AccessRule(EVERYONE, Access.FULL, Inheritance.BELOW),)
)
WINDOWS_FILE = SecurityDescriptor(  # a file that came with Windows, below C:\Windows
    TRUSTED_INSTALLER,
    TRUSTED_INSTALLER,
    (
        AccessRule(TRUSTED_INSTALLER, Access.FULL),
        AccessRule(ADMINISTRATORS, Access.READ_EXECUTE),
        AccessRule(SYSTEM, Access.READ_EXECUTE),
        AccessRule(USERS, Access.READ_EXECUTE),
    ),
    protected=True,
    inherited=True,
)


def data_volume_file(owner: str) -> SecurityDescriptor:
    """Return what a file has that a local user made in the root of a data volume."""
    return SecurityDescriptor(
        owner,
        _group_of(owner),
        (
            AccessRule(ADMINISTRATORS, Access.FULL),
            AccessRule(SYSTEM, Access.FULL),
            AccessRule(AUTHENTICATED_USERS, Access.MODIFY),
            AccessRule(USERS, Access.READ_EXECUTE),
        ),
    )


def profile_directory(user: str) -> SecurityDescriptor:
    r"""Return what C:\Users\NAME has: the system, the administrators and the user, nobody else."""
    return SecurityDescriptor(
        SYSTEM,
        SYSTEM,
        tuple(AccessRule(sid, Access.FULL, Inheritance.BELOW) for sid in (SYSTEM, ADMINISTRATORS, user)),
        protected=True,
        inherited=True,
    )


def profile_entry(user: str, *, directory: bool) -> SecurityDescriptor:
    """Return what a file or a directory has that the user made below the profile: the same rules, inherited."""
    inheritance = Inheritance.INHERITED | (Inheritance.BELOW if directory else Inheritance.NONE)
    return SecurityDescriptor(
        user,
        _group_of(user),
        tuple(AccessRule(sid, Access.FULL, inheritance) for sid in (SYSTEM, ADMINISTRATORS, user)),
        inherited=True,
    )


def _group_of(user: str) -> str:
    return f"{user.rpartition('-')[0]}-{NO_GROUP_RID}"
