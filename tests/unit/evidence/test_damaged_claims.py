"""What a damaged file system claims ends neither a search nor a listing."""

from types import SimpleNamespace
from typing import Any

from labkit.evidence.file_names import FILE_NAME, file_names
from labkit.evidence.owners import _Spans


class Record:
    """A record whose only name can not be read, as pytsk3 shows it."""

    def __iter__(self) -> Any:
        return iter([SimpleNamespace(info=SimpleNamespace(type=FILE_NAME, size=90, id=3))])

    def read_random(self, *_arguments: int) -> bytes:
        raise OSError("FsFile_read_random: Read error")


def test_a_name_that_can_not_be_read_is_skipped() -> None:
    assert list(file_names(Record())) == []


def test_a_stretch_beyond_any_medium_belongs_to_nobody() -> None:
    spans = _Spans()
    spans.add(512, 1024, 1, 0, 0)
    spans.add(1 << 64, (1 << 64) + 512, 2, 0, 0)
    spans.add(2048, 4096, 3, 1 << 70, 0)
    spans.add(-512, 100, 4, 0, 0)
    spans.settle()

    assert spans.at(600) is not None
    assert spans.at(2100) is None
    assert spans.at(50) is None
