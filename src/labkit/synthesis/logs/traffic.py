"""The capture at the inner side of the router: questions for names, connections, and what keeps connections alive.

What is inside is empty: greetings of TLS as they look, then bytes from a stream.

Sources: RFC 5246 sections 6.2 and 7.4 (TLS records and greetings), RFC 6066 section 3 (server name), RFC 1122 section
4.2.3.6 (a keep-alive has the sequence number before the next one and no data).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.synthesis.logs.office import HTTPS, ROUTER, Flow, Office
from labkit.synthesis.logs.packets import (
    ACK,
    FIN,
    PUSH,
    SYN,
    Host,
    Packet,
    Segment,
    arp_frame,
    dns_answer,
    dns_question,
    tcp_frame,
    udp_frame,
)
from labkit.synthesis.logs.router_log import hardware_address
from labkit.synthesis.logs.told import OFFICE_NETWORK, Connection, ToldLogs
from labkit.synthesis.streams import Stream

_SYN_OPTIONS = bytes.fromhex("020405b4 0101 0402 01030307")  # MSS 1460, SACK permitted, window scale 7
_LARGEST_BYTES = 1400
_HANDSHAKE, _CHANGE_CIPHER, _DATA = 22, 20, 23
_VERSION = b"\x03\x03"
_CIPHERS = bytes.fromhex("c02bc02fc02cc030009c009d")
_KEPT_ALIVE_S = 45
_DNS = 53


@dataclass
class _Talk:
    """One TCP connection while it goes on: both ends with their next sequence numbers."""

    client: Host
    port: int
    server: Host
    server_port: int
    stream: Stream
    at: datetime
    ours: int = 0
    theirs: int = 0

    def __post_init__(self) -> None:
        self.ours, self.theirs = (int.from_bytes(self.stream.take(4), "big") for _ in range(2))

    def say(self, flags: int, data: bytes = b"", *, options: bytes = b"") -> Packet:
        """Return a packet of the client."""
        acknowledged = self.theirs if flags & ACK else 0
        segment = Segment(self.ours, acknowledged, flags, data, options)
        frame = tcp_frame(self.client, self.port, self.server, self.server_port, segment, self._identification())
        self.ours += len(data) + bool(flags & (SYN | FIN))
        return Packet(self._now(), frame)

    def hear(self, flags: int, data: bytes = b"", *, options: bytes = b"") -> Packet:
        """Return a packet of the server."""
        segment = Segment(self.theirs, self.ours, flags, data, options)
        frame = tcp_frame(self.server, self.server_port, self.client, self.port, segment, self._identification())
        self.theirs += len(data) + bool(flags & (SYN | FIN))
        return Packet(self._now(), frame)

    def wait(self, low_us: int, high_us: int) -> None:
        """Let some microseconds pass."""
        self.at += timedelta(microseconds=self.stream.between(low_us, high_us))

    def _now(self) -> datetime:
        now = self.at
        self.wait(60, 900)
        return now

    def _identification(self) -> int:
        return int.from_bytes(self.stream.take(2), "big")


def captured_packets(told: ToldLogs, office: Office) -> list[Packet]:
    """Return all packets of the capture by time."""
    packets: list[Packet] = []
    for number, flow in enumerate(office.captured):
        packets += _conversation(flow, told.stream(f"conversation/{number}"))
    for one, name in ((told.provider, "provider"), (told.relay, "relay")):
        packets += _kept_alive(one, office, told.stream(f"alive/{name}"))
    packets += _questions_for_hardware(told, office)
    return sorted((one for one in packets if office.begin <= one.at < office.end), key=lambda one: one.at)


def _inside(address: str) -> Host:
    return Host(address, hardware_address(address))


def _outside(address: str) -> Host:
    """Return a host outside: its packets come from the router."""
    return Host(address, hardware_address(ROUTER))


def _conversation(flow: Flow, stream: Stream) -> Iterator[Packet]:
    client, router = _inside(flow.client), _inside(ROUTER)
    if flow.name:
        yield from _name_asked(flow, client, router, stream)
    talk = _Talk(client, flow.port, _outside(flow.server), flow.server_port, stream, flow.at)
    yield talk.say(SYN, options=_SYN_OPTIONS)
    talk.wait(8_000, 60_000)
    yield talk.hear(SYN | ACK, options=_SYN_OPTIONS)
    yield talk.say(ACK)
    if flow.server_port == HTTPS:
        yield talk.say(PUSH | ACK, _client_hello(flow.name, stream))
        talk.wait(8_000, 60_000)
        yield talk.hear(PUSH | ACK, _server_hello(stream) + _finished(stream))
        yield talk.say(PUSH | ACK, _finished(stream))
    for _ in range(stream.between(1, 4)):
        yield talk.say(PUSH | ACK, _record(_DATA, stream.take(stream.between(60, 500))))
        talk.wait(10_000, 80_000)
        for _ in range(stream.between(1, 3)):
            yield talk.hear(PUSH | ACK, _record(_DATA, stream.take(stream.between(200, _LARGEST_BYTES))))
        yield talk.say(ACK)
        talk.wait(20_000, 1_500_000)
    yield talk.say(FIN | ACK)
    talk.wait(8_000, 60_000)
    yield talk.hear(FIN | ACK)
    yield talk.say(ACK)


def _name_asked(flow: Flow, client: Host, router: Host, stream: Stream) -> Iterator[Packet]:
    """Yield the questions for the addresses of a name, IPv4 and IPv6, and their answers."""
    asked = flow.at - timedelta(milliseconds=31)
    for version, address, delay_us in ((4, flow.server, 0), (6, _sixth(flow.server), 900)):
        identifier, port = int.from_bytes(stream.take(2), "big"), stream.between(32768, 60999)
        question = dns_question(identifier, flow.name, version=version)
        answer = dns_answer(identifier, flow.name, address, lifetime_s=60 * stream.between(1, 60))
        at = asked + timedelta(microseconds=delay_us)
        yield Packet(at, udp_frame(client, port, router, _DNS, question, int.from_bytes(stream.take(2), "big")))
        at += timedelta(microseconds=stream.between(16_000, 19_000))
        yield Packet(at, udp_frame(router, _DNS, client, port, answer, int.from_bytes(stream.take(2), "big")))


def _sixth(address: str) -> str:
    """Return the IPv6 address of a host outside (RFC 3849)."""
    _, _, network, host = address.split(".")
    return f"2001:db8:{network}::{host}"


def _kept_alive(one: Connection, office: Office, stream: Stream) -> Iterator[Packet]:
    """Yield how a connection that is older than the capture is kept alive."""
    at = office.begin + timedelta(microseconds=stream.below(_KEPT_ALIVE_S * 1_000_000))
    talk = _Talk(_inside(one.local_host), one.local_port, _outside(one.host), one.port, stream, at)
    while at < office.end:
        talk.at = at
        talk.ours -= 1
        yield talk.say(ACK)
        talk.ours += 1
        talk.wait(8_000, 60_000)
        yield talk.hear(ACK)
        at += timedelta(seconds=_KEPT_ALIVE_S)


def _questions_for_hardware(told: ToldLogs, office: Office) -> Iterator[Packet]:
    stream, router = told.stream("arp"), _inside(ROUTER)
    at = office.begin
    addresses = sorted({flow.client for flow in office.captured} | {f"{OFFICE_NETWORK}.25"})
    while at < office.end:
        at += timedelta(microseconds=stream.between(3_000_000, 25_000_000))
        one = _inside(stream.pick(addresses))
        yield Packet(at, arp_frame(router, one, answer=False))
        yield Packet(at + timedelta(microseconds=stream.between(90, 700)), arp_frame(one, router, answer=True))


# -- greetings of TLS -------------------------------------------------------------------------------------------------


def _record(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + _VERSION + struct.pack(">H", len(data)) + data


def _greeting(kind: int, body: bytes) -> bytes:
    return _record(_HANDSHAKE, bytes((kind,)) + len(body).to_bytes(3, "big") + body)


def _client_hello(name: str, stream: Stream) -> bytes:
    host = name.encode("ascii")
    names = struct.pack(">BH", 0, len(host)) + host
    server_name = struct.pack(">HHH", 0, len(names) + 2, len(names)) + names
    body = _VERSION + stream.take(32) + b"\x20" + stream.take(32)
    body += struct.pack(">H", len(_CIPHERS)) + _CIPHERS + b"\x01\x00"
    return _greeting(1, body + struct.pack(">H", len(server_name)) + server_name)


def _server_hello(stream: Stream) -> bytes:
    return _greeting(2, _VERSION + stream.take(32) + b"\x20" + stream.take(32) + _CIPHERS[:2] + b"\x00")


def _finished(stream: Stream) -> bytes:
    """Return the change to encryption, and the first record that nobody can read: the end of the greeting."""
    return _record(_CHANGE_CIPHER, b"\x01") + _record(_HANDSHAKE, stream.take(40))
