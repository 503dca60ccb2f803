"""Random stories on NTFS volumes, and beside them what a plain reading of the operations says."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.volume import FileFlags, NtfsVolume
from labkit.synthesis.filesystems.ntfs_streams.security import profile_entry
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream

MIB = 1024 * 1024
START_BYTES = 63 * 512
FORMATTED = datetime.fromisoformat("2026-01-31T10:00:01.234567+00:00")
NAMES = (
    "REPORT.TXT",
    "notes.txt",
    "Invoice 2026.xlsx",
    "Счёт на оплату.docx",
    "گزارش نهایی.pdf",
    "Budget Бюджет.csv",
    "a.b.c.tar.gz",
    "photo 🏔.jpg",
    "x" * 120 + ".bin",
    "ÿmlaut straße.txt",
    ".hidden",
    "DATA",
    "read me",
)


@dataclass
class Story:
    """A volume, and what should be on it."""

    medium: Medium
    volume: NtfsVolume
    stream: Stream
    at: datetime = FORMATTED
    files: dict[str, int] = field(default_factory=dict)  # path -> node
    directories: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytes | None] = field(default_factory=dict)  # None for a directory
    streams: dict[int, dict[str, bytes]] = field(default_factory=dict)

    def moves(self) -> list[Callable[[], None]]:
        """Return what may come next; what comes twice is twice as likely."""
        return [
            *[self.make_directory] * 2,
            *[self.create] * 8,
            *[self.append] * 3,
            self.overwrite,
            self.open,
            *[self.rename] * 2,
            self.copy,
            *[self.delete] * 4,
            self.move_directory,
            self.delete_directory,
            self.write_stream,
            self.write_stream,
            self.crowd,
            self.slack,
            self.remount,
            self.set_times,
            *[self.link] * 2,
            self.many_links,
            self.many_pieces,
            self.sparse,
            self.reparse,
            self.object_id,
            self.set_flags,
            self.secure,
            self.record_slack,
        ]

    def play(self, steps: int) -> None:
        moves = self.moves()
        for _ in range(steps):
            self.at += timedelta(seconds=self.stream.between(1, 9000), microseconds=self.stream.below(10**6))
            self.stream.pick(moves)()

    def play_what_fits(self, steps: int) -> None:
        """Play on and pass over what is refused."""
        for _ in range(steps):
            with suppress(SynthesisError):
                self.play(1)

    def new_path(self) -> str:
        name = f"{self.stream.below(1000)} {self.stream.pick(NAMES)}"
        if self.stream.below(4) == 0:
            name = f"{self.stream.pick('ABCDEFGH')}{self.stream.below(1000)}.DAT"
        path = f"{self.stream.pick(['', *self.directories])}/{name}"
        return path if not self.volume.exists(path) else f"{path} {len(self.contents)}"

    def content(self) -> bytes:
        return self.stream.take(self.stream.pick([0, 1, 100, 512, 700, 1000, 3000, 9000, 70000]))

    def any_file(self) -> str | None:
        return self.stream.pick(sorted(self.files)) if self.files else None

    def add(self, path: str, data: bytes, node_id: int) -> None:
        self.files[path], self.contents[node_id], self.streams[node_id] = node_id, data, {}

    def make_directory(self) -> None:
        path = self.new_path()
        node_id = self.volume.make_directory(path, self.at)
        self.directories[path], self.contents[node_id], self.streams[node_id] = node_id, None, {}

    def create(self) -> None:
        path, data = self.new_path(), self.content()
        self.add(path, data, self.volume.create(path, data, self.at, pieces=self.stream.pick([1, 1, 1, 3])))

    def crowd(self) -> None:
        """Many files in one directory, so that its index has blocks, and many gone again."""
        above = self.stream.pick(["", *self.directories])
        paths = [f"{above}/{number:03} {self.stream.pick('abcdefgh')} page.html" for number in range(60)]
        paths = [path for path in paths if not self.volume.exists(path)]
        for path in paths:
            self.add(path, b"page", self.volume.create(path, b"page", self.at))
        for path in self.stream.sample(paths, len(paths) * self.stream.below(10) // 9):
            self.volume.delete(path, self.at)
            del self.files[path]

    def append(self) -> None:
        if path := self.any_file():
            data, node_id = self.content(), self.files[path]
            self.volume.append(path, data, self.at)
            self.contents[node_id] = (self.contents[node_id] or b"") + data

    def overwrite(self) -> None:
        if path := self.any_file():
            data = self.content()
            self.volume.overwrite(path, data, self.at)
            self.contents[self.files[path]] = data

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
            to_path, source = self.new_path(), self.files[path]
            node_id = self.volume.copy(path, to_path, self.at)
            self.add(to_path, self.contents[source] or b"", node_id)
            self.streams[node_id] = dict(self.streams[source])

    def delete(self) -> None:
        if path := self.any_file():
            self.volume.delete(path, self.at)
            del self.files[path]

    def move_directory(self) -> None:
        if not self.directories:
            return
        old, new = self.stream.pick(sorted(self.directories)), self.new_path()
        if new.startswith(old + "/"):
            return
        self.volume.rename(old, new, self.at)

        def moved(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(old + "/") else path

        self.directories = {moved(path): node_id for path, node_id in self.directories.items()}
        self.files = {moved(path): node_id for path, node_id in self.files.items()}

    def delete_directory(self) -> None:
        if not self.directories:
            return
        gone = self.stream.pick(sorted(self.directories))
        self.volume.delete(gone, self.at)
        below = gone + "/"
        self.directories = {p: n for p, n in self.directories.items() if p != gone and not p.startswith(below)}
        self.files = {path: node_id for path, node_id in self.files.items() if not path.startswith(below)}

    def write_stream(self) -> None:
        path = self.stream.pick(sorted({**self.files, **self.directories}) or [""])
        if path:
            name, data = self.stream.pick(["Zone.Identifier", "hidden", "Скрытый"]), self.content()
            self.volume.write_stream(path, name, data, self.at)
            self.streams[self.volume.node(path)][name] = data

    def slack(self) -> None:
        path = self.any_file()
        state = self.volume.state(self.files[path]) if path else None
        if path and state and state.clusters and state.size_bytes % self.volume.cluster_bytes:
            self.volume.write_slack(path, b"!")

    def remount(self) -> None:
        self.volume.remount()

    def link(self) -> None:
        if path := self.any_file():
            to_path = self.new_path()
            self.volume.link(path, to_path, self.at)
            self.files[to_path] = self.files[path]

    def many_links(self) -> None:
        """More names than one record holds."""
        if path := self.any_file():
            above = self.stream.pick(["", *self.directories])
            for number in range(self.stream.between(3, 25)):
                to_path = f"{above}/{len(self.contents)} link number {number} of a file"
                if not self.volume.exists(to_path):
                    self.volume.link(path, to_path, self.at)
                    self.files[to_path] = self.files[path]

    def many_pieces(self) -> None:
        """More fragments than one record describes."""
        if self.stream.below(3) == 0:
            pieces = self.stream.between(100, 220) if self.volume.cluster_bytes <= 4096 else self.stream.between(5, 20)
            path, data = self.new_path(), self.stream.take(300) * (self.volume.cluster_bytes * pieces // 300)
            self.add(path, data, self.volume.create(path, data, self.at, pieces=pieces))

    def sparse(self) -> None:
        path, unit = self.new_path(), 16 * self.volume.cluster_bytes
        size_bytes = self.stream.between(1, 5) * unit + self.stream.below(unit)
        first, second = self.stream.below(unit // 2), size_bytes - self.stream.between(1, unit // 2)
        parts = [(first, b"first part"), (second, b"2")]
        self.add(path, b"", self.volume.create_sparse(path, size_bytes, parts, self.at))
        data = bytearray(size_bytes)
        for offset, part in parts:
            data[offset : offset + len(part)] = part
        self.contents[self.files[path]] = bytes(data)

    def reparse(self) -> None:
        path = self.new_path()
        if self.stream.below(2):
            node_id = self.volume.make_junction(path, "C:\\Users\\Public", self.at)
            self.contents[node_id], self.streams[node_id] = None, {}
        else:
            target = "..\\" + "papers\\" * self.stream.pick([1, 60])
            self.add(path, b"", self.volume.make_symbolic_link(path, target, self.at, relative=True))

    def object_id(self) -> None:
        if path := self.any_file():
            self.volume.set_object_id(path, UUID(bytes=self.stream.take(16)), self.at)

    def set_flags(self) -> None:
        if path := self.any_file():
            self.volume.set_flags(path, FileFlags.HIDDEN | FileFlags.READ_ONLY, self.at)

    def secure(self) -> None:
        path, owner = self.new_path(), f"S-1-5-21-1-2-3-{self.stream.between(1001, 1030)}"
        number = self.volume.add_security(profile_entry(owner, directory=False))
        self.add(path, b"mine", self.volume.create(path, b"mine", self.at, security_id=number))

    def record_slack(self) -> None:
        if path := self.any_file():
            with suppress(SynthesisError):
                self.volume.write_record_slack(path, b"under the bridge")

    def set_times(self) -> None:
        if path := self.any_file():
            self.volume.set_times(path, born=FORMATTED - timedelta(days=self.stream.below(4000)), modified=FORMATTED)


class CrowdedStory(Story):
    """A story that leaves records, and the volume, little room."""

    def moves(self) -> list[Callable[[], None]]:
        more = [self.fill_directory, self.empty_directory, self.many_streams, self.hundreds_of_links, self.fill_volume]
        return [*super().moves(), *more, *more]

    def fill_directory(self) -> None:
        """A few files, so that the root of an index is about as large as it can be."""
        if self.directories:
            above = self.stream.pick(sorted(self.directories))
            for _ in range(self.stream.between(1, 9)):
                path = f"{above}/F{self.stream.below(40)}{'x' * self.stream.pick([0, 3, 30])}"
                if not self.volume.exists(path):
                    self.add(path, b"1", self.volume.create(path, b"1", self.at))

    def empty_directory(self) -> None:
        if self.directories:
            above = self.stream.pick(sorted(self.directories))
            inside = [path for path in sorted(self.files) if path.rpartition("/")[0] == above]
            for path in inside[: self.stream.between(1, 200)]:
                self.volume.delete(path, self.at)
                del self.files[path]

    def many_streams(self) -> None:
        path = self.stream.pick(sorted(self.directories) or [self.any_file() or ""])
        for _ in range(self.stream.between(1, 8) if path else 0):
            name = self.stream.pick(["a", "b" * 40, "c" * 255, f"stream {self.stream.below(9)} of many"])
            data = self.content()
            self.volume.write_stream(path, name, data, self.at)
            self.streams[self.volume.node(path)][name] = data

    def hundreds_of_links(self) -> None:
        if self.stream.below(4) == 0 and (path := self.any_file()):
            for number in range(self.stream.between(100, 300)):
                to_path = f"/{len(self.contents)} {number} L"
                if not self.volume.exists(to_path):
                    self.volume.link(path, to_path, self.at)
                    self.files[to_path] = self.files[path]

    def fill_volume(self) -> None:
        """One file that leaves a few clusters."""
        free, cluster_bytes = len(self.volume.free_clusters()), self.volume.cluster_bytes
        left = self.stream.between(3, 15) + self.stream.pick([0, 8, 256 * 1024 // cluster_bytes])
        if self.stream.below(3) == 0 and free > left:
            path, data = self.new_path(), b"all" * ((free - left) * cluster_bytes // 3)
            self.add(path, data, self.volume.create(path, data, self.at))


def begin(
    cluster_bytes: int,
    seed: str,
    *,
    size_bytes: int | None = None,
    journal: bool = False,
    kind: type[Story] = Story,
) -> Story:
    """Return a new volume that knows no operation yet."""
    size_bytes = size_bytes or max(12 * MIB, cluster_bytes * 2500)
    medium = Medium(START_BYTES + size_bytes)
    volume = NtfsVolume(
        medium,
        start_bytes=START_BYTES,
        size_bytes=size_bytes,
        cluster_bytes=cluster_bytes,
        label="KF DISK",
        serial=0x1A2B3C4D5E6F7081,
        formatted=FORMATTED,
        journal=journal,
        start_usn=5 * 4096 if journal else 0,
    )
    return kind(medium, volume, Stream(seed.encode(), "story"))


def save(medium: Medium, path: Path, *, start_bytes: int = 0) -> Path:
    """Write what stands from ``start_bytes`` on to a file; zeros become holes."""
    zeros = bytes(32768)
    with path.open("wb") as file:
        file.truncate(medium.size_bytes - start_bytes)
        for number, chunk in enumerate(medium.chunks()):
            position = number * 32768 - start_bytes
            if chunk != zeros[: len(chunk)]:
                file.seek(max(position, 0))
                file.write(chunk[max(-position, 0) :])
    return path
