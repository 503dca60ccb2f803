"""Body files of NTFS volumes: the quick ways to their lines lead to the lines of the general way."""

import os
import re
import struct
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from labkit.evidence.body_file import body_lines
from labkit.evidence.companion import Companion
from labkit.evidence.disk import VolumeReader
from labkit.evidence.file_names import DOS_NAMESPACE, FILE_NAME
from labkit.evidence.image import open_image
from labkit.evidence.isolation import read_apart
from labkit.evidence.ntfs import walk
from labkit.evidence.ntfs.content import FIRST_FILE
from labkit.evidence.ntfs.fixups import all_mended, mended
from labkit.evidence.volumes import volumes
from tests.ntfs_stories import START_BYTES, begin, save

STEPS = 120
NAME_OFFSET = 56 + 24 + 72  # of the first name in a record, behind the times
RECORD_BYTES = 1024


@pytest.fixture(scope="module", params=[512, 4096, 65536])
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    story = begin(request.param, f"lines {request.param}")
    story.play(STEPS)
    story.volume.flush()
    return save(story.medium, tmp_path_factory.mktemp("story") / "story.raw", start_bytes=START_BYTES)


def quick(image: Path) -> str:
    with open_image(image) as opened:
        (volume,) = volumes(opened)
        return "".join(VolumeReader(opened, volume).body_lines())


def general(image: Path) -> str:
    with open_image(image) as opened:
        (volume,) = volumes(opened)
        return "".join(body_lines(VolumeReader(opened, volume).rows()))


def test_plain_files_have_the_lines_of_the_general_way(image: Path) -> None:
    lines = Counter(quick(image).splitlines())

    assert sum(lines.values()) > STEPS
    assert lines == Counter(general(image).splitlines())


def test_a_file_with_a_damaged_short_name_is_not_plain(image: Path, tmp_path: Path) -> None:
    data, damaged = bytearray(image.read_bytes()), tmp_path / "damaged.raw"
    before = quick(image)
    records = [match.start() for match in re.finditer(rb"FILE0\0\x03\0", data)]
    named = [at + NAME_OFFSET for at in records if data[at + 44] >= FIRST_FILE and data[at + NAME_OFFSET] == FILE_NAME]
    for name in named:
        if data[name + 24 + 65] == DOS_NAMESPACE:
            struct.pack_into("<I", data, name + 16, 0xFFFF)  # the size of the attribute's content
    damaged.write_bytes(data)

    assert quick(damaged) != before
    assert Counter(quick(damaged).splitlines()) == Counter(general(damaged).splitlines())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_two_processes_write_what_one_writes(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_MANY_RECORDS", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    taken: list[bool] = []
    by_two, takes = tmp_path / "by two", Companion.takes

    def reader() -> int:
        by_two.write_text(quick(image), encoding="utf-8")
        return 0 if any(taken) else 1

    monkeypatch.setattr(Companion, "takes", lambda self, task: taken.append(takes(self, task)) or taken[-1])

    assert read_apart(reader) == 0
    assert by_two.read_text(encoding="utf-8") == quick(image)


def records(random: Random, count: int) -> bytes:
    """Return records as they are stored: the ends of their sectors are in an array behind their header."""
    found = b""
    for _ in range(count):
        record = bytearray(random.randbytes(RECORD_BYTES))
        struct.pack_into("<HH", record, 4, 48, 3)
        mark = record[48:50]
        record[510:512] = record[1022:1024] = mark
        found += record
    return found


def test_many_records_are_mended_as_one_by_one() -> None:
    stored = records(Random(1), 7)
    one_by_one = [mended(stored[at : at + RECORD_BYTES]) for at in range(0, len(stored), RECORD_BYTES)]

    assert all_mended(stored, RECORD_BYTES) == b"".join(filter(None, one_by_one))
    assert one_by_one[3] is not None
    assert one_by_one[3][510:512] == stored[3 * RECORD_BYTES + 50 :][:2]
    assert one_by_one[3][1022:] == stored[3 * RECORD_BYTES + 52 :][:2]


@pytest.mark.parametrize("at", [4, 6, 48, 510, 1022])
def test_records_that_are_not_all_whole_are_not_mended_at_once(at: int) -> None:
    stored = bytearray(records(Random(2), 7))
    stored[5 * RECORD_BYTES + at] ^= 0x40

    assert all_mended(bytes(stored), RECORD_BYTES) is None
