"""L12 solved by reading: what the cards say is decided here as a prosecutor would; the rest is read from the export.

Nothing of labkit is imported here.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

OSTRANIA = ZoneInfo("Europe/Helsinki")  # the note: UTC+02:00, and from 29 March 2026 UTC+03:00
OFFICE = "192.0.2."
RECEIVED, KEPT_DAYS = date(2026, 4, 6), 60
ELEMENTS = {"a": 4, "b": 9, "c": 6, "d": 12, "e": 3, "f": 8}
LOGIN = re.compile(r"^\d+ (2026-03-31 [\d:]+) login ok user=teo\.varn@\S+ peer=\S+ fwd=(\S+:\d+) ", re.MULTILINE)
STATED = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it."""
    logs = evidence / "logs"
    (local, endpoint), *others = [
        found for found in LOGIN.findall((logs / "KF-07-auth.log").read_text()) if not found[1].startswith(OFFICE)
    ]
    assert not others
    last_day = RECEIVED + timedelta(days=KEPT_DAYS)  # counted from the day after it was received
    noon = datetime(last_day.year, last_day.month, last_day.day, 12, tzinfo=OSTRANIA)
    return {
        "ostrania": "preserve, subscriber, assistance, extend, arrival",
        "velmar": "police, reciprocity, carrier, lake-desk",
        "danger": "danger-2",
        "elements": "\n".join(f"{element}; {sentence}" for element, sentence in ELEMENTS.items()),
        "subscriber-line": endpoint,
        "moment": datetime.fromisoformat(local).replace(tzinfo=OSTRANIA).isoformat(),
        "draft": "addressee, no-port, no-period, no-request",
        "last-day": noon.isoformat(),
        "standard": "name; subscriber; letter\nlogins; traffic; assistance\n"
        "versions; content; order\ntranslation; traffic; reciprocity",
        "arrival": "\n".join(
            f"{name}; {digest(logs / name)}; {'agrees' if digest(logs / name) == stated else 'differs'}"
            for stated, name in STATED.findall((logs / "KF-07-export-note.txt").read_text())
        ),
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
