"""Search and slack on NTFS: fragments, free records, compressed files, and an image that Windows made."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.evidence.image import open_image
from labkit.evidence.owners import MediumMap, Region
from labkit.evidence.search import FoundIn, Hit, search
from labkit.evidence.slack_space import SlackKind, slack_pieces
from labkit.evidence.words import needles
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from tests.oracles import oracle, reference_image
from tests.unit.evidence.examined_media import MIB

AT = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
CLUSTER = 4096
WORD = "Аскаров"


def ntfs_volume() -> tuple[NtfsVolume, Medium]:
    medium = Medium(16 * MIB)
    volume = NtfsVolume(
        medium, start_bytes=0, size_bytes=16 * MIB, cluster_bytes=CLUSTER, label="KF-06", serial=7, formatted=AT
    )
    return volume, medium


def written(volume: NtfsVolume, medium: Medium, path: Path) -> Path:
    volume.flush()
    path.write_bytes(b"".join(medium.chunks()))
    return path


def hits(path: Path, word: str) -> list[Hit]:
    with open_image(path) as image:
        return list(search(image, MediumMap(image), needles([word])))


def test_word_over_the_seam_of_a_fragmented_file_is_found_live_and_deleted(tmp_path: Path) -> None:
    word = WORD.encode()
    for deleted in (False, True):
        volume, medium = ntfs_volume()
        volume.create("/letter.txt", b"x" * (CLUSTER - 5) + word[:5], AT)
        volume.create("/between.txt", b"-" * CLUSTER, AT)
        volume.append("/letter.txt", word[5:] + b"y" * 900, AT)
        if deleted:
            volume.delete("/letter.txt", AT)
        path = written(volume, medium, tmp_path / f"{deleted}.raw")
        assert word not in path.read_bytes()

        (found,) = hits(path, WORD)

        assert (found.found_in, found.content.owner.path) == (FoundIn.CONTENT, "/letter.txt")
        assert found.content.owner.deleted is deleted
        assert found.place.region is (Region.UNALLOCATED if deleted else Region.ALLOCATED)
        address = found.content.owner.address
        assert oracle(["icat", path, str(address)]).find(WORD) == CLUSTER - 5 == found.offset_in_file


def test_content_in_the_record_of_a_deleted_file_is_unallocated(tmp_path: Path) -> None:
    volume, medium = ntfs_volume()
    volume.create("/small.txt", b"a needle", AT)
    volume.delete("/small.txt", AT)
    (found,) = hits(written(volume, medium, tmp_path / "small.raw"), "needle")
    assert (found.place.region, found.place.owner.path, found.offset_in_file) == (Region.UNALLOCATED, "/small.txt", 2)


def lznt1_chunk(text: bytes) -> bytes:
    """Return 4096 bytes, ``text`` and then its last byte again and again, as one compressed chunk ([MS-XCA] 2.5)."""
    tokens: list[bytes] = [bytes([byte]) for byte in text]
    flags = [0] * len(tokens)
    position = len(text)
    while position < 4096:
        bits = max(4, (position - 1).bit_length())  # of the distance
        length = min(4096 - position, (1 << 16 - bits) + 2)
        if length < 3:
            tokens.append(text[-1:])
            flags.append(0)
            length = 1
        else:
            tokens.append(struct.pack("<H", 0 << 16 - bits | length - 3))
            flags.append(1)
        position += length
    body = b""
    for begin in range(0, len(tokens), 8):
        group = flags[begin : begin + 8]
        body += bytes([sum(bit << n for n, bit in enumerate(group))]) + b"".join(tokens[begin : begin + 8])
    return struct.pack("<H", 0xB000 | len(body) - 1) + body


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    """A file of 16 clusters that takes four on the medium, compressed; the record is changed by hand."""
    volume, medium = ntfs_volume()
    volume.create("/packed.txt", b"P" * 16 * CLUSTER, AT)
    data = bytearray(written(volume, medium, tmp_path / "packed.raw").read_bytes())
    content = data.find(b"P" * CLUSTER)
    text = b"".join(lznt1_chunk(b"the needle is in here %02d." % number) for number in range(16))
    packed = text + b"\0\0"
    assert 3 * CLUSTER > len(packed) > CLUSTER
    data[content : content + 16 * CLUSTER] = (packed + b"behind it").ljust(16 * CLUSTER, b"\0")
    name = data.find("packed.txt".encode("utf-16-le"))
    record = next(
        start for start in range(name - name % 1024, len(data), 1024)
        if data[start : start + 4] == b"FILE" and "packed.txt".encode("utf-16-le") in data[start : start + 1024]
    )  # fmt: skip
    at = record + int.from_bytes(data[record + 20 : record + 22], "little")
    while data[at : at + 4] != b"\x80\0\0\0":
        at += int.from_bytes(data[at + 4 : at + 8], "little")
    lcn = content // CLUSTER
    attribute = bytearray(data[at : at + 64])
    struct.pack_into("<I", attribute, 4, 88)
    struct.pack_into("<H", attribute, 12, 1)  # compressed
    struct.pack_into("<HH", attribute, 32, 72, 4)  # runs behind the longer header; 2^4 clusters make a unit
    attribute += struct.pack("<Q", 4 * CLUSTER)
    attribute += (b"\x21\x04" + struct.pack("<H", lcn) + b"\x01\x0c").ljust(16, b"\0")
    rest = b"\xff\xff\xff\xff\0\0\0\0"
    data[at : at + 88 + 8] = attribute + rest
    struct.pack_into("<I", data, record + 24, at + 96 - record)
    path = tmp_path / "compressed.raw"
    path.write_bytes(data)
    return path


@pytest.mark.oracle
def test_words_in_compressed_files_are_found(compressed: Path) -> None:
    with open_image(compressed) as image:
        owners = MediumMap(image)
        (item,) = [item for item in owners.volumes[0].fragmented() if item.compressed]
    theirs = oracle(["icat", compressed, str(item.owner.address)]).encode()
    assert len(theirs) == 16 * CLUSTER

    found = [hit for hit in hits(compressed, "needle") if hit.found_in is FoundIn.CONTENT]

    places = [position for position in range(len(theirs)) if theirs.startswith(b"needle", position)]
    assert [hit.offset_in_file for hit in found] == places == [n * CLUSTER + 4 for n in range(16)]
    assert all(hit.place is None and hit.content.owner.path == "/packed.txt" for hit in found)


def test_slack_of_a_compressed_file_lies_behind_its_compressed_bytes(compressed: Path) -> None:
    with open_image(compressed) as image:
        (piece,) = [
            piece
            for piece in slack_pieces(image, MediumMap(image))
            if piece.kind is SlackKind.FILE and piece.owner.path == "/packed.txt"
        ]
    assert piece.data.startswith(b"behind it")
    assert compressed.read_bytes()[piece.offset_bytes :].startswith(b"behind it")


@pytest.mark.oracle
def test_slack_of_an_image_that_windows_made_begins_where_its_maker_says() -> None:
    """msuhanov/ntfs-samples: RAM slack of /1.txt at image offset 213303, to the end of its cluster."""
    with open_image(reference_image("ntfs-ramslack.raw.gz")) as image:
        pieces = [piece for piece in slack_pieces(image, MediumMap(image)) if piece.kind is SlackKind.FILE]
    piece = next(piece for piece in pieces if piece.owner.path == "/1.txt")
    assert piece.offset_bytes == 213303
    assert piece.offset_bytes + len(piece.data) == 217088
