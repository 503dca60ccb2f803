"""Raw images: the bytes of the medium and nothing else. Runs of zeros become holes where the disk can keep them."""

from collections.abc import Iterable
from pathlib import Path

from labkit.atomic import whole_file
from labkit.hashing import Digester
from labkit.model.evidence import Digests


def write_raw(chunks: Iterable[bytes], path: Path) -> Digests:
    """Write ``chunks`` in order to ``path`` and return the digests of the medium.

    Raises:
        OSError: The destination can not be written; nothing is left behind.
    """
    with whole_file(path) as partial, Digester() as digester, partial.open("wb") as file:
        for chunk in chunks:
            digester.update(chunk)
            if chunk.count(0) == len(chunk):
                file.seek(len(chunk), 1)
            else:
                file.write(chunk)
        file.truncate(file.tell())
        return digester.finish()
