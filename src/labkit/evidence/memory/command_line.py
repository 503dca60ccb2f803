"""What a process was started with: arguments and environment, from its own memory.

They lie where ``mm_struct`` says, each text with a zero byte behind it. A process can overwrite them, so that they are
what it shows now. What was never read or was swapped out is not in the image and stands as missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.paging import Stretch
from labkit.evidence.memory.tasks import Task

_MOST_BYTES = 6 << 20  # three quarters of the stack's usual limit of 8 MiB (fs/exec.c)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its virtual address."""

    address: int
    text: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts one behind the other, the first at the virtual ``address``; ``missing_bytes`` are not in the image."""

    address: int
    texts: tuple[Text, ...]
    missing_bytes: int


def arguments(task: Task) -> Texts:
    """Return the command line of a process; none for a thread of the kernel.

    Raises:
        UnreadableError: The kernel's note of where it lies is damaged.
    """
    return _texts(task, "arg_start", "arg_end", "arguments")


def environment(task: Task) -> Texts:
    """Return the environment of a process, ``NAME=value`` each; none for a thread of the kernel.

    Raises:
        UnreadableError: The kernel's note of where it lies is damaged.
    """
    return _texts(task, "env_start", "env_end", "environment")


def _texts(task: Task, start_field: str, end_field: str, what: str) -> Texts:
    if task.memory is None or task.space is None:
        return Texts(0, (), 0)
    start, end = task.memory.number(start_field), task.memory.number(end_field)
    if not start <= end <= start + _MOST_BYTES:
        raise UnreadableError(f"the {what} of process {task.pid} can not lie at {start:#x} to {end:#x}")
    found = task.space.read_what_is_there(start, end - start)
    missing = sum(to - begin for begin, to in found.missing)
    return Texts(start, tuple(_split(found, start)), missing)


def _split(found: Stretch, start: int) -> Iterator[Text]:
    """Yield the texts of a stretch; zeros that stand for missing bytes separate, and are no empty texts."""
    place = 0
    for text in found.data.rstrip(b"\0").split(b"\0"):
        if text or (place < len(found.data) and not any(begin <= place < end for begin, end in found.missing)):
            yield Text(start + place, text.decode("utf-8", "surrogateescape"))
        place += len(text) + 1
