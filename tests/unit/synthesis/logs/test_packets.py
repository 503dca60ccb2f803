"""Packets and their file against figures of the specifications and against the socket library."""

import socket
import struct
from datetime import UTC, datetime, timedelta, timezone

from labkit.synthesis.logs.packets import (
    ACK,
    SYN,
    Host,
    Packet,
    Segment,
    arp_frame,
    capture_file,
    dns_answer,
    dns_question,
    internet_checksum,
    tcp_frame,
    udp_frame,
)

HERE, THERE = Host("192.0.2.57", "02:00:5e:10:00:39"), Host("203.0.113.9", "02:00:5e:10:00:01")


def test_the_checksum_is_that_of_the_example() -> None:
    """RFC 1071, section 3: the sum of these bytes is DDF2."""
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert internet_checksum(b"\x01") == 0xFFFF - 0x0100  # an odd byte is the high one


def test_a_header_with_its_checksum_sums_up_to_nothing() -> None:
    frame = tcp_frame(HERE, 40000, THERE, 443, Segment(7, 9, ACK, b"odd"), 4711)
    address = socket.inet_aton(HERE.address) + socket.inet_aton(THERE.address)
    size = 20 + len(b"odd")

    assert frame[26:34] == address
    assert internet_checksum(frame[14:34]) == 0
    assert internet_checksum(address + struct.pack(">BBH", 0, 6, size) + frame[34 : 34 + size]) == 0
    assert struct.unpack_from(">HHII", frame, 34) == (40000, 443, 7, 9)


def test_options_make_the_header_longer_and_numbers_go_round() -> None:
    frame = tcp_frame(HERE, 1, THERE, 2, Segment(1 << 32, -1, SYN, options=bytes(12)), 1)
    assert frame[34 + 12] >> 4 == 8
    assert struct.unpack_from(">II", frame, 38) == (0, 0xFFFFFFFF)


def test_short_frames_are_filled_up() -> None:
    assert len(arp_frame(HERE, THERE, answer=False)) == 60
    assert len(udp_frame(HERE, 1, THERE, 2, b"", 3)) == 60
    assert arp_frame(HERE, THERE, answer=False)[:6] == b"\xff" * 6
    assert arp_frame(HERE, THERE, answer=True)[:6] == bytes.fromhex("02005e100001")


def test_names_are_asked_for_and_answered() -> None:
    question = dns_question(0x1234, "a.bc.example")
    assert question == bytes.fromhex("123401000001000000000000") + b"\x01a\x02bc\x07example\x00\x00\x01\x00\x01"
    answer = dns_answer(0x1234, "a.bc.example", "203.0.113.9", lifetime_s=60)
    assert answer[:2] == question[:2]
    assert answer.endswith(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + bytes((203, 0, 113, 9)))
    sixth = dns_answer(1, "a.bc.example", "2001:db8:113::9", lifetime_s=60)
    assert sixth.endswith(b"\x00\x10" + socket.inet_pton(socket.AF_INET6, "2001:db8:113::9"))


def test_the_file_has_times_to_the_microsecond_in_utc() -> None:
    at = datetime(2026, 3, 10, 11, 5, 0, 999_999, tzinfo=timezone(timedelta(hours=5)))
    data = capture_file([Packet(at, b"x" * 60)])
    assert struct.unpack_from("<IHHiIII", data) == (0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    seconds, micros, kept, whole = struct.unpack_from("<IIII", data, 24)
    assert datetime.fromtimestamp(seconds, UTC) == datetime(2026, 3, 10, 6, 5, tzinfo=UTC)
    assert (micros, kept, whole) == (999_999, 60, 60)
    assert data[40:] == b"x" * 60
