"""The machine that an image is of: its kernel, its name, when it was started and captured."""

from dataclasses import dataclass

from labkit.evidence.memory.clock import Clock, read_clock
from labkit.evidence.memory.damage import tolerating
from labkit.evidence.memory.kernel import Kernel

_LONGEST_COMMAND_LINE = 2048  # COMMAND_LINE_SIZE of x86
_UTS_FIELDS = ("nodename", "release", "version", "machine")


@dataclass(frozen=True, slots=True)
class System:
    """What the kernel says of itself and of its machine; empty where it can not be read."""

    banner: str
    names: dict[str, str]  # nodename, release, version, machine, as uname has them
    command_line: str
    clock: Clock


def describe_system(kernel: Kernel) -> System:
    """Return what the kernel says of itself and of its machine."""
    banner, names, command_line = "", {}, ""
    with tolerating("the banner"):
        banner = kernel.text(kernel.address("linux_banner")).strip()
    if kernel.symbols.has("init_uts_ns"):
        with tolerating("the name of the machine"):
            space = kernel.variable("init_uts_ns", "uts_namespace")
            names = {field: space.text(f"name.{field}") for field in _UTS_FIELDS}
    if kernel.symbols.has("saved_command_line"):
        with tolerating("the command line of the kernel"):
            command_line = kernel.text(kernel.pointer(kernel.address("saved_command_line")), _LONGEST_COMMAND_LINE)
    return System(banner, names, command_line, read_clock(kernel))
