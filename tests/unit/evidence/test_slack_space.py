"""All slack of a medium against blkls -s, and readable text in raw bytes."""

from pathlib import Path

import pytest

from labkit.evidence import mft
from labkit.evidence.image import BLOCK_BYTES, open_image
from labkit.evidence.owners import MediumMap
from labkit.evidence.slack_space import SlackKind, SlackPiece, slack_pieces
from labkit.evidence.strings import printable_texts
from labkit.model.volumes import Volume
from tests.oracles import oracle
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, in_two_pieces, written


def pieces(path: Path) -> list[SlackPiece]:
    with open_image(path) as image:
        return list(slack_pieces(image, MediumMap(image)))


@pytest.fixture
def slacked(tmp_path: Path) -> Path:
    volume = fat_volume()
    volume.create("/a.txt", b"a" * 100, AT)
    volume.write_slack("/a.txt", b"behind a")
    in_two_pieces(volume, "/b.txt", b"b" * CLUSTER, b"b" * 9)
    volume.write_slack("/b.txt", "за концом".encode("cp1251"))
    volume.create("/full.txt", b"f" * CLUSTER, AT)
    return written(volume, tmp_path / "slacked.raw")


def test_each_piece_lies_where_it_says_and_belongs_to_its_file(slacked: Path) -> None:
    found = [piece for piece in pieces(slacked) if piece.kind is SlackKind.FILE]
    data = slacked.read_bytes()
    assert [(piece.owner.path, len(piece.data)) for piece in found] == [
        ("/a.txt", CLUSTER - 100),
        ("/b.txt", CLUSTER - 9),
    ]
    assert all(data[piece.offset_bytes :][: len(piece.data)] == piece.data for piece in found)
    assert [piece.used_bytes for piece in found] == [len("behind a"), len("за концом")]


@pytest.mark.oracle
def test_slack_is_what_blkls_finds(slacked: Path, tmp_path: Path) -> None:
    """blkls -s writes whole sectors and blanks those bytes of the content that share a sector with slack."""
    oracle(["sh", "-c", 'blkls -s "$1" > "$0"', tmp_path / "slack", slacked])
    theirs = (tmp_path / "slack").read_bytes()
    ours = b"".join(piece.data for piece in pieces(slacked) if piece.kind is SlackKind.FILE)
    assert theirs.replace(b"\0", b"") == ours.replace(b"\0", b"")
    assert b"behind a" in ours


@pytest.mark.oracle
def test_slack_of_mft_records_has_its_fixups_put_back(tmp_path: Path) -> None:
    path = tmp_path / "ntfs.raw"
    with path.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkntfs", "-F", "-q", "-Q", "-c", "4096", path])
    content = tmp_path / "content"
    content.write_bytes(b"short")
    oracle(["ntfscp", "-q", "-f", path, content, "/note.txt"])
    data = bytearray(path.read_bytes())
    name = data.find("note.txt".encode("utf-16-le"), data.find(b"FILE0"))
    record = next(
        start
        for start in range(name - name % 1024, -1, -1024)
        if data[start : start + 4] == b"FILE" and b"short" in data[start : start + 1024]
    )
    used = mft.used_bytes(bytes(data[record : record + 1024]))
    hidden = b"hidden behind the record, over the end of its sector: " + b"#" * 200
    begin = 480
    assert used is not None
    assert used < begin
    fixup = record + int.from_bytes(data[record + 4 : record + 6], "little")
    data[record + begin : record + begin + len(hidden)] = hidden
    data[fixup + 2 : fixup + 4] = data[record + 510 : record + 512]
    data[record + 510 : record + 512] = data[fixup : fixup + 2]
    path.write_bytes(data)

    (found,) = [piece for piece in pieces(path) if hidden in piece.data]

    assert (found.kind, found.owner.path, found.offset_bytes) == (SlackKind.RECORD, "/note.txt", record + used)


def test_bytes_behind_the_last_cluster_are_volume_slack(slacked: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.raw"
    longer.write_bytes(slacked.read_bytes() + bytes(BLOCK_BYTES) + b"behind the volume")
    with open_image(longer) as image:
        owners = MediumMap(image, [Volume(0, 0, image.size_bytes, "", "FAT16")])
        found = [piece for piece in slack_pieces(image, owners) if piece.kind is SlackKind.VOLUME]
    assert len(found) == 2  # pieces of at most 1 MiB
    assert found[-1].owner is None
    assert found[-1].data.endswith(b"behind the volume")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00\x01hello\x00", [(2, "UTF-8", "hello")]),
        ("\x01привет, 5 €\x02".encode(), [(1, "UTF-8", "привет, 5 €")]),
        (b"\x01" + "письмо wide".encode("utf-16-le") + b"\xff\xff", [(1, "UTF-16LE", "письмо wide")]),
        (b"\xff" + "письмо wide".encode("utf-16-be") + b"\xff\xff", [(1, "UTF-16BE", "письмо wide")]),
        (bytes(3) + "Перевод денег".encode("cp1251") + bytes(2), [(3, "cp1251", "Перевод денег")]),
        (bytes(3) + "Перевод денег".encode("koi8-r") + bytes(2), [(3, "KOI8-R", "Перевод денег")]),
        (bytes(3) + "Перевод денег".encode("cp866") + bytes(2), [(3, "cp866", "Перевод денег")]),
        (b"\xe0\x80\x80 not text, then text", [(3, "UTF-8", " not text, then text")]),
        (b"abc\x00\x9c\x01\xfe\xfd", []),
        (bytes(range(128, 256)), []),
    ],
)
def test_readable_text_is_found_with_its_encoding(data: bytes, expected: list[tuple[int, str, str]]) -> None:
    assert [(text.offset_bytes, text.encoding, text.text) for text in printable_texts(data, 4)] == expected
