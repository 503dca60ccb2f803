"""Programs: which there are, and what running one leaves: a prefetch file and an entry of UserAssist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.artifacts.explorer_keys import (
    PROGRAM_FILES,
    SYSTEM_FOLDER,
    count_run,
    remember_command,
    remember_typed_path,
)
from labkit.synthesis.artifacts.software_keys import install_program
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.computer.at_work import computer_of, device_time, put
from labkit.synthesis.world.computer.computer import windows_path
from labkit.synthesis.world.computer.prefetching import count_prefetch
from labkit.synthesis.world.computer.system_files import body
from labkit.synthesis.world.file_actions import ntfs
from labkit.synthesis.world.world import Handler, Left, World
from labkit.synthesis.world.zip_stored import ZippedFile, zip_files

_SYSTEM32, _PROGRAM_FILES = "/Windows/System32/", "/Program Files/"


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its executable, and what of it is noted where."""

    path: str
    title: str
    endings: tuple[str, ...] = ()  # of the documents that it opens
    office: str = ""  # its name among the Office programs
    publisher: str = ""
    version: str = ""
    typed: str = ""  # what is typed into the Run window to start it

    @property
    def user_assist_name(self) -> str:
        """Its path with a known folder in front, as UserAssist has it."""
        for folder, known in ((_SYSTEM32, SYSTEM_FOLDER), (_PROGRAM_FILES, PROGRAM_FILES)):
            if self.path.startswith(folder):
                return f"{known}\\{self.path.removeprefix(folder)}".replace("/", "\\")
        return windows_path(self.path)


PROGRAMS: Mapping[str, Program] = {
    "notepad": Program("/Windows/System32/notepad.exe", "Notepad", ("txt", "csv", "log", "ini")),
    "calculator": Program("/Windows/System32/calc.exe", "Calculator", typed="calc"),
    "paint": Program("/Windows/System32/mspaint.exe", "Paint", ("bmp",)),
    "command-prompt": Program("/Windows/System32/cmd.exe", "Command Prompt", typed="cmd"),
    "photo-viewer": Program("/Program Files/Lumen/Lumen.exe", "Lumen photo viewer", ("jpg", "jpeg", "png"),
                            publisher="Lumen Works", version="4.2.1"),
    "writer": Program("/Program Files/Microsoft Office/Office16/WINWORD.EXE", "Word", ("docx", "rtf", "doc"), "Word"),
    "calc-sheet": Program("/Program Files/Microsoft Office/Office16/EXCEL.EXE", "Excel", ("xlsx", "ods"), "Excel"),
    "pdf-reader": Program("/Program Files/Folio/Folio.exe", "Folio PDF reader", ("pdf",),
                          publisher="Folio Project", version="11.0.3"),
    "archiver": Program("/Program Files/Packer/PackerFM.exe", "Packer", ("zip",),
                        publisher="Packer Team", version="23.1"),
    "edge": Program("/Program Files (x86)/Microsoft/Edge/Application/msedge.exe", "Microsoft Edge", ("htm", "html")),
    "firefox": Program("/Program Files/Mozilla Firefox/firefox.exe", "Mozilla Firefox",
                       publisher="Mozilla", version="122.0"),
    "thunderbird": Program("/Program Files/Mozilla Thunderbird/thunderbird.exe", "Mozilla Thunderbird", ("eml",),
                           publisher="Mozilla", version="115.7.0"),
    "player": Program("/Program Files/Chime/Chime.exe", "Chime player", ("mp3", "mp4"), publisher="Chime Audio",
                      version="2.8"),
}  # fmt: skip
_EXECUTABLE_BYTES = 220_000


def program_for(name: str) -> str:
    """Return the program that opens a document of that name."""
    ending = name.rpartition(".")[2].lower()
    return next((key for key, program in PROGRAMS.items() if ending in program.endings), "notepad")


def run(world: World, key: str, at: datetime) -> Left:
    """Run a program ``at`` (device UTC), and keep what Windows notes of it.

    Raises:
        SynthesisError: There is no such program.
    """
    computer = computer_of(world)
    program = PROGRAMS.get(key)
    if program is None:
        raise SynthesisError(f"there is no program {key!r}", remedy=f"Take one of: {', '.join(PROGRAMS)}.")
    stream = Stream(world.seed, f"run/{computer.spec.name}/{program.path}/{at.isoformat()}")
    focus = timedelta(seconds=stream.between(8, 900), milliseconds=stream.below(1000))
    count_run(computer.hive("NTUSER", at), program.user_assist_name, at, focus=focus, switches=stream.between(1, 9))
    if program.typed and stream.below(2):
        remember_command(computer.hive("NTUSER", at), program.typed, at)
    return Left(
        facts={
            "program": program.path.rpartition("/")[2],
            "program_path": program.path,
            "prefetch_path": count_prefetch(world, program.path, at),
        }
    )


def install_all(world: World, at: datetime) -> None:
    """Install every program of the list that Windows does not bring."""
    for key, program in PROGRAMS.items():
        if not program.path.startswith(_SYSTEM32):
            install(world, key, at)
            at += timedelta(minutes=7)


def install(world: World, key: str, at: datetime) -> None:
    """Install a program ``at`` (device UTC): its executable and its entry among the installed programs."""
    computer, program = computer_of(world), PROGRAMS[key]
    folder, _, name = program.path.rpartition("/")
    world.make_folders(folder, world.clock.true_from_device(at))
    put(world, program.path, body(name, _EXECUTABLE_BYTES, len(name)), at)
    if program.publisher:
        install_program(
            computer.hive("SOFTWARE", at),
            program.title,
            program.title,
            at,
            version=program.version,
            publisher=program.publisher,
            on=world.clock.shown(world.clock.true_from_device(at)).date(),
            folder=windows_path(folder),
        )


def _run_program(world: World, action: Action) -> Left:
    return run(world, str(action.details["program"]), device_time(world, action))


def _type_path(world: World, action: Action) -> Left:
    at = device_time(world, action)
    remember_typed_path(computer_of(world).hive("NTUSER", at), str(action.details["typed"]), at)
    return Left()


def _pack(world: World, action: Action) -> Left:
    """Pack a file, or the files that lie in a folder, into an archive; what is packed stays where it is."""
    volume, at = ntfs(world, action), device_time(world, action)
    found = [volume.state(volume.node(path)) for path in sorted(volume.paths()) if _is_packed(action.path, path)]
    files = [
        ZippedFile(file.name, volume.read(file.path), world.clock.shown(world.clock.true_from_device(file.modified)))
        for file in found
        if not file.directory
    ]
    if not files:
        raise SynthesisError(f"{action.path} has no file to pack", remedy="Name a file, or a folder with files in it.")
    world.make_folders(action.to_path.rpartition("/")[0], action.at)
    run(world, "archiver", at)
    return world.made(action, action.to_path, volume.create(action.to_path, zip_files(files), at))


def _is_packed(chosen: str, path: str) -> bool:
    return chosen in (path, path.rpartition("/")[0])


def _install_program(world: World, action: Action) -> Left:
    install(world, str(action.details["program"]), device_time(world, action))
    return Left()


PROGRAM_ACTIONS: Mapping[str, Handler] = {
    "run_program": _run_program,
    "install_program": _install_program,
    "type_path": _type_path,
    "pack": _pack,
}
