import gzip
import io

from labkit.containers.gzip_raw import CHUNK_BYTES, write_gzip


def packed(*chunks: bytes) -> bytes:
    sink = io.BytesIO()
    write_gzip(chunks, sink)
    return sink.getvalue()


def test_every_inflater_gets_the_medium_back() -> None:
    chunks = (bytes(CHUNK_BYTES), b"\x01" * CHUNK_BYTES, bytes(CHUNK_BYTES), bytes(CHUNK_BYTES), b"the end", bytes(512))

    assert gzip.decompress(packed(*chunks)) == b"".join(chunks)


def test_runs_of_zeros_take_little_room() -> None:
    assert len(packed(*[bytes(CHUNK_BYTES)] * 100)) < 6000


def test_an_empty_medium_is_a_whole_gzip_file() -> None:
    assert gzip.decompress(packed()) == b""


def test_the_bytes_do_not_depend_on_the_machine() -> None:
    # RFC 1952: no flags, no time, unknown system; RFC 1951: a stored block of one byte, then an empty last one.
    data = packed(b"A")

    assert data[:10] == bytes.fromhex("1f8b08000000000000ff")
    assert data[10:21] == b"\x00\x01\x00\xfe\xffA" + bytes.fromhex("010000ffff")
