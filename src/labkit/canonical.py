"""One way to write JSON, so that a digest over it means something.

Canonical JSON here: keys sorted, no spaces, UTF-8, text in NFC as given, no NaN. Every signature and hash chain
of labkit is taken over these bytes.
"""

import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as canonical JSON bytes (no trailing newline).

    Raises:
        ValueError: ``value`` holds NaN or an infinity.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()
