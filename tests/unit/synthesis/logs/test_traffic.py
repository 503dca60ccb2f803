"""The capture as a network would show it: numbers go on, greetings come first, and no name is asked for in vain."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labkit.synthesis.build import BuiltCase
from tests.unit.synthesis.logs.conftest import ITEM

SYN, FIN = 0x02, 0x01
Side = tuple[bytes, int, bytes, int]


@dataclass(frozen=True)
class Seen:
    side: Side
    sequence: int
    acknowledged: int
    flags: int
    data: bytes

    @property
    def other(self) -> Side:
        return (*self.side[2:], *self.side[:2])

    @property
    def following(self) -> int:
        return (self.sequence + len(self.data) + bool(self.flags & (SYN | FIN))) % (1 << 32)


def frames(path: Path) -> Iterator[tuple[int, bytes]]:
    data, place = path.read_bytes(), 24
    while place < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, place)
        yield seconds * 1_000_000 + micros, data[place + 16 : place + 16 + size]
        place += 16 + size


def tcp(path: Path) -> Iterator[Seen]:
    for _, frame in frames(path):
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            total = struct.unpack_from(">H", frame, 16)[0]
            source, to, sequence, acknowledged, words, flags = struct.unpack_from(">HHIIBB", frame, 34)
            side = frame[26:30], source, frame[30:34], to
            yield Seen(side, sequence, acknowledged, flags, frame[34 + (words >> 4) * 4 : 14 + total])


@pytest.fixture(params=[0, 1])
def capture(request: pytest.FixtureRequest, built: tuple[BuiltCase, ...]) -> Path:
    path = built[request.param].files[f"{ITEM}/KF-09.pcap"]
    assert isinstance(path, Path)
    return path


def test_the_numbers_of_each_side_go_on(capture: Path) -> None:
    following: dict[Side, int] = {}
    opened = 0
    for one in tcp(capture):
        if one.flags & SYN:
            assert one.side not in following, "no port is used twice"
            opened += 1
        elif one.side in following:
            assert one.sequence == following[one.side]
            assert one.acknowledged == following[one.other]
        else:
            assert one.data == b"", "what began before the capture only stays alive"
            continue
        following[one.side] = one.following
    assert opened > 40


def test_a_connection_begins_with_a_greeting_that_names_its_host(capture: Path) -> None:
    greeted = [one for one in tcp(capture) if one.data[:1] == b"\x16" and one.data[5:6] == b"\x01"]
    opened = [one for one in tcp(capture) if one.flags & SYN and one.side[3] == 443]
    assert {one.side for one in greeted} == {one.side for one in opened}
    questions = b"".join(
        frame[54:]
        for _, frame in frames(capture)
        if frame[12:14] == b"\x08\x00" and frame[23] == 17 and struct.unpack_from(">H", frame, 36)[0] == 53
    )
    for one in greeted:
        host = host_of(one.data)
        assert one.data[-len(host) - 1] == len(host)
        assert b"".join(bytes((len(label),)) + label for label in host.split(b".")) + b"\0" in questions


def host_of(greeting: bytes) -> bytes:
    """Return the name at the end of a greeting, whose only extension it is."""
    end = greeting.rindex(b"example") + len(b"example")
    assert end == len(greeting)
    return greeting[greeting.rindex(b"\0", 0, end) + 2 :]


def test_packets_stand_in_the_order_of_their_times(capture: Path) -> None:
    times = [at for at, _ in frames(capture)]
    assert times == sorted(times)
    assert 180 < (times[-1] - times[0]) / 1_000_000 < 240
