"""What ``labkit image`` shows: rows of a listing, one entry in full, recorded beside computed digests."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.cli.output import safe, write_fields, write_table

if TYPE_CHECKING:
    from labkit.evidence.detail import EntryDetail
    from labkit.evidence.disk import VolumeReader
    from labkit.evidence.rows import Row
    from labkit.usecases.image_digests import VerifiedImage

DIGESTS = ("md5", "sha1", "sha256")
PLAIN_HEADER = "volume\taddress\ttype\tdeleted\tsize_bytes\tborn\tmodified\tchanged\taccessed\tpath\tstream\n"
TABLE_HEADER = f"{'vol':>3}  {'address':>9}  {'type':<12}  {'state':<7}  {'size':>13}  {'modified':<19}  path\n"


def plain_lines(reader: "VolumeReader", rows: Iterable["Row"]) -> Iterator[str]:
    """Yield tab-separated lines; empty where there is no value."""
    from labkit.evidence.timestamps import iso_text

    for row in rows:
        times = [iso_text(t) or "" for t in (row.born_ns, row.modified_ns, row.changed_ns, row.accessed_ns)]
        cells = (
            str(reader.volume.number),
            str(row.address),
            row.type,
            _state(row),
            str(row.size_bytes),
            *times,
            safe(row.path),
            safe(row.stream or ""),
        )
        yield "\t".join(cells) + "\n"


def table_lines(reader: "VolumeReader", rows: Iterable["Row"]) -> Iterator[str]:
    """Yield aligned lines for people, one by one: a whole disk is too long a table to be measured first."""
    from labkit.evidence.timestamps import iso_text

    number = reader.volume.number
    for row in rows:
        modified = (iso_text(row.modified_ns) or "")[:19].replace("T", " ")
        path = safe(row.path if row.stream is None else f"{row.path}:{row.stream}")
        if row.target is not None:
            path += f" -> {safe(row.target)}"
        yield (
            f"{number:>3}  {row.address:>9}  {row.type:<12}  {_state(row):<7}  {row.size_bytes:>13}  {modified:<19}  "
            f"{path}\n"
        )


def _state(row: "Row") -> str:
    """Return ``deleted``; ``reused`` where its record belongs to another file now; nothing for a live entry."""
    return "reused" if row.reallocated else "deleted" if row.deleted else ""


def detail_object(reader: "VolumeReader", detail: "EntryDetail") -> dict[str, Any]:
    """Return everything about one entry, ready for JSON."""
    from dataclasses import asdict

    from labkit.evidence.timestamps import iso_text

    value = asdict(detail)
    value["entries"] = [{**asdict(entry), **_iso_times(asdict(entry))} for entry in detail.entries]
    value["mode"] = f"{detail.mode:04o}"
    value["time_basis"] = reader.time_basis
    value["file_names"] = [
        {
            "name": times.name,
            "parent_address": times.parent_address,
            "born_utc": iso_text(times.born_ns),
            "modified_utc": iso_text(times.modified_ns),
            "changed_utc": iso_text(times.changed_ns),
            "accessed_utc": iso_text(times.accessed_ns),
        }
        for times in detail.file_names
    ]
    return value


def _iso_times(values: dict[str, Any]) -> dict[str, str]:
    return {
        key: value.isoformat().replace("+00:00", "Z") for key, value in values.items() if isinstance(value, datetime)
    }


def show_detail(reader: "VolumeReader", detail: "EntryDetail", *, plain: bool) -> None:
    """Write everything about one entry: fields, then where each attribute lies."""
    from labkit.evidence.timestamps import iso_text

    first = detail.entries[0]
    stored = reader.time_basis == "local" and reader.zone == "UTC"
    suffix = "as stored (local)" if stored else "UTC"
    fields: list[tuple[str, object]] = [("volume", reader.volume.number), ("address", first.address)]
    for entry in detail.entries:
        name = entry.path if entry.stream is None else f"{entry.path}:{entry.stream}"
        if entry.deleted and not detail.deleted:
            fields.append(("old name", name))
        else:
            fields.append(("stream" if entry.stream else "path", f"{name}  ({entry.size_bytes} bytes)"))
    fields += [
        ("type", first.type),
        ("state", "deleted" if detail.deleted else "allocated"),
        (f"born, {suffix}", _shown(first.born_utc, stored)),
        (f"modified, {suffix}", _shown(first.modified_utc, stored)),
        (f"changed, {suffix}", _shown(first.changed_utc, stored)),
        (f"accessed, {suffix}", _shown(first.accessed_utc, stored)),
        ("mode", f"{detail.mode:04o}"),
        ("owner, group", f"{detail.owner}, {detail.group}"),
        ("links", detail.links),
        ("sequence", detail.sequence),
        ("cluster", f"{detail.cluster_bytes} bytes"),
    ]
    for times in detail.file_names:
        label = f"$FILE_NAME {times.name}"
        fields += [
            (f"{label}: parent", times.parent_address),
            (f"{label}: born", iso_text(times.born_ns) or "-"),
            (f"{label}: modified", iso_text(times.modified_ns) or "-"),
            (f"{label}: changed", iso_text(times.changed_ns) or "-"),
            (f"{label}: accessed", iso_text(times.accessed_ns) or "-"),
        ]
    write_fields(((safe(name), value) for name, value in fields), plain=plain)
    rows: list[tuple[object, ...]] = []
    for attribute in detail.attributes:
        name = f"{attribute.type}-{attribute.id}" + (f" {attribute.name}" if attribute.name else "")
        for run in attribute.runs:
            if run.offset_bytes is None:
                rows.append((name, "sparse", "-", "-", run.size_bytes))
            else:
                cluster = "-" if run.first_cluster is None else run.first_cluster
                rows.append((name, cluster, run.offset_bytes // 512, run.offset_bytes, run.size_bytes))
        if attribute.resident:
            rows.append((name, "resident", "-", "-", attribute.size_bytes))
    headers = ("attribute", "first cluster", "sector", "byte on medium", "size bytes")
    write_table(headers, rows, plain=plain, right=headers[1:])


def _shown(moment: datetime | None, stored: bool) -> str:
    if moment is None:
        return "-"
    text = moment.isoformat().replace("+00:00", "Z")
    return text.removesuffix("Z") if stored else text


def comparison(found: "VerifiedImage") -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a line for each recorded digest, then the computed ones that nothing was recorded for."""
    computed = found.stored.computed
    places = (("container", found.stored), ("record", found.record), ("--expect", found.expected))
    for source, recorded in places:
        for name, value in recorded.stored.items():
            result = "DIFFERS" if name in recorded.differing else "agrees"
            yield name, source, value, getattr(computed, name), result
    compared = {name for _, recorded in places for name in recorded.stored}
    for name in DIGESTS:
        if name not in compared:
            yield name, "-", "-", getattr(computed, name), "not recorded"
