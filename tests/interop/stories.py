"""Long random stories on any file system writer, beside a plain account of what they should have come to."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream

NAMES = (
    "REPORT.TXT",
    "notes.txt",
    "Invoice 2026.xlsx",
    "Счёт на оплату.docx",
    "گزارش نهایی.pdf",
    "photo 🏔.jpg",
    "long " * 25 + ".bin",
    ".hidden",
    "DATA",
    "read me",
)
SIZES = (0, 1, 100, 512, 1000, 3000, 9000, 30000)


@dataclass
class Story:
    """A volume, and beside it what a plain reading of the operations says about files and their content."""

    medium: Medium
    volume: VolumeWriter
    stream: Stream
    at: datetime
    files: dict[str, bytes] = field(default_factory=dict)
    directories: list[str] = field(default_factory=lambda: ["/"])
    nodes: dict[int, bytes | None] = field(default_factory=dict)  # last known content; None for a directory

    def play(self, steps: int, *more_moves: Callable[["Story"], None]) -> None:
        kinds = Story
        moves = [
            kinds.make_directory,
            *[kinds.create] * 6,
            *[kinds.append] * 4,
            kinds.overwrite,
            kinds.open,
            *[kinds.rename] * 2,
            kinds.copy,
            *[kinds.delete] * 3,
            kinds.move_directory,
            kinds.delete_directory,
            kinds.slack,
            kinds.remount,
            *more_moves,
        ]
        for _ in range(steps):
            self.at += timedelta(seconds=self.stream.between(1, 9000), microseconds=self.stream.below(10**6))
            self.stream.pick(moves)(self)

    def new_path(self) -> str:
        name = f"{self.stream.below(1000)} {self.stream.pick(NAMES)}"
        path = f"{self.stream.pick(self.directories).rstrip('/')}/{name}"
        return path if not self.volume.exists(path) else f"{path} {len(self.nodes)}"

    def content(self) -> bytes:
        return self.stream.take(self.stream.pick(SIZES))

    def any_file(self) -> str | None:
        return self.stream.pick(sorted(self.files)) if self.files else None

    def make_directory(self) -> None:
        path = self.new_path()
        self.nodes[self.volume.make_directory(path, self.at)] = None
        self.directories.append(path)

    def create(self) -> None:
        path, data = self.new_path(), self.content()
        self.nodes[self.volume.create(path, data, self.at)] = data
        self.files[path] = data

    def change(self, operation: Callable[[str, bytes, datetime], None], *, keep: bool) -> None:
        if path := self.any_file():
            data = self.content()
            operation(path, data, self.at)
            self.files[path] = (self.files[path] if keep else b"") + data
            self.nodes[self.volume.node(path)] = self.files[path]

    def append(self) -> None:
        self.change(self.volume.append, keep=True)

    def overwrite(self) -> None:
        self.change(self.volume.overwrite, keep=False)

    def open(self) -> None:
        if path := self.any_file():
            self.volume.open(path, self.at)

    def rename(self) -> None:
        if path := self.any_file():
            to_path = self.new_path()
            if self.stream.below(2):
                to_path = path.rpartition("/")[0] + "/" + to_path.rpartition("/")[2] + "_"
            if not self.volume.exists(to_path):
                self.volume.rename(path, to_path, self.at)
                self.files[to_path] = self.files.pop(path)

    def copy(self) -> None:
        if path := self.any_file():
            to_path = self.new_path()
            self.nodes[self.volume.copy(path, to_path, self.at)] = self.files[path]
            self.files[to_path] = self.files[path]

    def delete(self) -> None:
        if path := self.any_file():
            self.volume.delete(path, self.at)
            del self.files[path]

    def move_directory(self) -> None:
        old, new = self.stream.pick(self.directories), self.new_path()
        if old == "/" or new.startswith(old + "/"):
            return
        self.volume.rename(old, new, self.at)

        def moved(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(old + "/") else path

        self.directories = [moved(path) for path in self.directories]
        self.files = {moved(path): data for path, data in self.files.items()}

    def delete_directory(self) -> None:
        gone = self.stream.pick(self.directories)
        if gone == "/" or sum(path.startswith(gone + "/") for path in self.files) > 3:
            return
        self.volume.delete(gone, self.at)
        self.directories = [path for path in self.directories if path != gone and not path.startswith(gone + "/")]
        self.files = {path: data for path, data in self.files.items() if not path.startswith(gone + "/")}

    def slack(self) -> None:
        path = self.any_file()
        if path and len(self.files[path]) % self.volume.cluster_bytes:
            self.volume.write_slack(path, b"!")

    def remount(self) -> None:
        if self.stream.below(3) == 0:
            self.volume.remount()
            self.volume.flush()

    def write_image(self, path: Path) -> Path:
        """Flush and write the medium; stretches of zeros become holes of the file."""
        self.volume.flush()
        with path.open("wb") as image:
            for chunk in self.medium.chunks():
                if chunk.strip(b"\0"):
                    image.write(chunk)
                else:
                    image.seek(len(chunk), os.SEEK_CUR)
            image.truncate(self.medium.size_bytes)
        return path
