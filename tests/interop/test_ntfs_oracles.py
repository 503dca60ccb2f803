"""NTFS volumes after random stories, as programs see them that we did not write.

Limits of the readers that were met: libfsntfs 20260526 finds nothing in index blocks where a cluster is larger than a
block of 4096 bytes, on volumes of mkntfs and ntfs-3g too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.synthesis.filesystems.ntfs.volume import NtfsState
from tests.ntfs_stories import START_BYTES, Story, begin, save
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

CLUSTERS = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
SEEDS = range(20)
STEPS = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Built:
    story: Story
    image: Path  # of the volume alone

    @property
    def live(self) -> list[NtfsState]:
        states = map(self.story.volume.state, self.story.contents)
        return [state for state in states if not state.deleted]


@pytest.fixture(
    scope="module",
    params=[(cluster_bytes, seed) for cluster_bytes in CLUSTERS for seed in SEEDS],
    ids=lambda cell: f"{cell[0]}-{cell[1]}",
)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    cluster_bytes, seed = request.param
    story = begin(cluster_bytes, f"seed {seed}")
    story.play(STEPS)
    story.volume.flush()
    image = save(story.medium, tmp_path_factory.mktemp("ntfs") / "volume.raw", start_bytes=START_BYTES)
    yield Built(story, image)
    image.unlink()


def test_ntfsresize_accounts_for_every_cluster(built: Built) -> None:
    report = oracle(["ntfsresize", "-i", "-f", built.image])

    assert "You might resize" in report


def test_the_sleuth_kit_reads_every_live_file(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))

    for state in built.live:
        entry = filesystem.open_meta(inode=state.address)
        meta = entry.info.meta
        seconds = (meta.crtime, meta.mtime, meta.ctime, meta.atime)
        nanoseconds = (meta.crtime_nano, meta.mtime_nano, meta.ctime_nano, meta.atime_nano)
        assert [
            EPOCH + timedelta(seconds=whole, microseconds=part // 1000)
            for whole, part in zip(seconds, nanoseconds, strict=True)
        ] == [state.born, state.modified, state.changed, state.accessed]
        assert meta.seq == state.sequence
        content = built.story.contents[state.node_id]
        if content is not None:
            assert meta.size == state.size_bytes == len(content)
            assert (entry.read_random(0, len(content)) if content else b"") == content


def test_the_sleuth_kit_lists_the_live_files_at_their_addresses(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))
    found: dict[str, tuple[int, int]] = {}

    def walk(address: int, path: str) -> None:
        for entry in filesystem.open_dir(inode=address):
            name, meta = entry.info.name, entry.info.meta
            text = name.name.decode()
            allocated = int(name.flags) & int(pytsk3.TSK_FS_NAME_FLAG_ALLOC)
            if not allocated or text in {".", ".."} or (not path and text.startswith("$")) or ":" in text:
                continue
            found[f"{path}/{text}"] = (meta.addr, meta.seq)
            if meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                walk(meta.addr, f"{path}/{text}")

    walk(5, "")

    assert found == {state.path: (state.address, state.sequence) for state in built.live}
    assert found.keys() == set(built.story.volume.paths())


def test_libfsntfs_reads_the_same_names_streams_and_sizes(built: Built) -> None:
    pyfsntfs = pytest.importorskip("pyfsntfs")
    if built.story.volume.cluster_bytes > 4096:
        return  # see the limits at the top
    found: dict[str, tuple[int, dict[str, bytes]]] = {}

    def walk(directory: Any, path: str) -> None:
        for number in range(directory.get_number_of_sub_file_entries()):
            entry = directory.get_sub_file_entry(number)
            if not path and entry.name.startswith("$"):
                continue
            here = f"{path}/{entry.name}"
            streams = [
                entry.get_alternate_data_stream(position)
                for position in range(entry.get_number_of_alternate_data_streams())
            ]
            found[here] = entry.file_reference >> 48, {stream.name: stream.read() or b"" for stream in streams}
            if entry.has_directory_entries_index():
                walk(entry, here)

    volume = pyfsntfs.volume()
    volume.open(str(built.image))
    walk(volume.get_root_directory(), "")
    volume.close()

    assert found == {state.path: (state.sequence, built.story.streams[state.node_id]) for state in built.live}
