"""Processes, threads, command lines: what is there, and what damage leaves of it."""

import pytest

from labkit.evidence.memory.clock import read_clock
from labkit.evidence.memory.command_line import Texts, arguments, environment
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.pages import pages_of
from labkit.evidence.memory.tasks import processes, threads
from labkit.evidence.timestamps import iso_text
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import PAGE, TinyMemory

STACK = 0x7FFC_0000_0000


def family(memory: TinyMemory) -> list[int]:
    first = memory.task(1, "init", start_boottime=1_500_000_000)
    second = memory.task(40, "backup", parent=first, start_boottime=2_000_000_000)
    third = memory.task(41, "шифр", parent=second, flags=0x20_0000)
    return [first, second, third]


def test_processes_with_their_parents_times_and_owners(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    tasks = family(memory)
    memory.put(tasks[2], "task_struct", exit_state=0x20)
    found = list(processes(opened(memory)))
    assert [(task.pid, task.parent_pid, task.name) for task in found] == [
        (1, 0, "init"),
        (40, 1, "backup"),
        (41, 40, "шифр"),
    ]
    assert iso_text(found[1].started_ns) == "2026-03-04T09:15:02Z"
    assert found[0].credentials == {"uid": 1000, "gid": 1001, "euid": 0, "egid": 1001}
    assert [task.is_kernel_thread for task in found] == [False, False, True]
    assert [task.state for task in found] == ["sleeping", "sleeping", "zombie"]
    assert not remarks


def test_a_list_that_is_broken_is_read_from_both_ends(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    tasks = [memory.task(pid, f"task {pid}") for pid in range(1, 8)]
    memory.put(tasks[3], "task_struct", tasks__next=0x1234, tasks__prev=0x1234)
    assert [task.pid for task in processes(opened(memory))] == [1, 2, 3, 4, 7, 6, 5]
    assert any("list of processes is broken" in text for text in remarks)


def test_a_list_in_a_circle_ends(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    tasks = [memory.task(pid, f"task {pid}") for pid in range(1, 5)]
    memory.put(tasks[2], "task_struct", tasks__next=tasks[1] + memory.offset("task_struct", "tasks"))
    assert sorted(task.pid for task in processes(opened(memory))) == [1, 2, 3, 4]
    assert any("runs in a circle" in text for text in remarks)


def test_threads_of_a_process(opened: Opening):
    memory = TinyMemory()
    first = memory.task(7, "many")
    signal = int.from_bytes(
        memory.data[memory.physical(first) + memory.offset("task_struct", "signal") :][:8], "little"
    )
    second = memory.task(8, "worker", listed=False, tgid=7)
    memory.link(
        signal + memory.offset("signal_struct", "thread_head"), second + memory.offset("task_struct", "thread_node")
    )
    (task,) = processes(opened(memory))
    assert [(thread.thread_id, thread.pid, thread.name) for thread in threads(task)] == [
        (7, 7, "many"),
        (8, 7, "worker"),
    ]


def with_arguments(memory: TinyMemory, first: bytes, second: bytes | None) -> None:
    """A process whose arguments begin 8 bytes before the end of a page."""
    task = memory.task(40, "backup")
    size = 8 + len(second or bytes(8))
    _, top = memory.memory_of(
        task,
        arg_start=STACK + PAGE - 8,
        arg_end=STACK + PAGE - 8 + size,
        env_start=STACK + 8,
        env_end=STACK + 8 + 10,
    )
    if second is not None:
        memory.map(top, STACK + PAGE, memory.frame(second))
    memory.map(top, STACK, memory.frame(bytes(8) + b"A=1\0B=\xff\0\0\0" + bytes(PAGE - 26) + first))


def said(found: Texts) -> list[str]:
    return [one.text for one in found.texts]


def test_empty_arguments_are_kept_and_missing_pages_are_none(opened: Opening):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    _, top = memory.memory_of(task, arg_start=STACK + PAGE - 8, arg_end=STACK + 2 * PAGE + 8)
    memory.map(top, STACK, memory.frame(bytes(PAGE - 8) + b"a\0\0bcde"))
    memory.map(top, STACK + 2 * PAGE, memory.frame(b"f\0g\0"))
    (task,) = processes(opened(memory))
    found = arguments(task)
    assert (said(found), found.missing_bytes) == (["a", "", "bcde", "f", "g"], PAGE)
    assert [one.address - STACK for one in found.texts] == [PAGE - 8, PAGE - 6, PAGE - 5, 2 * PAGE, 2 * PAGE + 2]


def test_arguments_over_the_end_of_a_page(opened: Opening):
    memory = TinyMemory()
    with_arguments(memory, b"backup\0-", b"-quiet\0x\0")
    (task,) = processes(opened(memory))
    found = arguments(task)
    assert (said(found), found.missing_bytes) == (["backup", "--quiet", "x"], 0)
    assert found.texts[1].address == STACK + PAGE - 1
    assert said(environment(task)) == ["A=1", "B=\udcff"]
    assert [virtual for virtual, _ in pages_of(task)] == [STACK, STACK + PAGE]


def test_arguments_that_are_partly_swapped_out(opened: Opening):
    memory = TinyMemory()
    with_arguments(memory, b"backup\0-", None)
    (task,) = processes(opened(memory))
    found = arguments(task)
    assert (said(found), found.missing_bytes) == (["backup", "-"], 8)


def test_arguments_of_an_impossible_size_are_told(opened: Opening):
    memory = TinyMemory()
    memory.memory_of(memory.task(40, "backup"), arg_start=8, arg_end=1 << 50)
    (task,) = processes(opened(memory))
    with pytest.raises(UnreadableError, match="can not lie at"):
        arguments(task)


def test_wild_pointers_cost_only_what_hangs_on_them(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    task = memory.task(40, "backup", mm=0x1234, cred=0xFFFF_FFFF_FFFF_F000, start_boottime=1 << 63)
    memory.put(task, "task_struct", real_parent=8, signal=16)
    (task,) = processes(opened(memory))
    assert (task.parent_pid, task.credentials, task.space, task.started_ns) == (None, {}, None, 0)
    assert [thread.pid for thread in threads(task)] == [40]
    assert arguments(task).texts == ()
    assert {text.partition(":")[0] for text in remarks} == {
        "parent of process 40",
        "credentials of process 40",
        "memory of process 40",
        "threads of process 40",
    }


def test_a_damaged_clock_is_told(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    memory.clock(started=-5, captured=1)
    assert read_clock(opened(memory)).since_start(1) == 0
    assert "times are not known" in remarks[0]
