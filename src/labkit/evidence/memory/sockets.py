"""Sockets of processes: who talks to whom.

Source: include/net/sock.h (``sock_common``), inet_sock.h, af_unix.h, tcp_states.h; ports are big-endian except
``skc_num``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from labkit.evidence.memory.damage import UnreadableError, tolerating
from labkit.evidence.memory.kernel import Record, printable
from labkit.evidence.memory.open_files import OpenFile, open_files
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.tasks import Task

_UNIX, _INET, _INET6, _NETLINK, _PACKET = 1, 2, 10, 16, 17
FAMILIES = {_UNIX: "unix", _INET: "ipv4", _INET6: "ipv6", _NETLINK: "netlink", _PACKET: "packet"}
_PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 136: "UDPLite", 255: "raw"}
_TYPES = {1: "stream", 2: "datagram", 3: "raw", 5: "seqpacket"}
_STATES = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "NEW_SYN_RECV",
}
_LONGEST_UNIX_ADDRESS = 110  # struct sockaddr_un
_FAMILY_BYTES = 2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port; of a Unix socket only a path, with ``@`` for the zero byte of one without a file."""

    address: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket and the descriptor by which a process holds it."""

    file: OpenFile
    record: Record  # struct sock
    family: str
    protocol: str
    state: str
    local: Endpoint | None
    remote: Endpoint | None


def sockets(task: Task, paths: Paths) -> Iterator[Socket]:
    """Yield the sockets that a process has open."""
    for file in open_files(task, paths):
        if file.kind == "socket":
            with tolerating(f"the socket of descriptor {file.descriptor} of process {task.pid}"):
                yield _socket(file)


def _socket(file: OpenFile) -> Socket:
    sock = file.record.follow("private_data", "socket").follow("sk", "sock")
    family = sock.number("__sk_common.skc_family")
    kind = sock.number("sk_type")
    protocol = _PROTOCOLS.get(sock.number("sk_protocol"), _TYPES.get(kind, str(kind)))
    state = sock.number("__sk_common.skc_state")
    local = remote = None
    if family in (_INET, _INET6):
        local, remote = _internet(sock, six=family == _INET6)
    elif family == _UNIX:
        protocol = _TYPES.get(kind, str(kind))
        local, remote = _unix(sock)
    shown = _STATES.get(state, str(state)) if protocol in ("TCP", "stream", "seqpacket") else ""
    return Socket(file, sock, FAMILIES.get(family, str(family)), protocol, shown, local, remote)


def _internet(sock: Record, *, six: bool) -> tuple[Endpoint, Endpoint | None]:
    own, other = ("skc_v6_rcv_saddr", "skc_v6_daddr") if six else ("skc_rcv_saddr", "skc_daddr")
    local = _address(sock, own, six=six)
    remote = _address(sock, other, six=six)
    port = int.from_bytes(sock.number("__sk_common.skc_dport").to_bytes(2, "little"), "big")
    connected = Endpoint(remote, port) if port else None
    return Endpoint(local, sock.number("__sk_common.skc_num")), connected


def _address(sock: Record, field: str, *, six: bool) -> str:
    value = sock[f"__sk_common.{field}"]
    raw = value.to_bytes(4, "little") if isinstance(value, int) else bytes(value)
    if len(raw) != (16 if six else 4):
        raise UnreadableError(f"the address of the socket at {sock.address:#x} has no sound length")
    return str(ip_address(raw))


def _unix(sock: Record) -> tuple[Endpoint | None, Endpoint | None]:
    own = sock.kernel.record("unix_sock", sock.address)
    local = _unix_address(own)
    peer = own.number("peer")
    remote = None
    if peer:
        with tolerating(f"the other end of the socket at {sock.address:#x}"):
            remote = _unix_address(sock.kernel.record("unix_sock", peer))
    return local, remote


def _unix_address(sock: Record) -> Endpoint | None:
    if not sock.number("addr"):
        return None
    address = sock.follow("addr", "unix_address")
    length = address.number("len")
    if not _FAMILY_BYTES < length <= _LONGEST_UNIX_ADDRESS:
        return None
    path = sock.kernel.read(address.place("name") + _FAMILY_BYTES, length - _FAMILY_BYTES)
    return Endpoint("@" + printable(path[1:]) if path.startswith(b"\0") else printable(path))
