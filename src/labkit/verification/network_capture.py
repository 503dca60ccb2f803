"""A network capture beside the log of a router: read by tshark, by capinfos, and byte by byte.

The error of the router's clock follows from every connection that both have seen: the log knows whole seconds, so each
of them leaves a stretch of one second, and all of them together leave one whole number.

Sources: libpcap, "pcap-savefile(5)"; RFC 791, RFC 9293 (headers).
"""

import hashlib
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from math import ceil, floor
from pathlib import Path
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.programs import ask
from labkit.zones import zone as zone_named

_CAPTURE, _LOG = "KF-09.pcap", "KF-09-router.log"
_PLAIN, _TSHARK = "bytes of the capture", "tshark"
_LINES = "lines of the log"
_NEW = re.compile(
    r"^(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ kernel: \[ *[\d.]+\] NEW .*SRC=(?P<source>\S+)"
    r" DST=(?P<to>\S+) PROTO=TCP SPT=(?P<source_port>\d+) DPT=(?P<to_port>\d+) ",
    re.MULTILINE,
)
_SYN, _ACK = 0x02, 0x10
_IPV4, _TCP = 0x0800, 6
_FIELDS = ("frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.flags")
_CHECKED = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
_BAD = "_ws.malformed or ip.checksum.status == 0 or tcp.checksum.status == 0 or udp.checksum.status == 0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Ends = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True)
class TcpPacket:
    """One packet of TCP: when, from where to where, its flags."""

    at: datetime
    ends: Ends
    flags: int

    @property
    def opens(self) -> bool:
        """Return whether it asks for a connection."""
        return self.flags & (_SYN | _ACK) == _SYN


def confirm_packet_capture(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the capture: its digests, its packets, and that every checksum in it is right."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    facts: dict[str, Any] = {"name": path.name, "size_bytes": len(data)}
    facts |= {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    times = [at for at, _ in _frames(data)]
    plain = {"packet_count": len(times), "first_utc": times[0], "last_utc": times[-1]}
    yield from weigh(trace, [Testimony("hashlib", facts), Testimony(_PLAIN, plain), _by_capinfos(path)])
    answer = ask(_TSHARK, *_CHECKED, "-n", "-r", path, "-Y", _BAD)
    found = None if answer is None else (answer.text if answer.succeeded else answer.complaint)
    yield Confirmation(trace.id, "(wrong checksums)", _TSHARK, "", found, None if found is None else found == "")


def confirm_router_log(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the log of the router as a file; each connection that began in the capture is in it."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    facts: dict[str, Any] = {"name": path.name, "size_bytes": len(data), "line_count": len(data.splitlines())}
    facts |= {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    yield from weigh(trace, [Testimony("hashlib", facts)])
    opened = [one.ends for one in _tcp_by_bytes(item) if one.opens]
    noted = [ends for _, ends in _noted(item)]
    yield statement(trace.id, "(each of them once)", _LINES, [1] * len(opened), [noted.count(one) for one in opened])


def confirm_router_clock(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the error of the router's clock, from all connections that two clocks have seen."""
    said = [Testimony(_PLAIN, _told(trace, item, _tcp_by_bytes(item)))]
    packets = _tcp_by_tshark(item)
    facts = None if packets is None else _told(trace, item, packets)
    yield from weigh(trace, [*said, Testimony(_TSHARK, facts, tuple(trace.facts.keys() - {"zone"}))])


def confirm_captured_connection(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a connection that is kept alive in the capture, and of its beginning in the log."""
    said = [Testimony(_PLAIN, _connection(trace, _tcp_by_bytes(item)))]
    packets = _tcp_by_tshark(item)
    facts = None if packets is None else _connection(trace, packets)
    said.append(Testimony(_TSHARK, facts, ("local_endpoint", "endpoint", "local_port", "host", "port")))
    begun = [
        at for at, ends in _noted(item) if _written(ends) == (trace.facts["local_endpoint"], trace.facts["endpoint"])
    ]
    if len(begun) == 1:
        zone, error_s = zone_named(str(trace.facts["zone"])), router_offset_s(item)
        began = begun[0].replace(tzinfo=zone).astimezone(UTC) - timedelta(seconds=error_s)
        told: dict[str, Any] = {"started_router_local": begun[0].replace(tzinfo=UTC), "started_utc": began}
        told["clock_offset_s"] = error_s
    else:
        told = {"started_utc": Unreadable(f"{len(begun)} lines about it")}
    yield from weigh(trace, [*said, Testimony(_LINES, told)])


def router_offset_s(item: BuiltItem) -> int:
    """Return by how many seconds the router's clock is fast.

    Raises:
        ValueError: The log and the capture leave more than one answer, or none.
    """
    zone = str(item.truth.traces["router-clock"].facts["zone"])
    return _offset_s(item, _tcp_by_bytes(item), zone)


def _told(trace: Trace, item: BuiltItem, packets: list[TcpPacket]) -> dict[str, Any]:
    offset = _offset_s(item, packets, str(trace.facts["zone"]))
    return {
        "clock_offset_s": offset,
        "clock_offset_negated_s": -offset,
        "clock_offset_with_zone_s": _offset_s(item, packets, "UTC"),
    }


def _offset_s(item: BuiltItem, packets: list[TcpPacket], zone: str) -> int:
    noted: dict[Ends, list[datetime]] = {}
    for at, ends in _noted(item):
        noted.setdefault(ends, []).append(at.replace(tzinfo=zone_named(zone)).astimezone(UTC))
    least, most = float("-inf"), float("inf")
    for packet in packets:
        if packet.opens and len(noted.get(packet.ends, ())) == 1:
            ahead = (noted[packet.ends][0] - packet.at).total_seconds()
            least, most = max(least, ahead), min(most, ahead + 1)  # the log cuts fractions off
    whole = range(ceil(least), floor(most) + 1) if most < float("inf") else range(0)
    if len(whole) != 1:
        raise ValueError(f"the router's clock is fast by {least:.3f} to {most:.3f} s, which is no whole number")
    return whole[0]


def _connection(trace: Trace, packets: list[TcpPacket]) -> dict[str, Any]:
    """Return both ends of the connection that has the truth's port, as the machine inside sends."""
    sought = int(str(trace.facts["local_port"])), int(str(trace.facts["port"]))
    found = {one.ends for one in packets if (one.ends[1], one.ends[3]) == sought}
    if len(found) != 1:
        return {"local_endpoint": Unreadable(f"{len(found)} such connections")}
    ends = found.pop()
    local, other = _written(ends)
    return {"local_endpoint": local, "local_port": ends[1], "endpoint": other, "host": ends[2], "port": ends[3]}


def _written(ends: Ends) -> tuple[str, str]:
    return f"{ends[0]}:{ends[1]}", f"{ends[2]}:{ends[3]}"


def _noted(item: BuiltItem) -> Iterator[tuple[datetime, Ends]]:
    """Yield local time (naive) and ends of each connection in the log, which does not know its year."""
    year = next(_frames(item.file(_CAPTURE).read_bytes()))[0].year
    for found in _NEW.finditer(item.file(_LOG).read_text(encoding="ascii")):
        at = datetime.strptime(f"{year} {found['time']}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007 - as it stands there
        yield at, (found["source"], int(found["source_port"]), found["to"], int(found["to_port"]))


def _frames(data: bytes) -> Iterator[tuple[datetime, bytes]]:
    """Yield time and bytes of each packet of a capture with microseconds, little-endian, of an Ethernet.

    Raises:
        ValueError: It is another kind of file, or cut short.
    """
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    if (magic, major, minor, link) != (0xA1B2C3D4, 2, 4, 1):
        raise ValueError("no capture of an Ethernet with microseconds")
    place = 24
    while place < len(data):
        seconds, micros, kept, whole = struct.unpack_from("<IIII", data, place)
        if kept != whole or place + 16 + kept > len(data):
            raise ValueError(f"the packet at byte {place} is cut short")
        yield _EPOCH + timedelta(seconds=seconds, microseconds=micros), data[place + 16 : place + 16 + kept]
        place += 16 + kept


def _tcp_by_bytes(item: BuiltItem) -> list[TcpPacket]:
    packets = []
    for at, frame in _frames(item.file(_CAPTURE).read_bytes()):
        header_bytes = (frame[14] & 0x0F) * 4
        if struct.unpack_from(">H", frame, 12)[0] != _IPV4 or frame[14 + 9] != _TCP:
            continue
        source, to = (str(IPv4Address(frame[place : place + 4])) for place in (26, 30))
        source_port, to_port = struct.unpack_from(">HH", frame, 14 + header_bytes)
        packets.append(TcpPacket(at, (source, source_port, to, to_port), frame[14 + header_bytes + 13]))
    return packets


def _tcp_by_tshark(item: BuiltItem) -> list[TcpPacket] | None:
    fields = [word for field in _FIELDS for word in ("-e", field)]
    answer = ask(_TSHARK, "-n", "-r", item.file(_CAPTURE), "-Y", "tcp", "-T", "fields", *fields)
    if answer is None:
        return None
    if not answer.succeeded:
        raise ValueError(f"tshark: {answer.complaint}")
    rows = (line.split("\t") for line in answer.text.splitlines())
    return [
        TcpPacket(_moment(at), (source, int(source_port), to, int(to_port)), int(flags, 16))
        for at, source, source_port, to, to_port, flags in rows
    ]


def _by_capinfos(path: Path) -> Testimony:
    would = ("packet_count", "first_utc", "last_utc")
    answer = ask("capinfos", "-r", "-T", "-M", "-S", "-c", "-a", "-e", path)
    if answer is None:
        return Testimony("capinfos", None, would)
    if not answer.succeeded:
        return Testimony("capinfos", {"packet_count": Unreadable(answer.complaint)}, would)
    _, packets, first, last = answer.text.strip().split("\t")
    facts = {"packet_count": int(packets), "first_utc": _moment(first), "last_utc": _moment(last)}
    return Testimony("capinfos", facts, would)


def _moment(seconds: str) -> datetime:
    """Return a time that is written as seconds since 1970 with a fraction; no float is precise enough."""
    return _EPOCH + timedelta(microseconds=int(Decimal(seconds) * 1_000_000))


CAPTURE_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "packet_capture": confirm_packet_capture,
    "router_log": confirm_router_log,
    "router_clock": confirm_router_clock,
    "captured_connection": confirm_captured_connection,
}
