"""Testing a write blocker on a test drive, by the four criteria of NIST CFTT for hardware write blockers.

Source: NIST CFTT, "Hardware Write Blocker Device (HWB) Specification", version 2.0, section "Requirements".
"""

import errno
from dataclasses import dataclass
from enum import StrEnum

from labkit.acquisition.device import Blocker
from labkit.acquisition.drives import Bridge, TestDrive

_PATTERN = b"\xa5" * TestDrive.sector_bytes
_WRITTEN_TO = 10


class Criterion(StrEnum):
    """What a write blocker must do."""

    BLOCKS_WRITES = "blocks-writes"
    RETURNS_DATA = "returns-data"
    TELLS_CAPACITY = "tells-capacity"
    REPORTS_ERRORS = "reports-errors"


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion: whether it is met, and what was seen."""

    criterion: Criterion
    passed: bool
    seen: str


def try_blocker(blocker: Blocker | None) -> tuple[CriterionResult, ...]:
    """Connect a test drive through a blocker (None: without one) and try each criterion."""
    drive = TestDrive()
    bridge = Bridge(drive, blocker)
    return (_data(bridge), _capacity(bridge, drive), _errors(bridge), _writes(bridge, drive))


def _writes(bridge: Bridge, drive: TestDrive) -> CriterionResult:
    before = drive.read(_WRITTEN_TO, 1)
    try:
        bridge.write(_WRITTEN_TO, _PATTERN)
        answer = "the write was accepted"
    except OSError:
        answer = "the write was refused"
    passed = drive.read(_WRITTEN_TO, 1) == before
    effect = "the drive is unchanged" if passed else f"sector {_WRITTEN_TO} of the drive changed"
    return CriterionResult(Criterion.BLOCKS_WRITES, passed, f"{answer}, {effect}")


def _data(bridge: Bridge) -> CriterionResult:
    bad = TestDrive.UNREADABLE
    wrong = [
        lba
        for lba in range(TestDrive.SECTORS)
        if not bad.lba <= lba < bad.end and bridge.read(lba, 1) != bytes((lba,)) * TestDrive.sector_bytes
    ]
    seen = f"sector {wrong[0]} came back with other content" if wrong else "every sector came back as it was written"
    return CriterionResult(Criterion.RETURNS_DATA, not wrong, seen)


def _capacity(bridge: Bridge, drive: TestDrive) -> CriterionResult:
    told, true = bridge.identify(), drive.identify()
    seen = f"{told.sectors} sectors and {told.hidden_sectors} hidden told"
    if told != true:
        seen += f"; the drive has {true.sectors} and {true.hidden_sectors} hidden"
    return CriterionResult(Criterion.TELLS_CAPACITY, told == true, seen)


def _errors(bridge: Bridge) -> CriterionResult:
    lba = TestDrive.UNREADABLE.lba
    try:
        bridge.read(lba, 1)
    except OSError as error:
        return CriterionResult(
            Criterion.REPORTS_ERRORS, error.errno == errno.EIO, f"reading sector {lba} was reported as an error"
        )
    return CriterionResult(Criterion.REPORTS_ERRORS, False, f"sector {lba} can not be read, and no error was reported")
