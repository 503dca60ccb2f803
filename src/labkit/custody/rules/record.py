"""Rules about corrections and attachments: nothing goes, and what is referred to is there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.canonical import canonical_json
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import EventType

_PLACE = frozenset({"seq", "prev_event_hash", "event_hash"})
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def nothing_goes(reading: Reading) -> Iterator[Hit]:
    """A correction names the earlier line that it corrects, and no line of an earlier copy of the ledger is gone.

    Without an earlier copy only the first half can be looked at.
    """
    for event in reading.ledger.events:
        line = event.corrects_event
        if line is None and event.type is EventType.CORRECTED:
            yield Hit("corrects-nothing", event.seq, values={"line": ""})
        elif line is not None and (line >= event.seq or line not in reading.by_seq):
            yield Hit("no-such-line", event.seq, values={"line": line})
    if reading.snapshot is None:
        return
    same = reading.snapshot.genesis == reading.ledger.genesis
    now = Counter(map(_said, reading.ledger.raw) if same else ())
    last = reading.ledger.entries[-1].seq if reading.ledger.entries else 0
    for entry, line_then in zip(reading.snapshot.entries, reading.snapshot.raw, strict=True):
        said = _said(line_then)
        if now[said]:
            now[said] -= 1
        else:
            yield Hit("gone", min(entry.seq, last), values={"line": entry.seq}, others=(entry.seq,))


def _said(line: Mapping[str, Any]) -> bytes:
    """Return what a line says apart from its place in the chain, which changes when the chain is computed anew."""
    return canonical_json({key: value for key, value in line.items() if key not in _PLACE})


def attachments_are_there(reading: Reading) -> Iterator[Hit]:
    """Every attachment and every photo that a line refers to has a digest, and the file of that digest is there.

    Whether the file is there can be looked at only where somebody says which files are.
    """
    known: set[str] = set()
    for event in reading.ledger.events:
        for attachment in event.attachments:
            known |= {attachment.name, attachment.sha256.lower()}
            values: dict[str, str | int] = {"name": attachment.name or attachment.sha256}
            if not _SHA256.fullmatch(attachment.sha256):
                yield Hit("no-digest", event.seq, values=values)
            elif reading.files is not None and attachment.sha256.lower() not in reading.files:
                yield Hit("not-there", event.seq, values=values)
    for exhibit in reading.ledger.exhibits:
        for photo in exhibit.photo_refs:
            if photo and not {photo, photo.lower()} & known:
                yield Hit("photo-unknown", exhibit.seq, exhibit.exhibit_no, {"name": photo})
