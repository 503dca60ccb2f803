"""The device file: a source medium that exists only as an image, with the faults that real media have.

It is TOML and lies beside the image that holds the device's bytes. Only ``schema``, ``image`` and ``serial`` must be
given::

    schema = "labkit-device/1"
    image = "KF-02.raw.gz"            # beside this file; opened for reading only
    make = "Fenwick"
    model = "Data Stick 64"
    serial = "FW-20417-0093"
    connection = "USB 2.0"
    sector_bytes = 512
    unreadable = [[40960, 3], [52001, 1]]   # runs of sectors: first, how many
    cable_pulled_at = 65536                 # reading stops here once; a resumed acquisition goes past it

    [hidden]                          # the last sectors are kept from the computer
    sectors = 2048
    by = "HPA"                        # HPA: can be shown for one session. DCO: only by changing the device

    [[host_writes]]                   # what a computer does to this medium if nothing stops it
    lba = 6144
    offset_bytes = 18
    hex = "6a5b"

    [[blocker]]
    id = "WB-3"
    kind = "hw"                       # hw or sw
    make = "Fenwick"
    model = "Bridge 2"
    firmware = "1.4"
    faults = ["passes-writes"]        # and: wrong-data, hides-capacity, hides-errors
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from labkit.errors import AcquisitionError
from labkit.model.acquisition import SectorRun

SCHEMA = "labkit-device/1"
_SECTOR_SIZES = (512, 4096)
_MOST_FILE_BYTES = 64 * 1024


class BlockerFault(StrEnum):
    """How a write blocker fails; each breaks one of the four criteria of NIST CFTT."""

    PASSES_WRITES = "passes-writes"
    WRONG_DATA = "wrong-data"
    HIDES_CAPACITY = "hides-capacity"
    HIDES_ERRORS = "hides-errors"


@dataclass(frozen=True, slots=True)
class Blocker:
    """A write blocker that is at hand."""

    id: str
    kind: str  # hw or sw
    make: str = ""
    model: str = ""
    firmware: str = ""
    faults: frozenset[BlockerFault] = frozenset()


@dataclass(frozen=True, slots=True)
class HostWrite:
    """Bytes that a computer writes to the medium as soon as it is connected without protection."""

    lba: int
    offset_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Device:
    """A device file as it was read."""

    path: Path
    image: Path
    serial: str
    make: str = ""
    model: str = ""
    connection: str = ""
    sector_bytes: int = 512
    hidden_sectors: int = 0
    hidden_by: str = ""
    unreadable: tuple[SectorRun, ...] = ()
    cable_pulled_at: int | None = None
    host_writes: tuple[HostWrite, ...] = ()
    blockers: tuple[Blocker, ...] = ()

    def blocker(self, identifier: str) -> Blocker:
        """Return the blocker of that name.

        Raises:
            AcquisitionError: There is none.
        """
        found = next((one for one in self.blockers if one.id == identifier), None)
        if found is None:
            names = ", ".join(one.id for one in self.blockers) or "none"
            raise AcquisitionError(
                f"there is no write blocker {identifier}",
                remedy=f"At hand for this device: {names}. labkit device info shows them.",
            )
        return found


def read_device(path: Path) -> Device:
    """Read a device file.

    Raises:
        AcquisitionError: There is no such file, it is no device file, or something in it can not be.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_FILE_BYTES + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise AcquisitionError(
            f"there is no device file {path}",
            remedy="Give the path of a device file, NAME.device.toml, from the evidence folder of the workspace.",
        ) from None
    try:
        data = tomllib.loads(content.decode("utf-8")) if len(content) <= _MOST_FILE_BYTES else {}
    except ValueError:
        raise _not_a_device(path, "it is not TOML") from None
    if data.get("schema") != SCHEMA:
        raise _not_a_device(path, f"its schema is not {SCHEMA}")
    try:
        return _device(path, data)
    except (KeyError, TypeError, ValueError) as error:
        raise AcquisitionError(
            f"{path.name} describes a device that can not be: {error}",
            remedy="Copy the device file again from the pack, or tell whoever wrote it.",
        ) from error


def _not_a_device(path: Path, why: str) -> AcquisitionError:
    return AcquisitionError(
        f"{path.name} is not a device file: {why}",
        remedy="labkit acquire copies from a device, described by NAME.device.toml; an image needs no acquisition: "
        "look into it with labkit image.",
    )


def _device(path: Path, data: Mapping[str, Any]) -> Device:
    known = {
        "schema", "image", "serial", "make", "model", "connection", "sector_bytes", "unreadable", "cable_pulled_at",
        "hidden", "host_writes", "blocker",
    }  # fmt: skip
    unknown = sorted(data.keys() - known)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}")
    image = str(data["image"])
    if Path(image).name != image:
        raise ValueError("its image must lie beside it")
    sector_bytes = data.get("sector_bytes", 512)
    if sector_bytes not in _SECTOR_SIZES:
        raise ValueError(f"sectors of {sector_bytes} bytes")
    hidden = data.get("hidden", {})
    if hidden and hidden.get("by") not in {"HPA", "DCO"}:
        raise ValueError("sectors are hidden by HPA or DCO")
    pulled = data.get("cable_pulled_at")
    return Device(
        path,
        path.with_name(image),
        str(data["serial"]),
        str(data.get("make", "")),
        str(data.get("model", "")),
        str(data.get("connection", "")),
        sector_bytes,
        _count(hidden.get("sectors", 0)),
        str(hidden.get("by", "")),
        tuple(sorted((_run(run) for run in data.get("unreadable", ())), key=lambda run: run.lba)),
        None if pulled is None else _count(pulled),
        tuple(_host_write(write, sector_bytes) for write in data.get("host_writes", ())),
        tuple(_blocker(one) for one in data.get("blocker", ())),
    )


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a number of sectors")
    return value


def _run(value: Any) -> SectorRun:
    first, count = (_count(number) for number in value)
    if not count:
        raise ValueError("a run of no sectors")
    return SectorRun(first, count)


def _host_write(value: Mapping[str, Any], sector_bytes: int) -> HostWrite:
    write = HostWrite(_count(value["lba"]), _count(value.get("offset_bytes", 0)), bytes.fromhex(value["hex"]))
    if write.offset_bytes + len(write.data) > sector_bytes:
        raise ValueError(f"what the computer writes to sector {write.lba} does not fit into it")
    return write


def _blocker(value: Mapping[str, Any]) -> Blocker:
    if value.get("kind") not in {"hw", "sw"}:
        raise ValueError("the kind of a write blocker is hw or sw")
    return Blocker(
        str(value["id"]),
        str(value["kind"]),
        str(value.get("make", "")),
        str(value.get("model", "")),
        str(value.get("firmware", "")),
        frozenset(BlockerFault(fault) for fault in value.get("faults", ())),
    )
