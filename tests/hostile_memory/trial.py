"""One damaged image after the other, each read in a process of its own.

The image is damaged in place and mended again: nothing of its 128 MiB is copied but what is cut off.
"""

import gc
import hashlib
import json
import lzma
import mmap
import os
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import Self

from labkit.evidence.memory.symbol_table import SymbolTable
from tests.hostile.commands import Fault, run
from tests.hostile.trial import ended
from tests.hostile_memory.commands import READS_EVERYTHING, RULES, command_lines
from tests.hostile_memory.damage import Patch, cut_at, damaged_table, image_faults, reduced
from tests.hostile_memory.places import Believed
from tests.memory_base import base_image

CPU_SECONDS = 60  # for all commands of an image; an undamaged one takes about 3
_MOST_REMARKS = 1 << 20
_TABLES = 1 / 12  # of the mutations damage the symbol table


class Trial:
    """A capture, and how its damaged forms end. Use it in a ``with`` block.

    ``ends`` counts commands by ``results`` and ``clear errors``, and mutations: ``hangs``, ``crashes`` and ``faults``
    must not be; ``changed`` ones show other things than the undamaged image, ``told`` ones say that something is wrong,
    ``quiet`` ones are changed and do not say so.
    """

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.ends: Counter[str] = Counter()
        self.bad: list[str] = []
        self.damage: list[str] = []
        self.remarks: list[str] = []
        self._seed = seed
        self._number = 0
        self._work = folder / "work"
        self._original, self._symbols = base_image(folder)
        self._image = folder / "damaged.raw"
        shutil.copyfile(self._original, self._image)
        self._size_bytes = self._image.stat().st_size
        self._load = SymbolTable.__dict__["load"]
        self._loaded: dict[Path, SymbolTable] = {}
        self._undamaged: dict[int, str] = {}
        self._places = Believed()

    def __enter__(self) -> Self:
        SymbolTable.load = staticmethod(self._load_once)  # type: ignore[method-assign,assignment]
        self._prepare()
        self._undamaged = dict(enumerate(self._outputs(self._symbols)))
        self._loaded.clear()  # a table that was read anew asks for everything once
        with self._places.noting():
            for words in command_lines(self._image, self._symbols, self._work):
                before = set(self._places.stretches)
                self._one(words)
                if READS_EVERYTHING & set(words):
                    self._places.stretches = before
        with self._image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self._places.sort(data)
        self._table = reduced(json.loads(lzma.decompress(self._symbols.read_bytes())), self._places)
        small = self._work / "reduced.json"
        small.write_text(json.dumps(self._table))
        lines = [*command_lines(self._image, small, self._work)]
        other = [words for number, words in enumerate(lines) if self._one(words)[0] != self._undamaged[number]]
        assert all(words[1] == "info" for words in other), other  # which names the file of the table
        gc.collect()
        gc.freeze()  # so that children do not copy half a million objects
        return self

    def __exit__(self, *_: object) -> None:
        SymbolTable.load = self._load
        gc.unfreeze()

    def _load_once(self, path: Path) -> SymbolTable:
        """Let an undamaged table be parsed once for all children: that takes longer than what is tried here."""
        if path.name.startswith("table"):
            return self._load.__get__(None, SymbolTable)(path)
        if path not in self._loaded:
            self._loaded[path] = self._load.__get__(None, SymbolTable)(path)
        return self._loaded[path]

    def run(self, number: int) -> str:
        """Try one mutation; return what must not have happened, or nothing."""
        name = f"{self._seed}/{number}"
        draw = Random(f"{self._seed}/memory/{number}")
        self.damage, symbols, mended = [], self._symbols, []
        self._number = number
        self._prepare()
        if draw.random() < _TABLES:
            what, content = damaged_table(self._table, draw)
            self.damage.append(f"symbols: {what}")
            symbols = self._work / ("table.json.xz" if content[:1] == b"\xfd" else "table.json")
            symbols.write_bytes(content)
        else:
            mended = self._damage(draw)
        end, note = ended(partial(self._note, symbols), self._work, cpu_seconds=CPU_SECONDS)
        self._mend(mended)
        if not end:
            found = json.loads(note)
            self.remarks = found.pop("remarks")
            self.ends.update(found)
            return ""
        self.ends[end] += 1
        self.bad.append(f"{name}: {end}: {note}\n  {'; '.join(self.damage)}")
        return self.bad[-1]

    def _prepare(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        (self._work / "rules.yar").write_text(RULES)

    def _damage(self, draw: Random) -> list[Patch]:
        """Damage the image; return what stood there, in the order in which it has to be put back."""
        before: list[Patch] = []
        with self._image.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            for what, patches in image_faults(data, self._places, draw):
                self.damage.append(what)
                for at, new in patches:
                    before.append((at, data[at : at + len(new)]))
                    data[at : at + len(new)] = new
        cut = cut_at(self._size_bytes, draw)
        if cut is not None:
            self.damage.append(f"cut at {cut}")
            os.truncate(self._image, cut)
        return before[::-1]

    def _mend(self, before: list[Patch]) -> None:
        size = self._image.stat().st_size
        with self._image.open("r+b") as file, self._original.open("rb") as original:
            if size < self._size_bytes:
                original.seek(size)
                file.seek(size)
                shutil.copyfileobj(original, file, 1 << 20)
            for at, old in before:
                file.seek(at)
                file.write(old)

    def _outputs(self, symbols: Path) -> list[str]:
        return [self._one(words)[0] for words in command_lines(self._image, symbols, self._work)]

    def _note(self, symbols: Path) -> str:
        """Run all commands; return what became of them, for the parent."""
        ends, changed, remarks = Counter({"results": 0, "clear errors": 0}), False, []
        for number, words in enumerate(command_lines(self._image, symbols, self._work, self._number)):
            digest, done, remarked = self._one(words)
            ends["results" if done else "clear errors"] += 1
            changed = changed or digest != self._undamaged[number]
            remarks += [line for line in remarked.splitlines() if line not in remarks]
        return json.dumps(
            {
                **ends,
                "changed": changed,
                "told": bool(remarks),
                "quiet": changed and not remarks,
                "remarks": remarks[:50],
            }
        )

    @staticmethod
    def _one(words: list[str]) -> tuple[str, bool, str]:
        done, output, remarks = run(words)
        if len(remarks) > _MOST_REMARKS:
            raise Fault(f"{' '.join(words)}: {len(remarks)} characters of warnings")
        return hashlib.sha256(output).hexdigest(), done, remarks
