"""The chain: each line carries the digest of the line before it, and the first one the digest of its pack.

What this gives: whoever holds an earlier head (the digest of the last line) can tell whether the ledger still holds
everything that was there then. Nobody can tell from the ledger alone that it was cut at the end or written anew.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from labkit.canonical import canonical_json
from labkit.model.custody import SCHEMA

_CODE_LETTERS = 10  # of 5 bits each


def genesis(pack_binding: str) -> str:
    """Return what the first line names as the digest before it.

    Args:
        pack_binding: What ties the ledger to one pack: SHA-256 hex of the manifest signature, and the pack id.
    """
    return hashlib.sha256(f"{SCHEMA}\n{pack_binding}".encode()).hexdigest()


def entry_digest(entry: Mapping[str, Any]) -> str:
    """Return SHA-256 over the entry's canonical JSON without its ``event_hash``."""
    unsigned = {key: value for key, value in entry.items() if key != "event_hash"}
    return hashlib.sha256(canonical_json(unsigned)).hexdigest()


def checkpoint(head: str) -> str:
    """Return a head as ten letters and digits, to be copied by hand onto the paper form: ``ABCDE-FGHIJ``."""
    digest = hashlib.sha256(head.encode()).digest()
    code = base64.b32encode(digest).decode()[:_CODE_LETTERS]
    return f"{code[:5]}-{code[5:]}"


def names_head(known: str, head: str) -> bool:
    """Return whether ``known`` is that head: its 64 digits, or its checkpoint code with or without the hyphen."""
    typed = known.strip()
    return typed.lower() == head or typed.upper().replace("-", "") == checkpoint(head).replace("-", "")
