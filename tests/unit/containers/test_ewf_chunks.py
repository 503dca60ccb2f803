"""Chunks come back as they were, whichever way they are stored; what shrinks is compressed."""

import zlib

import pytest

from labkit.containers.ewf_chunks import packer
from labkit.containers.ewf_sections import CHUNK_BYTES, ZERO_CHUNK_STREAM
from labkit.synthesis.streams import Stream

NOISE = Stream(b"s", "noise").take(CHUNK_BYTES)
TEXT = (b"invoice for the carriage of timber to Port Sarva\n" * 700)[:CHUNK_BYTES]
LATE_TEXT = NOISE[: CHUNK_BYTES // 2] + TEXT[: CHUNK_BYTES // 2]
HALF = bytes(byte >> 1 for byte in NOISE)  # seven bits of noise in each byte: shrinks by an eighth


@pytest.mark.parametrize("compression", ["portable", "fast", "best"])
@pytest.mark.parametrize(
    "chunk", [bytes(CHUNK_BYTES), bytes(512), NOISE, TEXT, LATE_TEXT, HALF, NOISE[:512], TEXT[:512]]
)
def test_a_chunk_comes_back(compression: str, chunk: bytes) -> None:
    stored = packer(compression)(chunk)

    if stored.is_compressed:
        assert zlib.decompress(stored.data) == chunk
    else:
        assert stored.data == chunk + zlib.adler32(chunk).to_bytes(4, "little")


@pytest.mark.parametrize(("chunk", "shrinks"), [(TEXT, True), (LATE_TEXT, True), (HALF, True), (NOISE, False)])
@pytest.mark.parametrize("compression", ["fast", "best"])
def test_what_shrinks_is_compressed(compression: str, chunk: bytes, shrinks: bool) -> None:
    stored = packer(compression)(chunk)

    assert stored.is_compressed is shrinks
    assert (len(stored.data) < len(chunk)) is shrinks


@pytest.mark.parametrize("compression", ["portable", "fast", "best"])
def test_zeros_are_one_constant(compression: str) -> None:
    assert packer(compression)(bytes(CHUNK_BYTES)).data == ZERO_CHUNK_STREAM


def test_noise_is_not_compressed_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    compress = zlib.compress
    tried: list[int] = []
    monkeypatch.setattr(zlib, "compress", lambda data, level: tried.append(len(data)) or compress(data, level))

    packer("fast")(NOISE)
    packer("fast")(TEXT)

    assert tried == [4096, CHUNK_BYTES]
