"""Files and folders that appear whole or not at all."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; it becomes ``path`` when the block ends well.

    On any error, Ctrl-C included, the temporary file is removed and ``path`` stays as it was.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        yield partial
        os.replace(partial, path)  # noqa: PTH105 - Path.replace is the same; os.replace says what it promises
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader never sees a part of it."""
    with whole_file(path) as partial, partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a name for a new folder beside ``path``; it becomes ``path`` when the block ends well.

    ``path`` must not be there, or be an empty folder. On any error, Ctrl-C included, the new folder is removed.
    """
    partial = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_tree(partial)  # of a command that lost its power
    try:
        yield partial
        if path.exists():
            path.rmdir()
        os.rename(partial, path)  # noqa: PTH104 - Path.rename is the same; both lie on one disk
    except BaseException:
        remove_tree(partial)
        raise


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours with the read-only files in it; on Windows such files resist otherwise."""
    if not folder.exists():
        return
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            if not path.is_symlink():
                path.chmod(stat.S_IWRITE | stat.S_IREAD)
    shutil.rmtree(folder)
