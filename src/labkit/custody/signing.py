"""Signatures over lines of a ledger, with Ed25519 keys.

A line can not carry a signature over its own ``event_hash``, because that covers the signature too. So whoever writes
a line signs what is left of it without signatures, and whoever countersigns a handover signs, in the line of the
receipt, the ``event_hash`` of the release. A signature is over a label and the 64 digits of such a digest.
"""

import hashlib
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from labkit.canonical import canonical_json
from labkit.custody.ledger import Ledger
from labkit.custody.writing import OUR_KEYS
from labkit.model.custody import Event, EventType, Signature

ED25519 = "ed25519"
PAPER = "paper"
MOST_SIGNATURES = 1000
_LABEL = b"labkit custody signature\n"
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_VALUE = re.compile(r"[0-9a-fA-F]{128}")


def content_digest(entry: Mapping[str, Any]) -> str:
    """Return SHA-256 over what a person wrote in a line: without signatures and without what the ledger adds."""
    written = {key: value for key, value in entry.items() if key not in OUR_KEYS and key != "signatures"}
    return hashlib.sha256(canonical_json(written)).hexdigest()


def new_key() -> str:
    """Return a new private key: 64 hex digits."""
    from nacl.signing import SigningKey

    return bytes(SigningKey.generate()).hex()


def public_key(private_key: str) -> str:
    """Return the public key that belongs to a private one."""
    from nacl.signing import SigningKey

    return bytes(SigningKey(bytes.fromhex(private_key)).verify_key).hex()


def sign(private_key: str, over: str) -> str:
    """Return the signature over a digest, in hex."""
    from nacl.signing import SigningKey

    return SigningKey(bytes.fromhex(private_key)).sign(_LABEL + over.encode()).signature.hex()


def fits(signature: Signature, key: str) -> bool:
    """Return whether a public key made a signature over what it says it is over."""
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    if not _KEY.fullmatch(key) or not _VALUE.fullmatch(signature.value):
        return False
    try:
        VerifyKey(bytes.fromhex(key)).verify(_LABEL + signature.over.encode(), bytes.fromhex(signature.value))
    except (CryptoError, ValueError, TypeError):
        return False
    return True


def countersigned(ledger: Ledger) -> frozenset[int]:
    """Return the numbers of the receipts whose receiver signed, with the declared key, an earlier release by another.

    At most ``MOST_SIGNATURES`` signatures are checked: a ledger may be hostile.
    """
    keys = {person.person_id: person.specimen_signature for person in ledger.people}
    releases = {event.event_hash: event for event in ledger.events if event.type is EventType.RELEASED}
    claims = (
        (receipt, signature)
        for receipt in ledger.events
        for signature in receipt.signatures
        if receipt.type is EventType.RECEIVED
        and signature.person == receipt.received_by
        and signature.method == ED25519
        and _answers(receipt, releases.get(signature.over))
    )
    return frozenset(
        receipt.seq
        for receipt, signature in islice(claims, MOST_SIGNATURES)
        if fits(signature, keys.get(signature.person, ""))
    )


def _answers(receipt: Event, release: Event | None) -> bool:
    return (
        release is not None
        and release.seq < receipt.seq
        and receipt.received_by not in (release.actor, release.released_by)
    )
