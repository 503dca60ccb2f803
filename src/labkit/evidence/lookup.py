"""From a path to an address, reading only the directories on the way."""

from collections.abc import Iterator
from typing import Any

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.rows import RowMaker, decoded
from labkit.evidence.tsk import TskImage

_NAME_DELETED = int(pytsk3.TSK_FS_NAME_FLAG_UNALLOC)


class Lookup:
    """Finds entries of one file system by path. Live names come before deleted ones."""

    def __init__(self, tsk_image: TskImage, filesystem: Any, *, ignore_case: bool) -> None:
        self._tsk_image = tsk_image
        self._filesystem = filesystem
        self._maker = RowMaker(filesystem)
        self._ignore_case = ignore_case

    def address(self, path: str) -> int:
        """Return the address of the entry at ``path``.

        Raises:
            EvidenceError: There is none, or only deleted ones that differ.
        """
        if not path.startswith("/"):
            raise EvidenceError(
                f"{path!r} is not a full path",
                remedy=f"Begin at the root of the volume: /{path}",
            )
        places = [(int(self._filesystem.info.root_inum), False)]
        done = ""
        for part in [part for part in path.split("/") if part]:
            names = [name for address, _ in places for name in self._names(address)]
            found = self._matches(names, part)
            if not found:
                raise self._not_found(path, done, part, [text for text, _, _ in names])
            places = found
            done = f"{done}/{part}"
        addresses = list(dict.fromkeys(address for address, _ in places))
        if len(addresses) > 1:
            listed = ", ".join(str(address) for address in addresses)
            raise EvidenceError(
                f"{len(addresses)} entries have or had the path {path}",
                remedy=f"Choose one by its address: --address N with N one of {listed}.",
            )
        return addresses[0]

    def _matches(self, names: list[tuple[str, int, bool]], part: str) -> list[tuple[int, bool]]:
        found = [(address, deleted) for text, address, deleted in names if text == part]
        if not found and self._ignore_case:
            folded = part.casefold()
            found = [(address, deleted) for text, address, deleted in names if text.casefold() == folded]
        live = [place for place in found if not place[1]]
        return live or found

    def _names(self, address: int) -> Iterator[tuple[str, int, bool]]:
        """Yield name, address and whether it is deleted; nothing for what is no directory."""
        try:
            directory = self._filesystem.open_dir(inode=address)
            for entry in directory:
                name = entry.info.name
                if name.name is None or name.name in (b".", b".."):
                    continue
                record = self._maker.record_of(entry)
                if record is None and not name.meta_addr:
                    continue  # a deleted name that leads nowhere
                yield decoded(name.name), int(name.meta_addr), bool(name.flags & _NAME_DELETED)
        except OSError:
            return
        finally:
            self._tsk_image.check()

    def _not_found(self, path: str, done: str, part: str, names: list[str]) -> EvidenceError:
        from difflib import get_close_matches

        near = get_close_matches(part, names, n=3, cutoff=0.6)
        where = done or "/"
        if near:
            remedy = "Did you mean " + " or ".join(f"{done}/{name}" for name in near) + "?"
        else:
            remedy = f"labkit image ls --under {where} lists what is there; deleted files can be named by --address N."
        return EvidenceError(f"there is no {path}: {where} holds no {part!r}", remedy=remedy)
