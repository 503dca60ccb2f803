"""``labkit memory``: what a computer's memory held when it was captured."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labkit.cli.apart import ApartGroup, reader_options
from labkit.cli.output import examples, note, output_options, write_fields, write_json

if TYPE_CHECKING:
    from labkit.usecases.memory import MemoryImage

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


def image_options(command: Command) -> Command:
    """Add IMAGE, ``--symbols`` and the ways to print."""
    command = output_options(command)
    command = click.option(
        "--symbols", type=_FILE, metavar="PATH", help="Symbol table of the kernel (ISF), or a folder of them."
    )(command)
    return click.argument("image", type=_FILE)(command)


def pid_option(command: Command) -> Command:
    """Add ``--pid``, which can be repeated."""
    return click.option("--pid", "pids", type=int, multiple=True, metavar="N", help="Only this process.")(command)


def memory_image(image: Path, symbols: Path | None) -> "MemoryImage":
    """Return the image and the table that the options name."""
    from labkit.usecases.memory import MemoryImage

    return MemoryImage(image, symbols)


@click.group(cls=ApartGroup)
@reader_options
def memory(timeout: float, memory: int) -> None:
    """Examine a memory image of a Linux machine, read-only.

    IMAGE is a raw image of physical memory or an ELF core. The symbol table of its kernel is looked for beside the
    image, in a folder "symbols" there, and among those that come with labkit.
    """


@memory.command(epilog=examples("labkit memory info KF-04.raw"))
@image_options
def info(image: Path, symbols: Path | None, as_json: bool, plain: bool) -> None:
    """Show the machine: kernel, name, start, moment of the capture."""
    from labkit.usecases import memory as usecase

    row = usecase.info(memory_image(image, symbols))
    if as_json:
        write_json(row)
        return
    hexadecimal = {"physical_shift", "virtual_shift", "page_table"}
    shown = {**row, "runs": ", ".join(f"{size} bytes at {start:#x}" for start, size in row["runs"])}
    del shown["record"]
    fields = [
        (name.replace("_", " "), f"{value:#x}" if name in hexadecimal else "-" if value is None else value)
        for name, value in shown.items()
    ]
    write_fields(fields, plain=plain)


@memory.command(epilog=examples("labkit memory ps KF-04.raw", "labkit memory ps KF-04.raw --threads --json"))
@image_options
@click.option("--threads", "with_threads", is_flag=True, help="Each thread of each process.")
def ps(image: Path, symbols: Path | None, with_threads: bool, as_json: bool, plain: bool) -> None:
    """List the processes that the kernel's own list has."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        *([views.Column("thread", "thread_id", right=True)] if with_threads else []),
        views.Column("parent", "parent_pid", right=True),
        views.Column("UID", "uid", right=True),
        views.Column("name"),
        views.Column("state"),
        views.STARTED,
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.list_processes(memory_image(image, symbols), with_threads=with_threads)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@memory.command(epilog=examples("labkit memory tree KF-04.raw"))
@image_options
def tree(image: Path, symbols: Path | None, as_json: bool, plain: bool) -> None:
    """Show which process started which."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    found = usecase.process_tree(memory_image(image, symbols))
    drawn = [{**row, "depth": depth, "tree": "    " * depth + row["name"]} for depth, row in found]
    columns = [views.Column("process", "tree"), views.PID, views.Column("UID", "uid", right=True), views.STARTED]
    if as_json:
        for row in drawn:
            del row["tree"]
    elif plain:
        columns[0] = views.Column("depth")
        columns.insert(1, views.Column("name"))
    views.show_rows(drawn, columns, as_json=as_json, plain=plain)


@memory.command(epilog=examples("labkit memory cmdline KF-04.raw", "labkit memory cmdline KF-04.raw --pid 102"))
@image_options
@pid_option
def cmdline(image: Path, symbols: Path | None, pids: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show the command line of each process, from its own memory."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("name"),
        views.Column("arguments", show=views.quoted),
        views.Column("missing bytes", "missing_bytes", lambda missing: missing or "", right=True),
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.command_lines(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@memory.command(epilog=examples("labkit memory env KF-04.raw --pid 102"))
@image_options
@pid_option
def env(image: Path, symbols: Path | None, pids: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show the environment of each process, one variable a line."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("process"),
        views.Column("name"),
        views.Column("value"),
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.environments(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@memory.command(
    epilog=examples(
        "labkit memory recover KF-04.raw",
        "labkit memory recover KF-04.raw /dev/shm/notes.txt --to notes.txt",
        "labkit memory recover KF-04.raw --inode 4 --filesystem tmpfs --to program.bin",
    )
)
@image_options
@click.argument("path", required=False)
@click.option("--inode", type=int, metavar="N", help="The file of this inode number.")
@click.option("--filesystem", metavar="NAME", help="On this file system, or kind of file system.")
@click.option("--to", "destination", type=_FILE, default=Path(), help="File or folder to write to (this folder).")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@click.option("--all", "everything", is_flag=True, help="List all inodes, also of directories and without content.")
def recover(
    image: Path,
    symbols: Path | None,
    path: str | None,
    inode: int | None,
    filesystem: str | None,
    destination: Path,
    force: bool,
    everything: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """List the files whose content is in memory, or write one of them to a file.

    What is not in memory becomes zeros, and is counted.
    """
    from labkit.usecases import memory as usecase

    source = memory_image(image, symbols)
    if path is None and inode is None:
        _list_files(usecase.cached(source, everything=everything), as_json=as_json, plain=plain)
        return
    done = usecase.recover(source, destination, path=path, inode=inode, filesystem=filesystem, force=force)
    values = {"file": str(done.path), "inode": done.inode, **asdict(done.digests), "missing_bytes": done.missing_bytes}
    if as_json:
        write_json({"record": "recovered", **values})
    else:
        write_fields([(name.replace("_", " "), value) for name, value in values.items()], plain=plain)
    if done.missing_bytes:
        note(f"Warning: {done.missing_bytes} bytes of the file are not in memory; they are zeros in the copy.")


def _list_files(rows: Any, *, as_json: bool, plain: bool) -> None:
    from labkit.cli import memory_views as views

    columns = [
        views.Column("inode", right=True),
        views.Column("file system", "filesystem"),
        views.Column("size bytes", "size_bytes", right=True),
        views.Column("cached bytes", "cached_bytes", right=True),
        views.Column("modified (UTC)", "modified_utc", views.moment),
        views.Column("deleted", show=views.yes),
        views.Column("path"),
    ]
    views.show_rows(rows, columns, as_json=as_json, plain=plain)
