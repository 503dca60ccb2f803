"""Raw images: the bytes of the medium and nothing else. Runs of zeros become holes where the disk can keep them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from labkit.atomic import whole_file
from labkit.hashing import Digester
from labkit.model.evidence import Digests


def write_raw(chunks: Iterable[bytes], path: Path) -> Digests:
    """Write ``chunks`` in order to ``path`` and return the digests of the medium.

    Raises:
        OSError: The destination can not be written; nothing is left behind.
    """
    with whole_file(path) as partial, Digester() as digester, partial.open("wb") as file:
        write_chunks(_digested(chunks, digester), file)
        return digester.finish()


def write_chunks(chunks: Iterable[bytes], file: BinaryIO) -> None:
    """Write ``chunks`` in order to a new file; those of zeros become holes where the disk can keep them.

    Raises:
        OSError: The file can not be written.
    """
    zeros = b""
    for chunk in chunks:
        if len(zeros) != len(chunk):
            zeros = bytes(len(chunk))
        if chunk == zeros:
            file.seek(len(chunk), 1)
        else:
            file.write(chunk)
    file.truncate(file.tell())


def _digested(chunks: Iterable[bytes], digester: Digester) -> Iterator[bytes]:
    for chunk in chunks:
        digester.update(chunk)
        yield chunk
