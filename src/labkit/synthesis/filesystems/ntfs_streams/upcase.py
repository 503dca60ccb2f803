"""$UpCase: how NTFS takes letters for the same, and so in what order names stand in a directory.

The table maps each of the 65,536 UTF-16 code units by itself; 973 of them change. It is the table of Windows 7, which
Windows 10 and mkntfs write too, byte for byte. It is frozen here, because ``str.upper`` follows the Unicode version of
the Python at hand.

Sources: the unnamed $DATA of MFT record 10 on volumes made by Windows 10 and by mkntfs; Linux-NTFS, "NTFS
Documentation", "Files: $UpCase (10)" and "Concepts: Collation"; ntfs-3g, ``struct UPCASEINFO``, for ``$Info``.
"""

import struct
from collections.abc import Mapping
from functools import cache

from labkit.synthesis.filesystems.letter_changes import changed_units

CODE_UNITS = 65536
INFO_STREAM = "$Info"
_TABLE_CRC64 = 0xDADC7E776B1B690C  # of this table, as Windows 8 and later and mkntfs state it
_INFO_BYTES = 32

# Letters that change, written as letter_changes says.
_CHANGES = """
0061-007A-32 00E0-00F6-32 00F8-00FE-32 00FF+121 0101-012F/2-1 0133-0137/2-1 013A-0148/2-1 014B-0177/2-1
017A-017E/2-1 0180+195 0183-0185/2-1 0188-1 018C-1 0192-1 0195+97 0199-1 019A+163 019E+130 01A1-01A5/2-1 01A8-1
01AD-1 01B0-1 01B4-01B6/2-1 01B9-1 01BD-1 01BF+56 01C6-2 01C9-2 01CC-2 01CE-01DC/2-1 01DD-79 01DF-01EF/2-1 01F3-2
01F5-1 01F9-021F/2-1 0223-0233/2-1 023C-1 0242-1 0247-024F/2-1 0250+10783 0251+10780 0253-210 0254-206 0256-0257-205
0259-202 025B-203 0260-205 0263-207 0268-209 0269-211 026B+10743 026F-211 0271+10749 0272-213 0275-214 027D+10727
0280-218 0283-218 0288-218 0289-69 028A-028B-217 028C-71 0292-219 0371-0373/2-1 0377-1 037B-037D+130 03AC-38
03AD-03AF-37 03B1-03C1-32 03C3-03CB-32 03CC-64 03CD-03CE-63 03D7-8 03D9-03EF/2-1 03F2+7 03F8-1 03FB-1 0430-044F-32
0450-045F-80 0461-0481/2-1 048B-04BF/2-1 04C2-04CE/2-1 04CF-15 04D1-0523/2-1 0561-0586-48 1D79+35332 1D7D+3814
1E01-1E95/2-1 1EA1-1EFF/2-1 1F00-1F07+8 1F10-1F15+8 1F20-1F27+8 1F30-1F37+8 1F40-1F45+8 1F51-1F57/2+8 1F60-1F67+8
1F70-1F71+74 1F72-1F75+86 1F76-1F77+100 1F78-1F79+128 1F7A-1F7B+112 1F7C-1F7D+126 1F80-1F87+8 1F90-1F97+8
1FA0-1FA7+8 1FB0-1FB1+8 1FB3+9 1FC3+9 1FD0-1FD1+8 1FE0-1FE1+8 1FE5+7 1FF3+9 214E-28 2170-217F-16 2184-1 24D0-24E9-26
2C30-2C5E-48 2C61-1 2C65-10795 2C66-10792 2C68-2C6C/2-1 2C73-1 2C76-1 2C81-2CE3/2-1 2D00-2D25-7264 A641-A65F/2-1
A663-A66D/2-1 A681-A697/2-1 A723-A72F/2-1 A733-A76F/2-1 A77A-A77C/2-1 A77F-A787/2-1 A78C-1 FF41-FF5A-32
"""


def upcase_table() -> bytes:
    """Return the 131,072 bytes of $UpCase: for each code unit its upper case, little-endian."""
    units = list(range(CODE_UNITS))
    for unit, changed in _upper_units().items():
        units[unit] = changed
    return struct.pack(f"<{CODE_UNITS}H", *units)


def upcase_info(*, major: int = 0, minor: int = 0, build: int = 0, service_pack: tuple[int, int] = (0, 0)) -> bytes:
    """Return the 32 bytes of $UpCase:$Info: its size, the checksum of the table, and the Windows that wrote it.

    Windows 10 of 2016 gives major 10, minor 0, build 14393; mkntfs leaves the version 0.
    """
    return struct.pack("<QQIIIHH", _INFO_BYTES, _TABLE_CRC64, major, minor, build, *service_pack)


def upper(name: str) -> str:
    """Return ``name`` as NTFS compares it. A character beyond U+FFFF stays as it is, and so does ß."""
    if name.isascii():
        return name.upper()  # the same, and faster
    return name.translate(_upper_units())


def collation_key(name: str) -> bytes:
    """Return what names in a directory ($I30) are sorted by: COLLATION_FILE_NAME.

    Two names that NTFS takes for the same have the same key. The order is that of UTF-16 code units, so that a
    character beyond U+FFFF stands before U+E000.
    """
    return upper(name).encode("utf-16-be", "surrogatepass")


@cache
def _upper_units() -> Mapping[int, int]:
    return changed_units(_CHANGES)
