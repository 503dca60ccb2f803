"""Places of ports and addresses that are personal and stand in the image as numbers."""

import socket
from collections.abc import Iterator

from labkit.evidence.memory.kernel import Kernel
from memory_base import story as stories
from memory_base.descriptors import Connection, connections
from memory_base.entries import NumberEntry


def number_entries(kernel: Kernel, story: stories.Story) -> Iterator[NumberEntry]:
    """Yield the places in the sockets of the two connections and of the listener, and all copies of the address."""
    for connection in connections(kernel):
        address, port = connection.remote
        if address == stories.RELAY:
            yield from _ends(kernel, connection, "relay_local_port", "relay_port")
        elif (address, port) == (stories.PROVIDER, 443):
            yield from _ends(kernel, connection, "provider_local_port", None)
        elif connection.local == ("0.0.0.0", story.listen_port):  # noqa: S104 - what the program listened to
            yield from _ends(kernel, connection, "listen_port", None)
    yield from _address_copies(kernel)


def _ends(kernel: Kernel, connection: Connection, local: str, remote: str | None) -> Iterator[NumberEntry]:
    """Source: include/net/sock.h, inet_sock.h, inet_connection_sock.h, inet_hashtables.h, flow.h."""
    sock = connection.sock

    def at(virtual: int) -> int:
        return kernel.space.translate(virtual)

    yield NumberEntry(at(sock.place("sk.__sk_common.skc_num")), local, "le16")
    yield NumberEntry(at(sock.place("inet_sport")), local, "be16")
    held = kernel.record("inet_connection_sock", sock.address)
    for field, kind in (("icsk_bind_hash", "inet_bind_bucket"), ("icsk_bind2_hash", "inet_bind2_bucket")):
        if field in held.layout:
            yield NumberEntry(at(kernel.record(kind, held.number(field)).place("port")), local, "le16")
    if remote:
        yield NumberEntry(at(sock.place("sk.__sk_common.skc_dport")), remote, "be16")
    if connection.state == "ESTABLISHED":
        flow = kernel.record("flowi4", sock.place("cork.fl.u.ip4"))
        ports = sock.place("cork.fl.u.ip4") + flow.layout.offset("uli")  # destination, then source
        if remote:
            yield NumberEntry(at(ports), remote, "be16")
        yield NumberEntry(at(ports + 2), local, "be16")


def _address_copies(kernel: Kernel) -> Iterator[NumberEntry]:
    """Yield the last byte of each aligned copy of the relay's address: in sockets, routes and other tables."""
    for place in kernel.memory.find(socket.inet_aton(stories.RELAY)):
        if place % 4 == 0:
            yield NumberEntry(place + 3, "relay_octet", "u8")
