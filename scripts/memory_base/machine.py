"""A virtual machine without acceleration, and the capture of its memory."""

import json
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_QEMU = "qemu-system-x86_64"


class MachineError(RuntimeError):
    """The machine did not do what it should; what it said on its console is in the message."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is started: a kernel, an initial file system, a command line, memory, a clock, other options of QEMU."""

    kernel: Path
    initramfs: Path
    command_line: str
    memory_mib: int
    clock: datetime
    options: tuple[str, ...] = ()

    def command(self, folder: Path) -> list[str]:
        """Return the command; serial lines and control socket lie in ``folder``."""
        return [
            _QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-action", "panic=pause",
            "-machine", "pc,accel=tcg", "-cpu", "qemu64", "-smp", "1", "-m", str(self.memory_mib),
            "-icount", "shift=auto,sleep=off",
            "-rtc", f"base={self.clock:%Y-%m-%dT%H:%M:%S},clock=vm",
            "-kernel", str(self.kernel), "-initrd", str(self.initramfs), "-append", self.command_line,
            "-chardev", f"file,id=console,path={folder / 'console'}", "-serial", "chardev:console",
            "-chardev", f"file,id=data,path={folder / 'data'}", "-serial", "chardev:data",
            "-qmp", f"unix:{folder / 'control'},server=on,wait=off",
            *self.options,
        ]  # fmt: skip


def run_to_the_end(machine: Machine, folder: Path, seconds: float = 300) -> bytes:
    """Run until the guest switches itself off; return what it wrote to its second serial line."""
    with subprocess.Popen(machine.command(folder)) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise MachineError(f"not off after {seconds} s\n{_console(folder)}") from None
    return (folder / "data").read_bytes()


def capture(machine: Machine, folder: Path, image: Path, seconds: float = 900) -> None:
    """Run until the guest asks to be stopped (pvpanic), then write its physical memory to ``image``."""
    control = folder / "control"
    with subprocess.Popen(machine.command(folder)) as process:
        try:
            _wait_for(control, process, folder)
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(seconds)
                line.connect(str(control))
                _capture(line, machine, folder, image)
        except TimeoutError:
            raise MachineError(f"not stopped after {seconds} s\n{_console(folder)}") from None
        finally:
            if process.poll() is None:
                process.kill()


def _wait_for(control: Path, process: subprocess.Popen[bytes], folder: Path) -> None:
    while not control.exists():
        if process.poll() is not None:
            raise MachineError(f"QEMU ended at once\n{_console(folder)}")
        time.sleep(0.05)


def _capture(line: socket.socket, machine: Machine, folder: Path, image: Path) -> None:
    with line.makefile("rw") as stream:
        stream.readline()
        _ask(stream, "qmp_capabilities")
        while (message := _next(stream)).get("event") != "STOP":
            if message.get("event") == "SHUTDOWN":
                raise MachineError(f"the guest switched itself off before it was captured\n{_console(folder)}")
        _ask(stream, "pmemsave", val=0, size=machine.memory_mib << 20, filename=str(image))
        _ask(stream, "quit")


def _next(stream: Any) -> dict[str, Any]:
    text = stream.readline()
    if not text:
        raise MachineError("QEMU ended before the memory was captured")
    message: dict[str, Any] = json.loads(text)
    return message


def _ask(stream: Any, command: str, **arguments: Any) -> None:
    stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    stream.flush()
    while "return" not in (message := _next(stream)):
        if "error" in message:
            raise MachineError(f"{command}: {message['error']['desc']}")


def _console(folder: Path) -> str:
    console = folder / "console"
    return console.read_text(errors="replace")[-3000:] if console.exists() else ""


def forwarded(destinations: Iterable[tuple[str, int, str]]) -> tuple[str, ...]:
    """Return options for a network card whose other side is QEMU itself.

    The user network is wide enough to hold our documentation addresses, and closed: only ``destinations`` (address,
    port, command that answers) exist. So the image has the local end of a connection and nothing of the other one.
    """
    forwards = "".join(f",guestfwd=tcp:{address}:{port}-cmd:{command}" for address, port, command in destinations)
    network = f"user,id=net,restrict=on,net=192.0.0.0/4,host=192.0.2.1,dns=192.0.2.3,dhcpstart=192.0.2.200{forwards}"
    return ("-netdev", network, "-device", "virtio-net-pci,netdev=net,mac=52:54:00:04:17:07", "-device", "pvpanic")
