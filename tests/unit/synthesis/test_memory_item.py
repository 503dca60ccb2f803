"""Personal values in a captured base, tried on a base of one page and a half that is made by hand."""

import hashlib
import json
import lzma
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import ItemScenario, Machine, MemorySpec
from labkit.model.scene import SceneEvent
from labkit.model.truth import Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.medium import Medium
from labkit.synthesis.memory.base import read_base
from labkit.synthesis.memory.handed_out import memory_image, memory_of
from labkit.synthesis.memory.told import tell
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.products import make_products
from labkit.synthesis.shelf import Shelf

CAPTURED = datetime(2026, 3, 10, 6, 0, 0, tzinfo=UTC)  # by the machine's clock
FAST_S = 100
SEED = b"one"
SECONDS = int(CAPTURED.timestamp())
PAGE = 4096
LINK = struct.pack("<Q", 0xFFFF_8993_4290_0890)  # a pointer into the direct map of a kernel


@dataclass
class Handmade:
    """A base on its way to a folder."""

    image: bytearray
    patches: list[dict[str, Any]]
    truth: dict[str, Any]
    tokens: dict[str, Any]
    choices: dict[str, Any]

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        truth, patches = (
            json.dumps(self.truth).encode(),
            b"".join(json.dumps(one).encode() + b"\n" for one in self.patches),
        )
        symbols = lzma.compress(b"{}")
        packed = {"truth.json": truth, "patches.jsonl.xz": lzma.compress(patches), "symbols.json.xz": symbols}
        (folder / "memory.raw.xz").write_bytes(lzma.compress(self.image))
        for name, data in packed.items():
            (folder / name).write_bytes(data)
        (folder / "NOTICE").write_text("Where the source is.")
        digest = {name: hashlib.sha256(data).hexdigest() for name, data in packed.items()}
        manifest = {
            "format": 1,
            "base": folder.name,
            "image": {
                "file": "memory.raw.xz",
                "size_bytes": len(self.image),
                "sha256": hashlib.sha256(self.image).hexdigest(),
            },
            "truth": {"file": "truth.json", "sha256": digest["truth.json"]},
            "patches": {"file": "patches.jsonl.xz", "sha256": digest["patches.jsonl.xz"], "entries": len(self.patches)},
            "symbols": {"file": "symbols.json.xz", "sha256": digest["symbols.json.xz"]},
            "notice": "NOTICE",
            "captured_s": SECONDS,
            "tokens": self.tokens,
            "choices": self.choices,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder


def process(pid: int, parent: int, name: str, *arguments: str) -> dict[str, Any]:
    return {
        "pid": pid, "ppid": parent, "name": name, "uid": 0, "started_ns": pid, "started_s": SECONDS - 50,
        "arguments": list(arguments), "environment": [], "executable": None, "task_offset": pid * 16,
        "kernel_thread": False,
    }  # fmt: skip


def socket(local_address: str, local_port: str, remote_address: str, remote_port: str) -> dict[str, Any]:
    return {
        "pid": 10, "local_address": local_address, "local_port": local_port, "remote_address": remote_address,
        "remote_port": remote_port,
    }  # fmt: skip


def file(path: str, size_bytes: int) -> dict[str, Any]:
    return {"path": path, "inode": 5, "size_bytes": size_bytes, "modified_s": SECONDS - 5, "pages": [[0, 0]]}


@pytest.fixture
def handmade() -> Handmade:
    image = bytearray(3 * 2048)
    image[8:24] = struct.pack("<qq", SECONDS, 7)
    image[24:32] = struct.pack("<q", SECONDS)
    image[32:40] = struct.pack("<q", -SECONDS)
    image[40:48] = struct.pack("<q", SECONDS * 10**9)
    image[48:58] = b"%010d" % SECONDS
    image[64:83] = b"2026-03-10 06:00:00"
    image[200:208] = LINK
    return Handmade(
        image=image,
        patches=[
            {"at": 8, "time": "time_shift", "as": "s64", "count": 2},
            {"at": 32, "time": "time_shift", "as": "-s64"},
            {"at": 40, "time": "time_shift", "as": "ns64"},
            {"at": 48, "time": "time_shift", "as": "decimal"},
            {"at": 64, "time": "time_shift", "as": "iso"},
            {"at": 100, "token": "agent", "as": "text", "from": 0, "to": 2},
            {"at": 120, "token": "agent", "as": "utf-16-le", "from": 0, "to": 4},
            {"at": 130, "token": "agent", "as": "text", "from": 2, "to": 4},
            {"at": 140, "token": "spare_port", "as": "be16"},
            {"at": 142, "token": "spare_port", "as": "le16"},
            {"at": 150, "token": "row_001", "as": "text", "from": 0, "to": 3},
            {"at": 200, "choice": "hidden", "option": "1", "old": LINK.hex(), "new": b"link one".hex()},
            {"at": 200, "choice": "hidden", "option": "2", "old": LINK.hex(), "new": b"link two".hex()},
            {"at": 300, "token": "encoded_config", "as": "text", "from": 0, "to": 20},
        ],
        truth={
            "kernel": {"banner": "Linux version 1", "release": "1", "physical_shift": 0, "virtual_shift": 0},
            "host": {"name": "pc", "address": "192.0.2.1", "booted_s": SECONDS - 1000, "captured_s": SECONDS},
            "processes": [
                process(1, 0, "init"),
                process(10, 1, "sync", "/x/sync", "--agent", "{agent}"),
                process(11, 10, "first"),
                process(12, 10, "second"),
            ],
            "roles": {"init": 1, "sync": 10, "provider": 1, "hidden": {"1": 11, "2": 12}},
            "sockets": [
                socket("192.0.2.1", "5000", "203.0.113.7", "{spare_port}"),
                socket("127.0.0.1", "5001", "127.0.0.1", "0"),
            ],
            "regions": [
                {"option": "1", "pid": 10, "begin": 0x1000, "end": 0x3000, "offset": 4096},
                {"option": "2", "pid": 10, "begin": 0x9000, "end": 0xA000, "offset": 0},
            ],
            "marks": {
                "encoded_config": {"pid": 10, "address": 0x5000, "offset": 300},
                "request": {"pid": 10, "address": 0x6000, "offset": 400},
            },
            "sessions": [{"user": "ann", "line": "tty1", "pid": 1, "at_s": SECONDS - 900, "kind": 7}],
            "history": [{"pid": 1, "at_s": SECONDS - 800, "command": "echo {agent}"}],
            "files": [
                file("/srv/a.txt", 104),
                file("/srv/b.txt", 9000),
            ],
        },
        tokens={
            "agent": {"width": 4, "form": "[0-9a-f]{4}", "placeholder": "zzzz"},
            "spare_port": {"width": 5, "form": "[2-5][0-9]{4}", "placeholder": None},
            "spare_name": {"width": 3, "form": "[0-9a-f]{3}", "placeholder": None},
            "relay_name": {"width": 3, "form": "[0-9a-f]{3}", "placeholder": None},
            "session_id": {"width": 3, "form": "[0-9a-f]{3}", "placeholder": None},
            "encoded_key": {"width": 2, "form": "[0-9A-F]{2}", "placeholder": None},
            "row_001": {"width": 3, "form": "K[0-9]{2}", "placeholder": "xyz"},
            "encoded_config": {
                "width": 20, "form": "", "derived": {"template": "c=node-{spare_name}\0", "key": "encoded_key"},
            },
        },
        choices={"hidden": {"options": ["1", "2"]}, "region": {"options": ["1", "2"]}},
    )  # fmt: skip


TOKENS = {
    "agent": "{agent}", "spare_port": "25000", "spare_name": "abc", "relay_name": "def", "session_id": "123",
    "encoded_key": "A5",
}  # fmt: skip


def specification(*bases: Path) -> MemorySpec:
    event = SceneEvent("copied", datetime(2026, 3, 10, 5, 55, tzinfo=UTC), 300, "UTC", "acquired", (), "", {})
    return MemorySpec(bases, TOKENS, {"row": "K##"}, event, "scene")


def played(spec: MemorySpec | None, seed: bytes = SEED) -> PlayedItem:
    item = ItemScenario(
        "memory", "KF-04", "memory", "pc", 0, (), (), (), {}, ("memory",), {"stem": "KF-04"}, memory=spec
    )
    clock = DeviceClock(Machine("pc", "Asia/Almaty", FAST_S))
    return PlayedItem(item, seed, {"agent": "beef"}, clock, Medium(512), None)


def traces(item: PlayedItem, out: Path | None = None) -> dict[str, Trace]:
    with Shelf(out) as shelf:
        return {trace.id: trace for trace in make_products(item, shelf, lambda _: None)}


def test_values_times_and_choices_stand_where_the_map_says(handmade: Handmade, tmp_path: Path) -> None:
    told = memory_of(played(specification(handmade.write(tmp_path / "a"))))
    data = b"".join(memory_image(told).chunks())
    moved = SECONDS + told.personal.shift_s

    assert struct.unpack_from("<qq", data, 8) == (moved, 7)
    assert struct.unpack_from("<qqq", data, 24) == (moved, -moved, moved * 10**9)
    assert int(data[48:58]) == moved
    assert datetime.fromisoformat(data[64:83].decode() + "+00:00").timestamp() == moved
    assert (data[100:102], data[130:132]) == (b"be", b"ef")
    assert data[120:128] == "beef".encode("utf-16-le")
    assert (struct.unpack(">H", data[140:142]), struct.unpack("<H", data[142:144])) == ((25000,), (25000,))
    assert data[150:151] == b"K"
    assert data[151:153].isdigit()
    assert data[200:208] == {"1": b"link one", "2": b"link two"}[told.personal.options["hidden"]]
    assert bytes(byte ^ 0xA5 for byte in data[300:320]) == b"c=node-abc\0".ljust(20)


def test_nothing_else_changes(handmade: Handmade, tmp_path: Path) -> None:
    base = handmade.write(tmp_path / "a")
    one, other = (
        b"".join(memory_image(memory_of(played(specification(base), seed))).chunks()) for seed in (b"one", b"two")
    )
    mapped = {place for at, size in ((8, 40), (48, 10), (64, 19), (150, 3), (200, 8)) for place in range(at, at + size)}

    assert one != other
    assert {place for place in range(len(one)) if one[place] != other[place]} <= mapped
    assert b"".join(read_base(base).image().chunks()) == bytes(handmade.image)  # others do not see it


def test_the_capture_is_in_the_minute_of_the_event(handmade: Handmade, tmp_path: Path) -> None:
    spec = specification(handmade.write(tmp_path / "a"))
    for seed in (b"one", b"two", b"three"):
        told = memory_of(played(spec, seed))
        assert 0 <= (told.captured_utc - spec.captured.at).total_seconds() < 300
        assert SECONDS + told.personal.shift_s == told.captured_utc.timestamp() + FAST_S


def test_each_trainee_gets_one_of_the_bases(handmade: Handmade, tmp_path: Path) -> None:
    spec = specification(*(handmade.write(tmp_path / name) for name in ("a", "b")))

    assert {memory_of(played(spec, bytes([seed]))).base.name for seed in range(20)} == {"a", "b"}


def test_traces_tell_what_is_in_the_image(handmade: Handmade, tmp_path: Path) -> None:
    item = played(specification(handmade.write(tmp_path / "a")))
    told, found = memory_of(item), traces(item, tmp_path / "out")
    image = (tmp_path / "out/memory/KF-04.raw").read_bytes()
    hidden = {"1": 11, "2": 12}[told.personal.options["hidden"]]

    assert found["image"].facts["sha256"] == hashlib.sha256(image).hexdigest()
    assert found["process-sync"].facts["arguments"] == ("/x/sync", "--agent", "beef")
    assert found["process-hidden"].facts["pid"] == hidden
    assert found["process-hidden"].facts["parent_name"] == "sync"
    assert found["process-hidden"].facts["virtual_address"] == 0xFFFF_8993_4000_0000 + hidden * 16
    assert hidden not in found["listed"].facts["pids"]  # type: ignore[operator]
    assert found["connection-sync"].facts["endpoint"] == "203.0.113.7:25000"
    assert found["listener-sync"].facts["local_port"] == 5001
    assert found["config"].facts["endpoint"] == "node-abc.example:25000"
    assert found["config"].facts["xor_key"] == 0xA5
    assert found["history"].facts["commands"] == ("echo beef",)
    assert found["file-a-txt"].facts["sha256"] == hashlib.sha256(image[:104]).hexdigest()
    assert "file-b-txt" not in found  # a page of it is not in the image
    true, shown = found["session"].facts["at_utc"], found["session"].facts["at_local"]
    assert isinstance(true, datetime)
    assert isinstance(shown, datetime)
    assert (shown - true).total_seconds() == FAST_S + 5 * 3600
    assert (tmp_path / "out/memory/symbols/symbols.json.xz").is_file()
    assert (tmp_path / "out/memory/NOTICE").read_text() == "Where the source is."


def test_the_truth_alone_is_the_same_and_writes_nothing(handmade: Handmade, tmp_path: Path) -> None:
    item = played(specification(handmade.write(tmp_path / "a")))

    assert traces(item) == traces(item, tmp_path / "out")


@pytest.mark.parametrize("name", ["manifest.json", "truth.json", "patches.jsonl.xz", "memory.raw.xz"])
def test_a_damaged_base_is_told(handmade: Handmade, tmp_path: Path, name: str) -> None:
    base = handmade.write(tmp_path / "a")
    (base / name).write_bytes(b"{")

    with pytest.raises(SynthesisError, match=name):
        memory_image(memory_of(played(specification(base))))


def test_a_missing_notice_is_told(handmade: Handmade, tmp_path: Path) -> None:
    base = handmade.write(tmp_path / "a")
    (base / "NOTICE").unlink()

    with pytest.raises(SynthesisError, match="has to go with the image"):
        traces(played(specification(base)), tmp_path / "out")


def test_another_symbol_table_is_told(handmade: Handmade, tmp_path: Path) -> None:
    base = handmade.write(tmp_path / "a")
    (base / "symbols.json.xz").write_bytes(lzma.compress(b"{ }"))

    with pytest.raises(SynthesisError, match=r"symbols\.json\.xz: its digest is not the one of the manifest"):
        traces(played(specification(base)), tmp_path / "out")
    assert not (tmp_path / "out/memory/KF-04.raw").exists()


def test_another_image_is_told(handmade: Handmade, tmp_path: Path) -> None:
    base = handmade.write(tmp_path / "a")
    (base / "memory.raw.xz").write_bytes(lzma.compress(bytes(len(handmade.image))))

    with pytest.raises(SynthesisError, match="not the image that the manifest describes"):
        memory_image(memory_of(played(specification(base))))


def test_a_later_format_is_told(handmade: Handmade, tmp_path: Path) -> None:
    base = handmade.write(tmp_path / "a")
    manifest = json.loads((base / "manifest.json").read_text())
    (base / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))

    with pytest.raises(SynthesisError, match="its format is 2"):
        memory_of(played(specification(base)))


@pytest.mark.parametrize(
    "entry",
    [{"at": 1, "token": "agent", "as": "le24"}, {"at": 1, "time": "time_shift", "as": "f64"}, {"token": "agent"}],
)
def test_an_unknown_entry_of_the_map_is_told(handmade: Handmade, tmp_path: Path, entry: dict[str, Any]) -> None:
    handmade.patches.append(entry)

    with pytest.raises(SynthesisError, match=r"line 15 of the patch map"):
        memory_of(played(specification(handmade.write(tmp_path / "a"))))


def test_a_choice_that_does_not_fit_is_told(handmade: Handmade, tmp_path: Path) -> None:
    handmade.image[200:208] = b"new link"

    with pytest.raises(SynthesisError, match="does not fit the memory image"):
        memory_image(memory_of(played(specification(handmade.write(tmp_path / "a")))))


def test_a_token_without_a_value_is_told(handmade: Handmade, tmp_path: Path) -> None:
    handmade.tokens["unknown"] = {"width": 1, "form": "x"}

    with pytest.raises(SynthesisError, match="asks for the token unknown"):
        memory_of(played(specification(handmade.write(tmp_path / "a"))))


def test_a_value_of_another_form_is_told(handmade: Handmade, tmp_path: Path) -> None:
    spec = replace(specification(handmade.write(tmp_path / "a")), tokens=TOKENS | {"agent": "BEEF"})

    with pytest.raises(SynthesisError, match="can not be 'BEEF'"):
        memory_of(played(spec))


def test_a_capture_far_from_the_event_is_told(handmade: Handmade, tmp_path: Path) -> None:
    spec = specification(handmade.write(tmp_path / "a"))
    late = replace(spec, captured=replace(spec.captured, at=datetime(2026, 3, 10, 6, 30, tzinfo=UTC)))

    with pytest.raises(SynthesisError, match="away from the event copied"):
        tell(late, DeviceClock(Machine("pc", "UTC")), SEED, "memory", {"agent": "beef"})


def test_an_item_without_its_table_is_told() -> None:
    with pytest.raises(SynthesisError, match=r"no \[memory\]"):
        traces(played(None))
