"""Packets as they lie on an Ethernet, and the capture file that holds them.

Sources: RFC 791 (IPv4), RFC 1071 (checksum), RFC 768 (UDP), RFC 9293 (TCP), RFC 826 (ARP), RFC 1035 and 3596 (DNS);
libpcap, "pcap-savefile(5)": the classic format with microseconds, little-endian.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

ETHERNET = 1  # LINKTYPE_ETHERNET
SYN, ACK, PUSH, FIN = 0x02, 0x10, 0x08, 0x01
_IPV4, _ARP = 0x0800, 0x0806
_TCP, _UDP = 6, 17
_TTL, _DONT_FRAGMENT = 64, 0x4000
_SHORTEST_FRAME_BYTES = 60  # without the frame check sequence, which captures do not keep
_SNAP_BYTES = 262144
_TYPE_A, _TYPE_AAAA, _CLASS_IN = 1, 28, 1
_POINTER_TO_NAME = 0xC00C


@dataclass(frozen=True, slots=True)
class Packet:
    """One captured frame and when it was captured, aware UTC."""

    at: datetime
    frame: bytes


@dataclass(frozen=True, slots=True)
class Host:
    """One end: its address, and the hardware address under which this network reaches it."""

    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class Segment:
    """What of a TCP packet differs from one to the next."""

    sequence: int
    acknowledged: int
    flags: int
    data: bytes = b""
    options: bytes = b""


def capture_file(packets: Iterable[Packet]) -> bytes:
    """Return a capture file with the packets in their order."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAP_BYTES, ETHERNET)]
    for packet in packets:
        seconds, micros = divmod((packet.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1), 1_000_000)
        parts += (struct.pack("<IIII", seconds, micros, len(packet.frame), len(packet.frame)), packet.frame)
    return b"".join(parts)


def tcp_frame(source: Host, source_port: int, to: Host, to_port: int, segment: Segment, identification: int) -> bytes:
    """Return a frame with one TCP segment."""
    header_bytes = 20 + len(segment.options)
    header = struct.pack(
        ">HHIIBBHHH", source_port, to_port, segment.sequence & 0xFFFFFFFF, segment.acknowledged & 0xFFFFFFFF,
        header_bytes // 4 << 4, segment.flags, 64240, 0, 0,
    )  # fmt: skip
    body = header + segment.options + segment.data
    checksum = internet_checksum(_pseudo_header(source, to, _TCP, len(body)) + body)
    return _ipv4(source, to, _TCP, body[:16] + struct.pack(">H", checksum) + body[18:], identification)


def udp_frame(source: Host, source_port: int, to: Host, to_port: int, data: bytes, identification: int) -> bytes:
    """Return a frame with one UDP datagram."""
    size = 8 + len(data)
    body = struct.pack(">HHHH", source_port, to_port, size, 0) + data
    checksum = internet_checksum(_pseudo_header(source, to, _UDP, size) + body) or 0xFFFF
    return _ipv4(source, to, _UDP, body[:6] + struct.pack(">H", checksum) + data, identification)


def arp_frame(source: Host, to: Host, *, answer: bool) -> bytes:
    """Return the question who has an address, or the answer to it."""
    known = bytes(6) if not answer else _mac(to.mac)
    body = struct.pack(">HHBBH", ETHERNET, _IPV4, 6, 4, 2 if answer else 1)
    body += _mac(source.mac) + _packed(source.address) + known + _packed(to.address)
    return _ethernet(to.mac if answer else "ff:ff:ff:ff:ff:ff", source.mac, _ARP, body)


def dns_question(identifier: int, name: str, *, version: int = 4) -> bytes:
    """Return a DNS question for the addresses of a name."""
    return struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + _question(name, version)


def dns_answer(identifier: int, name: str, address: str, *, lifetime_s: int) -> bytes:
    """Return the answer: one address of the name, IPv4 or IPv6."""
    version = 6 if ":" in address else 4
    data = _packed(address) if version == 4 else IPv6Address(address).packed  # noqa: PLR2004
    head = struct.pack(">HHHHHH", identifier, 0x8180, 1, 1, 0, 0) + _question(name, version)
    kind = _TYPE_A if version == 4 else _TYPE_AAAA  # noqa: PLR2004
    return head + struct.pack(">HHHIH", _POINTER_TO_NAME, kind, _CLASS_IN, lifetime_s, len(data)) + data


def internet_checksum(data: bytes) -> int:
    """Return the ones' complement of the ones' complement sum of 16-bit words (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _question(name: str, version: int) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode("ascii") for label in name.split("."))
    return labels + b"\0" + struct.pack(">HH", _TYPE_A if version == 4 else _TYPE_AAAA, _CLASS_IN)  # noqa: PLR2004


def _ipv4(source: Host, to: Host, protocol: int, body: bytes, identification: int) -> bytes:
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), identification & 0xFFFF, _DONT_FRAGMENT, _TTL, protocol, 0,
        _packed(source.address), _packed(to.address),
    )  # fmt: skip
    head = head[:10] + struct.pack(">H", internet_checksum(head)) + head[12:]
    return _ethernet(to.mac, source.mac, _IPV4, head + body)


def _pseudo_header(source: Host, to: Host, protocol: int, size: int) -> bytes:
    return _packed(source.address) + _packed(to.address) + struct.pack(">BBH", 0, protocol, size)


def _ethernet(to: str, source: str, kind: int, body: bytes) -> bytes:
    return (_mac(to) + _mac(source) + struct.pack(">H", kind) + body).ljust(_SHORTEST_FRAME_BYTES, b"\0")


@lru_cache(maxsize=1024)
def _packed(address: str) -> bytes:
    return IPv4Address(address).packed


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
