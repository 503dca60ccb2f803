"""``labkit memory recover``: files and parts of processes out of memory."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.cli.image_options import Offset
from labkit.cli.memory_options import FILE, image_options, memory_image
from labkit.cli.output import examples, note, write_fields, write_json

if TYPE_CHECKING:
    from labkit.usecases.memory import Recovered


@click.command(
    epilog=examples(
        "labkit memory recover KF-04.raw",
        "labkit memory recover KF-04.raw /dev/shm/notes.txt --to notes.txt",
        "labkit memory recover KF-04.raw --inode 4 --filesystem tmpfs --to program.bin",
        "labkit memory recover KF-04.raw --pid 102 --address 0x7f08f7b5b000 --to region.bin",
    )
)
@image_options
@click.argument("path", required=False)
@click.option("--inode", type=int, metavar="N", help="The file of this inode number.")
@click.option("--filesystem", metavar="NAME", help="On this file system, or kind of file system.")
@click.option("--pid", type=int, metavar="N", help="Not a file, but memory of this process, at --address.")
@click.option("--address", type=Offset(), help="A virtual address in the part of memory that is wanted.")
@click.option("--to", "destination", type=FILE, default=Path(), help="File or folder to write to (this folder).")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@click.option("--all", "everything", is_flag=True, help="List all inodes, also of directories and without content.")
def recover(
    image: Path,
    symbols: Path | None,
    path: str | None,
    inode: int | None,
    filesystem: str | None,
    pid: int | None,
    address: int | None,
    destination: Path,
    force: bool,
    everything: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """List the files whose content is in memory, or write one of them, or memory of a process, to a file.

    What is not in the image becomes zeros, and is counted.
    """
    from labkit.usecases import memory as usecase

    if (pid is None) != (address is None) or (pid is not None and (path is not None or inode is not None)):
        raise click.UsageError("Give a file (PATH or --inode), or a process and a place in it (--pid and --address).")
    source = memory_image(image, symbols)
    if pid is not None and address is not None:
        _tell(usecase.recover_region(source, destination, pid=pid, address=address, force=force), as_json, plain)
        return
    if path is None and inode is None:
        _list_files(usecase.cached(source, everything=everything), as_json=as_json, plain=plain)
        return
    done = usecase.recover(source, destination, path=path, inode=inode, filesystem=filesystem, force=force)
    _tell(done, as_json, plain)


def _tell(done: "Recovered", as_json: bool, plain: bool) -> None:
    values = {"file": str(done.path), **asdict(done.digests), "missing_bytes": done.missing_bytes}
    if as_json:
        write_json({"record": "recovered", **values})
    else:
        write_fields([(name.replace("_", " "), value) for name, value in values.items()], plain=plain)
    if done.missing_bytes:
        note(f"Warning: {done.missing_bytes} bytes are not in memory; they are zeros in the copy.")


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
