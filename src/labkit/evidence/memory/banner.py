"""Which kernel an image is of: the banner that every Linux kernel holds, and signs of Windows."""

import re

from labkit.evidence.memory.physical import PhysicalMemory

_BANNER = re.compile(rb"Linux version \d+\.\d+[\x20-\x7e]{16,400}#\d+[\x20-\x7e]{0,200}")
_LONGEST_BANNER = 640
_MOST_BANNERS = 16
# Names of the kernel's own symbol file, which every Windows kernel carries behind RSDS (the CodeView record).
_WINDOWS = re.compile(rb"RSDS.{20}(?:ntkrnlmp|ntoskrnl|ntkrnlpa|ntkrpamp)\.pdb", re.DOTALL)
_LONGEST_SIGN = 64


def linux_banners(memory: PhysicalMemory) -> dict[bytes, int]:
    """Return the banners of Linux kernels in an image, each with the physical address where it stands first.

    There can be several: of the kernel that ran, and of others that lay in files.
    """
    found: dict[bytes, int] = {}
    for address, data in memory.windows(_LONGEST_BANNER):
        for match in _BANNER.finditer(data):
            found.setdefault(match[0], address + match.start())
        if len(found) >= _MOST_BANNERS:
            break
    return found


def is_windows(memory: PhysicalMemory) -> bool:
    """Return whether the kernel of Windows is in an image."""
    return any(_WINDOWS.search(data) for _, data in memory.windows(_LONGEST_SIGN))
