"""Going through an NTFS volume: the rows of ``fls -r``, without asking the Sleuth Kit for each of them.

The names come from the directories' indexes. Deleted files that no index names any more are found through the parent
that their own records name, or end up in ``/$OrphanFiles``, as in the Sleuth Kit. What is not plain (a record whose
attributes go on in others, a damaged index) is asked of the Sleuth Kit, entry by entry, so that there is one opinion
on damage.

Memory: two bytes for each record of the table, and the numbers and parents of deleted records; everything else is of
constant size.
"""

from array import array
from collections.abc import Iterator
from typing import Any

from labkit.evidence.body_file import body_lines, printable
from labkit.evidence.file_names import DOS_NAMESPACE, file_names
from labkit.evidence.ntfs.index import IndexName, names_in, outer_nodes, root_node
from labkit.evidence.ntfs.index_content import index_of
from labkit.evidence.ntfs.paths import ROOT, DirectoryPaths
from labkit.evidence.ntfs.plain import plain_lines
from labkit.evidence.ntfs.record import Record, read_record
from labkit.evidence.ntfs.records import IN_USE, MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError
from labkit.evidence.rows import (
    DIRECTORY_TYPES,
    Row,
    RowMaker,
    decoded,
    meta_is_deleted,
    name_is_deleted,
    name_is_directory,
)
from labkit.evidence.tsk import TskImage
from labkit.model.entry_type import EntryType

_DOTS = frozenset({".", ".."})
_NO_METADATA = "----------"
_FREE = bytes(not flag & IN_USE for flag in range(256))  # 1 for flags of a record that is not in use


class NtfsWalk:
    """One pass over an NTFS volume. ``problems`` has a line for each directory that could not be read.

    Raises:
        DamagedError: The volume is not one that is read here.
    """

    def __init__(self, table: MasterFileTable, tsk_image: TskImage, filesystem: Any, *, deleted: bool = True) -> None:
        self.problems: list[str] = []
        self._table = table
        self._tsk_image = tsk_image
        self._filesystem = filesystem
        self._maker = RowMaker(filesystem)
        self._plain = False
        self._paths = DirectoryPaths(self.record)
        self._with_deleted = deleted
        self._entered: set[int] = set()
        self._flags = bytearray()  # of each record
        self._named = bytearray(table.count)  # 1 where a name leads to the record
        self._unallocated = array("Q")  # records that are free and still hold a file
        self._children: dict[tuple[int, int], list[int]] = {}  # of those: directory and its sequence to their numbers

    def rows(self, start: int = ROOT, path: str = "") -> Iterator[Row]:
        """Yield the rows of every entry under the directory with number ``start``, which ``path`` leads to.

        Each directory comes before what it holds and is gone into once.
        """
        return (item for item in self._items(start, path) if not isinstance(item, str))

    def body_lines(self, start: int = ROOT, path: str = "") -> Iterator[str]:
        """Yield lines of a body file instead; one text may have many lines. Plain files come first in a directory."""
        self._plain = True
        for item in self._items(start, path):
            if isinstance(item, str):
                yield item
            else:
                yield from body_lines((item,))

    def _items(self, start: int, path: str) -> Iterator[Row | str]:
        if not self._flags:
            self._survey()
        if start == ROOT:
            yield from self._root_streams()
        yield from self._inside(start, path)
        if start == ROOT:
            yield from self._unindexed()
            number = self._table.count
            yield Row(
                "/$OrphanFiles", EntryType.VIRTUAL, number, 0, False, 0, 0, 0, 0, None, None, False, None,
                "V/V---------",
            )  # fmt: skip
            if self._with_deleted:
                yield from self._below(number, "/$OrphanFiles/", iter(self._orphans()))

    def _survey(self) -> None:
        """Note the flags of all records, and the parents that deleted ones name."""
        step = self._table.record_bytes
        for first, block in self._table.blocks():
            flags = block[22::step]
            self._flags += flags
            free = flags.translate(_FREE)
            at = free.find(1)
            while at >= 0:
                if first + at not in self._table.damaged:
                    self._note_unallocated(first + at)
                at = free.find(1, at + 1)

    def _note_unallocated(self, number: int) -> None:
        record = self.record(number)
        if record is None or record.base or not record.used:
            return
        self._unallocated.append(number)
        for parent, sequence, _ in record.names:
            children = self._children.setdefault((parent, sequence), [])
            if not children or children[-1] != number:
                children.append(number)

    def _inside(self, directory: int, path: str) -> Iterator[Row | str]:
        lines, names = self._contents(directory, path)
        if lines:
            yield lines
        yield from self._below(directory, path + "/", names)

    def _below(self, start: int, prefix: str, names: Iterator[IndexName]) -> Iterator[Row | str]:
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
                    lines, inner = self._contents(name.number, path)
                    if lines:
                        yield lines
                    stack.append((path + "/", inner))
                    break
            else:
                stack.pop()

    def _rows_of(self, name: IndexName, path: str) -> tuple[list[Row], bool]:
        """Return the rows of a name, and whether it is a directory to enter."""
        number, sequence, _, live, is_directory = name
        letter = "-" if is_directory is None else "d" if is_directory else "r"
        try:
            record = read_record(self._table, number)
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
        found = self._opened(name.number)
        if found is None:
            return [self._bare_row(name, path, letter)], False
        record = _record_of(found)
        if not _belongs(record, name.sequence):
            return [self._bare_row(name, path, letter)], False
        if name.live or not record.in_use:
            self._named[name.number] = 1
        rows = self._maker.record_rows(found, path, name_deleted=not name.live)
        rows = [row._replace(mode=letter + row.mode[1:]) for row in rows]
        return rows, record.directory and name.directory is not False and (name.live or not record.in_use)

    def _opened(self, number: int) -> Any | None:
        try:
            found = self._filesystem.open_meta(number)
        except OSError:
            found = None
        self._tsk_image.check()
        return None if found is None or found.info.meta is None else found

    def record(self, number: int) -> Record | None:
        """Return what is known of a record; None where it is damaged."""
        if number >= self._table.count:
            return None
        try:
            return read_record(self._table, number)
        except DamagedError:
            if number in self._table.damaged:
                return None
        found = self._opened(number)
        return None if found is None else _record_of(found)

    def _contents(self, number: int, path: str) -> tuple[str, Iterator[IndexName]]:
        """Return what a directory holds: lines of plain files, where those are wanted, and the other names, each once.

        A live name stands before its own remains.
        """
        record = self.record(number)
        if record is None:
            self.problems.append(f"the directory {path or '/'} (address {number}) can not be read")
            return "", iter(())
        lines: list[str] = []
        done: set[int] = set()
        try:
            names = self._indexed(number, record, path, lines, done)
        except DamagedError:
            lines.clear()
            done.clear()
            names = self._names_by_tsk(number, path or "/")
        for child in done:
            self._named[child] = 1
        found: dict[tuple[int, str], IndexName] = {}
        for name in names:
            key = (name.number, name.name)
            before = found.get(key)
            if before is None or (name.live and not before.live):
                found[key] = name
        for key, name in list(found.items()):
            if not name.live and self._is_live_here(name, number):
                if name.number in done:
                    del found[key]
                else:
                    found[key] = name._replace(live=True, directory=None)
        for child in self._children.get((number, record.sequence - (not record.in_use)), ()):
            self._add_child(found, number, child)
        return "".join(lines), (name for name in found.values() if name.name not in _DOTS)

    def _indexed(self, number: int, record: Record, path: str, lines: list[str], done: set[int]) -> list[IndexName]:
        """Return the names in a directory's index, but for plain files: their lines, and numbers, are added."""
        root, allocation = index_of(self._table, number)
        nodes = [root_node(root)]
        if allocation is not None:
            nodes += outer_nodes(allocation, self._table.cluster_bytes)
        deleted = not record.in_use
        prefix = printable(path + "/")
        names: list[IndexName] = []
        for node in nodes:
            begin = None
            if self._plain and not deleted:
                texts, numbers, others, begin = plain_lines(self._table, node, number, prefix)
                lines += texts
                done.update(numbers)
                names += others
            names += names_in(node, number, self._table.count, deleted=deleted, begin=begin)
        return names

    def _is_live_here(self, name: IndexName, directory: int) -> bool:
        """Return whether a name from slack is that of a live file: its record names this directory all the same."""
        if name.number >= self._table.count or not self._flags[name.number] & IN_USE:
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
        found = []
        try:
            for entry in self._filesystem.open_dir(inode=number):
                name = entry.info.name
                if name.name is not None and name.meta_addr < self._table.count:
                    found.append(
                        IndexName(
                            int(name.meta_addr),
                            int(name.meta_seq),
                            decoded(name.name),
                            not name_is_deleted(name),
                            name_is_directory(name),
                        )
                    )
        except OSError:
            self.problems.append(f"the directory {path} (address {number}) can not be read to its end")
        self._tsk_image.check()
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

    def _unindexed(self) -> Iterator[Row | str]:
        """Yield live files that no index names: the Sleuth Kit finds them through the parent that they name."""
        for number, (flags, named) in enumerate(zip(self._flags, self._named, strict=True)):
            if named or not flags & IN_USE:
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
        for number in self._unallocated:
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


def _record_of(found: Any) -> Record:
    """Return what a walk needs of a record that the Sleuth Kit has open."""
    meta = found.info.meta
    names = tuple(
        (name.times.parent_address, name.parent_sequence, name.times.name)
        for name in file_names(found)
        if name.namespace != DOS_NAMESPACE
    )
    return Record(
        in_use=not meta_is_deleted(meta),
        directory=int(meta.type) in DIRECTORY_TYPES,
        sequence=int(meta.seq),
        base=0,
        times=(0, 0, 0, 0),
        permissions="",
        owner=0,
        file_name=None,
        names=names,
        streams=(),
        used=True,
    )
