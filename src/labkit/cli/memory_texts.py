"""``labkit memory history``, ``log``, ``strings``, ``owner``: what was written, and whose it is."""

from pathlib import Path

import click

from labkit.cli.image_options import Offset
from labkit.cli.memory_options import image_options, memory_image, pid_option
from labkit.cli.output import examples, note, safe, write_json, write_lines


@click.command(epilog=examples("labkit memory history KF-04.raw"))
@image_options
@pid_option
def history(image: Path, symbols: Path | None, pids: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show what was typed into shells (bash), and when."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.PID,
        views.Column("process"),
        views.Column("time (UTC)", "time_utc", views.moment),
        views.Column("line"),
        views.VIRTUAL,
        views.PHYSICAL,
    ]
    rows = usecase.shell_histories(memory_image(image, symbols), pids)
    views.show_rows(rows, columns, as_json=as_json, plain=plain)


@click.command(epilog=examples("labkit memory log KF-04.raw"))
@image_options
def log(image: Path, symbols: Path | None, as_json: bool, plain: bool) -> None:
    """Show the messages of the kernel."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    rows = usecase.log_messages(memory_image(image, symbols))
    if as_json or plain:
        names = ("sequence", "time_utc", "since_start_ns", "level", "physical_address", "text")
        views.show_rows(rows, [views.Column(name) for name in names], as_json=as_json, plain=plain)
        return
    write_lines(f"{row['time_utc'] or '-'}  {row['level']}  {safe(row['text'])}\n" for row in rows)


@click.command(
    epilog=examples(
        "labkit memory strings KF-04.raw --containing example",
        "labkit memory strings KF-04.raw --pid 102 --min 6",
        "labkit memory strings KF-04.raw --encoding cp1251 --encoding UTF-8",
    )
)
@image_options
@click.option("--min", "shortest", type=int, default=8, metavar="N", help="Text of at least N characters (8).")
@click.option(
    "--encoding", "encodings", multiple=True, metavar="NAME", help="Such as ASCII, UTF-16LE (these two), UTF-8, cp1251."
)
@click.option("--containing", metavar="TEXT", help="Only text with this in it, in capital or small letters.")
@click.option("--pid", type=int, metavar="N", help="Only the memory of this process, as it sees it itself.")
def strings(
    image: Path,
    symbols: Path | None,
    shortest: int,
    encodings: tuple[str, ...],
    containing: str | None,
    pid: int | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Show readable text, where it lies, and whose it is.

    Without a symbol table for the image, texts are shown without owners.
    """
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    rows = usecase.texts(
        memory_image(image, symbols),
        encodings=encodings,
        shortest=shortest,
        containing=containing,
        pid=pid,
        tell=lambda text: note(f"Note: {text}"),
    )
    if as_json:
        for row in rows:
            write_json(row)
        return
    columns = ("physical_address", "virtual_address", "pid", "encoding", "owner", "text")
    if plain:
        views.show_rows(rows, [views.Column(name) for name in columns], as_json=False, plain=True)
        return
    write_lines(
        f"{row['physical_address'] or 0:#x}  {row['encoding']}  [{safe(row['owner'] or '-')}]  {safe(row['text'])}\n"
        for row in rows
    )


@click.command(
    epilog=examples("labkit memory owner KF-04.raw 99084512", "labkit memory owner KF-04.raw 0x5e7e6e0 --json")
)
@image_options
@click.argument("offsets", type=Offset(), nargs=-1, required=True)
def owner(image: Path, symbols: Path | None, offsets: tuple[int, ...], as_json: bool, plain: bool) -> None:
    """Show whose the bytes at some OFFSETS of the image file are: a process's, a file's, the kernel's."""
    from labkit.cli import memory_views as views
    from labkit.usecases import memory as usecase

    columns = [
        views.Column("offset", "offset_bytes", views.hexadecimal, right=True),
        views.Column("kind"),
        views.Column("owner"),
    ]
    views.show_rows(usecase.owners(memory_image(image, symbols), offsets), columns, as_json=as_json, plain=plain)
