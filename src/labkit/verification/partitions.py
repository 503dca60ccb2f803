"""How a medium is divided: the table and its copies, each partition, and the gaps between them."""

from collections.abc import Iterator
from typing import Any

from labkit.model.truth import Trace
from labkit.model.volumes import Volume
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.fat_view import FatView
from labkit.verification.guid_table import TYPES, read_copies
from labkit.verification.media import digest_facts
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.programs import ask
from labkit.verification.sgdisk import CODES, damaged_headers, disk_guid, entries
from labkit.verification.sleuthkit import gaps, labelled, partitions
from labkit.verification.volume_view import SECTOR_BYTES

_PLACE = ("offset_sectors", "size_sectors", "last_sector")
_DIGESTS = ("md5", "sha1", "sha256")


def confirm_volume(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a partition and of the file system in it. Number 0 is one that the table lost."""
    volume = item.volume(int(str(trace.facts["volume"])))
    testimonies = [_table_entry(trace, item, volume), _mmls(trace, item), _sgdisk(trace, item)]
    if volume.filesystem is not None:
        view = item.view(volume.number)
        testimonies += [_boot_sector(trace, view), *_libfsntfs(trace, view), _fsstat(trace, view)]
    yield from weigh(trace, testimonies)


def confirm_partition_table(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of what kind of table a medium has, its GUID, and the types of its partitions."""
    testimonies = [Testimony("pytsk3", {"option": item.table.kind.lower()})]
    sound = [copy for copy in read_copies(item.medium).values() if copy.sound]
    for copy in sound:
        names = tuple(TYPES.get(kind, str(kind)) for kind in copy.types)
        facts = {"option": "gpt", "serial": str(copy.disk_guid), "names": names}
        testimonies.append(Testimony(f"header in sector {copy.sector}", facts))
    if not sound:
        testimonies.append(Testimony("headers", {"option": Unreadable("no copy of a GUID partition table is sound")}))
    shown = ask("mmls", item.raw)
    kind = "gpt" if shown is not None and shown.text.startswith("GUID Partition Table") else "not gpt"
    testimonies.append(Testimony("mmls", None if shown is None else {"option": kind}, ("option",)))
    printed = ask("sgdisk", "-p", item.raw)
    if printed is None:
        testimonies.append(Testimony("sgdisk", None, ("serial", "names")))
    else:
        names = tuple(CODES.get(entry.code, entry.code) for entry in entries(printed.text))
        testimonies.append(Testimony("sgdisk", {"serial": disk_guid(printed.text), "names": names}))
    yield from weigh(trace, testimonies)


def confirm_gpt_header(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of which copy of a table is damaged, and where its header stands."""
    copies = read_copies(item.medium)
    damaged = [name for name, copy in copies.items() if not copy.sound]
    facts: dict[str, Any] = {"option": Unreadable(f"damaged: {damaged}")}
    if len(damaged) == 1:
        (name,) = damaged
        facts = {
            "option": name,
            "other_option": next(other for other in copies if other != name),
            "offset_sectors": copies[name].sector,
            "offset_bytes": copies[name].sector * SECTOR_BYTES,
        }
    told = ("option", "other_option")
    testimonies = [Testimony("checksums by hand", facts)]
    answer = ask("sgdisk", "-v", item.raw)
    if answer is None:
        testimonies.append(Testimony("sgdisk", None, told))
    else:
        complained = damaged_headers(f"{answer.text}\n{answer.errors}")
        option = complained[0] if len(set(complained)) == 1 else Unreadable(f"damaged: {complained}")
        other = next((name for name in copies if name != option), None)
        testimonies.append(Testimony("sgdisk", {"option": option, "other_option": other}))
    yield from weigh(trace, testimonies)


def confirm_gap(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a stretch that no partition covers."""
    offset, size = int(str(trace.facts["offset_sectors"])), int(str(trace.facts["size_sectors"]))
    found = [(gap.start_bytes // SECTOR_BYTES, gap.size_bytes // SECTOR_BYTES) for gap in item.table.gaps]
    testimonies = [Testimony("pytsk3", _gap_facts(found, offset, size))]
    answer = ask("mmls", item.raw)
    shown = [] if answer is None else [(gap.start_sector, gap.size_sectors) for gap in gaps(answer.text)]
    told = ("offset_bytes", "offset_sectors", "size_bytes", "size_sectors")
    testimonies.append(Testimony("mmls", None if answer is None else _gap_facts(shown, offset, size), told))
    if any(name in trace.facts for name in _DIGESTS):
        place = int(str(trace.facts["offset_bytes"])), int(str(trace.facts["size_bytes"]))
        testimonies.append(Testimony("bytes of the medium", digest_facts(item.stretch_digests(*place))))
    yield from weigh(trace, testimonies)


def _gap_facts(found: list[tuple[int, int]], offset: int, size: int) -> dict[str, Any]:
    """Return the facts of the gap that begins where the truth says, or else of the one of that size."""
    chosen = next((gap for gap in found if gap[0] == offset), next((gap for gap in found if gap[1] == size), None))
    if chosen is None:
        return {"offset_sectors": Unreadable(f"no such gap, only {found}")}
    return {
        "offset_sectors": chosen[0],
        "size_sectors": chosen[1],
        "offset_bytes": chosen[0] * SECTOR_BYTES,
        "size_bytes": chosen[1] * SECTOR_BYTES,
    }


def _table_entry(trace: Trace, item: BuiltItem, volume: Volume) -> Testimony:
    """Where the volume lies, by the table or, where it is lost, by its own boot sector; and what it holds."""
    start = trace.facts["offset_bytes"]
    number = next((one.number for one in item.table.volumes if one.start_bytes == start), 0)
    facts = {"volume": number, **_place(volume.start_bytes // SECTOR_BYTES, volume.size_bytes // SECTOR_BYTES)}
    if any(name in trace.facts for name in _DIGESTS):
        facts |= digest_facts(item.stretch_digests(volume.start_bytes, volume.size_bytes))
    return Testimony("pytsk3" if volume.number else "search for boot sectors", facts)


def _place(start_sector: int, size_sectors: int) -> dict[str, Any]:
    return {
        "offset_bytes": start_sector * SECTOR_BYTES,
        "offset_sectors": start_sector,
        "size_sectors": size_sectors,
        "last_sector": start_sector + size_sectors - 1,
    }


def _mmls(trace: Trace, item: BuiltItem) -> Testimony:
    answer = ask("mmls", item.raw)
    if answer is None:
        return Testimony("mmls", None, ("volume", *_PLACE))
    found = [(one.start_sector, one.start_sector + one.size_sectors - 1) for one in partitions(answer.text)]
    return Testimony("mmls", _in_table(trace, found))


def _sgdisk(trace: Trace, item: BuiltItem) -> Testimony:
    if item.table.kind != "GPT":
        return Testimony("sgdisk", {})
    answer = ask("sgdisk", "-p", item.raw)
    if answer is None:
        return Testimony("sgdisk", None, ("volume", *_PLACE))
    return Testimony("sgdisk", _in_table(trace, [(one.first_sector, one.last_sector) for one in entries(answer.text)]))


def _in_table(trace: Trace, found: list[tuple[int, int]]) -> dict[str, Any]:
    """Return the place of the partition with the trace's number; of a lost one, that the table has none there."""
    number = int(str(trace.facts["volume"]))
    start = int(str(trace.facts["offset_sectors"]))
    if number == 0:
        listed = [place for place, (first, last) in enumerate(found, start=1) if first <= start <= last]
        return {"volume": listed[0] if listed else 0}
    if number > len(found):
        return {"volume": Unreadable(f"the table shows {len(found)} partition(s)")}
    first, last = found[number - 1]
    return _place(first, last - first + 1)


def _boot_sector(trace: Trace, view: FatView | NtfsView) -> Testimony:
    geometry = view.geometry
    facts: dict[str, Any] = {
        "cluster_bytes": geometry.cluster_bytes,
        "size_sectors": geometry.size_sectors,
        "serial": _serial(geometry.serial, trace),
    }
    if isinstance(view, FatView):
        facts["label"] = view.geometry.label
    return Testimony("boot sector", facts)


def _libfsntfs(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    if isinstance(view, NtfsView):
        found = view.libfsntfs
        facts = {"cluster_bytes": found.cluster_bytes, "label": found.label, "serial": _serial(found.serial, trace)}
        yield Testimony("libfsntfs", facts)


def _fsstat(trace: Trace, view: FatView | NtfsView) -> Testimony:
    answer = view.sleuthkit("fsstat")
    if answer is None:
        return Testimony("fsstat", None, ("serial", "label", "cluster_bytes"))
    label, serial = ("Volume Label (Root Directory)", "Volume ID")
    if isinstance(view, NtfsView):
        label, serial = ("Volume Name", "Volume Serial Number")
    shown = labelled(answer.text, serial) or ""
    try:
        number: Any = _serial(int(shown, 16), trace)
    except ValueError:
        number = Unreadable(f"{shown!r} is no serial number")
    facts = {
        "serial": number,
        "label": labelled(answer.text, label),
        "cluster_bytes": int(labelled(answer.text, "Cluster Size") or 0),
    }
    return Testimony("fsstat", facts)


def _serial(number: int, trace: Trace) -> str:
    """Return a serial number as the truth writes it: as ``vol`` shows its lower half, or as it is."""
    if "-" in str(trace.facts.get("serial", "")):
        return f"{number >> 16 & 0xFFFF:04X}-{number & 0xFFFF:04X}"
    return f"0x{number:x}"
