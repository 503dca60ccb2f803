"""How ``labkit memory`` prints its rows: tables for people, lines for programs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from labkit.cli.output import safe, write_json, write_lines, write_table
from labkit.evidence.memory.rows import Row

Cell = Callable[[Row], object]


class Column:
    """A column of a table: its title, the key of the row it shows, and how."""

    def __init__(
        self, title: str, key: str | None = None, show: Callable[[Any], object] = str, *, right: bool = False
    ) -> None:
        self.title = title
        self.key = key or title
        self.show = show
        self.right = right

    def cell(self, row: Row) -> str:
        """Return what the column shows of a row; ``-`` for nothing."""
        value = row.get(self.key)
        return "-" if value is None or value == "" else str(self.show(value))


def hexadecimal(value: Any) -> str:
    """Return a physical address as people write it."""
    return f"{value:#x}"


def yes(value: Any) -> str:
    """Return ``yes``, or nothing."""
    return "yes" if value else ""


def yes_or_no(value: Any) -> str:
    """Return ``yes`` or ``no``."""
    return "yes" if value else "no"


def moment(value: str) -> str:
    """Return a time in UTC to the second."""
    return value[:19] + "Z"


def quoted(arguments: Sequence[str]) -> str:
    """Return a command line as a shell would take it."""
    import shlex

    return shlex.join(arguments)


VIRTUAL = Column("virtual", "virtual_address")
PHYSICAL = Column("physical", "physical_address", hexadecimal, right=True)
PID = Column("PID", "pid", right=True)
STARTED = Column("started (UTC)", "started_utc", moment)


def show_rows(rows: Iterable[Row], columns: Sequence[Column], *, as_json: bool, plain: bool) -> None:
    """Write rows as JSON lines, tab-separated lines, or a table."""
    if as_json:
        for row in rows:
            write_json(row)
        return
    if plain:
        write_lines(["\t".join(column.key for column in columns) + "\n"])
        write_lines("\t".join(_plain(row.get(column.key)) for column in columns) + "\n" for row in rows)
        return
    cells = ([column.cell(row) for column in columns] for row in rows)
    titles = [column.title for column in columns]
    write_table(titles, cells, plain=False, right=[column.title for column in columns if column.right])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return safe(quoted([str(part) for part in value]))
    return safe(str(value))
