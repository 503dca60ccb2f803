"""Adding to a ledger file, and what to do when the power went while a line was written."""

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from labkit.append_only import LineFile, last_line, locked, split_torn
from labkit.canonical import canonical_json
from labkit.custody.chain import entry_digest
from labkit.custody.entries import decode
from labkit.errors import CustodyError
from labkit.model.custody import RECOVERED, SCHEMA, EventType
from labkit.strict_json import RefusedJsonError, read_object

MAX_LINES = 20_000
MAX_LINE_BYTES = 16 * 1024  # without the line end
OUR_KEYS = frozenset({"schema", "seq", "recorded_at", "prev_event_hash", "event_hash", "event_id"})

_LINE_ENDS = str.maketrans(dict.fromkeys("\x85\u2028\u2029", "\n"))
_EVENT_IDS = UUID("6f0c2a52-6a1f-5b0e-9d3c-8b5c1a7c40d1")  # namespace: the same place in a chain, the same id


def append(path: Path, entry: Mapping[str, Any], *, genesis: str, recorded_at: datetime) -> dict[str, Any]:
    """Add one line to the ledger and return it as it was written.

    Args:
        path: The ledger file; it is made if it is not there.
        entry: ``type`` and the fields of ``custody/1`` as JSON values; the chain's own fields are added here.
        genesis: What the first line names as the digest before it.
        recorded_at: When it was written down, with an offset.

    Raises:
        CustodyError: The entry is not of ``custody/1``, or the end of the ledger is damaged.
        StorageError: The line could not be written whole; the ledger is as it was.
    """
    if recorded_at.tzinfo is None:
        raise CustodyError(
            "the time of recording has no offset from UTC", remedy="Give a time with an offset, such as +05:00."
        )
    _refuse_our_keys(entry)
    fields: dict[str, Any] = normalised(entry)
    _check_form(fields)
    with locked(path) as lines:
        seq, previous = _tail(lines, genesis)
        whole = fields | {
            "schema": SCHEMA,
            "seq": seq + 1,
            "recorded_at": recorded_at.isoformat(timespec="seconds"),
            "prev_event_hash": previous,
        }
        if whole.get("type") in set(EventType):
            whole["event_id"] = str(uuid5(_EVENT_IDS, previous))
        lines.append(_line(whole))
    return whole


def recover(path: Path, *, genesis: str | None = None, recorded_at: datetime | None = None) -> str | None:
    """Set an unfinished last line aside, into ``<name>.torn`` beside the ledger, and write that down in the chain.

    The bytes are saved before the ledger is changed, so that a second power loss loses nothing.

    Args:
        path: The ledger file; it need not exist.
        genesis: What the first line names; without it, a ledger whose only line was torn is left empty.
        recorded_at: When it was found, with an offset; now in UTC if left out.

    Returns:
        The key of the sentence to say. None when the last line is whole, and also when the line before it is
        damaged: then nothing is touched, because there is nothing sound to go on from, and the rules say so.
    """
    if not path.exists():
        return None
    with locked(path) as lines:
        kept, torn = split_torn(lines.file.read())
        if not torn:
            return None
        line = b""
        if kept or genesis is not None:
            try:
                seq, previous = _last_entry(kept, path, genesis or "")
            except CustodyError:
                return None
            line = _line(
                {
                    "type": RECOVERED,
                    "schema": SCHEMA,
                    "seq": seq + 1,
                    "recorded_at": (recorded_at or datetime.now(UTC)).isoformat(timespec="seconds"),
                    "prev_event_hash": previous,
                    "torn_bytes": len(torn),
                    "torn_sha256": hashlib.sha256(torn).hexdigest(),
                }
            )
        with path.with_name(f"{path.name}.torn").open("ab") as aside:
            aside.write(torn + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        lines.file.seek(len(kept))
        lines.file.write(line)
        lines.file.truncate()
        os.fsync(lines.file.fileno())
    return "custody.recovered"


def _tail(lines: LineFile, genesis: str) -> tuple[int, str]:
    """Return the number and the digest of the last line; 0 and the genesis digest for an empty ledger."""
    whole, torn = split_torn(lines.tail(2 * (MAX_LINE_BYTES + 1)))
    last = _last_entry(whole, lines.path, genesis)  # if that one is damaged, it is said first
    if torn:
        raise CustodyError(
            f"{lines.path.name}: the last line was not written to its end",
            remedy="Run 'labkit custody add' again: it sets the unfinished line aside first. Then repeat the step.",
        )
    return last


def _last_entry(content: bytes, path: Path, genesis: str) -> tuple[int, str]:
    if not content:
        return 0, genesis
    try:
        data = read_object(last_line(content), max_bytes=MAX_LINE_BYTES)
        sound = data.get("event_hash") == entry_digest(data) and isinstance(data.get("seq"), int)
    except RefusedJsonError:
        data, sound = {}, False
    if sound and data["seq"] == 1 and data.get("prev_event_hash") != genesis and genesis:
        sound = False
    if not sound:
        raise CustodyError(
            f"{path.name}: the last line was changed or is damaged; nothing was added",
            remedy="Run 'labkit custody check', show its findings to your trainer, and do not edit the ledger.",
        )
    if data["seq"] >= MAX_LINES:
        raise CustodyError(
            f"{path.name} has {MAX_LINES} lines; that is the most a ledger can hold",
            remedy="Tell your trainer: something writes to the ledger again and again.",
        )
    return data["seq"], str(data["event_hash"])


def _line(whole: dict[str, Any]) -> bytes:
    """Seal an entry with its digest and return its line."""
    whole["event_hash"] = entry_digest(whole)
    line = canonical_json(whole)
    if len(line) > MAX_LINE_BYTES:
        raise _too_long(len(line))
    return line + b"\n"


def _too_long(size_bytes: int) -> CustodyError:
    return CustodyError(
        f"the entry takes {size_bytes} bytes; a line holds at most {MAX_LINE_BYTES}",
        remedy="Shorten the note, or put the long text in a file and attach it.",
    )


def _no_json(reason: str) -> CustodyError:
    return CustodyError(
        f"the entry can not be written as JSON: {reason}",
        remedy="Use plain text, whole numbers, lists and yes/no values.",
    )


def _check_form(fields: Mapping[str, Any]) -> None:
    """Refuse what a reader of the ledger would complain about; what is missing is a matter for the rules."""
    try:
        decoded = decode(read_object(canonical_json(fields), max_bytes=MAX_LINE_BYTES), seq=0)
    except RefusedJsonError as refused:
        if refused.code == "too-long":
            raise _too_long(len(canonical_json(fields))) from None
        raise _no_json(refused.code) from None
    except (TypeError, ValueError) as error:
        raise _no_json(str(error)) from error
    if decoded is None:
        raise CustodyError(
            f"{fields.get('type')!r} is not a type of entry",
            remedy="Use case, person, location, exhibit or one of the event types; see 'labkit custody add --help'.",
        )
    wrong = (*decoded.unfit, *decoded.unknown)
    if wrong:
        raise CustodyError(
            f"these fields do not fit the record {SCHEMA}: {', '.join(wrong)}",
            remedy="Compare them with the field list in the guide to the custody ledger.",
        )


def _refuse_our_keys(entry: Mapping[str, Any]) -> None:
    ours = sorted(OUR_KEYS & entry.keys())
    if ours:
        raise CustodyError(
            f"the ledger writes these fields itself: {', '.join(ours)}",
            remedy="Leave them out; number, time of recording and digests are added when the line is written.",
        )


def normalised(value: Any) -> Any:
    """Return ``value`` with every text in Unicode NFC, so that the same name has the same bytes everywhere.

    The three line ends that JSON lets stand as they are become ordinary ones, so that every reader sees one line.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).translate(_LINE_ENDS)
    if isinstance(value, Mapping):
        return {normalised(key): normalised(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [normalised(part) for part in value]
    return value
