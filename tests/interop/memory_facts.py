"""What labkit, another reader and the truth say of a memory image, as rows of one form, and where they differ.

The form is ``memory-witness/1`` (interop/volatility/README.md): a list of rows for each kind. Two readers are compared
in the columns that both have.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from labkit.cli import main as labkit
from labkit.synthesis.memory.told import ToldMemory
from labkit.synthesis.memory.told_truth import PAGE_BYTES, ToldTruth

Row = dict[str, Any]
Facts = dict[str, list[Row]]
_Keyed = tuple[tuple[Any, ...], tuple[datetime, ...]]
_ADDRESS_BITS = 48  # some readers leave out the bits above, which are all ones in the kernel's half
_ROUNDED = timedelta(microseconds=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_FAMILIES = {"ipv4": "AF_INET", "ipv6": "AF_INET6", "unix": "AF_UNIX"}
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - the other end of a socket that has none


def differences(kind: str, ours: list[Row], theirs: list[Row], names: tuple[str, str]) -> list[str]:
    """Return a line for each row that only one of two readers has.

    Args:
        kind: Of the rows.
        ours: The rows of one.
        theirs: The rows of the other.
        names: What the two are called in the lines.
    """
    if not ours or not theirs:
        return [f"{kind}: {names[0]} has {len(ours)} rows, {names[1]} has {len(theirs)}"] * bool(ours or theirs)
    columns = [column for column in ours[0] if column in theirs[0]]
    times = [column for column in columns if column.endswith("_utc")]
    keys = [column for column in columns if column not in times]
    sides = [
        {(tuple(row[key] for key in keys), tuple(row[time] for time in times)) for row in rows}
        for rows in (ours, theirs)
    ]
    return [
        f"{kind}: only {name}: {_text(keys + times, (*key, *map(str, moments)))}"
        for name, some, others in ((names[0], *sides), (names[1], *sides[::-1]))
        for key, moments in sorted(_only_in(some, others), key=repr)
    ]


def _text(columns: list[str], values: tuple[Any, ...]) -> str:
    return ", ".join(f"{column} {value!r}" for column, value in zip(columns, values, strict=True))


def _only_in(some: set[_Keyed], others: set[_Keyed]) -> list[_Keyed]:
    """Return what has no partner of the same key and, but for how fractions are rounded, the same times."""
    by_key: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for key, moments in others:
        by_key.setdefault(key, []).append(moments)
    return [
        (key, moments)
        for key, moments in some - others
        if not any(all(map(_near, moments, other)) for other in by_key.get(key, ()))
    ]


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= _ROUNDED


def facts_of_labkit(image: Path, symbols: Path, folder: Path) -> Facts:
    """Return what ``labkit memory`` says; files are recovered into a folder."""

    def ask(*words: str) -> list[Row]:
        done = CliRunner().invoke(labkit, ["memory", *words[:1], str(image), "--symbols", str(symbols), *words[1:]])
        assert done.exit_code == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    (machine,) = ask("info", "--json")
    # The other reader counts from the whole second in which the machine was started, as ps does.
    fraction = timedelta(microseconds=_moment(machine["started_utc"]).microsecond)
    processes = [_process(row, fraction) for row in ask("ps", "--json")]
    maps = ask("maps", "--json")
    cached = ask("recover", "--all", "--json")
    return {
        "processes": processes,
        "process_tree": [{**_process(row, fraction), "depth": row["depth"] + 1} for row in ask("tree", "--json")],
        "scanned_processes": [
            {**_only(row, "pid", "name", "physical_address"), "ppid": row["parent_pid"]}
            for row in ask("ps", "--scan", "--json")
        ],
        "arguments": [
            {
                "pid": row["pid"],
                "name": row["name"],
                "text": " ".join(row["arguments"]).rstrip(),
                "words": tuple(row["arguments"]),
            }
            for row in ask("cmdline", "--json")
        ],
        "environment": [_only(row, "pid", "name", "value") for row in ask("env", "--json")],
        "open_files": [
            {**_only(row, "pid", "inode", "path", "deleted"), "fd": row["descriptor"]} for row in ask("files", "--json")
        ],
        "sockets": [_socket(row) for row in ask("net", "--json")],
        "maps": [_map(row) for row in maps],
        "injected_maps": [_map(row) for row in maps if row["anonymous"] and "wx" in row["permissions"]],
        "shell_history": [
            {"pid": row["pid"], "at_utc": _moment(row["time_utc"]), "command": row["line"]}
            for row in ask("history", "--json")
        ],
        "cached_files": [_cached(row) for row in cached if row["path"] is not None],
        "recovered_files": [
            _recovered(row, ask, folder)
            for row in cached
            if row["type"] == "file" and row["path"] and 0 < row["size_bytes"] <= row["cached_bytes"]
        ],
    }


def _process(row: Row, fraction: timedelta) -> Row:
    return {
        **_only(row, "pid", "name", "uid", "gid", "euid"),
        "ppid": row["parent_pid"],
        "started_utc": _moment(row["started_utc"]) - fraction,
        "task_address": int(row["virtual_address"], 16) % (1 << _ADDRESS_BITS),
    }


def _socket(row: Row) -> Row:
    return {
        **_only(row, "pid", "protocol", "state", "local_port"),
        "fd": row["descriptor"],
        "family": _FAMILIES.get(row["family"], row["family"]),
        "local": row["local_address"],
        "remote": row["remote_address"],
        "remote_port": row["remote_port"],
    }


def _map(row: Row) -> Row:
    return {
        "pid": row["pid"],
        "start": int(row["start"], 16),
        "end": int(row["end"], 16),
        "permissions": row["permissions"][:3],
        "offset_bytes": row["offset_in_file"] if row["inode"] else 0,
        "inode": row["inode"] or 0,
        "path": row["path"] or (f"[{row['purpose']}]" if row["purpose"] else None),
    }


def _cached(row: Row) -> Row:
    return {
        **_only(row, "path", "inode", "size_bytes", "deleted"),
        **{name: _moment(row[name]) for name in ("accessed_utc", "modified_utc", "changed_utc")},
        "modified_second": _moment(row["modified_utc"]).replace(microsecond=0),
    }


def _recovered(row: Row, ask: Callable[..., list[Row]], folder: Path) -> Row:
    place = [row["path"], "--inode", str(row["inode"]), "--filesystem", row["filesystem"]]
    (done,) = ask("recover", *place, "--to", str(folder / row["virtual_address"]), "--json")
    content = Path(done["file"]).read_bytes()
    assert done["sha256"] == hashlib.sha256(content).hexdigest()
    return {**_only(row, "path", "size_bytes"), "sha256": done["sha256"]}


def facts_of_witness(said: Mapping[str, Mapping[str, Any]]) -> Facts:
    """Return what another reader says, from its files by name, in the same words."""
    rows = {value["kind"]: [_plain(row) for row in value["rows"]] for value in said.values()}
    kernel = {row["pid"] for row in rows.get("arguments", []) if row["text"] == f"[{row['name']}]"}
    if "arguments" in rows:
        rows["arguments"] = [row for row in rows["arguments"] if row["pid"] not in kernel]
    if "scanned_processes" in rows:  # without threads, and without what has no number: remnants
        rows["scanned_processes"] = [row for row in rows["scanned_processes"] if row["pid"] == row["tid"] > 0]
    if "recovered_files" in rows:
        rows["recovered_files"] = [row for row in rows["recovered_files"] if row["size_bytes"]]
    return rows


def _plain(row: Row) -> Row:
    """Return a row of another reader as ours are: no marks in texts, no other end where there is none."""
    new = dict(row)
    for name, value in row.items():
        if name.endswith("_utc"):
            new[name] = _moment(value)
        elif name == "task_address":
            new[name] = value % (1 << _ADDRESS_BITS)
        elif name == "path" and value is not None:
            new |= {"path": value.removesuffix(" (deleted)").partition(" -> ")[0]}
        elif name == "text":
            new[name] = value.rstrip()
    if row.get("remote") in _EVERYWHERE and not row.get("remote_port"):
        new |= {"remote": None, "remote_port": None}
    return new


def facts_of_truth(told: ToldMemory, image: Path) -> Facts:
    """Return what is in a trainee's image by the truth of its base; contents of files are taken from their places."""
    truth = ToldTruth(told)
    listed = set(truth.listed_pids())  # the hidden process has left the kernel's list, and with it every command's
    processes = [one for one in truth.section("processes") if one["pid"] in listed]
    own = [one for one in processes if not one["kernel_thread"]]
    return {
        "processes": [{**_only(one, "pid", "ppid", "uid"), "name": truth.text(one["name"])} for one in processes],
        "scanned_processes": [
            {**_only(one, "pid", "ppid"), "name": truth.text(one["name"])} for one in truth.section("processes")
        ],
        "arguments": [{"pid": one["pid"], "words": truth.texts(one["arguments"])} for one in own],
        "environment": [
            {"pid": one["pid"], **dict(zip(("name", "value"), text.partition("=")[::2], strict=True))}
            for one in own
            for text in truth.texts(one["environment"])
        ],
        "sockets": [_known_socket(one, truth) for one in truth.section("sockets") if one["pid"] in listed],
        "open_files": [
            {**_only(one, "pid", "fd", "inode", "deleted"), "path": truth.text(one["path"])}
            for one in truth.section("open_files")
            if one["pid"] in listed
        ],
        "injected_maps": [
            {"pid": one["pid"], "start": one["begin"], "end": one["end"], "permissions": "rwx", "path": None}
            for one in [truth.region()]
        ],
        "cached_files": [
            {
                **_only(one, "inode", "size_bytes", "deleted"),
                "path": truth.text(one["path"]),
                "modified_second": truth.moment(one["modified_s"]),
            }
            for one in truth.section("files")
        ],
        "recovered_files": _contents(truth, image),
        "shell_history": [
            {"pid": one["pid"], "at_utc": truth.moment(one["at_s"]), "command": truth.text(one["command"])}
            for one in truth.section("history")
        ],
    }


def _known_socket(one: Row, truth: ToldTruth) -> Row:
    local, remote = (
        (truth.text(one[f"{end}_address"]), int(truth.text(one[f"{end}_port"]))) for end in ("local", "remote")
    )
    if remote[0] in _EVERYWHERE and not remote[1]:
        remote = (None, None)
    found = {**_only(one, "pid", "fd", "protocol", "state"), "local": local[0], "local_port": local[1]}
    return {**found, "remote": remote[0], "remote_port": remote[1]}


def _contents(truth: ToldTruth, image: Path) -> list[Row]:
    rows = []
    with image.open("rb") as file:
        for one in truth.whole_files():
            content = bytearray()
            for _, offset in sorted(one["pages"]):
                file.seek(offset)
                content += file.read(PAGE_BYTES)
            digest = hashlib.sha256(content[: one["size_bytes"]]).hexdigest()
            rows.append({"path": truth.text(one["path"]), "size_bytes": one["size_bytes"], "sha256": digest})
    return rows


def _only(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _moment(text: str | None) -> datetime:
    return _NEVER if text is None else datetime.fromisoformat(text).astimezone(UTC)
