"""What time it was: the kernel's clock at the capture, and its own times turned into UTC.

The kernel counts nanoseconds since it was started; ``timekeeper.offs_real`` is what has to be added for UTC as the
machine's clock had it, ``offs_boot`` how long it had slept (include/linux/timekeeper_internal.h).
"""

from dataclasses import dataclass

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.remarks import remark

_SECOND = 1_000_000_000
_FIRST_YEAR = 946_684_800 * _SECOND  # 2000: before it, no kernel of this kind ran
_LAST_YEAR = 4_102_444_800 * _SECOND  # 2100


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments in nanoseconds since 1970, UTC as the machine had it; 0 where the clock can not be read."""

    started_ns: int
    captured_ns: int

    def since_start(self, nanoseconds: int) -> int:
        """Return when something happened, from the time since the start (with sleep) that the kernel noted; or 0."""
        moment = self.started_ns + nanoseconds
        return moment if self.started_ns and nanoseconds >= 0 and moment < _LAST_YEAR else 0


def read_clock(kernel: Kernel) -> Clock:
    """Return the clock of a kernel; one without moments, and a remark, if it can not be read."""
    try:
        keeper = kernel.variable("tk_core")
        started = keeper.number("timekeeper.offs_real") - keeper.number("timekeeper.offs_boot")
        shift = keeper.number("timekeeper.tkr_mono.shift")
        below_second = keeper.number("timekeeper.tkr_mono.xtime_nsec") >> min(shift, 64)
        captured = keeper.number("timekeeper.xtime_sec") * _SECOND + below_second
    except UnreadableError as error:
        remark(f"times are not known: {error.message}")
        return Clock(0, 0)
    if not _FIRST_YEAR <= started <= captured < _LAST_YEAR:
        remark("times are not known: the clock of the kernel is damaged")
        return Clock(0, 0)
    return Clock(started, captured)
