"""Split images: all parts are there and whole, or the reader says which is not."""

import shutil
import zlib
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.segments import ewf_segments, raw_segments
from tests.oracles import reference_image


def refused(path: Path, message: str, remedy: str) -> None:
    with pytest.raises(EvidenceError, match=message) as caught:
        open_image(path)
    assert remedy in caught.value.remedy


def parts(folder: Path, **sizes: int) -> None:
    for name, size in sizes.items():
        (folder / f"disk.{name.removeprefix('p')}").write_bytes(bytes(size))


def test_parts_are_put_in_order(tmp_path: Path) -> None:
    parts(tmp_path, p001=512, p002=512, p003=100)
    (tmp_path / "disk.log").write_text("not a part", encoding="utf-8")
    assert [part.suffix for part in raw_segments(tmp_path / "disk.001")] == [".001", ".002", ".003"]


def test_parts_may_count_from_000_or_be_lettered(tmp_path: Path) -> None:
    parts(tmp_path, p000=512, p001=512, paa=512, pab=512)
    assert [part.suffix for part in raw_segments(tmp_path / "disk.000")] == [".000", ".001"]
    assert [part.suffix for part in raw_segments(tmp_path / "disk.aa")] == [".aa", ".ab"]


def test_missing_part_is_named(tmp_path: Path) -> None:
    parts(tmp_path, p001=512, p003=512)
    refused(tmp_path / "disk.001", r"part disk.002 is missing; disk.003 is there", "every part")


def test_later_part_points_to_the_first(tmp_path: Path) -> None:
    parts(tmp_path, p001=512, p002=512)
    refused(tmp_path / "disk.002", "not the first part", "disk.001")


def test_part_in_the_middle_that_is_shorter_was_cut_off(tmp_path: Path) -> None:
    parts(tmp_path, p001=512, p002=100, p003=512)
    refused(tmp_path / "disk.001", "disk.002 has 100 bytes", "cut off")


def test_last_part_that_is_longer_does_not_belong(tmp_path: Path) -> None:
    parts(tmp_path, p001=512, p002=1024)
    refused(tmp_path / "disk.001", "longer than the parts before it", "belong together")


def test_name_that_only_looks_like_a_part_is_an_image(tmp_path: Path) -> None:
    parts(tmp_path, p2026=512)
    assert raw_segments(tmp_path / "disk.2026") == (tmp_path / "disk.2026",)


@pytest.fixture
def two_segments(tmp_path: Path) -> Path:
    for name in ("ext2.split.E01", "ext2.split.E02"):
        shutil.copyfile(reference_image(name), tmp_path / name)
    return tmp_path / "ext2.split.E01"


def test_segments_of_an_e01_are_found(two_segments: Path) -> None:
    assert [segment.suffix for segment in ewf_segments(two_segments)] == [".E01", ".E02"]


def test_missing_segment_is_named(two_segments: Path) -> None:
    two_segments.with_suffix(".E02").unlink()
    refused(two_segments, r"segment ext2.split.E02 is missing", "every segment")


def test_later_segment_points_to_the_first(two_segments: Path) -> None:
    refused(two_segments.with_suffix(".E02"), "is segment 2 of an E01 image", "ext2.split.E01")


def test_segment_that_is_another_file_is_noticed(two_segments: Path) -> None:
    two_segments.with_suffix(".E02").write_bytes(b"something else" * 100)
    refused(two_segments, "does not begin like a segment", "master")


@pytest.mark.parametrize("kept", [60, 5_000, 300_000, 414_000, 414_900])
def test_truncated_e01_is_refused_wherever_it_was_cut(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.E01"
    path.write_bytes(reference_image("mmls_1.E01").read_bytes()[:kept])
    refused(path, "is cut off", "master")


def test_damaged_section_descriptor_is_refused(tmp_path: Path) -> None:
    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[13 + 16] ^= 1  # the first section's offset of the next one
    path = tmp_path / "damaged.E01"
    path.write_bytes(data)
    refused(path, "section descriptor at byte 13 has a wrong checksum", "master")


def test_chain_of_sections_that_turns_back_is_refused(tmp_path: Path) -> None:
    import zlib

    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[13 + 16 : 13 + 24] = (5).to_bytes(8, "little")
    data[13 + 72 : 13 + 76] = zlib.adler32(bytes(data[13 : 13 + 72])).to_bytes(4, "little")
    path = tmp_path / "loop.E01"
    path.write_bytes(data)
    refused(path, "chain of sections does not end", "master")


def test_e01_that_libewf_can_not_open_is_refused(tmp_path: Path) -> None:
    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[431 + 76 : 431 + 1000] = bytes(924)  # the volume section's content; its descriptor stays
    path = tmp_path / "hollow.E01"
    path.write_bytes(data)
    refused(path, "damaged: the E01 container can not be opened", "master")


def test_names_after_e99_go_on_with_letters() -> None:
    from labkit.evidence.segments import _ewf_name

    first = Path("disk.E01")
    assert [_ewf_name(first, n).suffix for n in (2, 99, 100, 125, 126, 775, 776)] == [
        ".E02", ".E99", ".EAA", ".EAZ", ".EBA", ".EZZ", ".FAA",
    ]  # fmt: skip
    assert _ewf_name(Path("disk.e01"), 100).suffix == ".eaa"


def test_section_beyond_any_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[13 + 16 : 13 + 24] = b"\xff" * 8
    data[13 + 72 : 13 + 76] = zlib.adler32(data[13 : 13 + 72]).to_bytes(4, "little")
    path = tmp_path / "far.E01"
    path.write_bytes(data)
    refused(path, "a section should begin at byte 18446744073709551615", "master")
