"""Shortcuts and recycle bin entries, as programs see them that we did not write."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from labkit.synthesis.artifacts.lnk import (
    DriveKind,
    LocalVolume,
    NetworkShare,
    ShellLink,
    Tracker,
    object_id,
    shell_link,
)
from labkit.synthesis.artifacts.recycle_bin import index_file, recycled_names
from labkit.synthesis.artifacts.shell_items import PathItem
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

FOLDERS = ("Users", "Дана Белканова", "Документы", "گزارش‌ها", "AppData", "x" * 60)
FILES = ("plan.docx", "Счёт на оплату.xlsx", "گزارش نهایی.pdf", "photo 🏔.jpg", "a.b.c.tar.gz")
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def moment(stream: Stream) -> datetime:
    return BEGIN + timedelta(seconds=stream.below(40_000_000), milliseconds=stream.below(1000))


def drawn_link(stream: Stream) -> ShellLink:
    names = [stream.pick(FOLDERS) for _ in range(stream.below(4))]
    folders = [
        PathItem(name, moment(stream), moment(stream), moment(stream), directory=True, mft_record=100 + number)
        for number, name in enumerate(names)
    ]
    target = PathItem(
        stream.pick(FILES),
        moment(stream),
        moment(stream),
        moment(stream),
        size_bytes=stream.below(1 << 31),
        mft_record=stream.below(1 << 20) + 24,
        mft_sequence=stream.below(1000) + 1,
    )
    local = LocalVolume("C", stream.pick(list(DriveKind)), stream.below(1 << 32), stream.pick(["", "KF", "Данные"]))
    place = stream.pick([local, local, NetworkShare(r"\\srv01\docs"), NetworkShare(r"\\srv01\docs", "Z")])
    return ShellLink(
        (*folders, target),
        place,
        f"..\\{target.name}",
        r"C:\Users\Дана" if stream.below(2) else "",
        Tracker(
            "WS-ALMATY-01",
            UUID(bytes=stream.take(16)),
            object_id(moment(stream), stream.take(6), clock_sequence=stream.below(1 << 14)),
        ),
        "cp1251",
    )


@pytest.mark.seeds
@pytest.mark.parametrize("seed", range(20))
def test_two_parsers_read_the_same_shortcut(seed: int) -> None:
    pylnk = pytest.importorskip("pylnk")
    lnkparse3 = pytest.importorskip("LnkParse3")
    link = drawn_link(Stream(bytes((seed,)), "lnk"))
    target, tracker = link.items[-1], link.tracker
    assert tracker is not None
    data = shell_link(link)

    read = pylnk.file()
    read.open_file_object(io.BytesIO(data))
    told = lnkparse3.lnk_file(io.BytesIO(data)).get_json()

    assert not read.is_corrupted()
    path = "\\".join(item.name for item in link.items)
    info = told["link_info"]
    if isinstance(link.place, LocalVolume):
        assert read.local_path == f"C:\\{path}"
        assert info.get("local_base_path_unicode", info["local_base_path"]) == f"C:\\{path}"
        assert (read.drive_type, read.drive_serial_number) == (link.place.kind, link.place.serial)
        assert int(info["location_info"]["drive_serial_number"], 16) == link.place.serial
        assert (read.volume_label or "") == link.place.label
    else:
        assert read.network_path == f"{link.place.name}\\{path}"
        assert info["location_info"]["net_name"] == link.place.name
    assert (read.file_creation_time, read.file_modification_time, read.file_access_time) == tuple(
        time.replace(tzinfo=None) for time in (target.born, target.modified, target.accessed)
    )
    assert told["header"]["modified_time"] == target.modified
    assert read.file_size == told["header"]["file_size"] == target.size_bytes
    assert read.relative_path == told["data"]["relative_path"] == link.relative_path
    assert (read.working_directory or "") == link.working_directory
    block = told["extra"]["DISTRIBUTED_LINK_TRACKER_BLOCK"]
    assert read.machine_identifier == block["machine_identifier"] == "ws-almaty-01"
    assert UUID(read.droid_file_identifier) == UUID(block["droid_file_identifier"]) == tracker.object_id
    assert UUID(read.birth_droid_volume_identifier) == tracker.volume_id


@pytest.mark.parametrize("seed", range(5))
def test_shell_items_carry_long_names_times_and_mft_records(seed: int) -> None:
    pylnk = pytest.importorskip("pylnk")
    pyfwsi = pytest.importorskip("pyfwsi")
    link = drawn_link(Stream(bytes((seed,)), "items"))
    read = pylnk.file()
    read.open_file_object(io.BytesIO(shell_link(link)))

    items = pyfwsi.item_list()
    items.copy_from_byte_stream(read.link_target_identifier_data)
    entries = [item for item in items.items if isinstance(item, pyfwsi.file_entry)]

    assert len(entries) == len(link.items)
    for entry, item in zip(entries, link.items, strict=True):
        (block,) = entry.extension_blocks
        assert block.long_name == item.name
        assert block.file_reference == item.mft_record | item.mft_sequence << 48
        assert entry.file_size == item.size_bytes
        assert entry.file_attribute_flags == item.stored_attributes
        for stored, true in (
            (entry.modification_time, item.modified),
            (block.creation_time, item.born),
            (block.access_time, item.accessed),
        ):
            assert timedelta(0) <= true.replace(tzinfo=None) - stored < timedelta(seconds=2)


def test_rifiuti_reads_a_whole_bin(tmp_path) -> None:
    stream = Stream(b"1", "bin")
    deleted = {}
    for folder in FOLDERS:
        for file in FILES:
            path, at, size = f"D:\\{folder}\\{file}", moment(stream).replace(microsecond=0), stream.below(1 << 40)
            index = recycled_names(path, stream).index
            (tmp_path / index).write_bytes(index_file(path, size_bytes=size, deleted=at))
            deleted[index] = (at, size, path)

    told = oracle(["rifiuti-vista", tmp_path]).replace("<\\u200C>", "\u200c")  # it shows the joiner by its number

    rows = [line.split("\t") for line in told.splitlines() if line.startswith("$I")]
    assert {row[0] for row in rows} == set(deleted)
    for index, at, *rest in rows:
        true_at, size, path = deleted[index]
        assert datetime.fromisoformat(at).replace(tzinfo=UTC) == true_at
        assert rest[-2:] == [str(size), path]
