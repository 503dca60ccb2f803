"""Starting the computer, logging on and off, shutting it down, setting its clock: what the logs say of it."""

from collections.abc import Mapping
from datetime import timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.artifacts import security_events, system_events
from labkit.synthesis.artifacts.security_events import Account
from labkit.synthesis.artifacts.system_keys import note_shutdown
from labkit.synthesis.artifacts.windows_zones import windows_zone
from labkit.synthesis.world.computer.at_work import computer_of, device_time
from labkit.synthesis.world.computer.computer import Computer
from labkit.synthesis.world.computer.logs import SECURITY, SYSTEM, write
from labkit.synthesis.world.world import Handler, Left, World

_LOCAL_SYSTEM = "S-1-5-18"
_FIRST_LOGON_ID, _LOGON_ID_STEP = 0x3A51C, 0x1F7B3
_SETTINGS = r"C:\Windows\System32\SystemSettingsAdminFlows.exe"
_SERVICES = (("Windows Update", "wuauserv"), ("Print Spooler", "Spooler"), ("Windows Search", "WSearch"))


def boot(world: World, action: Action) -> Left:
    """Start the computer."""
    computer, at = computer_of(world), device_time(world, action)
    computer.boots += 1
    zone = windows_zone(world.clock.machine.zone, at)
    offset = world.clock.shown(action.at).utcoffset() or timedelta()
    services = (
        system_events.service_changed(at + timedelta(seconds=8 + number), title, name, running=True)
        for number, (title, name) in enumerate(_SERVICES)
    )
    write(
        world,
        SYSTEM,
        system_events.kernel_started(at),
        system_events.version_noted(at + timedelta(seconds=3)),
        system_events.log_started(at + timedelta(seconds=3)),
        system_events.uptime_noted(
            at + timedelta(seconds=3),
            timedelta(seconds=11),
            bias_minutes=-int(offset.total_seconds()) // 60,
            zone_name=zone.name,
        ),
        *services,
    )
    write(world, SECURITY, security_events.windows_started(at + timedelta(seconds=2)))
    return Left()


def log_on(world: World, action: Action) -> Left:
    """Log the person on.

    Raises:
        SynthesisError: Somebody is logged on already.
    """
    computer, at = computer_of(world), device_time(world, action)
    if computer.logged_on:
        raise SynthesisError("the person is logged on already", remedy="Put an action log_off before.")
    computer.sessions += 1
    computer.logged_on = True
    record = write(world, SECURITY, security_events.logged_on(at, _person(computer), _machine(computer)))
    return Left(facts={"record": record, "name": computer.spec.user})


def log_off(world: World, action: Action) -> Left:
    """Log the person off.

    Raises:
        SynthesisError: Nobody is logged on.
    """
    computer, at = computer_of(world), device_time(world, action)
    if not computer.logged_on:
        raise SynthesisError("nobody is logged on", remedy="Put an action log_on before.")
    computer.logged_on = False
    person = _person(computer)
    write(world, SECURITY, security_events.asked_to_log_off(at, person))
    record = write(world, SECURITY, security_events.logged_off(at + timedelta(milliseconds=380), person))
    return Left(facts={"record": record, "name": computer.spec.user})


def shut_down(world: World, action: Action) -> Left:
    """Shut the computer down in good order; whoever is logged on goes."""
    computer, at = computer_of(world), device_time(world, action)
    if computer.logged_on:
        log_off(world, action)
    user = f"{computer.spec.name}\\{computer.spec.user}"
    note_shutdown(computer.hive("SYSTEM", at), at + timedelta(seconds=4))
    write(
        world,
        SYSTEM,
        system_events.shutdown_asked(at, computer.spec.name, user, user_sid=computer.sid),
        system_events.log_stopped(at + timedelta(seconds=3)),
        system_events.kernel_stopped(at + timedelta(seconds=4)),
    )
    return Left()


def set_clock(world: World, action: Action) -> Left:
    """Set the clock: from now on it has the error that the machine has in case.toml.

    Raises:
        SynthesisError: The machine's clock is not set at this moment.
    """
    if world.clock.machine.clock_set_at != action.at:
        raise SynthesisError(
            f"the clock of {world.clock.machine.name} is set at {world.clock.machine.clock_set_at}, not now",
            remedy="Write the same moment as clock_set_at of the machine in case.toml.",
        )
    computer, after = computer_of(world), device_time(world, action)
    before = after - timedelta(seconds=world.clock.machine.clock_offset_s)
    write(
        world,
        SYSTEM,
        system_events.time_changed(
            after,
            before=before,
            after=after,
            process_id=7312,
            program=r"\Device\HarddiskVolume3\Windows\System32\SystemSettingsAdminFlows.exe",
            user_sid=computer.sid,
        ),
    )
    record = write(
        world,
        SECURITY,
        security_events.audited_time_change(
            after, _person(computer), before=before, after=after, process_id=7312, program=_SETTINGS
        ),
    )
    return Left(facts={"record": record, "before_device_utc": before})


def _person(computer: Computer) -> Account:
    spec = computer.spec
    return Account(computer.sid, spec.user, spec.name, _FIRST_LOGON_ID + _LOGON_ID_STEP * computer.sessions)


def _machine(computer: Computer) -> Account:
    return Account(_LOCAL_SYSTEM, f"{computer.spec.name}$", "WORKGROUP", 0x3E7)


SESSION_ACTIONS: Mapping[str, Handler] = {
    "boot": boot,
    "log_on": log_on,
    "log_off": log_off,
    "shut_down": shut_down,
    "set_clock": set_clock,
}
