"""``labkit memory files``, ``net``, ``maps``: what processes hold."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.cli.memory_options import image_options, memory_image, pid_option
from labkit.cli.output import examples

if TYPE_CHECKING:
    pass


@click.command(epilog=examples("labkit memory files KF-04.raw --pid 102"))
@image_options
@pid_option
def files(image: Path, symbols: Path | None, pids: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show what each process has open."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("process"),
        views.Column("descriptor", right=True),
        views.Column("type"),
        views.Column("access"),
        views.Column("position", "position_bytes", right=True),
        views.Column("inode", right=True),
        views.Column("deleted", show=views.yes),
        views.Column("path"),
        views.PHYSICAL,
    ]
    rows = usecase.list_open_files(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(epilog=examples("labkit memory net KF-04.raw", "labkit memory net KF-04.raw --json"))
@image_options
@pid_option
def net(image: Path, symbols: Path | None, pids: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show the sockets of each process: protocol, state, both ends."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("process"),
        views.Column("descriptor", right=True),
        views.Column("family"),
        views.Column("protocol"),
        views.Column("state"),
        views.Column("local address", "local_address"),
        views.Column("port", "local_port", right=True),
        views.Column("remote address", "remote_address"),
        views.Column("port", "remote_port", right=True),
        views.PHYSICAL,
    ]
    rows = usecase.connections(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(
    epilog=examples("labkit memory maps KF-04.raw --pid 102", "labkit memory maps KF-04.raw --anonymous --executable")
)
@image_options
@pid_option
@click.option("--anonymous", is_flag=True, help="Only parts that no file is behind.")
@click.option("--executable", is_flag=True, help="Only parts whose bytes may be run.")
def maps(
    image: Path,
    symbols: Path | None,
    pids: tuple[int, ...],
    anonymous: bool,
    executable: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """Show the parts of each process's memory: addresses, permissions, the file behind them."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("process"),
        views.Column("start"),
        views.Column("end"),
        views.Column("resident", "resident_bytes", right=True),
        views.Column("permissions"),
        views.Column("purpose"),
        views.Column("offset in file", "offset_in_file", views.hexadecimal, right=True),
        views.Column("deleted", show=views.yes),
        views.Column("path"),
        views.PHYSICAL,
    ]
    source = memory_image(image, symbols)
    rows = usecase.memory_maps(source, pids, anonymous=anonymous, executable=executable)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(epilog=examples("labkit memory mounts KF-04.raw"))
@image_options
def mounts(image: Path, symbols: Path | None, as_json: bool, plain: bool) -> None:
    """Show the file systems that are mounted."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [views.Column("device"), views.Column("file system", "filesystem"), views.Column("path")]
    views.show_rows(usecase.mounted(memory_image(image, symbols)), columns, as_json=as_json, plain=plain)
