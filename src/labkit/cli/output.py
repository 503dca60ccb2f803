"""How commands print: tables for people, tab-separated lines with ``--plain``, one JSON object a line with ``--json``.

Text from evidence and from trainees is hostile: characters that move the cursor, reorder or hide text are shown as
escapes. Everything leaves as UTF-8, whatever the machine's code page.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from labkit.cli.language import in_words
from labkit.evidence.isolation import alive

Command = TypeVar("Command", bound=Callable[..., Any])

# Controls, direction marks and overrides, line and paragraph separators, byte order mark, lone surrogates. The
# joiners U+200C and U+200D stay: Persian needs them. Compiled when first needed, because that takes a while.
_UNSAFE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
_BATCH_CHARACTERS = 256 * 1024
_ANY_WIDTH = 100_000  # nothing is folded when the output goes to a file or to another program


def safe(text: str) -> str:
    """Return ``text`` with every character that could fool a terminal or a reader written as an escape."""
    return text if text.isprintable() else re.sub(_UNSAFE, _escape, text)


def output_options(command: Command) -> Command:
    """Add ``--json`` and ``--plain`` to a command."""
    command = click.option("--plain", is_flag=True, help="Tab-separated lines, no boxes, no colours.")(command)
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(command)


def examples(*commands: str) -> str:
    """Return the end of a command's help: what to type, one example a line."""
    title = "Examples:" if len(commands) > 1 else "Example:"
    return "\n".join(("\b", title, *(f"  {command}" for command in commands)))


def write(text: str) -> None:
    """Write text to standard output: to a terminal as it takes it, else as UTF-8 with plain line feeds."""
    alive()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None or sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        stream.write(text.encode("utf-8", "backslashreplace"))
        stream.flush()  # what was found stays, whatever becomes of the reader


def write_lines(lines: Iterable[str]) -> None:
    """Write many lines, each with its line end, in large pieces. One text may hold several lines."""
    batch: list[str] = []
    characters = 0
    for line in lines:
        batch.append(line)
        characters += len(line)
        if characters >= _BATCH_CHARACTERS:
            write("".join(batch))
            batch.clear()
            characters = 0
    if batch:
        write("".join(batch))


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object on a line of its own."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    write(re.sub(_UNSAFE, lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def write_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    plain: bool,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Write a table; the columns named in ``right`` are aligned to the right. Cells are made safe here.

    In a narrow terminal long cells are folded. Those of the columns named in ``whole`` are not, or only behind a
    slash: who copies a digest or the name of a task gets all of it.
    """
    cells = [[safe(str(cell)) for cell in row] for row in rows]
    if plain:
        write_lines("\t".join(row) + "\n" for row in [list(headers), *cells])
        return
    table = _table(headers, cells, right, ())
    if not whole or not sys.stdout.isatty() or _natural_width(table) <= _terminal_width():
        _render(table)
        return
    slashed = [
        [cell.replace("/", "/\n") if header in whole else cell for header, cell in zip(headers, row, strict=True)]
        for row in cells
    ]
    narrow = _table(headers, slashed, right, whole)
    if _narrowest_width(narrow) <= _terminal_width():
        _render(narrow)
    else:
        _render(table, width=_natural_width(table))  # the terminal goes on in its next line, as with any long line


def _table(headers: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str], whole: Sequence[str]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(
            header, justify="right" if header in right else "left", overflow="fold", no_wrap=header in whole
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def write_fields(fields: Iterable[tuple[str, object]], *, plain: bool) -> None:
    """Write names and values, one pair a line."""
    pairs = [(name, safe(str(value))) for name, value in fields]
    if plain:
        write_lines(f"{name}\t{value}\n" for name, value in pairs)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, Text(value))
    _render(table)


def note(text: str) -> None:
    """Write a remark to standard error, in the reader's language; there it does not disturb what programs read."""
    click.echo(safe(in_words(text)), err=True)


@contextmanager
def progress(*, plain: bool) -> Iterator[Callable[[Iterable[bytes], int, str], Iterable[bytes]]]:
    """Yield a function that passes blocks on and shows how far they are, on a terminal only."""
    if plain or not sys.stderr.isatty():
        yield lambda blocks, _size, _what: blocks
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

        def watch(blocks: Iterable[bytes], size_bytes: int, what: str) -> Iterator[bytes]:
            task = shown.add_task(what, total=size_bytes)
            for block in blocks:
                yield block
                shown.advance(task, len(block))

        yield watch


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _natural_width(table: Any) -> int:
    """Return how many columns a table takes if nothing is folded."""
    return int(_measured(table).maximum)


def _narrowest_width(table: Any) -> int:
    """Return how many columns a table takes at least, each of its words and its unfolded cells in one piece."""
    return int(_measured(table).minimum)


def _measured(table: Any) -> Any:
    from rich.console import Console

    console = Console(width=_ANY_WIDTH, legacy_windows=False)
    return console.measure(table)


def _render(renderable: Any, *, width: int | None = None) -> None:
    from io import StringIO

    from rich.console import Console

    terminal = sys.stdout.isatty()
    text = StringIO()
    console = Console(
        file=text,
        force_terminal=terminal,
        no_color=True if "NO_COLOR" in os.environ else None,
        width=(width or _terminal_width()) if terminal else _ANY_WIDTH,
        markup=False,
        highlight=False,
        legacy_windows=False,
    )
    console.print(renderable)
    write("".join(line.rstrip() + "\n" for line in text.getvalue().strip("\n").splitlines()))


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - two digits are enough
