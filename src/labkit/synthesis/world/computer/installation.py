"""A freshly installed Windows: its folders and files, its registry, its logs, the profile of the person."""

from datetime import datetime, timedelta

from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import gpt_partition
from labkit.synthesis.artifacts.software_keys import WindowsVersion, describe_windows, register_time_zone
from labkit.synthesis.artifacts.system_keys import mount_volume, name_computer, select_control_set, set_time_zone
from labkit.synthesis.artifacts.windows_zones import windows_zone
from labkit.synthesis.formatting import partition_guid
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.computer.at_work import computer_of, name_based
from labkit.synthesis.world.computer.browsing import open_browsers
from labkit.synthesis.world.computer.logs import open_logs
from labkit.synthesis.world.computer.mailing import open_mailboxes
from labkit.synthesis.world.computer.programs import install_all
from labkit.synthesis.world.computer.system_files import system_files
from labkit.synthesis.world.world import World

_CONFIG = "/Windows/System32/config"
_HIVES = {
    # name of the store: (path, its own name, name of its root key)
    "SYSTEM": (f"{_CONFIG}/SYSTEM", "SYSTEM", "ROOT"),
    "SOFTWARE": (f"{_CONFIG}/SOFTWARE", "SOFTWARE", "ROOT"),
    "NTUSER": ("{home}/NTUSER.DAT", "NTUSER.DAT", "ROOT"),
}
_FOLDERS = (
    "/Windows/Prefetch", "/Windows/Temp", "/Windows/INF", "/ProgramData", "/$Recycle.Bin", "/PerfLogs",
    "{home}/AppData/Roaming/Microsoft/Windows/Recent", "{home}/AppData/Local/Temp", "{home}/Contacts", "{home}/Desktop",
    "{home}/Documents", "{home}/Downloads", "{home}/Favorites", "{home}/Music", "{home}/Pictures", "{home}/Videos",
)  # fmt: skip
_LOADERS = ("/EFI/Microsoft/Boot/bootmgfw.efi", "/EFI/Boot/bootx64.efi")
_EFI = "efi"


def install_windows(world: World) -> None:
    """Install the system, its programs, and the account of the person.

    Raises:
        SynthesisError: The volume is too small for it.
    """
    computer = computer_of(world)
    at = world.clock.device_utc(computer.spec.installed)
    _install_loader(world, computer.spec.installed)
    stream = Stream(world.seed, f"system-files/{computer.spec.name}")
    volume = world.volume
    known: set[str] = set()
    # Windows Setup unpacks its files one after the other for some minutes.
    for number, file in enumerate(system_files(computer.spec.system_files, stream)):
        moment = at + timedelta(milliseconds=30 * number)
        folder = file.path.rpartition("/")[0]
        if folder not in known:
            known.add(folder)
            world.make_folders(folder, world.clock.true_from_device(moment))
        volume.create(file.path, file.data, moment)
        volume.set_times(file.path, modified=file.modified)
    ready = at + timedelta(minutes=25)
    for pattern in _FOLDERS:
        world.make_folders(pattern.format(home=computer.home), world.clock.true_from_device(ready))
    world.make_folders(_CONFIG, world.clock.true_from_device(ready))
    _make_hives(world, ready)
    open_logs(world, ready)
    open_browsers(world, ready + timedelta(minutes=20))
    open_mailboxes(world, ready + timedelta(minutes=40))
    install_all(world, ready + timedelta(hours=1))
    computer.write_stores(volume)


def _install_loader(world: World, at: datetime) -> None:
    if _EFI not in world.volumes:
        return
    volume = world.volumes[_EFI]
    for path in _LOADERS:
        world.make_folders(path.rpartition("/")[0], at, volume=_EFI)
        data = Stream(b"system", f"loader/{path}").take(48_000)
        volume.create(path, b"MZ" + data, world.stamp(at, volume))


def _make_hives(world: World, at: datetime) -> None:
    computer = computer_of(world)
    for name, (path, own_name, root) in _HIVES.items():
        hive = Hive(own_name, root, at)
        computer.keep(name, path.format(home=computer.home), hive, Hive.render, at)
    spec, clock = computer.spec, world.clock
    system, software = computer.hive("SYSTEM", at), computer.hive("SOFTWARE", at)
    zone = windows_zone(clock.machine.zone, at)
    offset = clock.shown(clock.true_from_device(at)).utcoffset() or timedelta()
    select_control_set(system, at)
    name_computer(system, spec.name, at)
    set_time_zone(system, zone, at, offset=offset)
    mount_volume(
        system, "C", name_based(f"volume/{spec.name}"), gpt_partition(partition_guid(world.places[world.main])), at
    )
    describe_windows(software, WindowsVersion(owner=spec.full_name), at)
    register_time_zone(software, zone, at)
    profile = f"Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{computer.sid}"
    software.set(profile, "ProfileImagePath", RegistryValue.expandable(f"C:\\Users\\{spec.user}"), at)
    computer.hive("NTUSER", at).set("Volatile Environment", "USERNAME", RegistryValue.text(spec.user), at)
