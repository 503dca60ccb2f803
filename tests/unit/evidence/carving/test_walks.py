"""Each structure: whole, cut off, damaged, and what only begins like it."""

from collections.abc import Callable

import pytest

from labkit.evidence.carving.carve import WALKS
from labkit.evidence.carving.extent import Confidence, Extent
from labkit.evidence.signatures import kind_of
from tests.unit.evidence.carving import samples


class Memory:
    """Bytes as a source."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size_bytes = len(data)

    def read(self, offset_bytes: int, size_bytes: int) -> bytes:
        return self._data[offset_bytes : offset_bytes + size_bytes]


def walked(data: bytes, *, before: bytes = b"", behind: bytes = b"") -> Extent | None:
    kind = kind_of(data)
    assert kind is not None
    return WALKS[kind](Memory(before + data + behind), len(before))


WHOLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpeg": ("jpeg", lambda: samples.picture("JPEG")),
    "progressive jpeg": ("jpeg", lambda: samples.picture("JPEG", progressive=True)),
    "jpeg with restart markers": ("jpeg", lambda: samples.picture("JPEG", restart_marker_rows=1)),
    "jpeg with a thumbnail": ("jpeg", samples.with_thumbnail),
    "png": ("png", lambda: samples.picture("PNG")),
    "pdf": ("pdf", samples.pdf),
    "pdf saved three times": ("pdf", lambda: samples.pdf(3)),
    "linearised pdf": ("pdf", samples.linearised),
    "zip": ("zip", samples.archive),
    "stored zip": ("zip", lambda: samples.archive(stored=True)),
    "streamed zip": ("zip", lambda: samples.archive(streamed=True)),
    "streamed and stored zip": ("zip", lambda: samples.archive(stored=True, streamed=True)),
    "docx": ("docx", lambda: samples.archive("docx")),
    "xlsx": ("xlsx", lambda: samples.archive("xlsx")),
    "odt": ("odt", lambda: samples.archive("odt")),
    "sqlite": ("sqlite", samples.sqlite),
    "gzip": ("gzip", samples.gz),
    "mp4": ("mp4", samples.mp4),
    "mov": ("mov", lambda: samples.mp4(b"qt  ")),
}


@pytest.mark.parametrize("behind", [b"", bytes(4096), samples.noise(4096, "behind")], ids=["end", "zeros", "noise"])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_file_is_complete_to_its_last_byte(name: str, behind: bytes) -> None:
    kind, make = WHOLE[name]
    data = make()
    found = walked(data, before=b"before" * 100, behind=behind)
    assert found is not None
    assert (found.kind, found.confidence, found.size_bytes) == (kind, Confidence.COMPLETE, len(data)), found.reason


# A PDF that was saved several times holds its earlier states, each whole.
@pytest.mark.parametrize("name", [name for name in WHOLE if name != "pdf saved three times"])
def test_file_that_is_cut_off_is_never_complete(name: str) -> None:
    _, make = WHOLE[name]
    data = make()
    for share in (0.3, 0.6, 0.9):
        found = walked(data[: int(len(data) * share)])
        if found is not None:
            assert found.confidence is not Confidence.COMPLETE
            assert found.size_bytes <= len(data) * share


@pytest.mark.parametrize("name", ["jpeg", "png", "gzip", "sqlite", "mp4", "docx", "zip"])
def test_half_a_file_with_other_content_behind_it_is_partial(name: str) -> None:
    _, make = WHOLE[name]
    data = make()
    half = len(data) // 2
    found = walked(data[:half], behind=samples.noise(200_000, "other"))
    assert found is not None
    assert found.confidence is not Confidence.COMPLETE, found.reason
    if name in {"jpeg", "png", "gzip", "sqlite"}:
        assert found.confidence is Confidence.PARTIAL
        assert found.size_bytes < len(data) + 100_000


def test_picture_data_that_run_into_zeros_end_there() -> None:
    data = samples.picture("JPEG")
    found = walked(data[:10_000], behind=bytes(50_000))
    assert found.confidence is Confidence.PARTIAL
    assert 10_000 - 2 <= found.size_bytes <= 10_000
    assert "zero bytes" in found.reason


def test_flipped_bit_in_a_png_is_seen_by_its_crc() -> None:
    data = bytearray(samples.picture("PNG"))
    data[len(data) // 2] ^= 1
    found = walked(bytes(data))
    assert (found.confidence, found.reason) == (
        Confidence.PARTIAL, "240x160 pixels; the CRC of the chunk IDAT is wrong",
    )  # fmt: skip


def test_flipped_bit_in_a_stored_member_is_seen_by_its_crc() -> None:
    data = bytearray(samples.archive(stored=True))
    data[len(data) // 2] ^= 1
    found = walked(bytes(data))
    assert found.confidence is Confidence.PARTIAL
    assert found.size_bytes == len(data)
    assert "content of 1 members is damaged" in found.reason


def test_flipped_bit_in_gzip_is_seen_by_crc_or_inflation() -> None:
    data = bytearray(samples.gz())
    data[10_000] ^= 1
    assert walked(bytes(data)).confidence is Confidence.PARTIAL


def test_end_record_that_disagrees_with_the_directory_is_not_complete() -> None:
    data = bytearray(samples.archive())
    end = data.rindex(b"PK\x05\x06")
    data[end + 10] += 1
    found = walked(bytes(data))
    assert (found.confidence, found.size_bytes) == (Confidence.PARTIAL, len(data))
    assert "end record" in found.reason


def test_zip_from_its_second_member_is_not_complete() -> None:
    data = samples.archive()
    second = data.index(b"PK\x03\x04", 4)
    assert walked(data[second:]).confidence is Confidence.PARTIAL


def test_members_of_a_zip_are_its_parts() -> None:
    data = samples.archive()
    assert walked(data).parts == {0, data.index(b"PK\x03\x04", 4)}


def test_pdf_without_its_cross_reference_is_partial() -> None:
    data = samples.pdf().replace(b"\nxref\n", b"\nxxxx\n")
    found = walked(data)
    assert found.confidence is Confidence.PARTIAL
    assert "no cross-reference" in found.reason


def test_pdf_ends_before_the_next_one() -> None:
    data = samples.pdf()
    assert walked(data, behind=bytes(100) + samples.pdf(2)).size_bytes == len(data)


def test_linearised_pdf_that_is_cut_off_says_so() -> None:
    data = samples.linearised()
    found = walked(data[:-5], behind=bytes(1000))
    assert found.confidence is not Confidence.COMPLETE


def test_page_of_another_kind_ends_a_database() -> None:
    data = bytearray(samples.sqlite())
    data[40 * 4096 : 41 * 4096] = b"\xf0" * 4096
    found = walked(bytes(data))
    assert (found.confidence, found.size_bytes) == (Confidence.PARTIAL, 40 * 4096)


def test_database_that_is_cut_off_in_its_first_page_is_a_header_only() -> None:
    found = walked(samples.sqlite()[:3000])
    assert (found.confidence, found.size_bytes) == (Confidence.HEADER_ONLY, 100)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_found_has_some_bytes_wherever_it_is_cut_off(name: str) -> None:
    data = WHOLE[name][1]()
    for size in {*range(16, min(len(data), 300)), *range(300, len(data), max(len(data) // 40, 1))}:
        found = walked(data[:size])
        assert found is None or 0 < found.size_bytes <= size, size


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + samples.noise(3000, "a"),
        b"\x89PNG\r\n\x1a\n" + samples.noise(3000, "b"),
        b"%PDF-1.7" + samples.noise(3000, "c"),
        b"PK\x03\x04" + samples.noise(3000, "d"),
        b"SQLite format 3\0" + samples.noise(3000, "e"),
        b"\x1f\x8b\x08" + samples.noise(3000, "f"),
        b"\0\0\0\x20ftypisom" + samples.noise(3000, "g"),
        b"\xff\xd8\xff\xd9",
    ],
)
def test_header_alone_is_never_a_file(data: bytes) -> None:
    found = walked(data)
    assert found is None or found.confidence is Confidence.HEADER_ONLY, found


@pytest.mark.parametrize("kind", ["jpeg", "png", "pdf", "zip", "sqlite", "gzip", "mp4"])
@pytest.mark.parametrize("size", [0, 1, 5, 12, 20, 31, 60, 109])
def test_space_that_ends_at_once_does_no_harm(kind: str, size: int) -> None:
    data = samples.all_kinds()[kind]
    found = WALKS[kind](Memory(data[:size]), 0)
    assert found is None or found.confidence is not Confidence.COMPLETE


def test_every_sample_has_its_signature() -> None:
    for kind, data in samples.all_kinds().items():
        assert kind_of(data) in {kind, "zip"}
    assert kind_of(b"nothing known") is None
