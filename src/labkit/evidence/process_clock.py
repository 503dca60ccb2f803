"""The one place that sets the process's time zone.

The Sleuth Kit turns the local times of FAT, exFAT and ISO 9660 into seconds with ``mktime``, which asks the process
for its zone: the same image would give other times on another examiner's machine. labkit therefore runs its readers
in UTC, so that the digits on the medium come back unchanged, and applies a zone itself when it is told one.
"""

import os
import sys
import time
from functools import cache


@cache
def use_utc() -> None:
    """Make ``mktime`` and ``localtime`` of this process mean UTC."""
    os.environ["TZ"] = "UTC"
    if sys.platform == "win32":
        import ctypes

        ctypes.CDLL("ucrtbase")._tzset()  # noqa: SLF001 - the C runtime reads TZ once unless it is told
    else:
        time.tzset()
