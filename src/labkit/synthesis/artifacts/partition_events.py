"""Partition/Diagnostic 1006: what the partition manager of Windows 10 notes of each disk that comes or goes.

A disk that is there has a capacity, its MBR and the boot sectors of its volumes, and with them the volume serial
numbers; one that has gone has none of these.

Sources: the manifest of Microsoft-Windows-Partition (OSSEM, data dictionary "Microsoft-Windows-Partition", event 1006:
fields, order, types); Microsoft, DRIVE_LAYOUT_INFORMATION_EX, PARTITION_INFORMATION_EX and STORAGE_BUS_TYPE (Win32).
"""

import struct
from datetime import datetime
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.binxml import Value
from labkit.synthesis.artifacts.evtx import EventRecord, Fields
from labkit.synthesis.artifacts.usb_keys import UsbDrive
from labkit.synthesis.filesystems.ntfs_streams.security import SYSTEM

PARTITION_DIAGNOSTIC = "Microsoft-Windows-Partition/Diagnostic"  # the channel
_PROVIDER = UUID("412bdff2-a8c4-470d-8f33-63fe0d8c20e2")
_NO_GUID = UUID(int=0)
_KERNEL = 4
_EVENT_VERSION = 3  # the field, not the version of the event
_REMOVABLE = 0x40101  # FILE_REMOVABLE_MEDIA, FILE_DEVICE_SECURE_OPEN, FILE_PORTABLE_DEVICE
_USB_BUS = 7
_SECTOR_BYTES = 512
_MBR_STYLE, _RAW_STYLE = 0, 2
_TABLE_AT, _ENTRY_BYTES, _ENTRIES, _SIGNATURE_AT = 446, 16, 4, 440
_MOST_BOOT_RECORDS = 4


def disk_attached(
    at: datetime,
    drive: UsbDrive,
    *,
    number: int,
    capacity_bytes: int,
    mbr: bytes,
    boot_sectors: tuple[bytes, ...],
) -> EventRecord:
    """Return the event of a USB drive that came.

    Args:
        at: When.
        drive: The drive; ``RegistryId`` is what its key keeps as DiskId.
        number: The number of the disk, from 0.
        capacity_bytes: Its size.
        mbr: Its sector 0.
        boot_sectors: Sector 0 of each of its volumes, at most four.

    Raises:
        SynthesisError: A sector does not have 512 bytes, or there are too many of them.
    """
    sectors = (mbr, *boot_sectors)
    if len(boot_sectors) > _MOST_BOOT_RECORDS or any(len(sector) != _SECTOR_BYTES for sector in sectors):
        raise SynthesisError(
            f"the partition manager notes an MBR and up to {_MOST_BOOT_RECORDS} boot sectors of 512 bytes",
            remedy="Give the first 512 bytes of the disk and of each of its volumes.",
        )
    return _event(at, drive, number, capacity_bytes, mbr, boot_sectors)


def disk_removed(at: datetime, drive: UsbDrive, *, number: int) -> EventRecord:
    """Return the event of a USB drive that went: its capacity is 0, and nothing was read from it."""
    return _event(at, drive, number, 0, b"", ())


def _event(
    at: datetime, drive: UsbDrive, number: int, capacity_bytes: int, mbr: bytes, boot_sectors: tuple[bytes, ...]
) -> EventRecord:
    present = bool(mbr)
    sector_bytes = _SECTOR_BYTES if present else 0
    layout, count = _drive_layout(mbr) if present else (b"", 0)
    records = (*boot_sectors, *[b""] * (_MOST_BOOT_RECORDS - len(boot_sectors)))
    fields: Fields = (
        ("Version", Value.uint32(_EVENT_VERSION)),
        ("DiskNumber", Value.uint32(number)),
        ("Flags", Value.uint32(0)),
        ("Characteristics", Value.uint32(_REMOVABLE)),
        ("IsSystemCritical", Value.boolean(False)),
        *_counts("PagingCount", "HibernationCount", "DumpCount"),
        ("BytesPerSector", Value.uint32(sector_bytes)),
        ("Capacity", Value.uint64(capacity_bytes)),
        ("BusType", Value.uint32(_USB_BUS)),
        ("Manufacturer", Value.text(drive.vendor)),
        ("Model", Value.text(drive.product)),
        ("Revision", Value.text(drive.revision)),
        ("SerialNumber", Value.text(drive.serial)),
        ("Location", Value.text("")),
        ("ParentId", Value.text(drive.usb_instance)),
        ("IoctlSupport", Value.uint64(0)),
        ("IdFlags", Value.uint32(0)),
        ("DiskId", Value.guid(drive.disk)),
        ("AdapterId", Value.guid(_NO_GUID)),
        ("RegistryId", Value.guid(drive.disk)),
        ("PoolId", Value.guid(_NO_GUID)),
        ("FirmwareSupportsUpgrade", Value.boolean(False)),
        ("FirmwareSlotCount", Value.uint8(0)),
        *_counts("StorageIdCount", "StorageIdCodeSet", "StorageIdType", "StorageIdAssociation"),
        *_bytes("StorageIdBytes", "StorageId", b""),
        *_counts("WriteCacheType", "WriteCacheEnabled", "WriteCacheChangeable", "WriteThroughSupported"),
        *_no("FlushCacheSupported", "IsPowerProtected", "NVCacheEnabled"),
        ("BytesPerLogicalSector", Value.uint32(sector_bytes)),
        ("BytesPerPhysicalSector", Value.uint32(sector_bytes)),
        ("BytesOffsetForSectorAlignment", Value.uint32(0)),
        *_no("IncursSeekPenalty", "IsTrimSupported", "IsThinProvisioned"),
        ("OptimalUnmapGranularity", Value.uint64(0)),
        ("UnmapAlignment", Value.uint64(0)),
        *_counts("NumberOfLogicalCopies", "NumberOfPhysicalCopies", "FaultTolerance", "NumberOfColumns"),
        ("InterleaveBytes", Value.uint32(0)),
        ("HybridSupported", Value.boolean(False)),
        ("HybridCacheBytes", Value.uint64(0)),
        *_counts("AdapterMaximumTransferBytes", "AdapterMaximumTransferPages", "AdapterAlignmentMask"),
        ("AdapterSerialNumber", Value.text("")),
        ("PortDriver", Value.uint32(0)),
        ("UserRemovalPolicy", Value.boolean(False)),
        ("PartitionStyle", Value.uint32(_MBR_STYLE if present else _RAW_STYLE)),
        ("PartitionCount", Value.uint32(count)),
        *_bytes("PartitionTableBytes", "PartitionTable", layout),
        *_bytes("MbrBytes", "Mbr", mbr),
        *_bytes("Vbr0Bytes", "Vbr0", records[0]),
        *_bytes("Vbr1Bytes", "Vbr1", records[1]),
        *_bytes("Vbr2Bytes", "Vbr2", records[2]),
        *_bytes("Vbr3Size", "Vbr3", records[3]),
    )
    return EventRecord(
        at,
        "Microsoft-Windows-Partition",
        1006,
        _PROVIDER,
        process_id=_KERNEL,
        thread_id=_KERNEL * 50,
        user_sid=SYSTEM,
        data=fields,
    )


def _counts(*names: str) -> Fields:
    return tuple((name, Value.uint32(0)) for name in names)


def _no(*names: str) -> Fields:
    return tuple((name, Value.boolean(False)) for name in names)


def _bytes(size_name: str, name: str, data: bytes) -> Fields:
    return (size_name, Value.uint32(len(data))), (name, Value.binary(data))


def _drive_layout(mbr: bytes) -> tuple[bytes, int]:
    """Return the DRIVE_LAYOUT_INFORMATION_EX of an MBR disk, and how many of its four entries are in use."""
    (signature,) = struct.unpack_from("<I", mbr, _SIGNATURE_AT)
    layout = struct.pack("<II I36x", _MBR_STYLE, _ENTRIES, signature)
    used = 0
    for place in range(_ENTRIES):
        boot, kind, start, sectors = struct.unpack_from("<B3xB3xII", mbr, _TABLE_AT + place * _ENTRY_BYTES)
        used += kind != 0
        partition_id = struct.pack("<IIQ", signature, 0, start * _SECTOR_BYTES) if kind else bytes(16)
        layout += struct.pack(
            "<I4xqqI4xBBBxI16s88x",
            _MBR_STYLE,
            start * _SECTOR_BYTES,
            sectors * _SECTOR_BYTES,
            used if kind else 0,
            kind,
            boot >> 7,
            kind != 0,
            start,
            partition_id,
        )
    return layout, used
