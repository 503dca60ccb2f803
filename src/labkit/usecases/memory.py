"""What an examiner asks a memory image. Each verb leaves a line in the examination log of the workspace it is in."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.atomic import whole_file
from labkit.content.reader import content_root
from labkit.errors import ContentError, EvidenceError
from labkit.evidence.isolation import alive
from labkit.evidence.memory import rows
from labkit.evidence.memory.command_line import arguments, environment
from labkit.evidence.memory.damage import tolerating
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.kernel_log import kernel_log
from labkit.evidence.memory.open_files import mounts, open_files
from labkit.evidence.memory.opening import find_symbols, open_kernel
from labkit.evidence.memory.ownership import MemoryOwner, Ownership, RegionIndex, Use
from labkit.evidence.memory.page_cache import cached_files
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.physical import PhysicalMemory
from labkit.evidence.memory.recovery import content, find_file
from labkit.evidence.memory.regions import executable_of, regions
from labkit.evidence.memory.rows import Row
from labkit.evidence.memory.shell_history import is_bash, shell_history
from labkit.evidence.memory.sockets import sockets
from labkit.evidence.memory.system import describe_system
from labkit.evidence.memory.task_scan import scan_tasks
from labkit.evidence.memory.tasks import Task, processes, threads
from labkit.evidence.memory.texts import encodings_named, texts_in_memory, texts_of_process
from labkit.hashing import Digester
from labkit.model.evidence import Digests
from labkit.usecases.examiner import examined
from labkit.usecases.exporting import check_target, safe_name


@dataclass(frozen=True, slots=True)
class MemoryImage:
    """An image and, where it was named, its symbol table or a folder of tables."""

    path: Path
    symbols: Path | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """A file that was written out of memory."""

    path: Path
    digests: Digests
    missing_bytes: int


def info(image: MemoryImage) -> Row:
    """Return what the image and its kernel say of themselves."""
    with _examined("info", image) as kernel:
        return rows.system_row(kernel, describe_system(kernel))


def list_processes(image: MemoryImage, *, with_threads: bool = False, scan: bool = False) -> Iterator[Row]:
    """Yield the processes, or all threads, that the kernel's list has; or those that are found by their bytes."""
    options = {name: True for name, wanted in (("threads", with_threads), ("scan", scan)) if wanted}
    with _examined("ps", image, options) as kernel:
        if scan:
            for found in scan_tasks(kernel):
                if with_threads:
                    yield rows.thread_row(found.task, listed=found.listed)
                elif found.task.pid == found.task.thread_id:
                    yield rows.process_row(found.task, listed=found.listed)
            return
        for task in processes(kernel):
            if with_threads:
                yield from map(rows.thread_row, threads(task))
            else:
                yield rows.process_row(task)


def process_tree(image: MemoryImage) -> list[tuple[int, Row]]:
    """Return the processes, each with its depth, below the one that started it; those without a parent come first."""
    with _examined("tree", image) as kernel:
        return _as_tree([rows.process_row(task) for task in processes(kernel)])


def command_lines(image: MemoryImage, pids: Collection[int] = ()) -> Iterator[Row]:
    """Yield the command line of each process that has memory of its own."""
    with _examined("cmdline", image, _pids(pids)) as kernel:
        paths = Paths(kernel)
        for task in _chosen(kernel, pids):
            with tolerating(f"arguments of process {task.pid}"):
                yield rows.arguments_row(task, arguments(task), executable_of(task, paths))


def environments(image: MemoryImage, pids: Collection[int] = ()) -> Iterator[Row]:
    """Yield the variables of the environment of each process."""
    with _examined("env", image, _pids(pids)) as kernel:
        for task in _chosen(kernel, pids):
            with tolerating(f"environment of process {task.pid}"):
                yield from (rows.variable_row(task, variable) for variable in environment(task).texts)


def list_open_files(image: MemoryImage, pids: Collection[int] = ()) -> Iterator[Row]:
    """Yield what each process has open."""
    with _examined("files", image, _pids(pids)) as kernel:
        paths = Paths(kernel)
        for task in _chosen(kernel, pids):
            yield from map(rows.open_file_row, open_files(task, paths))


def connections(image: MemoryImage, pids: Collection[int] = ()) -> Iterator[Row]:
    """Yield the sockets of each process."""
    with _examined("net", image, _pids(pids)) as kernel:
        paths = Paths(kernel)
        for task in _chosen(kernel, pids):
            yield from map(rows.socket_row, sockets(task, paths))


def memory_maps(
    image: MemoryImage, pids: Collection[int] = (), *, anonymous: bool = False, executable: bool = False
) -> Iterator[Row]:
    """Yield the parts of the memory of each process; only those without a file, or that may be run, if so asked."""
    chosen = {name: True for name, wanted in (("anonymous", anonymous), ("executable", executable)) if wanted}
    with _examined("maps", image, _pids(pids) | chosen) as kernel:
        paths = Paths(kernel)
        for task in _chosen(kernel, pids):
            pages = list(task.mapped())
            starts = [run.virtual for run in pages]
            for region in regions(task, paths):
                if (anonymous and not region.is_anonymous) or (executable and not region.is_executable):
                    continue
                inside = pages[bisect_left(starts, region.start) : bisect_left(starts, region.end)]
                yield rows.region_row(region, sum(run.size_bytes for run in inside))


def cached(image: MemoryImage, *, everything: bool = False) -> Iterator[Row]:
    """Yield the files whose content is in memory, at least in part; or all inodes, of directories and others too."""
    with _examined("recover", image, {"all": True} if everything else {}) as kernel:
        for file in cached_files(kernel):
            if everything or (file.kind == "file" and file.cached_pages):
                yield rows.cached_file_row(file)


def recover(
    image: MemoryImage,
    destination: Path,
    *,
    path: str | None = None,
    inode: int | None = None,
    filesystem: str | None = None,
    force: bool = False,
) -> Recovered:
    """Write a file of the page cache to a file, whole or not at all; what is not in memory becomes zeros.

    Raises:
        EvidenceError: There is no such file in memory.
        StorageError: The file exists already, or the disk has no room for it.
    """
    named = {"path": path, "inode": inode, "filesystem": filesystem, "to": str(destination)}
    with _examined("recover", image, {k: v for k, v in named.items() if v is not None}) as kernel:
        file = find_file(kernel, path, inode, filesystem)
        target = destination
        if destination.is_dir():
            name = file.path.text.rpartition("/")[2] if file.path is not None else ""
            target = destination / safe_name(name, f"inode-{file.number}")
        pieces = ((piece.data, len(piece.data) * piece.missing) for piece in content(kernel, file))
        return _written(image, target, file.size_bytes, pieces, force=force)


def recover_region(image: MemoryImage, destination: Path, *, pid: int, address: int, force: bool = False) -> Recovered:
    """Write a part of a process's memory to a file: the one that an address lies in; missing pages become zeros.

    Raises:
        EvidenceError: There is no such process, or nothing at this address.
        StorageError: The file exists already, or the disk has no room for it.
    """
    details = {"pid": pid, "address": f"{address:#x}", "to": str(destination)}
    with _examined("recover", image, details) as kernel:
        task = next(_chosen(kernel, {pid}))
        region = next((one for one in regions(task) if one.start <= address < one.end), None)
        if region is None:
            raise EvidenceError(
                f"process {pid} has no memory at {address:#x}",
                remedy=f"labkit memory maps IMAGE --pid {pid} shows where it has.",
            )
        target = destination
        if destination.is_dir():
            target = destination / f"{pid}-{region.start:x}-{region.end:x}.bin"
        pieces = ((one.data, sum(end - begin for begin, end in one.missing)) for one in region.stretches())
        return _written(image, target, region.end - region.start, pieces, force=force)


def _written(
    image: MemoryImage, target: Path, size_bytes: int, pieces: Iterator[tuple[bytes, int]], *, force: bool
) -> Recovered:
    """Write pieces, each with the number of its bytes that are missing, to a file, whole or not at all."""
    check_target((image.path,), target, size_bytes, force=force)
    missing = 0
    with whole_file(target) as partial, partial.open("wb") as out, Digester() as digester:
        for data, absent in pieces:
            alive()
            out.write(data)
            digester.update(data)
            missing += absent
        return Recovered(target, digester.finish(), missing)


def shell_histories(image: MemoryImage, pids: Collection[int] = ()) -> Iterator[Row]:
    """Yield what was typed into each shell that calls itself bash, or into chosen processes."""
    with _examined("history", image, _pids(pids)) as kernel:
        for task in _chosen(kernel, pids):
            if pids or is_bash(task):
                yield from map(rows.history_row, shell_history(task))


def log_messages(image: MemoryImage) -> Iterator[Row]:
    """Yield the messages of the kernel's log, the oldest first."""
    with _examined("log", image) as kernel:
        for message in kernel_log(kernel):
            yield rows.log_row(kernel, message)


def mounted(image: MemoryImage) -> Iterator[Row]:
    """Yield the file systems that are mounted."""
    with _examined("mounts", image) as kernel:
        yield from (rows.mount_row(*one) for one in mounts(kernel))


def owners(image: MemoryImage, offsets: Collection[int]) -> Iterator[Row]:
    """Yield whose the bytes of the image file are at some offsets.

    Raises:
        EvidenceError: An offset is not in the memory of the image.
    """
    with _examined("owner", image, {"offsets": list(offsets)}) as kernel:
        ownership = Ownership(kernel)
        for offset in offsets:
            physical = kernel.memory.address_of(offset)
            if physical is None:
                raise EvidenceError(
                    f"byte {offset} of {image.path.name} is not memory",
                    remedy="Give an offset in the image file, as strings and labkit yara show it.",
                )
            yield rows.owner_row(kernel, physical, ownership.at(physical))


def texts(
    image: MemoryImage,
    *,
    encodings: Sequence[str] = (),
    shortest: int = 8,
    containing: str | None = None,
    pid: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Row]:
    """Yield readable text, each with its owner.

    Args:
        image: The image; without a symbol table for it, texts have no owner.
        encodings: Names of encodings; ASCII and UTF-16LE if there are none.
        shortest: Text of at least this many characters.
        containing: Only text that holds this; capital and small letters count as the same.
        pid: Only the memory of this process, as it sees it itself.
        tell: Is told why owners are not known.

    Raises:
        EvidenceError: The image can not be read, or the memory of a process was asked for and can not be.
    """
    names = encodings_named(encodings)
    details: dict[str, Any] = {"encodings": list(names), "shortest": shortest}
    details |= {key: value for key, value in (("containing", containing), ("pid", pid)) if value is not None}
    needs_kernel = pid is not None or image.symbols is not None
    with examined("memory strings", image.path, details) as line, _any_memory(image.path, needs_kernel) as memory:
        line["found"] = 0
        try:
            kernel = Kernel(memory, find_symbols(memory, image.symbols, shipped_symbols()))
        except EvidenceError as error:
            if needs_kernel:
                raise
            tell(f"owners are not known: {error.message}.")
            found: Iterator[Row] = (
                rows.text_row(one, one.address, memory.offset_in_file(one.address), None)
                for one in texts_in_memory(memory, names, shortest)
            )
        else:
            found = _owned_texts(kernel, names, shortest, pid)
        wanted = None if containing is None else containing.casefold()
        for row in found:
            if wanted is None or wanted in row["text"].casefold():
                line["found"] += 1
                yield row


def _any_memory(path: Path, needs_kernel: bool) -> PhysicalMemory:
    """Return the memory in an image, or the bytes of a file of a kind that is not read, if those will do."""
    try:
        return PhysicalMemory(path)
    except EvidenceError:
        if needs_kernel:
            raise
        return PhysicalMemory(path, any_file=True)


def _owned_texts(kernel: Kernel, names: Sequence[str], shortest: int, pid: int | None) -> Iterator[Row]:
    if pid is None:
        ownership = Ownership(kernel)
        for found in texts_in_memory(kernel.memory, names, shortest):
            owner = ownership.at(found.address)
            yield rows.text_row(found, found.address, kernel.memory.offset_in_file(found.address), owner)
        return
    task = next(_chosen(kernel, {pid}))
    parts = RegionIndex(task, Paths(kernel))
    for found in texts_of_process(task, names, shortest):
        owner = MemoryOwner("process", uses=(Use(task, found.address, parts.at(found.address)),))
        physical = None if task.space is None else task.space.translate(found.address)
        yield rows.text_row(
            found, physical, None if physical is None else kernel.memory.offset_in_file(physical), owner
        )


@contextmanager
def _examined(command: str, image: MemoryImage, details: Mapping[str, Any] | None = None) -> Iterator[Kernel]:
    """Open an image for one command, which is written down in the examination log."""
    given = {} if image.symbols is None else {"symbols": str(image.symbols)}
    with (
        examined(f"memory {command}", image.path, {**given, **(details or {})}) as line,
        open_kernel(image.path, image.symbols, shipped_symbols()) as kernel,
    ):
        line["table"] = kernel.symbols.name
        yield kernel


def shipped_symbols() -> list[Path]:
    """Return the folders of symbol tables that come with labkit."""
    try:
        return sorted(content_root().glob("evidence_images/*/memory/symbols"))
    except ContentError:
        return []


def _pids(pids: Collection[int]) -> dict[str, Any]:
    return {"pid": sorted(pids)} if pids else {}


def _chosen(kernel: Kernel, pids: Collection[int]) -> Iterator[Task]:
    """Yield the processes of these numbers, or all that have memory of their own.

    A number that the kernel's list does not have is looked for in all of memory.

    Raises:
        EvidenceError: There is no process of one of the numbers.
    """
    found = [task for task in processes(kernel) if (task.pid in pids if pids else task.memory is not None)]
    missing = set(pids) - {task.pid for task in found}
    if missing:
        scanned = (one.task for one in scan_tasks(kernel) if not one.listed)
        hidden = [task for task in scanned if task.pid == task.thread_id and task.pid in missing]
        missing -= {task.pid for task in hidden}
        found += hidden
    if missing:
        raise EvidenceError(
            f"there is no process {', '.join(map(str, sorted(missing)))} in this image",
            remedy="labkit memory ps IMAGE shows the processes, with --scan also such as are in no list.",
        )
    yield from found


def _as_tree(found: list[Row]) -> list[tuple[int, Row]]:
    known = {row["pid"] for row in found}
    below: dict[int | None, list[Row]] = {}
    for row in found:
        parent = row["parent_pid"]
        below.setdefault(parent if parent in known and parent != row["pid"] else None, []).append(row)
    tree: list[tuple[int, Row]] = []
    seen: set[int] = set()
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while len(tree) < len(found):
        if not waiting:  # what is left goes round in a circle, which only damage does
            waiting = [(0, next(row for row in found if id(row) not in seen))]
        depth, row = waiting.pop()
        if id(row) in seen:
            continue
        seen.add(id(row))
        tree.append((depth, row))
        waiting += [(depth + 1, child) for child in reversed(below.get(row["pid"], []))]
    return tree
