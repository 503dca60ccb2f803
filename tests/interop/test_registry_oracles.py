"""Random hives, as libregf, python-registry and hivex see them."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from labkit.synthesis.artifacts.key_security import user_security
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

SEEDS = range(20)
BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)
SAVED = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = ("Software", "Классы", "گزارش", "Über", "{83da6326-97a6}", "Run", "x" * 200, "😀", "MRU List", "0064", "a/b")
KeySeen = tuple[datetime, dict[str, tuple[int, bytes]]]
Tree = dict[str, KeySeen]
SIZES = (0, 1, 3, 4, 5, 8, 100, 3000, 4064, 4092, 5000, 16343, 16344, 16345, 16350, 32688, 32690, 60001)


@dataclass
class Told:
    """One key as a plain reading of the operations says: its time, and (type, data) under each name."""

    at: datetime
    values: dict[str, tuple[int, bytes]] = field(default_factory=dict)


@dataclass
class Story:
    """A hive, and beside it what the operations say about its live keys by path."""

    stream: Stream
    hive: Hive = field(default_factory=lambda: Hive("C:\\Users\\x\\NTUSER.DAT", "ROOT", BEGIN))
    at: datetime = BEGIN
    told: dict[str, Told] = field(default_factory=lambda: {"": Told(BEGIN)})
    gone: list[tuple[str, str, bytes]] = field(default_factory=list)  # (key or value, name, data)

    def play(self, steps: int) -> None:
        for _ in range(steps):
            self.at += timedelta(microseconds=self.stream.below(10**10))
            self.stream.pick([self.make_key, *[self.set] * 5, self.delete_value, self.delete_key])()

    def name(self) -> str:
        return f"{self.stream.pick(WORDS)} {self.stream.below(60)}"

    def make_key(self, name: str = "") -> None:
        above = self.stream.pick(sorted(path for path in self.told if path.count("\\") < 6))
        self.make(f"{above}\\{name or self.name()}".lstrip("\\"))

    def make(self, path: str) -> None:
        self.hive.make_key(path, self.at)
        if path not in self.told:
            self.told[path] = Told(self.at)
            self.told[path.rpartition("\\")[0]].at = self.at

    def value(self) -> RegistryValue:
        size_bytes = self.stream.pick(SIZES)
        return self.stream.pick(
            [
                RegistryValue.text(self.name() * self.stream.below(40)),
                RegistryValue.expandable(f"%SystemRoot%\\{self.name()}"),
                RegistryValue.multi([self.name() for _ in range(self.stream.below(5))]),
                RegistryValue.dword(self.stream.below(2**32)),
                RegistryValue.qword(self.stream.below(2**64)),
                RegistryValue.filetime(self.at),
                *[RegistryValue.binary(self.stream.take(size_bytes))] * 2,
            ]
        )

    def set(self) -> None:
        path, name, value = self.stream.pick(sorted(self.told)), self.name(), self.value()
        if self.stream.below(9) == 0:
            name = ""
        self.hive.set(path, name, value, self.at)
        self.told[path].at = self.at
        self.told[path].values[name] = (value.type, value.data)

    def delete_value(self) -> None:
        path = self.stream.pick(sorted(self.told))
        if names := sorted(self.told[path].values):
            name = self.stream.pick(names)
            self.hive.delete_value(path, name, self.at)
            self.gone.append(("value", name, self.told[path].values.pop(name)[1]))
            self.told[path].at = self.at

    def delete_key(self) -> None:
        path = self.stream.pick(sorted(self.told))
        if path and self.stream.below(3) == 0:
            self.hive.delete_key(path, self.at)
            for below in [other for other in self.told if f"{other}\\".startswith(f"{path}\\")]:
                key = self.told.pop(below)
                self.gone.append(("key", below.rpartition("\\")[2], b""))
                self.gone += [("value", name, data) for name, (_, data) in key.values.items()]
            self.told[path.rpartition("\\")[0]].at = self.at


@cache
def a_story(seed: int) -> Story:
    story = Story(Stream(bytes([seed]), "hive"))
    story.play(120)
    if seed % 5 == 0:
        story.make("Many")
        for number in range(2300 if seed == 0 else 500 + seed):
            story.make(f"Many\\Ключ {number}" if number % 2 else f"Many\\Key {number}")
    story.play(40)
    return story


def libregf_shows(_: int, data: bytes) -> bytes:
    """Of the four bytes that can hold short data libregf takes the last ones; Windows and others take the first."""
    return data.ljust(4, b"\0")[-len(data) :] if data else data


def python_registry_shows(kind: int, data: bytes) -> bytes:
    """Of a text in the four bytes that can hold short data it takes all of them, and of a list of texts none."""
    return {1: data.ljust(4, b"\0"), 2: data.ljust(4, b"\0"), 7: b""}.get(kind, data) if len(data) < 5 else data


def live(story: Story, shows: Callable[[int, bytes], bytes]) -> Tree:
    return {
        path: (key.at, {name: (kind, shows(kind, data)) for name, (kind, data) in key.values.items()})
        for path, key in story.told.items()
    }


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_libregf_reads_every_key_and_value(seed: int) -> None:
    pyregf = pytest.importorskip("pyregf")
    story = a_story(seed)
    file = pyregf.file()
    file.open_file_object(io.BytesIO(story.hive.render(SAVED)))

    def walk(key: Any, path: str) -> Iterator[tuple[str, KeySeen]]:
        values = {value.name or "": (value.type, value.data or b"") for value in key.values}
        yield path, (key.last_written_time.replace(tzinfo=UTC), values)
        for subkey in key.sub_keys:
            yield from walk(subkey, f"{path}\\{subkey.name}".lstrip("\\"))

    assert not file.is_corrupted()
    assert dict(walk(file.root_key, "")) == live(story, libregf_shows)


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_python_registry_reads_every_key_and_value(seed: int) -> None:
    registry = pytest.importorskip("Registry.Registry")
    parse = pytest.importorskip("Registry.RegistryParse")
    story = a_story(seed)
    data = story.hive.render(SAVED)
    opened = registry.Registry(io.BytesIO(data))

    def walk(key: Any, path: str) -> Iterator[tuple[str, KeySeen]]:
        values = {
            "" if value.name() == "(default)" else value.name(): (value.value_type(), value.raw_data())
            for value in key.values()
        }
        yield path, (key.timestamp().replace(tzinfo=UTC), values)
        for subkey in key.subkeys():
            yield from walk(subkey, f"{path}\\{subkey.name()}".lstrip("\\"))

    block = parse.REGFBlock(data, 0, None)
    assert block.validate_checksum()
    assert block.hive_sequence1() == block.hive_sequence2() == story.hive.changes + 1
    assert block.hive_name() == "C:\\Users\\x\\NTUSER.DAT"
    assert block.modification_timestamp().replace(tzinfo=UTC) == SAVED
    assert dict(walk(opened.root(), "")) == live(story, python_registry_shows)


@pytest.mark.seeds
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hivex_reads_the_whole_tree(seed: int, tmp_path: Path) -> None:
    story = a_story(seed)
    path = tmp_path / "hive"
    path.write_bytes(story.hive.render(SAVED))
    root = ET.fromstring(oracle(["hivexml", path]))  # noqa: S314 - from a program, about a file of ours

    def walk(node: ET.Element, path: str) -> Iterator[tuple[str, int]]:
        yield path, len(node.findall("value"))
        for child in node.findall("node"):
            yield from walk(child, f"{path}\\{child.get('name')}".lstrip("\\"))

    top = root.find("node")
    assert top is not None
    assert dict(walk(top, "")) == {path: len(key.values) for path, key in story.told.items()}


def free_cells(data: bytes) -> Iterator[bytes]:
    """Yield the content of every free cell, and fail where the cells do not fill their bin."""
    position = 4096
    while position < len(data):
        assert data[position : position + 4] == b"hbin"
        end = position + int.from_bytes(data[position + 8 : position + 12], "little")
        position += 32
        free_before = False
        while position < end:
            size = int.from_bytes(data[position : position + 4], "little", signed=True)
            assert size
            assert size % 8 == 0
            assert not (size > 0 and free_before), "free cells side by side are one"
            free_before = size > 0
            if free_before:
                yield data[position : position + size]
            position += abs(size)
        assert position == end


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_deleted_stands_in_free_cells(seed: int) -> None:
    story = a_story(seed)
    data = story.hive.render(SAVED)
    found = []
    for cell in free_cells(data):
        for match in re.finditer(rb"(?=nk|vk)", cell):
            at = match.start()
            if at % 8 != 4:
                continue
            if cell[at : at + 2] == b"nk":
                length = int.from_bytes(cell[at + 72 : at + 74], "little")
                narrow, name = cell[at + 2] & 0x20, cell[at + 76 : at + 76 + length]
                content = b""
            else:
                length = int.from_bytes(cell[at + 2 : at + 4], "little")
                narrow, name = cell[at + 16] & 1 or not length, cell[at + 20 : at + 20 + length]
                size = int.from_bytes(cell[at + 4 : at + 8], "little")
                place = int.from_bytes(cell[at + 8 : at + 12], "little") + 4096 + 4
                inline = size >> 31
                size &= 0x7FFFFFFF
                content = cell[at + 8 : at + 8 + size] if inline else data[place : place + size]
                if size > 16344:
                    content = big_data(data, place, size)
            kind = "key" if cell[at : at + 2] == b"nk" else "value"
            found.append((kind, name.decode("latin-1" if narrow else "utf-16-le", "replace"), content))

    assert story.gone, "the story deleted something"
    assert Counter(story.gone) <= Counter(found), "random data may look like more"


def big_data(data: bytes, place: int, size: int) -> bytes:
    if data[place : place + 2] != b"db":
        return b""
    count = int.from_bytes(data[place + 2 : place + 4], "little")
    segments = int.from_bytes(data[place + 4 : place + 8], "little") + 4096 + 4
    parts = []
    for number in range(count):
        begin = int.from_bytes(data[segments + 4 * number : segments + 4 * number + 4], "little") + 4096 + 4
        parts.append(data[begin : begin + 16344])
    return b"".join(parts)[:size]


def test_keys_share_their_security_and_it_counts_them() -> None:
    registry = pytest.importorskip("Registry.Registry")
    hive = a_story(1).hive.fork()
    hive.make_key("Private\\Below", SAVED, security=user_security("S-1-5-21-1-2-3-1001"))
    hive.make_key("Other", SAVED, security=user_security("S-1-5-21-1-2-3-1003"))
    hive.make_key("Gone", SAVED, security=user_security("S-1-5-21-1-2-3-1002"))
    hive.delete_key("Gone", SAVED)
    data = hive.render(SAVED)
    opened = registry.Registry(io.BytesIO(data))
    pointers: Counter[int] = Counter()

    def walk(key: Any) -> None:
        pointers[key._nkrecord.unpack_dword(0x2C)] += 1
        for subkey in key.subkeys():
            walk(subkey)

    walk(opened.root())
    cells = {offset: data[4096 + offset + 4 :][:20] for offset in pointers}
    assert len(pointers) == 3
    assert {offset: int.from_bytes(cell[12:16], "little") for offset, cell in cells.items()} == pointers
    following = {offset: int.from_bytes(cell[4:8], "little") for offset, cell in cells.items()}
    preceding = {offset: int.from_bytes(cell[8:12], "little") for offset, cell in cells.items()}
    assert sorted(following.values()) == sorted(cells)
    assert all(preceding[following[offset]] == offset != following[offset] for offset in cells)
    free = b"".join(free_cells(data))
    assert security_descriptor_of("S-1-5-21-1-2-3-1002") in free
    assert security_descriptor_of("S-1-5-21-1-2-3-1001") not in free


def security_descriptor_of(sid: str) -> bytes:
    return bytes.fromhex("010500000000000515000000010000000200000003000000") + int(sid[-4:]).to_bytes(4, "little")


def test_libregf_reads_the_class_name() -> None:
    pyregf = pytest.importorskip("pyregf")
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    hive.make_key("Lsa\\JD", SAVED, class_name="1a2b3c4d")
    file = pyregf.file()
    file.open_file_object(io.BytesIO(hive.render(SAVED)))

    assert file.get_key_by_path("Lsa\\JD").class_name == "1a2b3c4d"
