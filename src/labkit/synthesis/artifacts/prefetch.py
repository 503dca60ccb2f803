r"""Prefetch files of Windows 10: which program ran how often, when last, and what it loaded in its first seconds.

A prefetch file is a value: a further run gives another value. Windows 10 names volumes by creation time and serial
number (``\VOLUME{01d93c3ea1b2c3d4-1a2b3c4d}``) in the file, but by number in the path whose hash is in its name.

Source: J. Metz, "Windows Prefetch File (PF) format" (libscca): the sections "MAM file format", "File header", "File
information" (version 30, the variant whose metrics begin at 0x128), "Metrics array", "Trace chains array", "Volumes
information" and "Calculating the prefetch hash" (SCCA 2008 hash function: Windows 7 to 10).
"""

import struct
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.artifacts.registry_tree import utf16
from labkit.synthesis.artifacts.xpress_huffman import compress
from labkit.synthesis.filesystems.ntfs_streams.upcase import upper

LONGEST_NAME = 29
MOST_RUN_TIMES = 8
_VERSION = 30
_HEADER = struct.Struct("<I4sII60sII")
_INFORMATION = struct.Struct("<9I8x8Q8xIII84x")  # 212 bytes, after the 84 of the header: the metrics begin at 0x128
_METRIC = struct.Struct("<6IQ")
_TRACE = struct.Struct("<IBBH")
_VOLUME = struct.Struct("<IIQIIIIII24xI24xI")
_REFERENCES_VERSION = 3
_BEHIND_VOLUMES = bytes(
    8
)  # files of Windows have something here too; libscca wants each part to end before the last byte
_MFT_SEQUENCE_BIT = 48
_LOADED_AS_DATA = 0x200
_MULTIPLIER, _FIRST_FACTOR, _CHAIN_FACTOR, _SEED = 37, 442596621, 803794207, 314159
_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class PrefetchFile:
    r"""A file that the program loaded: ``\Windows\System32\ntdll.dll``, and its record in the MFT."""

    path: str
    mft_record: int
    mft_sequence: int

    def __post_init__(self) -> None:
        """Refuse what an NTFS file reference can not be.

        Raises:
            SynthesisError: The path does not begin with a backslash, or a number does not fit.
        """
        if not self.path.startswith("\\"):
            raise SynthesisError(
                f"the path {self.path!r} does not begin on its volume",
                remedy="Write it from the root of the volume on, without a drive letter, with a backslash first.",
            )
        if not 0 <= self.mft_record < 1 << 48 or not 0 <= self.mft_sequence < 1 << 16:
            raise SynthesisError(
                f"{self.path}: there is no MFT record {self.mft_record} with sequence number {self.mft_sequence}",
                remedy="Give a record number below 2^48 and a sequence number below 2^16.",
            )


@dataclass(frozen=True, slots=True)
class PrefetchVolume:
    """A volume and what was loaded from it. ``created`` is aware; ``serial`` has 32 bits."""

    created: datetime
    serial: int
    files: tuple[PrefetchFile, ...]

    def __post_init__(self) -> None:
        """Refuse a serial number of more than 32 bits.

        Raises:
            SynthesisError: It is one.
        """
        if not 0 <= self.serial < 1 << 32:
            raise SynthesisError(
                f"{self.serial:#x} is not the serial number of a volume as prefetch files keep it",
                remedy="Give the 32 bits that the command vol shows.",
            )

    @property
    def device_path(self) -> str:
        """The volume as prefetch files name it."""
        return f"\\VOLUME{{{filetime(self.created):016x}-{self.serial:08x}}}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files as prefetch files name them: from the volume on, in capitals."""
        return tuple(f"{self.device_path}{upper(file.path)}" for file in self.files)

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that the files lie in, each with those above it, in order."""
        found: set[str] = set()
        for path in self.paths:
            parts = path.split("\\")[1:-1]
            found.update(accumulate(parts, lambda above, part: f"{above}\\{part}"))
        return tuple(f"\\{path}" for path in sorted(found) if "\\" in path)


@dataclass(frozen=True, slots=True)
class Prefetch:
    """The prefetch file of one program, run from one place. Times are aware, the latest first."""

    program: str
    hash: int
    volumes: tuple[PrefetchVolume, ...]
    run_count: int = 0
    last_runs: tuple[datetime, ...] = ()

    @property
    def file_name(self) -> str:
        r"""What it is called in ``C:\Windows\Prefetch``."""
        return prefetch_name(self.program, self.hash)

    def run(self, at: datetime) -> "Prefetch":
        """Return it as it is after one more run."""
        return replace(self, run_count=self.run_count + 1, last_runs=(at, *self.last_runs)[:MOST_RUN_TIMES])

    def render(self) -> bytes:
        """Return the file, compressed as Windows 10 writes it.

        Raises:
            SynthesisError: The program never ran, ran less often than it has times, has no file, or a time has no
                zone.
        """
        data = self._uncompressed()
        return struct.pack("<4sI", b"MAM\x04", len(data)) + compress(data)

    def _uncompressed(self) -> bytes:
        if not 1 <= len(self.last_runs) <= min(self.run_count, MOST_RUN_TIMES):
            raise SynthesisError(
                f"{self.program}: {len(self.last_runs)} times of {self.run_count} runs can not be",
                remedy=f"Give the times of its last runs, up to {MOST_RUN_TIMES}, and count each of them.",
            )
        files = [file for volume in self.volumes for file in volume.files]
        if not files:
            raise SynthesisError(
                f"{self.program}: a program that ran has loaded at least its own file",
                remedy="Name the files that it loaded.",
            )
        paths = [utf16(path) + b"\0\0" for volume in self.volumes for path in volume.paths]
        starts = [0, *accumulate(map(len, paths))]
        metrics = b"".join(
            _METRIC.pack(number, 1, 1, starts[number], len(path) // 2 - 1, _LOADED_AS_DATA, _reference(file))
            for number, (file, path) in enumerate(zip(files, paths, strict=True))
        )
        traces = _TRACE.pack(1, 2, 1, 1) * len(files)
        names = b"".join(paths)
        volumes = _volumes(self.volumes)
        metrics_at = _HEADER.size + _INFORMATION.size
        traces_at = metrics_at + len(metrics)
        names_at = traces_at + len(traces)
        volumes_at = names_at + len(names) + -(names_at + len(names)) % 8
        times = [filetime(at) for at in self.last_runs]
        information = _INFORMATION.pack(
            *(metrics_at, len(files), traces_at, len(files), names_at, len(names)),
            *(volumes_at, len(self.volumes), len(volumes)),
            *times,
            *[0] * (MOST_RUN_TIMES - len(times)),
            *(self.run_count, 1, 3),
        )
        body = (information + metrics + traces + names).ljust(volumes_at - _HEADER.size, b"\0") + volumes
        name = utf16(upper(self.program)[:LONGEST_NAME]).ljust(60, b"\0")
        return _HEADER.pack(_VERSION, b"SCCA", 0x11, _HEADER.size + len(body), name, self.hash, 0) + body


def prefetch_hash(device_path: str) -> int:
    r"""Return the hash of a program's place, as Windows 7 to 10 compute it.

    Args:
        device_path: Its path with the volume by number: ``\DEVICE\HARDDISKVOLUME2\WINDOWS\SYSTEM32\CMD.EXE``. Programs
            that host others (``dllhost.exe``, ``svchost.exe`` and the like) are hashed with their command line, which
            is not done here.
    """
    data = utf16(upper(device_path))
    total = _SEED
    whole = (len(data) - 1) // 8 * 8  # the last one to eight bytes are taken one by one
    for begin in range(0, whole, 8):
        group = data[begin : begin + 8]
        middle = 0
        for byte in group[1:7]:
            middle = middle * _MULTIPLIER + byte
        middle = middle * _MULTIPLIER + group[0] * _FIRST_FACTOR + group[7]
        total = (middle - total * _CHAIN_FACTOR) & _MASK
    for byte in data[whole:]:
        total = (_MULTIPLIER * total + byte) & _MASK
    return total


def prefetch_name(program: str, path_hash: int) -> str:
    """Return the name of a program's prefetch file, such as ``CMD.EXE-4A81B364.pf``."""
    return f"{upper(program)[:LONGEST_NAME]}-{path_hash:08X}.pf"


def _reference(file: PrefetchFile) -> int:
    return file.mft_record | file.mft_sequence << _MFT_SEQUENCE_BIT


def _volumes(volumes: tuple[PrefetchVolume, ...]) -> bytes:
    """Return the volume entries, and behind them the device path, file references and directories of each."""
    entries, data = b"", b""
    begin = _VOLUME.size * len(volumes)
    for volume in volumes:
        device = utf16(volume.device_path) + b"\0\0"
        device += b"\0" * (-len(device) % 8)
        references = struct.pack("<II", _REFERENCES_VERSION, len(volume.files) + 1) + bytes(8)
        references += b"".join(struct.pack("<Q", _reference(file)) for file in volume.files)
        directories = b"".join(
            struct.pack("<H", len(utf16(path)) // 2) + utf16(path) + b"\0\0" for path in volume.directories
        )
        device_at = begin + len(data)
        references_at = device_at + len(device)
        entries += _VOLUME.pack(
            device_at,
            len(volume.device_path),
            filetime(volume.created),
            volume.serial,
            references_at,
            len(references),
            references_at + len(references),
            len(volume.directories),
            0,
            len(volume.directories),
            0,
        )
        data += device + references + directories
        data += b"\0" * (-len(data) % 8)
    return entries + data + _BEHIND_VOLUMES
