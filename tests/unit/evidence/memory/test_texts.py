"""Readable text in memory, in physical order and as a process sees it."""

from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.memory.physical import WINDOW_BYTES, PhysicalMemory
from labkit.evidence.memory.tasks import processes
from labkit.evidence.memory.texts import encodings_named, texts_in_memory, texts_of_process
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import PAGE, TinyMemory


def found(folder: Path, data: bytes, *names: str, shortest: int = 4) -> list[tuple[int, str, str]]:
    path = folder / "memory.raw"
    path.write_bytes(data)
    with PhysicalMemory(path) as memory:
        wanted = encodings_named(names)
        return [(one.address, one.encoding, one.text) for one in texts_in_memory(memory, wanted, shortest)]


def test_ascii_and_utf_16(tmp_path: Path):
    data = bytes(10) + b"plain" + bytes(6) + "шире".encode("utf-16-le") + bytes(3) + "wide".encode("utf-16-le") + b"\1"
    assert found(tmp_path, data) == [(10, "ASCII", "plain"), (22 - 1, "UTF-16LE", "шире"), (32, "UTF-16LE", "wide")]


@pytest.mark.parametrize("name", ["UTF-8", "cp1251", "KOI8-R", "cp866", "UTF-16BE"])
def test_other_encodings(tmp_path: Path, name: str):
    text = "Счёт 14"
    data = b"\1\0\0\0" + text.encode(name) + b"\0\0\0\1"
    assert (4, name, text) in found(tmp_path, data, name)


@pytest.mark.parametrize("shift", [-3, -4, -8, 0, 1])
@pytest.mark.parametrize("codec", ["ascii", "utf-16-le"])
def test_text_over_the_end_of_a_window_is_one(tmp_path: Path, shift: int, codec: str):
    start = WINDOW_BYTES + shift
    data = bytearray(WINDOW_BYTES + 5000)
    text = "over the end".encode(codec)
    data[start : start + len(text)] = text
    assert [one[::2] for one in found(tmp_path, bytes(data))] == [(start, "over the end")]


def test_long_text_goes_on_in_pieces_and_nothing_is_twice(tmp_path: Path):
    text = b"0123456789" * 250_000
    pieces = found(tmp_path, text)
    assert "".join(piece for _, _, piece in pieces) == text.decode()
    assert all(address == sum(len(one[2]) for one in pieces[:number]) for number, (address, _, _) in enumerate(pieces))


def test_text_over_the_end_of_a_page_of_a_process(opened: Opening):
    memory = TinyMemory()
    _, top = memory.memory_of(memory.task(40, "backup"))
    second = memory.frame(b"end of it\0")
    memory.frame()
    first = memory.frame(bytes(PAGE - 6) + b"begin ")
    memory.map(top, 0x40_0000, first)
    memory.map(top, 0x40_1000, second)
    (task,) = processes(opened(memory))
    texts = list(texts_of_process(task, ("ASCII",), 5))
    assert [(one.address, one.text) for one in texts] == [(0x40_0FFA, "begin end of it")]


def test_encodings_and_lengths_that_can_not_be(tmp_path: Path):
    with pytest.raises(EvidenceError, match="is not an encoding"):
        encodings_named(["klingon"])
    with pytest.raises(EvidenceError, match="found in any bytes"):
        found(tmp_path, b"abcdef", shortest=2)
    assert encodings_named([]) == ("ASCII", "UTF-16LE")
    assert encodings_named(["ascii", "utf16le", "ASCII"]) == ("ASCII", "UTF-16LE")
