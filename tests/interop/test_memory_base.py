"""The reader of memory on the captures that the repository has, against what the kernel itself noted in them.

A kernel writes down where it lies for crash dumps (VMCOREINFO, Documentation/admin-guide/kdump/vmcoreinfo.rst), the
shell what was typed, processes what they were started with: all of it as plain text, which is read here without labkit.
"""

import json
import lzma
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.kernel_log import kernel_log
from labkit.evidence.memory.ownership import Ownership
from labkit.evidence.memory.page_cache import cached_files
from labkit.evidence.memory.recovery import content
from labkit.evidence.memory.shell_history import is_bash, shell_history
from labkit.evidence.memory.symbol_table import SymbolTable
from labkit.evidence.memory.task_scan import scan_tasks
from labkit.evidence.memory.tasks import processes
from labkit.evidence.memory.texts import texts_of_process
from labkit.evidence.remarks import listening
from tests.memory_base import CAPTURES, base_image

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=["base-a", "base-b"])
def capture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture, as it was taken: nothing is hidden, and no name is anybody's."""
    image, _ = base_image(tmp_path_factory.mktemp(request.param), request.param)
    return image


def table() -> SymbolTable:
    return SymbolTable.load(next((CAPTURES / "symbols").glob("*.json.xz")))


@pytest.fixture
def kernel(capture: Path) -> Iterator[Kernel]:
    remarks: list[str] = []
    with listening(remarks.append), Kernel.open(capture, table()) as opened:
        yield opened
    assert not remarks  # a sound capture gives no reason for one


def test_the_kernel_lies_where_it_says_itself(capture: Path, kernel: Kernel):
    data = capture.read_bytes()
    moved = {int(found, 16) for found in re.findall(rb"\nKERNELOFFSET=([0-9a-f]+)\n", data)}
    base = {int(found) for found in re.findall(rb"\nNUMBER\(phys_base\)=(-?\d+)\n", data)}
    assert moved == {kernel.placement.virtual_shift}
    assert base == {kernel.placement.physical_shift - kernel.placement.virtual_shift}


def test_the_log_begins_with_the_banner(kernel: Kernel):
    messages = list(kernel_log(kernel))
    assert messages[0].text.encode() == kernel.symbols.banner
    assert [one.sequence for one in messages] == list(range(len(messages)))
    assert all(one.time_ns > 0 for one in messages)


def test_scan_and_list_find_the_same_living_processes(kernel: Kernel):
    listed = {task.pid for task in processes(kernel)}
    scanned = {one.task.pid for one in scan_tasks(kernel) if one.task.pid == one.task.thread_id}
    assert listed <= scanned
    ended = [one.task for one in scan_tasks(kernel) if not one.listed]
    assert all(task.state in ("dead", "zombie") for task in ended)


@pytest.mark.parametrize("option", ["1", "4"])
def test_a_process_that_was_taken_out_of_the_list_is_found(capture: Path, tmp_path: Path, option: str):
    base = capture.parent.name.rstrip("0")  # pytest numbers its folders
    image = tmp_path / "hidden.raw"
    shutil.copyfile(capture, image)
    truth = json.loads((CAPTURES / base / "truth.json").read_text(encoding="utf-8"))
    with image.open("r+b") as file, lzma.open(CAPTURES / base / "patches.jsonl.xz") as patches:
        for patch in map(json.loads, patches):
            if (patch.get("choice"), patch.get("option")) == ("hidden", option):
                file.seek(patch["at"])
                file.write(bytes.fromhex(patch["new"]))
    with Kernel.open(image, table()) as kernel:
        pid = truth["roles"]["hidden"][option]
        (found,) = [one for one in scan_tasks(kernel) if one.task.pid == pid]
        assert not found.listed
        assert found.task.state not in ("dead", "zombie")
        assert found.task.parent_pid == truth["roles"]["sync"]
        assert pid not in {task.pid for task in processes(kernel)}
        assert len(list(processes(kernel))) == len(truth["processes"]) - 1


def test_every_line_of_the_history_stands_with_its_time_in_the_image(capture: Path, kernel: Kernel):
    data = capture.read_bytes()
    entries = [entry for task in processes(kernel) if is_bash(task) for entry in shell_history(task)]
    assert len(entries) >= 5
    assert [entry.time_ns for entry in entries] == sorted(entry.time_ns for entry in entries)
    for entry in entries:
        assert b"#%d\0" % (entry.time_ns // 10**9) in data
        assert entry.line.encode() + b"\0" in data


def test_programs_are_recovered_whole(kernel: Kernel):
    """Section headers stand at the end of an ELF file, and its first bytes say where."""
    programs = 0
    for file in cached_files(kernel):
        if file.kind != "file" or file.size_bytes < 100_000 or not file.cached_pages:
            continue
        pieces = list(content(kernel, file))
        data = b"".join(piece.data for piece in pieces)
        if data[:4] == b"\x7fELF" and not any(piece.missing for piece in pieces):
            place, _, _, _, _, size, count, _ = struct.unpack_from("<QIHHHHHH", data, 40)
            assert place + size * count == len(data) == file.size_bytes
            programs += 1
    assert programs >= 3


def test_owners_lead_back_to_the_same_bytes(kernel: Kernel):
    """Text that a process has is at the physical address that its owner says, and the other way round."""
    owners = Ownership(kernel)
    task = next(task for task in processes(kernel) if task.name == "kf_sync")
    checked = 0
    for text in texts_of_process(task, ("ASCII",), 12):
        assert task.space is not None
        physical = task.space.translate(text.address)
        owner = owners.at(physical)
        assert owner.kind in ("process", "file")
        uses = [use for use in owner.uses if use.task.pid == task.pid]
        assert text.address in {use.virtual for use in uses} or len(owner.uses) >= 16
        checked += 1
    assert checked > 100
