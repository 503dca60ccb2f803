"""The open files and sockets of the processes of a capture, with the places of what will be personal in them."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.tasks import Task, processes

_STATES = {1: "ESTABLISHED", 7: "CLOSE", 8: "CLOSE_WAIT", 10: "LISTEN"}  # include/net/tcp_states.h
_TCP = 6


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A descriptor of a process."""

    task: Task
    number: int
    file: Record


@dataclass(frozen=True, slots=True)
class Connection:
    """An IPv4 socket of TCP or UDP."""

    opened: OpenFile
    sock: Record

    @property
    def protocol(self) -> str:
        """Return ``TCP`` or ``UDP``."""
        return "TCP" if self.sock.number("sk.sk_protocol") == _TCP else "UDP"

    @property
    def state(self) -> str:
        """Return the state of TCP by its usual name."""
        number = self.sock.number("sk.__sk_common.skc_state")
        return _STATES.get(number, str(number))

    @property
    def local(self) -> tuple[str, int]:
        """Return address and port of this end."""
        address = _address(self.sock.number("sk.__sk_common.skc_rcv_saddr"))
        return address, self.sock.number("sk.__sk_common.skc_num")

    @property
    def remote(self) -> tuple[str, int]:
        """Return address and port of the other end."""
        address = _address(self.sock.number("sk.__sk_common.skc_daddr"))
        return address, socket.ntohs(self.sock.number("sk.__sk_common.skc_dport"))


def open_files(kernel: Kernel) -> Iterator[OpenFile]:
    """Yield the descriptors of all processes."""
    for task in processes(kernel):
        if not task.record.number("files"):
            continue
        table = task.record.follow("files", "files_struct").follow("fdt", "fdtable")
        slots = kernel.read(table.number("fd"), 8 * table.number("max_fds"))
        for number, (address,) in enumerate(struct.iter_unpack("<Q", slots)):
            if address:
                yield OpenFile(task, number, kernel.record("file", address))


def connections(kernel: Kernel) -> Iterator[Connection]:
    """Yield the IPv4 sockets of all processes."""
    operations = kernel.address("socket_file_ops")
    for opened in open_files(kernel):
        if opened.file.number("f_op") != operations:
            continue
        sock = kernel.record("socket", opened.file.number("private_data")).number("sk")
        if kernel.record("sock", sock).number("__sk_common.skc_family") == socket.AF_INET:
            yield Connection(opened, kernel.record("inet_sock", sock))


def _address(number: int) -> str:
    return socket.inet_ntoa(struct.pack("<I", number))
