"""The verbs of acquisition: look at a device, test a write blocker, make the image, enter it into the ledger."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from labkit.acquisition import journal
from labkit.acquisition.acquire import Job
from labkit.acquisition.acquire import acquire as acquire_image
from labkit.acquisition.blocker_test import CriterionResult, try_blocker
from labkit.acquisition.custody_events import custody_events
from labkit.acquisition.device import Blocker, Device, read_device
from labkit.acquisition.drives import ImageDrive, connect, described
from labkit.acquisition.logs.reading import read_log
from labkit.acquisition.plan import Plan
from labkit.acquisition.record import write_record
from labkit.acquisition.target import Target, record_path
from labkit.errors import AcquisitionError, CustodyError, StorageError
from labkit.evidence.verify import Watch, unwatched
from labkit.model.acquisition import ProvenanceRecord, SourceDescription, WriteProtection
from labkit.usecases.examiner import examined
from labkit.workspace.root import find_root
from labkit.zones import zone_or_none

UNPROTECTED = "none"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as it tells itself when it is connected without anything between."""

    device: Device
    source: SourceDescription


@dataclass(frozen=True, slots=True)
class BlockerTest:
    """What a test of a write blocker gave."""

    blocker: Blocker
    results: tuple[CriterionResult, ...]

    @property
    def passed(self) -> bool:
        """Return whether every criterion is met."""
        return all(result.passed for result in self.results)


@dataclass(frozen=True, slots=True)
class Protection:
    """How the examiner protects the source: the name of a blocker, or ``none`` with the reason."""

    blocker: str | None
    justification: str = ""


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """Who entered what: exhibit numbers of source and image, the person, the place, the line of the blocker's test."""

    source: str
    image: str
    actor: str
    location: str = ""
    tested_line: int | None = None


@dataclass(frozen=True, slots=True)
class Acquired:
    """A finished acquisition."""

    record: ProvenanceRecord
    first: Path
    record_path: Path
    warnings: tuple[str, ...]
    ledger_lines: tuple[int, ...] = ()


def device_info(path: Path) -> DeviceInfo:
    """Return what a device tells of itself."""
    with examined("device info", path, {}) as line:
        device = read_device(path)
        with ImageDrive(device) as drive:
            source = described(device, connect(replace(device, host_writes=()), drive, None))
        line.update(serial=device.serial, sectors=source.sectors, hidden_sectors=source.hidden_sectors)
        return DeviceInfo(device, source)


def test_blocker(path: Path, identifier: str) -> BlockerTest:
    """Test a write blocker with a test drive; the result goes to the examination log."""
    with examined("device test-blocker", path, {"blocker": identifier}) as line:
        blocker = read_device(path).blocker(identifier)
        done = BlockerTest(blocker, try_blocker(blocker))
        line["passed"] = done.passed
        line["failed"] = [str(result.criterion) for result in done.results if not result.passed]
        return done


def acquire(
    device_file: Path,
    target: Target,
    plan: Plan,
    protection: Protection,
    *,
    resume: bool = False,
    check_space: bool = True,
    custody: CustodyEntry | None = None,
    watch: Watch = unwatched,
) -> Acquired:
    """Make a verified image of a device with its provenance record, and enter it into the ledger if that is wanted.

    Raises:
        AcquisitionError: It can not begin or go on; or it stopped on the way and can go on.
        StorageError: A file is there already, or there is too little space.
        IntegrityError: The image does not hold what was read.
        CustodyError: The image is made, but the ledger did not take the entries.
    """
    details: dict[str, Any] = {"to": str(target.first), "resume": resume}
    with examined("acquire", device_file, details) as line:
        device = read_device(device_file)
        if not target.first.parent.is_dir():
            raise AcquisitionError(
                f"there is no folder {target.first.parent}", remedy="Make the folder first, or choose another."
            )
        _check_beginning(target, resume=resume)
        with journal.opened(target.journal) as lines:
            state = lines.state
            plan = state.plan if state else plan
            blocker, shield = _protection(device, state.protection if state else None, protection, device_file)
            cable_holds = state.cable_was_pulled if state else False
            with ImageDrive(device, show_hidden=plan.show_hidden, cable_holds=cable_holds) as drive:
                source = connect(device, drive, blocker)
                description = replace(
                    described(device, source), hidden_acquired=plan.show_hidden and device.hidden_sectors > 0
                )
                if state is not None and state.source != description:
                    raise AcquisitionError(
                        f"this is another device than the one that {target.first.name} was begun from: "
                        f"serial {description.serial}, {description.sectors} sectors; "
                        f"it was serial {state.source.serial}, {state.source.sectors} sectors",
                        remedy="Connect the first device, or give the new image another name.",
                    )
                _check_hidden(device, plan)
                job = Job(source, description, shield, target, plan)
                record = acquire_image(job, lines, check_space=check_space, watch=watch)
        line.update(
            serial=record.source.serial,
            sha256=record.digests.sha256,
            unreadable_sectors=record.unreadable_sectors,
            interruptions=len(record.interruptions),
            agrees=record.verification.agrees if record.verification else None,
        )
        done = Acquired(record, target.first, target.record, tuple(_warnings(record)))
    return replace(done, ledger_lines=_enter(done, custody)) if custody else done


def import_log(log: Path, *, image: Path | None = None, zone: str | None = None) -> tuple[ProvenanceRecord, Path]:
    """Read the log of another tool into a provenance record, and write that beside the image, else beside the log.

    Args:
        log: What FTK Imager, Guymager, ewfacquire or dc3dd wrote.
        image: The first file of the image that the log is about.
        zone: IANA name of the zone of the machine that wrote it; without it, times that have no offset are left out.

    Raises:
        AcquisitionError: It is no log of these tools, or the zone is unknown.
        StorageError: There is a record already.
    """
    place = zone_or_none(zone) if zone else None
    if zone and place is None:
        raise AcquisitionError(f"there is no time zone {zone}", remedy="Give an IANA name such as Asia/Almaty.")
    with examined("device import-log", log, {"zone": zone} if zone else {}) as line:
        record = read_log(log, zone=place)
        path = record_path(image or log)
        if path.exists():
            raise StorageError(
                f"{path} is there already; nothing was overwritten",
                remedy="Move it away if the log is to take its place.",
            )
        write_record(record, path)
        line.update(tool=record.tool.name, to=str(path))
        return record, path


def _check_beginning(target: Target, *, resume: bool) -> None:
    if target.journal.exists() and not resume:
        raise AcquisitionError(
            f"an acquisition to {target.first.name} was begun and is not finished",
            remedy="Go on with it: add --resume. To begin anew, move its .part files and "
            f"{target.journal.name} away, or choose another name.",
        )
    if resume and not target.journal.exists():
        finished = target.record.exists()
        raise AcquisitionError(
            f"{target.first.name} is finished already"
            if finished
            else f"there is nothing to go on with at {target.first}",
            remedy="Verify it: labkit image verify." if finished else "Leave out --resume, or check the name.",
        )


def _check_hidden(device: Device, plan: Plan) -> None:
    if plan.show_hidden and device.hidden_by == "DCO":
        raise AcquisitionError(
            f"the {device.hidden_sectors} hidden sectors are hidden by a DCO; showing them would change the device",
            remedy="Leave out --hidden: the sectors that can be reached are acquired, and the record says how many "
            "are hidden. Whether the DCO may be removed is for the officer in charge to decide, in writing.",
        )


def _protection(
    device: Device, begun_with: WriteProtection | None, chosen: Protection, device_file: Path
) -> tuple[Blocker | None, WriteProtection]:
    """Return the blocker to connect through, and what the record says of it."""
    if begun_with is not None:
        return (device.blocker(begun_with.id) if begun_with.id else None), begun_with
    if chosen.blocker is None:
        names = ", ".join(f"--blocker {one.id}" for one in device.blockers) or "none is at hand"
        raise AcquisitionError(
            "nothing says how the source is kept from being written to",
            remedy=f"Test a write blocker and choose it: {names}. Without one: --blocker none --justification TEXT.",
        )
    if chosen.blocker == UNPROTECTED:
        if not chosen.justification.strip():
            raise AcquisitionError(
                "an acquisition without a write blocker needs a reason",
                remedy="Add --justification TEXT with the reason, or choose a blocker (labkit device info).",
            )
        return None, WriteProtection(UNPROTECTED, justification=chosen.justification.strip())
    blocker = device.blocker(chosen.blocker)
    tested_at, passed = _last_test(device_file, blocker.id)
    if passed is False:
        raise AcquisitionError(
            f"write blocker {blocker.id} failed its test",
            remedy="Do not connect evidence through it. Test another one: labkit device test-blocker.",
        )
    return blocker, WriteProtection(
        blocker.kind, blocker.id, blocker.make, blocker.model, blocker.firmware, tested_at, passed, chosen.justification
    )


def _last_test(device_file: Path, identifier: str) -> tuple[datetime | None, bool | None]:
    """Return when a blocker was last tested in this workspace, and whether it passed."""
    root = find_root(Path.cwd()) or find_root(device_file)
    path = root / "examination.jsonl" if root else None
    found: tuple[datetime | None, bool | None] = (None, None)
    if path is None or not path.exists():
        return found
    with path.open("rb") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
                if entry["command"] == "device test-blocker" and entry["details"]["blocker"] == identifier:
                    found = datetime.fromisoformat(entry["at"]), entry["details"]["passed"]
            except (ValueError, KeyError, TypeError):
                continue  # an unfinished or a foreign line
    return found


def _warnings(record: ProvenanceRecord) -> Sequence[str]:
    found = []
    source, protection = record.source, record.write_protection
    if source.hidden_sectors:
        way = " --hidden acquires them too." if source.hidden_by == "HPA" else ""
        found.append(f"{source.hidden_sectors} sectors hidden by {source.hidden_by} were not acquired.{way}")
    if protection is not None and protection.kind == UNPROTECTED:
        found.append("no write blocker was used; the source may have changed while it was connected.")
    elif protection is not None and protection.tested_at is None:
        found.append(f"write blocker {protection.id} was not tested before; the record says so.")
    elif (
        protection is not None
        and protection.tested_at is not None
        and record.started_at is not None
        and protection.tested_at.date() != record.started_at.date()
    ):
        found.append(f"write blocker {protection.id} was last tested on {protection.tested_at.date()}, not today.")
    if record.read_errors:
        found.append(
            f"{record.unreadable_sectors} sectors could not be read; zeros stand in their place, the record lists them."
        )
    return found


def _enter(done: Acquired, entry: CustodyEntry) -> tuple[int, ...]:
    from labkit.usecases import custodian

    try:
        place = custodian.find_ledger(Path.cwd())
        events = custody_events(
            done.record,
            source=entry.source,
            image=entry.image,
            actor=entry.actor,
            zone=_zone(custodian.read_ledger(place), entry.location, place.zone),
            location=entry.location,
            tested_line=entry.tested_line,
            record_name=done.record_path.name,
            record_sha256=hashlib.sha256(done.record_path.read_bytes()).hexdigest(),
        )
        now = datetime.now(UTC).astimezone()
        return tuple(custodian.add(place, event, now=now).line["seq"] for event in events)
    except CustodyError as error:
        raise CustodyError(
            f"the image is made and verified, but it is not in the custody ledger: {error.message}",
            remedy=f"{error.remedy} Then enter the acquisition with labkit custody add acquired; "
            f"{done.record_path.name} has all it needs.",
        ) from error


def _zone(ledger: Any, location: str, otherwise: str) -> tzinfo:
    named = next((place.tz for place in ledger.locations if place.loc_id == location), "") or otherwise
    return zone_or_none(named) or UTC
