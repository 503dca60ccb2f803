"""``labkit memory info``, ``ps``, ``tree``, ``cmdline``, ``env``: what ran."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.memory_options import image_options, memory_image, pid_option
from labkit.cli.output import examples, write_fields, write_json

if TYPE_CHECKING:
    pass


@click.command(epilog=examples("labkit memory info KF-04.raw"))
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


@click.command(epilog=examples("labkit memory ps KF-04.raw", "labkit memory ps KF-04.raw --scan"))
@image_options
@click.option("--threads", "with_threads", is_flag=True, help="Each thread of each process.")
@click.option("--scan", is_flag=True, help="Look for processes in all of memory, also such as are in no list.")
def ps(image: Path, symbols: Path | None, with_threads: bool, scan: bool, as_json: bool, plain: bool) -> None:
    """List the processes that the kernel's own list has, or those that are found by their bytes."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        *([views.Column("thread", "thread_id", right=True)] if with_threads else []),
        views.Column("parent", "parent_pid", right=True),
        views.Column("UID", "uid", right=True),
        views.Column("name"),
        views.Column("state"),
        *([views.Column("listed", show=views.yes_or_no)] if scan else []),
        views.STARTED,
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.list_processes(memory_image(image, symbols), with_threads=with_threads, scan=scan)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(epilog=examples("labkit memory tree KF-04.raw"))
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


@click.command(epilog=examples("labkit memory cmdline KF-04.raw", "labkit memory cmdline KF-04.raw --pid 102"))
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
        views.Column("program"),
        views.Column("deleted", "program_deleted", views.yes),
        views.Column("missing bytes", "missing_bytes", lambda missing: missing or "", right=True),
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.command_lines(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(epilog=examples("labkit memory env KF-04.raw --pid 102"))
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
