"""Prefetch files: one for each program, counted up with every run, written when a part of the story is over."""

from dataclasses import dataclass, replace
from datetime import datetime

from labkit.synthesis.artifacts.prefetch import Prefetch, PrefetchFile, PrefetchVolume, prefetch_hash
from labkit.synthesis.world.computer.at_work import computer_of
from labkit.synthesis.world.world import World

_FOLDER = "/Windows/Prefetch"
_DEVICE = r"\DEVICE\HARDDISKVOLUME3"  # the third partition of the disk
_LOADED = ("ntdll.dll", "kernel32.dll", "KernelBase.dll", "user32.dll", "gdi32.dll", "advapi32.dll", "msvcrt.dll",
           "shell32.dll", "ole32.dll", "combase.dll", "uxtheme.dll", "ws2_32.dll", "crypt32.dll")  # fmt: skip


@dataclass
class RunLog:
    """What is known about the runs of one program."""

    prefetch: Prefetch

    def fork(self) -> "RunLog":
        """Return an independent copy."""
        return replace(self)


def count_prefetch(world: World, program_path: str, at: datetime) -> str:
    """Count a run in the prefetch file of a program; return the path of that file."""
    computer = computer_of(world)
    name = f"prefetch/{program_path}"
    if name not in computer.kept:
        prefetch = _first(world, program_path).run(at)
        path = f"{_FOLDER}/{prefetch.file_name}"
        computer.keep(name, path, RunLog(prefetch), _rendered, at)
        world.volume.create(path, prefetch.render(), at)
        return path
    log: RunLog = computer.change(name, at)
    log.prefetch = log.prefetch.run(at)
    return computer.kept[name].path


def _first(world: World, program_path: str) -> Prefetch:
    volume, spec = world.volume, world.places[world.main].spec
    loaded = [program_path, *(f"/Windows/System32/{name}" for name in _LOADED)]
    files = []
    for path in loaded:
        state = volume.state(volume.node(path))
        files.append(PrefetchFile(path.replace("/", "\\"), state.address, getattr(state, "sequence", 0)))
    place = PrefetchVolume(
        world.clock.device_utc(spec.formatted), int(volume.serial_text.replace("-", ""), 16), tuple(files)
    )
    device_path = _DEVICE + program_path.replace("/", "\\").upper()
    return Prefetch(program_path.rpartition("/")[2], prefetch_hash(device_path), (place,))


def _rendered(log: RunLog, _saved: datetime) -> bytes:
    return log.prefetch.render()
