import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.recycle_bin import DESKTOP_INI, index_file, recycled_names
from labkit.synthesis.streams import Stream

DELETED = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)


def test_an_index_file_has_the_documented_layout() -> None:
    data = index_file(r"C:\Docs\план.docx", size_bytes=12_345, deleted=DELETED)

    assert data[:8] == bytes.fromhex("0200000000000000")
    assert data[8:16] == (12_345).to_bytes(8, "little")
    ticks = int.from_bytes(data[16:24], "little")
    assert datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10) == DELETED
    assert int.from_bytes(data[24:28], "little") == len(r"C:\Docs\план.docx") + 1
    assert data[28:].decode("utf-16-le") == "C:\\Docs\\план.docx\0"


def test_the_zone_of_the_deletion_does_not_matter() -> None:
    almaty = DELETED.astimezone(timezone(timedelta(hours=5)))

    assert index_file("C:\\a", size_bytes=0, deleted=almaty) == index_file("C:\\a", size_bytes=0, deleted=DELETED)


def test_the_names_of_a_pair_belong_together() -> None:
    names = recycled_names(r"C:\Docs\отчёт за март.tar.gz", Stream(b"1", "bin"))

    assert re.fullmatch(r"\$I[A-Z0-9]{6}\.gz", names.index)
    assert names.content == names.index.replace("$I", "$R")
    assert names == recycled_names(r"C:\Docs\отчёт за март.tar.gz", Stream(b"1", "bin"))
    assert re.fullmatch(r"\$R[A-Z0-9]{6}", recycled_names(r"C:\Docs\folder", Stream(b"2", "bin")).content)


def test_same_values_same_bytes() -> None:
    data = index_file(r"D:\گزارش نهایی.pdf", size_bytes=1 << 33, deleted=DELETED)

    assert hashlib.sha256(data).hexdigest() == "d7f075dd5a3c3845068eabd4f254a10ae7ee4fd3eaf23e16fae7b9d47aee6fd4"
    assert len(DESKTOP_INI) == 129  # as on a real machine


@pytest.mark.parametrize(
    ("path", "size_bytes", "deleted", "message", "remedy"),
    [
        ("plan.docx", 1, DELETED, "not a full path", "Write it as Windows does"),
        ("C:\\a", -1, DELETED, "can not have -1 bytes", "0 or more"),
        ("C:\\a", 1, DELETED.replace(tzinfo=None), "no zone", "aware time"),
        ("C:\\a", 1, datetime(1600, 1, 1, tzinfo=UTC), "1601", "later time"),
    ],
)
def test_what_can_not_be_stored_is_refused(
    path: str, size_bytes: int, deleted: datetime, message: str, remedy: str
) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        index_file(path, size_bytes=size_bytes, deleted=deleted)

    assert remedy in caught.value.remedy
