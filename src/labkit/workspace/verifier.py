"""Right or wrong without the answer: for practice only, where a patient person may as well ask a neighbour.

argon2id makes each guess cost a tenth of a second. That protects nothing that has few possible answers, so graded
tasks never get a verifier.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any

_DIGEST_BYTES = 32
_MOST_OPS = 16
_MOST_MEM_BYTES = 1024**3


def make_verifier(canonical_answer: str, salt: bytes) -> dict[str, Any]:
    """Return what recognises an answer in its canonical spelling (libsodium's INTERACTIVE limits: 64 MiB, 2 passes)."""
    from nacl import pwhash

    limits = {"ops": pwhash.argon2id.OPSLIMIT_INTERACTIVE, "mem_bytes": pwhash.argon2id.MEMLIMIT_INTERACTIVE}
    digest = _digest(canonical_answer, salt, **limits)
    return {"kind": "argon2id", **limits, "salt": _text(salt), "digest": _text(digest)}


def is_right(canonical_answer: str, verifier: Mapping[str, Any]) -> bool:
    """Return whether an answer in its canonical spelling is the right one.

    Raises:
        ValueError: The verifier is not one that this version can read.
    """
    ops, mem_bytes = int(verifier["ops"]), int(verifier["mem_bytes"])
    if verifier["kind"] != "argon2id" or not 0 < ops <= _MOST_OPS or not 0 < mem_bytes <= _MOST_MEM_BYTES:
        raise ValueError("unknown verifier")
    digest = _digest(canonical_answer, base64.b64decode(verifier["salt"]), ops=ops, mem_bytes=mem_bytes)
    return hmac.compare_digest(digest, base64.b64decode(verifier["digest"]))


def _digest(answer: str, salt: bytes, *, ops: int, mem_bytes: int) -> bytes:
    from nacl import pwhash

    return bytes(pwhash.argon2id.kdf(_DIGEST_BYTES, answer.encode(), salt, opslimit=ops, memlimit=mem_bytes))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
