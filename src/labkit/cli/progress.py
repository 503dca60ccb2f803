"""Progress on a terminal; silence where the output goes to a file or another program."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def file_progress(what: str) -> Iterator[Callable[[str], None] | None]:
    """Yield a function that is told the name of each thing that is done; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ...") as shown:
        yield lambda name: shown.update(f"{what}: {name}")


@contextmanager
def counted_progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that moves a bar on by one; without a terminal it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda name: bar.update(task, advance=1, description=f"{what}: {name}")


@contextmanager
def entry_progress(what: str, *, silent: bool) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many more entries were read; it shows their number on a terminal only."""
    if silent or not sys.stderr.isatty():
        yield lambda _more: None
        return
    from rich.console import Console

    total = 0
    with Console(stderr=True).status(f"{what} ...") as shown:

        def seen(more: int) -> None:
            nonlocal total
            total += more
            shown.update(f"{what}: {total}")

        yield seen
