import hashlib
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from labkit.containers.ewf import write_ewf
from labkit.containers.ewf_chunks import packer
from labkit.containers.ewf_sections import ZERO_CHUNK_STREAM, EwfMetadata, stored_stream
from labkit.containers.ewf_writer import EwfWriter, segment_suffix
from labkit.containers.raw import write_raw
from labkit.errors import SynthesisError
from labkit.hashing import digest_bytes
from labkit.synthesis.medium import CHUNK_BYTES, Medium
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

METADATA = EwfMetadata(
    "NV-2026-0417",
    "KF-06",
    "Red USB stick",
    "M. Solen",
    "Training image",
    datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
)


def a_medium(size_bytes: int = 3 * 1024 * 1024 + 512, seed: bytes = b"1") -> Medium:
    medium = Medium(size_bytes)
    stream = Stream(seed, "ewf")
    for number in (0, 1, 40, 95):
        medium.write(number * CHUNK_BYTES + 100, stream.take(20_000))
    return medium


def media_bytes(medium: Medium) -> bytes:
    return b"".join(medium.chunks())


def test_the_constant_for_a_chunk_of_zeros_inflates_to_zeros() -> None:
    assert zlib.decompress(ZERO_CHUNK_STREAM) == bytes(CHUNK_BYTES)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 200_000])
def test_a_stored_stream_is_a_zlib_stream(size: int) -> None:
    data = Stream(b"s", "stored").take(size)

    assert zlib.decompress(stored_stream(data)) == data


@pytest.mark.oracle
@pytest.mark.parametrize("compression", ["portable", "fast", "best"])
def test_libewf_reads_and_verifies_what_was_written(tmp_path: Path, compression: str) -> None:
    medium = a_medium()
    result = write_ewf(medium.chunks(), medium.size_bytes, tmp_path / "a.E01", METADATA, compression=compression)

    verified = oracle(["ewfverify", "-q", "-d", "sha1", tmp_path / "a.E01"])
    information = oracle(["ewfinfo", tmp_path / "a.E01"])
    oracle(["ewfexport", "-q", "-u", "-f", "raw", "-t", tmp_path / "out", tmp_path / "a.E01"])

    assert "SUCCESS" in verified
    assert result.media.sha256 == hashlib.sha256(media_bytes(medium)).hexdigest()
    assert (tmp_path / "out.raw").read_bytes() == media_bytes(medium)
    for value in ("NV-2026-0417", "KF-06", "Red USB stick", "M. Solen", "Training image", result.stored_md5):
        assert value in information
    assert "EnCase 6" in information


@pytest.mark.oracle
def test_a_medium_in_many_segments_reads_back(tmp_path: Path) -> None:
    medium = Medium(8 * 1024 * 1024)
    medium.write(0, Stream(b"2", "segments").take(6 * 1024 * 1024))

    result = write_ewf(medium.chunks(), medium.size_bytes, tmp_path / "s.E01", METADATA, segment_bytes=1024 * 1024)
    verified = oracle(["ewfverify", "-q", *result.segments])

    assert len(result.segments) >= 6
    assert all(path.stat().st_size <= 1024 * 1024 for path in result.segments)
    assert "SUCCESS" in verified


@pytest.mark.oracle
def test_a_digest_that_is_wrong_on_purpose_is_found_by_ewfverify(tmp_path: Path) -> None:
    medium = a_medium()
    write_ewf(medium.chunks(), medium.size_bytes, tmp_path / "a.E01", METADATA, stored_md5=b"\x11" * 16)

    verified = oracle(["ewfverify", "-q", tmp_path / "a.E01"], check=False)

    assert "FAILURE" in verified


def test_the_portable_form_does_not_ask_zlib_to_compress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise AssertionError("the bytes would depend on the machine's zlib")

    monkeypatch.setattr(zlib, "compress", refuse)
    monkeypatch.setattr(zlib, "compressobj", refuse)
    medium = a_medium()

    result = write_ewf(medium.chunks(), medium.size_bytes, tmp_path / "a.E01", METADATA)

    assert hashlib.sha256(result.segments[0].read_bytes()).hexdigest() == (
        "e321f8926e1bcf299aa2356aaf037c3e62dc5539b1e44826740d57ec38666396"
    )


def written(medium: Medium, folder: Path, *, stop_after: int | None = None, **options: object) -> list[Path]:
    """Write a medium through ``EwfWriter``, 16 chunks a group, on the way once left and taken up again."""
    segments: dict[int, BytesIO] = {}

    def open_segment(number: int) -> BytesIO:
        return segments.setdefault(number, BytesIO())

    pack = packer("fast")
    chunks = [pack(chunk) for chunk in medium.chunks()]
    groups = [chunks[start : start + 16] for start in range(0, len(chunks), 16)]
    writer = EwfWriter(medium.size_bytes, open_segment, METADATA, compression="fast", **options)
    for number, group in enumerate(groups):
        if number == stop_after:
            writer = EwfWriter(
                medium.size_bytes, open_segment, METADATA, compression="fast", resume_at=writer.place, **options
            )
        writer.add(group)
    digests = digest_bytes(media_bytes(medium))
    writer.finish(bytes.fromhex(digests.md5), bytes.fromhex(digests.sha1), [(7, 3), (4000, 1)])
    for number, segment in segments.items():
        (folder / f"w{segment_suffix(number)}").write_bytes(segment.getvalue())
    return [folder / f"w{segment_suffix(number)}" for number in segments]


@pytest.mark.oracle
def test_a_writer_that_was_left_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    medium = Medium(4 * 1024 * 1024)
    medium.write(0, Stream(b"3", "left").take(3 * 1024 * 1024))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    whole = written(medium, tmp_path / "a", segment_bytes=1024 * 1024)
    resumed = written(medium, tmp_path / "b", segment_bytes=1024 * 1024, stop_after=5)

    assert [path.read_bytes() for path in whole] == [path.read_bytes() for path in resumed]
    assert "SUCCESS" in oracle(["ewfverify", "-q", *resumed])


@pytest.mark.oracle
def test_unreadable_sectors_stand_in_the_container(tmp_path: Path) -> None:
    (first, *_) = written(a_medium(), tmp_path)

    information = oracle(["ewfinfo", first])

    assert "at sector(s): 7 - 9 number: 3" in information
    assert "at sector(s): 4000 - 4000 number: 1" in information


@pytest.mark.oracle
def test_sectors_of_4096_bytes_are_stated(tmp_path: Path) -> None:
    (first, *_) = written(Medium(1024 * 1024), tmp_path, sector_bytes=4096)

    information = oracle(["ewfinfo", first]).split()

    assert " ".join(information).count("Bytes per sector: 4096 Number of sectors: 256") == 1
    assert "SUCCESS" in oracle(["ewfverify", "-q", first])


def test_raw_and_e01_state_the_same_media(tmp_path: Path) -> None:
    medium = a_medium()

    raw = write_raw(medium.chunks(), tmp_path / "a.raw")
    e01 = write_ewf(medium.chunks(), medium.size_bytes, tmp_path / "a.E01", METADATA)

    assert raw == e01.media
    assert (tmp_path / "a.raw").read_bytes() == media_bytes(medium)


@pytest.mark.parametrize(
    ("number", "suffix"),
    [(1, ".E01"), (99, ".E99"), (100, ".EAA"), (125, ".EAZ"), (126, ".EBA"), (775, ".EZZ"), (776, ".FAA")],
)
def test_segments_are_named_as_encase_names_them(number: int, suffix: str) -> None:
    assert segment_suffix(number) == suffix


@pytest.mark.parametrize("number", [0, 99 + 22 * 26 * 26 + 1])
def test_a_segment_without_a_name_is_refused(number: int) -> None:
    with pytest.raises(SynthesisError, match="no name") as caught:
        segment_suffix(number)
    assert "larger segments" in caught.value.remedy


def test_a_medium_of_another_size_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    for announced, found in ((1024 * 1024, "ended"), (512 * 3, "came where")):
        with pytest.raises(SynthesisError, match=found):
            write_ewf(Medium(512 * 1024).chunks(), announced, tmp_path / "a.E01", METADATA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "segment"), [(513, 2**20), (0, 2**20), (512, 1000), (512, 2**32)])
def test_impossible_sizes_are_refused(tmp_path: Path, size: int, segment: int) -> None:
    with pytest.raises(SynthesisError, match="not") as caught:
        write_ewf(iter(()), size, tmp_path / "a.E01", METADATA, segment_bytes=segment)
    assert caught.value.remedy
