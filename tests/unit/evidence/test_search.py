"""Keyword search: every encoding, every region, over the seams of fragments, against srch_strings."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence import mft
from labkit.evidence.image import BLOCK_BYTES, open_image
from labkit.evidence.owners import MediumMap, Region
from labkit.evidence.search import FoundIn, Hit, search
from labkit.evidence.words import ENCODINGS, needles
from tests.oracles import oracle
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, in_two_pieces, written

WORD = "Аскаров"


def hits(path: Path, *words: str, encodings: Sequence[str] = (), case: bool = False) -> list[Hit]:
    with open_image(path) as image:
        return list(search(image, MediumMap(image), needles(words, encodings, case=case)))


def raw(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "medium.raw"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [item for item in ENCODINGS.items() if item[0] not in {"cp1256", "ISO-8859-1"}]
)
def test_word_is_found_in_each_encoding_whatever_its_case(name: str, codec: str, tmp_path: Path) -> None:
    data = b"\x01\x02" * 50 + WORD.upper().encode(codec) + b"\x03" * 9 + WORD.lower().encode(codec) + bytes(100)
    found = [hit for hit in hits(raw(tmp_path, data), WORD) if hit.encoding == name]
    first = 100
    second = 100 + len(WORD.encode(codec)) + 9
    assert [(hit.place.offset_bytes, hit.text) for hit in found] == [(first, WORD.upper()), (second, WORD.lower())]


@pytest.mark.parametrize(("word", "encoding"), [("قرارداد".replace("ی", ""), "cp1256"), ("Straße", "ISO-8859-1")])
def test_words_of_other_scripts_are_found(word: str, encoding: str, tmp_path: Path) -> None:
    data = b"...." + word.encode(ENCODINGS[encoding]) + b"...."
    assert [hit.place.offset_bytes for hit in hits(raw(tmp_path, data), word, encodings=[encoding])] == [4]


def test_case_can_be_told_apart(tmp_path: Path) -> None:
    path = raw(tmp_path, "счёт Счёт СЧЁТ".encode())
    assert [hit.text for hit in hits(path, "Счёт", case=True)] == ["Счёт"]
    assert [hit.text for hit in hits(path, "Счёт")] == ["счёт", "Счёт", "СЧЁТ"]


def test_latin_word_is_reported_once_though_many_encodings_write_it_so(tmp_path: Path) -> None:
    (found,) = hits(raw(tmp_path, b"...invoice..."), "INVOICE")
    assert (found.encoding, found.text, found.context) == ("UTF-8", "invoice", "...invoice...")


def test_bytes_that_only_look_alike_after_folding_are_no_hit(tmp_path: Path) -> None:
    """In UTF-8 the small and capital letters of Cyrillic differ in both bytes; mixed pairs are other letters."""
    path = raw(tmp_path, b"\xd0\x80\xd0\x81" * 40)
    assert hits(path, "рС", encodings=["UTF-8"]) == []


@pytest.mark.parametrize("shift", [1, 5, 13])
def test_hit_over_the_border_of_two_reads_is_found_once(shift: int, tmp_path: Path) -> None:
    data = bytearray(2 * BLOCK_BYTES + 100)
    word = WORD.encode()
    data[BLOCK_BYTES - shift : BLOCK_BYTES - shift + len(word)] = word
    assert [hit.place.offset_bytes for hit in hits(raw(tmp_path, bytes(data)), WORD)] == [BLOCK_BYTES - shift]


def test_hit_over_the_seam_of_a_fragmented_file_is_found_by_its_content_only(tmp_path: Path) -> None:
    word = WORD.encode("utf-16-le")
    volume = fat_volume()
    first = (b"x" * CLUSTER)[: CLUSTER - 6] + word[:6]
    in_two_pieces(volume, "/letter.txt", first, word[6:] + b"y" * 300)
    path = written(volume, tmp_path / "seam.raw")

    assert word not in path.read_bytes()  # the raw medium alone does not hold it
    (found,) = hits(path, WORD)

    assert found.found_in is FoundIn.CONTENT
    assert found.content.owner.path == "/letter.txt"
    assert found.offset_in_file == CLUSTER - 6
    assert path.read_bytes()[found.place.offset_bytes :][:6] == word[:6]
    assert oracle(["icat", path, str(found.content.owner.address)]).encode().find(b"x" * 100) == 0


def test_contiguous_hit_in_a_fragmented_file_is_reported_once(tmp_path: Path) -> None:
    volume = fat_volume()
    in_two_pieces(volume, "/letter.txt", (WORD.encode() + b" " * CLUSTER)[:CLUSTER], WORD.encode())
    found = hits(written(volume, tmp_path / "two.raw"), WORD)
    assert [(hit.found_in, hit.offset_in_file) for hit in found] == [(FoundIn.MEDIUM, 0), (FoundIn.MEDIUM, CLUSTER)]


def test_slack_and_free_space_are_searched(tmp_path: Path) -> None:
    volume = fat_volume()
    volume.create("/short.txt", b"short", AT)
    volume.write_slack("/short.txt", b"hidden Needle")
    volume.create("/gone.txt", b"a needle in a deleted file", AT)
    volume.delete("/gone.txt", AT)
    volume.write_unallocated(b"needle in no file", cluster=4000)
    found = hits(written(volume, tmp_path / "three.raw"), "needle")
    assert [(hit.place.region, hit.place.owner and hit.place.owner.path) for hit in found] == [
        (Region.SLACK, "/short.txt"),
        (Region.UNALLOCATED, "/gone.txt"),
        (Region.UNALLOCATED, None),
    ]


@pytest.mark.oracle
def test_offsets_are_those_of_srch_strings(tmp_path: Path) -> None:
    volume = fat_volume()
    for number in range(40):
        volume.create(f"/{number}.txt", b"\0" * (number * 37) + b"needle number" + b"\0" * 50, AT)
        volume.create(f"/{number}.wide", b"\0" * number + "needle number".encode("utf-16-le") + b"\0" * 50, AT)
    path = written(volume, tmp_path / "many.raw")
    for encoding, letter in (("UTF-8", "s"), ("UTF-16LE", "l")):
        lines = oracle(["srch_strings", "-a", "-t", "d", "-e", letter, path]).splitlines()
        theirs = [int(line.split()[0]) for line in lines if line.endswith("needle number")]
        ours = [hit.place.offset_bytes for hit in hits(path, "needle", encodings=[encoding])]
        assert len(ours) == 40
        if encoding == "UTF-8":
            assert ours == theirs
        else:
            assert set(theirs) <= set(ours)  # srch_strings finds wide text on even bytes only


@pytest.mark.oracle
def test_resident_content_torn_by_a_fixup_is_found(tmp_path: Path) -> None:
    """Two bytes at the end of each 512 of an MFT record are kept in its head; a word over them is not on the medium."""
    path = tmp_path / "ntfs.raw"
    with path.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkntfs", "-F", "-q", "-Q", "-c", "4096", path])
    content = tmp_path / "content"
    content.write_bytes(b"".join(b"<%03d>" % number for number in range(120)))
    oracle(["ntfscp", "-q", "-f", path, content, "/resident.txt"])
    data = path.read_bytes()
    start = data.find(b"<000>")
    record = start - start % 1024
    assert start > 0
    mended = mft.with_fixups(data[record : record + 1024])
    torn = mended[506:516].decode()
    assert torn.encode() not in data

    (found,) = hits(path, torn)

    assert found.found_in is FoundIn.CONTENT
    assert (found.place.offset_bytes, found.place.owner.path) == (record + 506, "/resident.txt")
    assert content.read_bytes()[found.offset_in_file :][:10] == torn.encode()


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    path = tmp_path / "big.raw"
    with path.open("wb") as file:
        file.truncate(256 * MIB)
        for offset in range(0, 256 * MIB, 8 * MIB):
            file.seek(offset + 100)
            file.write(b"needle" * 1000)
    tracemalloc.start()
    try:
        with open_image(path) as image:
            count = sum(1 for _ in search(image, MediumMap(image), needles(["needle"])))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 32 * 1000
    assert peak < 16 * MIB


@pytest.mark.parametrize(
    ("words", "encodings", "message", "remedy"),
    [
        ([""], [], "an empty word", "at least one character"),
        ([], [], "no word", "behind IMAGE"),
        (["Аскаров"], ["ISO-8859-1"], "can not be written in ISO-8859-1", "UTF-8"),
        (["a"], ["cp437"], "'cp437' is not an encoding", "KOI8-R"),
    ],
)
def test_what_can_not_be_searched_for_is_refused(
    words: list[str], encodings: list[str], message: str, remedy: str
) -> None:
    with pytest.raises(EvidenceError, match=message) as caught:
        needles(words, encodings)
    assert remedy in caught.value.remedy


def test_encoding_names_are_taken_with_and_without_hyphens() -> None:
    assert {needle.encoding for needle in needles(["a"], ["utf16le", "koi8r"])} == {"UTF-16LE", "KOI8-R"}
