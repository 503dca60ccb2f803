"""Shortcuts (``*.lnk``): what a person opened, and where it lay then.

Windows writes one into the Recent folder for each document that is opened, and overwrites it when the document is
opened again. Read by liblnk; the items of the target's path by libfwsi. Source: MS-SHLLINK.
"""

from collections.abc import Iterator
from typing import Any

import pyfwsi
import pylnk

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known, utc_text
from labkit.evidence.artifacts.source import Source

_DRIVE_TYPES = {
    pylnk.drive_types.REMOVABLE: "removable",
    pylnk.drive_types.FIXED: "fixed",
    pylnk.drive_types.REMOTE: "network",
    pylnk.drive_types.CDROM: "CD or DVD",
    pylnk.drive_types.RAMDISK: "RAM disk",
}
_RECORD_BITS = 48  # of an MFT reference; its sequence number stands above


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    link = pylnk.file()
    with source.opened() as file:
        link.open_file_object(file)
        try:
            if link.is_corrupted():
                problem("the shortcut is damaged; what could be read of it is shown")
            details = _details(link)
            target = details.get("local_path") or details.get("network_path") or details.get("item_path") or "?"
            yield source.record(
                "shortcut",
                source.modified_utc,
                f"shortcut to {target}",
                {
                    "time_of": "shortcut file last written",
                    **known(
                        shortcut_born_utc=utc_text(source.born_utc),
                        shortcut_modified_utc=utc_text(source.modified_utc),
                    ),
                    **details,
                },
            )
        finally:
            link.close()


def _details(link: Any) -> dict[str, Value]:
    serial = link.drive_serial_number
    return {
        **known(
            local_path=link.local_path,
            network_path=link.network_path,
            target_born_utc=utc_text(from_filetime(link.get_file_creation_time_as_integer())),
            target_modified_utc=utc_text(from_filetime(link.get_file_modification_time_as_integer())),
            target_accessed_utc=utc_text(from_filetime(link.get_file_access_time_as_integer())),
            target_size_bytes=link.file_size,
            drive_type=_DRIVE_TYPES.get(link.drive_type, None if link.drive_type is None else "unknown"),
            volume_serial=None if serial is None else f"{serial >> 16:04X}-{serial & 0xFFFF:04X}",
            volume_label=link.volume_label,
            working_directory=link.working_directory,
            relative_path=link.relative_path,
            arguments=link.command_line_arguments,
            description=link.description,
            machine_id=link.machine_identifier,
            droid_volume=link.droid_volume_identifier,
            droid_file=link.droid_file_identifier,
        ),
        **_item_details(link.link_target_identifier_data),
    }


def _item_details(data: bytes | None) -> dict[str, Value]:
    """Return the path that the items of the target spell, and the MFT reference of the last one.

    Items are written by Explorer apart from the rest of a shortcut, and stay where the rest is missing.
    """
    if not data:
        return {}
    items = pyfwsi.item_list()
    try:
        items.copy_from_byte_stream(data)
        entries = [item for item in items.items if isinstance(item, pyfwsi.volume | pyfwsi.file_entry)]
    except OSError:
        return {}
    names: list[str] = []
    reference = None
    for entry in entries:
        if isinstance(entry, pyfwsi.volume):
            names.append((entry.name or "").rstrip("\\"))
            continue
        block = next((found for found in entry.extension_blocks if hasattr(found, "long_name")), None)
        names.append((block and block.long_name) or entry.name or "?")
        reference = block and block.file_reference
    return known(
        item_path="\\".join(names),
        mft_record=reference & ((1 << _RECORD_BITS) - 1) if reference else None,
        mft_sequence=reference >> _RECORD_BITS if reference else None,
    )


PARSER = ArtifactParser(
    name="shortcut",
    kinds={"shortcut": "Shortcuts: a document or program, and the volume it lay on"},
    patterns=("*.lnk",),
    records=_records,
)
