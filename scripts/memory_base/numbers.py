"""Places of ports and addresses that are personal and stand in the image as numbers."""

from collections.abc import Iterator
from ipaddress import ip_address

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.sockets import Endpoint, Socket, sockets
from labkit.evidence.memory.tasks import processes
from memory_base import story as stories
from memory_base.entries import NumberEntry


def number_entries(kernel: Kernel, story: stories.Story) -> Iterator[NumberEntry]:
    """Yield the places in the sockets of the two connections and of the listener, and all copies of the address."""
    paths = Paths(kernel)
    for held in (held for task in processes(kernel) for held in sockets(task, paths)):
        if held.remote == Endpoint(stories.RELAY, story.relay_port):
            yield from _ends(kernel, held, "relay_local_port", "relay_port")
        elif held.remote == Endpoint(stories.PROVIDER, 443):
            yield from _ends(kernel, held, "provider_local_port", None)
        elif held.local == Endpoint("0.0.0.0", story.listen_port):  # noqa: S104 - what the program listened to
            yield from _ends(kernel, held, "listen_port", None)
    yield from _address_copies(kernel)


def _ends(kernel: Kernel, held: Socket, local: str, remote: str | None) -> Iterator[NumberEntry]:
    """Source: include/net/sock.h, inet_sock.h, inet_connection_sock.h, inet_hashtables.h, flow.h."""
    sock = kernel.record("inet_sock", held.record.address)

    def at(virtual: int) -> int:
        return kernel.space.translate(virtual)

    yield NumberEntry(at(sock.place("sk.__sk_common.skc_num")), local, "le16")
    yield NumberEntry(at(sock.place("inet_sport")), local, "be16")
    connected = kernel.record("inet_connection_sock", sock.address)
    for field, kind in (("icsk_bind_hash", "inet_bind_bucket"), ("icsk_bind2_hash", "inet_bind2_bucket")):
        if field in connected.layout:
            yield NumberEntry(at(kernel.record(kind, connected.number(field)).place("port")), local, "le16")
    if remote:
        yield NumberEntry(at(sock.place("sk.__sk_common.skc_dport")), remote, "be16")
    if held.state == "ESTABLISHED":
        flow = kernel.record("flowi4", sock.place("cork.fl.u.ip4"))
        ports = sock.place("cork.fl.u.ip4") + flow.layout.offset("uli")  # destination, then source
        if remote:
            yield NumberEntry(at(ports), remote, "be16")
        yield NumberEntry(at(ports + 2), local, "be16")


def _address_copies(kernel: Kernel) -> Iterator[NumberEntry]:
    """Yield the last byte of each aligned copy of the relay's address: in sockets, routes and other tables."""
    for place in kernel.memory.find(ip_address(stories.RELAY).packed):
        if place % 4 == 0:
            yield NumberEntry(place + 3, "relay_octet", "u8")
