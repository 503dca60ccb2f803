"""What is not plain, asked of the Sleuth Kit: records whose attributes go on in others, damaged indexes."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from labkit.evidence.file_names import DOS_NAMESPACE, file_names
from labkit.evidence.ntfs.index import IndexName
from labkit.evidence.ntfs.record import Record
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


class SecondOpinion:
    """One volume, as the Sleuth Kit reads it. ``opened`` gives its ``pytsk3.FS_Info``; most volumes never need it."""

    def __init__(self, tsk_image: TskImage, opened: Callable[[], Any]) -> None:
        self._tsk_image = tsk_image
        self._open = opened

    @cached_property
    def _filesystem(self) -> Any:
        return self._open()

    @cached_property
    def _maker(self) -> RowMaker:
        return RowMaker(self._filesystem)

    def opened(self, number: int) -> Any | None:
        """Return a record as the Sleuth Kit has it open; None where it can not."""
        try:
            found = self._filesystem.open_meta(number)
        except OSError:
            found = None
        self._tsk_image.check()
        return None if found is None or found.info.meta is None else found

    def record(self, number: int) -> Record | None:
        """Return what a walk needs of a record; None where it can not be read."""
        found = self.opened(number)
        return None if found is None else record_of(found)

    def rows(self, found: Any, path: str, *, name_deleted: bool) -> list[Row]:
        """Return the rows of a record that is open."""
        return self._maker.record_rows(found, path, name_deleted=name_deleted)

    def names(self, number: int, last: int) -> tuple[list[IndexName], bool]:
        """Return the names in a directory that refer to records below ``last``, and whether these are all."""
        found: list[IndexName] = []
        whole = True
        try:
            for entry in self._filesystem.open_dir(inode=number):
                name = entry.info.name
                if name.name is not None and name.meta_addr < last:
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
            whole = False
        self._tsk_image.check()
        return found, whole


def record_of(found: Any) -> Record:
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
