"""Where finished products go: into files that appear together at the end, or nowhere when only the truth is wanted."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from labkit.atomic import whole_file
from labkit.containers.raw import write_chunks
from labkit.hashing import Digester
from labkit.model.evidence import Digests


class Product:
    """One file under construction: takes bytes, knows their digests."""

    def __init__(self, file: BinaryIO | None, digester: Digester) -> None:
        self._file = file
        self._digester = digester

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""
        self._digester.update(data)
        if self._file is not None:
            self._file.write(data)
        return len(data)

    def finish(self) -> Digests:
        """Return the digests of the whole file."""
        return self._digester.finish()


class Shelf:
    """All products of one build. Use it in a ``with`` block: on an error, Ctrl-C included, no file of it remains.

    Args:
        folder: Where the files go; None writes nothing and still digests everything.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[str, Path] = {}

    @property
    def writes(self) -> bool:
        """Whether products become files."""
        return self._folder is not None

    @property
    def files(self) -> Mapping[str, Path]:
        """The files by name, ``item/name``; empty when nothing is written."""
        return dict(self._files)

    def open(self, name: str) -> Product:
        """Begin the product ``name``."""
        digester = self._stack.enter_context(Digester())
        return Product(self._file(name), digester)

    def put(self, name: str, data: bytes) -> Digests:
        """Write a whole product at once."""
        product = self.open(name)
        product.write(data)
        return product.finish()

    def put_medium(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a raw medium; runs of zeros become holes where the disk can keep them. Nobody needs its digest here."""
        file = self._file(name)
        if file is not None:
            write_chunks(chunks, file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _file(self, name: str) -> BinaryIO | None:
        if self._folder is None:
            return None
        path = self._folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._stack.enter_context(whole_file(path))
        self._files[name] = path
        return self._stack.enter_context(partial.open("wb"))
