"""Tasks that are found by their bytes: hidden ones, ended ones, and what only looks like one."""

import struct

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.memory.task_scan import scan_tasks
from labkit.evidence.memory.tasks import processes
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import PAGE_OFFSET, TinyMemory


def scheduled(memory: TinyMemory) -> int:
    return memory.variable("fair_sched_class", 64)


def test_a_task_out_of_the_list_is_found(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    fair = scheduled(memory)
    memory.task(1, "init", sched_class=fair)
    memory.task(66, "hidden", listed=False, sched_class=fair)
    ended = memory.task(67, "ended", listed=False, sched_class=fair, exit_state=0x10)
    kernel = opened(memory)
    found = list(scan_tasks(kernel))
    assert [(one.task.pid, one.listed, one.task.state) for one in found] == [
        (1, True, "sleeping"),
        (66, False, "sleeping"),
        (67, False, "dead"),
    ]
    assert found[2].task.address == ended
    assert found[2].task.physical == ended - PAGE_OFFSET
    assert [task.pid for task in processes(kernel)] == [1]
    assert not remarks


@pytest.mark.parametrize(
    "odd",
    [
        {"pid": 0},
        {"tgid": 1 << 30},
        {"real_parent": 0x1234},
        {"cred": 0xFFFF_0000_0000_0001},
        {"comm": b"\x01\x02".ljust(16, b"\0")},
        {"comm": bytes(16)},
        {"comm": b"sixteen letters."},
    ],
)
def test_what_is_like_no_task_is_left_out(opened: Opening, odd: dict[str, int | bytes]):
    memory = TinyMemory()
    task = memory.task(66, "hidden", listed=False, sched_class=scheduled(memory))
    memory.put(task, "task_struct", **odd)
    assert list(scan_tasks(opened(memory))) == []


def test_a_pointer_at_the_beginning_and_off_its_place(opened: Opening):
    memory = TinyMemory()
    fair = struct.pack("<Q", scheduled(memory))
    memory.data[8:16] = fair
    memory.data[0x10_0003:0x10_000B] = fair
    assert list(scan_tasks(opened(memory))) == []


def test_a_table_without_scheduling_classes(opened: Opening):
    with pytest.raises(EvidenceError, match="no scheduling classes"):
        list(scan_tasks(opened(TinyMemory())))
