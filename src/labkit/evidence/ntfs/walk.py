"""Going through an NTFS volume: the rows of ``fls -r``, without asking the Sleuth Kit for each of them.

The names come from the directories' indexes. Deleted files that no index names any more are found through the parent
that their own records name, or end up in ``/$OrphanFiles``, as in the Sleuth Kit. What is not plain (a record whose
attributes go on in others, a damaged index) is asked of the Sleuth Kit, entry by entry, so that there is one opinion
on damage.

Memory: two bytes for each record of the table, and the numbers and parents of deleted records; everything else is of
constant size.
"""

from collections.abc import Iterator
from functools import cached_property

from labkit.evidence.body_file import body_lines, printable
from labkit.evidence.ntfs.divided import STRETCH_NODES, Divided, Stretch
from labkit.evidence.ntfs.index import (
    ENTRY_BYTES,
    IndexName,
    Node,
    directories_in,
    may_linger,
    names_in,
    outer_nodes,
    root_node,
)
from labkit.evidence.ntfs.index_content import index_of
from labkit.evidence.ntfs.paths import ROOT, DirectoryPaths
from labkit.evidence.ntfs.plain import file_lines
from labkit.evidence.ntfs.record import Record, read_record
from labkit.evidence.ntfs.records import IN_USE, MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError
from labkit.evidence.ntfs.second_opinion import SecondOpinion, record_of
from labkit.evidence.ntfs.survey import Survey
from labkit.evidence.rows import Row
from labkit.model.entry_type import EntryType

_DOTS = frozenset({".", ".."})
_NO_METADATA = "----------"
_MANY_RECORDS = 8192  # a second process starts in the time in which a thousand files are listed


Part = Row | str | Stretch  # what a walk finds: a row, lines, or files whose lines are still to be made


class NtfsWalk:
    """One pass over an NTFS volume. ``problems`` has a line for each directory that could not be read.

    Raises:
        DamagedError: The volume is not one that is read here.
    """

    def __init__(self, table: MasterFileTable, second_opinion: SecondOpinion, *, deleted: bool = True) -> None:
        self.problems: list[str] = []
        self._table = table
        self._second_opinion = second_opinion
        self._plain = False
        self._paths = DirectoryPaths(self.record)
        self._with_deleted = deleted
        self._entered: set[int] = set()
        self._kept: dict[int, Record] = {}  # records that the survey has read
        self._named = bytearray(table.count)  # 1 where a name leads to the record

    def rows(self, start: int = ROOT, path: str = "") -> Iterator[Row]:
        """Yield the rows of every entry under the directory with number ``start``, which ``path`` leads to.

        Each directory comes before what it holds and is gone into once.
        """
        return (part for part in self._parts(start, path) if isinstance(part, Row))

    def body_lines(self, start: int = ROOT, path: str = "") -> Iterator[str]:
        """Yield lines of a body file instead; one text may have many lines. Files come first in a directory."""
        self._plain = True
        table = self._table
        by_two = table.reads_in_forks and table.count >= _MANY_RECORDS
        divided = Divided(self._lines_of, self._nodes, self._mark_named, by_two=by_two)
        yield from divided.lines(
            "".join(body_lines((part,))) if isinstance(part, Row) else part for part in self._named_parts(start, path)
        )
        self._plain = False
        yield from body_lines(part for part in self._other_parts(start) if isinstance(part, Row))

    def _parts(self, start: int, path: str) -> Iterator[Part]:
        yield from self._named_parts(start, path)
        yield from self._other_parts(start)

    def _named_parts(self, start: int, path: str) -> Iterator[Part]:
        """Yield what names lead to."""
        if start == ROOT:
            yield from self._root_streams()
        parts, names = self._contents(start, path)
        yield from parts
        yield from self._below(start, path + "/", names)

    def _other_parts(self, start: int) -> Iterator[Part]:
        """Yield what no name leads to."""
        if start != ROOT:
            return
        yield from self._unindexed()
        number = self._table.count
        yield Row(
            "/$OrphanFiles", EntryType.VIRTUAL, number, 0, False, 0, 0, 0, 0, None, None, False, None, "V/V---------"
        )
        if self._with_deleted:
            yield from self._below(number, "/$OrphanFiles/", iter(self._orphans()))

    def _below(self, start: int, prefix: str, names: Iterator[IndexName]) -> Iterator[Part]:
        self._entered.add(start)
        stack = [(prefix, names)]
        while stack:
            prefix, names = stack[-1]
            for name in names:
                path = prefix + name.name
                found, directory = self._rows_of(name, path)
                if found[0].deleted and not self._with_deleted:
                    continue
                yield from found
                if directory and name.number not in self._entered:
                    self._entered.add(name.number)
                    parts, inner = self._contents(name.number, path)
                    yield from parts
                    stack.append((path + "/", inner))
                    break
            else:
                stack.pop()

    def _rows_of(self, name: IndexName, path: str) -> tuple[list[Row], bool]:
        """Return the rows of a name, and whether it is a directory to enter."""
        number, sequence, _, live, is_directory = name
        letter = "-" if is_directory is None else "d" if is_directory else "r"
        try:
            record = self._read_record(number)
        except DamagedError:
            return self._rows_by_tsk(name, path, letter)
        in_use = record.in_use
        if record.sequence != sequence and not _belongs(record, sequence):
            return [self._bare_row(name, path, letter)], False
        if live or not in_use:
            self._named[number] = 1
        directory = record.directory
        kind = EntryType.DIRECTORY if directory else EntryType.FILE
        deleted = not (live and in_use)
        reallocated = in_use and not live
        born, modified, changed, accessed = record.times
        mode = f"{letter}/{'d' if directory else 'r'}{record.permissions}"
        file_name = record.file_name
        found = []
        for kind_number, identity, size, stream in record.streams:
            found.append(
                Row(
                    path, kind, number, size, deleted, born, modified, changed, accessed, stream,
                    f"{kind_number}-{identity}", reallocated, None, mode, record.owner, 0, file_name,
                )
            )  # fmt: skip
            file_name = None
        if not found:
            found.append(
                Row(
                    path, kind, number, 0, deleted, born, modified, changed, accessed, None, None, reallocated, None,
                    mode, record.owner, 0, file_name,
                )
            )  # fmt: skip
        return found, directory and is_directory is not False and (live or not in_use)

    def _bare_row(self, name: IndexName, path: str, letter: str) -> Row:
        kind = EntryType.OTHER if name.directory is None else EntryType.DIRECTORY if name.directory else EntryType.FILE
        reused = not name.live and name.number > 0
        return Row(
            path, kind, name.number, 0, not name.live, 0, 0, 0, 0, None, None, reused, None, f"{letter}/{_NO_METADATA}"
        )

    def _rows_by_tsk(self, name: IndexName, path: str, letter: str) -> tuple[list[Row], bool]:
        found = self._second_opinion.opened(name.number)
        if found is None:
            return [self._bare_row(name, path, letter)], False
        record = record_of(found)
        if not _belongs(record, name.sequence):
            return [self._bare_row(name, path, letter)], False
        if name.live or not record.in_use:
            self._named[name.number] = 1
        rows = self._second_opinion.rows(found, path, name_deleted=not name.live)
        rows = [row._replace(mode=letter + row.mode[1:]) for row in rows]
        return rows, record.directory and name.directory is not False and (name.live or not record.in_use)

    def _read_record(self, number: int) -> Record:
        kept = self._kept.get(number)
        return read_record(self._table, number, alone=self._plain) if kept is None else kept

    def record(self, number: int) -> Record | None:
        """Return what is known of a record; None where it is damaged."""
        if number >= self._table.count:
            return None
        try:
            return self._read_record(number)
        except DamagedError:
            if number in self._table.damaged:
                return None
        return self._second_opinion.record(number)

    def _contents(self, number: int, path: str) -> tuple[list[str | Stretch], Iterator[IndexName]]:
        """Return what a directory holds: its files as lines, where those are wanted, and the other names, each once.

        A live name stands before its own remains.
        """
        record = self.record(number)
        if record is None:
            self.problems.append(f"the directory {path or '/'} (address {number}) can not be read")
            return [], iter(())
        parts: list[str | Stretch] = []
        done: set[int] = set()
        try:
            nodes = self._nodes(number)
        except DamagedError:
            names = self._names_by_tsk(number, path or "/")
        else:
            if self._plain and record.in_use:
                names = self._divided(number, path, nodes, parts, done)
            else:
                names = self._names(number, nodes, deleted=not record.in_use)
        found = self._each_once(names, number, done)
        for child in self._survey.children.get((number, record.sequence - (not record.in_use)), ()):
            self._add_child(found, number, child)
        return parts, (name for name in found.values() if name.name not in _DOTS)

    def _each_once(self, names: list[IndexName], directory: int, done: set[int]) -> dict[tuple[int, str], IndexName]:
        found: dict[tuple[int, str], IndexName] = {}
        for name in names:
            key = (name.number, name.name)
            before = found.get(key)
            if before is None or (name.live and not before.live):
                found[key] = name
        for key, name in list(found.items()):
            if not name.live and self._is_live_here(name, directory):
                if name.number in done:
                    del found[key]
                else:
                    found[key] = name._replace(live=True, directory=None)
        return found

    def _nodes(self, number: int) -> list[Node]:
        """Return the nodes of a directory's index.

        Raises:
            DamagedError: It is damaged, or not plain.
        """
        root, allocation = index_of(self._table, number)
        nodes = [root_node(root)]
        if allocation is not None:
            nodes += outer_nodes(allocation, self._table.cluster_bytes, self._table.index_bytes)
        return nodes

    def _names(self, number: int, nodes: list[Node], *, deleted: bool) -> list[IndexName]:
        return [name for node in nodes for name in names_in(node, number, self._table.count, deleted=deleted)]

    def _divided(
        self, number: int, path: str, nodes: list[Node], parts: list[str | Stretch], done: set[int]
    ) -> list[IndexName]:
        """Return the names of a live directory, but for its files: those are added to ``parts``.

        Where names linger, which may be those of the same files, their lines are made at once and their numbers added
        to ``done``.
        """
        count = self._table.count
        names: list[IndexName] = []
        rest: list[IndexName] = []
        lingering = may_linger(nodes)
        for node in nodes:
            directories, begin = directories_in(node, number, count)
            names += directories
            if lingering or begin + ENTRY_BYTES <= node.used_end:
                rest += names_in(node, number, count, deleted=False, begin=begin)
        for first in range(0, len(nodes), STRETCH_NODES):
            stretch = Stretch(number, path, first, nodes[first : first + STRETCH_NODES])
            if rest:
                text, numbers = self._lines_of(stretch)
                parts.append(text)
                self._mark_named(numbers)
                done.update(numbers)
            else:
                parts.append(stretch)
        return names + rest

    def _lines_of(self, stretch: Stretch) -> tuple[str, list[int]]:
        """Return the lines of the files in a stretch, and their numbers."""
        directory, path, _, nodes = stretch
        prefix = printable(path + "/")
        lines: list[str] = []
        numbers: list[int] = []
        for node in nodes:
            plain, found, others = file_lines(self._table, node, directory, prefix)
            lines += plain
            numbers += found
            for name in others:
                rows, _ = self._rows_of(name, f"{path}/{name.name}")
                if name.name not in _DOTS and (self._with_deleted or not rows[0].deleted):
                    lines += body_lines(rows)
                if self._named[name.number]:
                    numbers.append(name.number)
        return "".join(lines), numbers

    def _mark_named(self, numbers: list[int]) -> None:
        named = self._named
        for number in numbers:
            named[number] = 1

    @cached_property
    def _survey(self) -> Survey:
        survey = Survey(self._table, self._second_opinion.record)
        self._kept = survey.kept
        return survey

    def _is_live_here(self, name: IndexName, directory: int) -> bool:
        """Return whether a name from slack is that of a live file: its record names this directory all the same."""
        if name.number >= self._table.count or not self._survey.flags[name.number] & IN_USE:
            return False
        record = self.record(name.number)
        return record is not None and any(parent == directory and text == name.name for parent, _, text in record.names)

    def _add_child(self, found: dict[tuple[int, str], IndexName], directory: int, child: int) -> None:
        record = self.record(child)
        if record is None:
            return
        sequence = record.sequence - (not record.in_use)
        for parent, _, text in record.names:
            if parent == directory and (child, text) not in found:
                found[child, text] = IndexName(child, sequence, text, record.in_use, None)

    def _names_by_tsk(self, number: int, path: str) -> list[IndexName]:
        found, whole = self._second_opinion.names(number, self._table.count)
        if not whole:
            self.problems.append(f"the directory {path} (address {number}) can not be read to its end")
        return found

    def _root_streams(self) -> Iterator[Row]:
        """Yield the named streams of the root directory itself, which no name leads to."""
        record = self.record(ROOT)
        if record is None:
            return
        self._named[ROOT] = 1
        name = IndexName(ROOT, record.sequence, "/", True, True)
        for row in self._rows_of(name, "/")[0]:
            if row.stream is not None:
                yield row._replace(file_name=None)

    def _unindexed(self) -> Iterator[Part]:
        """Yield live files that no index names: the Sleuth Kit finds them through the parent that they name."""
        for number in self._survey.unnamed(self._named):
            if self._named[number]:  # since
                continue
            record = self.record(number)
            if record is None or record.base:
                continue
            for parent, sequence, text in record.names:
                path = self._paths.path(parent, sequence)
                if path is None or text in _DOTS:
                    continue
                name = IndexName(number, record.sequence, text, True, None)
                yield from self._below(-1, path + "/", iter([name]))

    def _orphans(self) -> list[IndexName]:
        """Return the deleted files that no directory leads to, without those that another of them holds."""
        found: list[IndexName] = []
        inside: set[int] = set()
        for number in self._survey.unallocated:
            if self._named[number] or number in inside:
                continue
            record = self.record(number)
            if record is None:
                continue
            text = record.names[0][2] if record.names else f"OrphanFile-{number}"
            found.append(IndexName(number, record.sequence - 1, text, False, None))
            if record.directory:
                self._mark_inside(number, inside)
        return [name for name in found if name.number not in inside]

    def _mark_inside(self, directory: int, inside: set[int]) -> None:
        waiting, seen = [directory], {directory}
        while waiting:
            for name in self._contents(waiting.pop(), "/$OrphanFiles")[1]:
                record = self.record(name.number) if not name.live else None
                if record is None or record.in_use or self._named[name.number]:
                    continue
                inside.add(name.number)
                if record.directory and name.number not in seen:
                    seen.add(name.number)
                    waiting.append(name.number)
        inside.discard(directory)


def _belongs(record: Record, sequence: int) -> bool:
    """Return whether a record is still that of a name; its sequence number goes up by one when it is freed."""
    return record.sequence == sequence or (not record.in_use and record.sequence - sequence == 1)
