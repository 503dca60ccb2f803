"""What a pack says about itself, and the signature that binds it.

The digests of files are BLAKE2b with a label of our own. They are not SHA-256 on purpose: the SHA-256 of an image is
the answer to a graded task, and a manifest travels with the pack. For the same reason no sizes stand here.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from labkit import __version__
from labkit.canonical import canonical_json
from labkit.custody.chain import checkpoint, genesis
from labkit.errors import PackError
from labkit.workspace.root import MANIFEST

SCHEMA_NAME = "labkit-pack"
SCHEMA_VERSION = 1

SIGNATURE = "manifest.sig"
SIGNATURE_BYTES = 64
FOLDERS = frozenset({"evidence", "guides", "exercises", "forms", "kit"})
START_PAGE = "START-HERE.html"

_DIGEST_BYTES = 32
_DIGEST_LABEL = b"labkit-pack-file"  # RFC 7693 section 2.5: 16 bytes of personalisation
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
DOS_NAMES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_TEXTS = ("class_name", "course", "pack_id", "pack_token", "trainee_id", "trainee_name", "language", "zone")
_HEX_KEY = re.compile(r"[0-9a-f]{64}")


class Hash(Protocol):
    """The part of a hashlib object that is used here."""

    def update(self, data: bytes, /) -> None:
        """Add the next bytes."""

    def hexdigest(self) -> str:
        """Return the digest in lower-case hex."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a pack declares. ``files`` maps each name in the pack to its digest, see ``file_hash``.

    ``zone`` is the IANA time zone in which the story takes place; ``public_key`` is the trainer's Ed25519 key in hex.
    """

    class_name: str
    course: str
    pack_id: str
    pack_token: str
    trainee_id: str
    trainee_name: str
    language: str
    zone: str
    issued_at: str
    kit_min_version: str
    public_key: str
    files: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """Return the manifest as canonical JSON: the bytes that are signed."""
        texts = {name: getattr(self, name) for name in (*_TEXTS, "issued_at", "kit_min_version", "public_key")}
        return canonical_json({"schema": f"{SCHEMA_NAME}/{SCHEMA_VERSION}", **texts, "files": dict(self.files)})


def read_manifest(data: bytes, signature: bytes) -> Manifest:
    """Return a manifest whose signature holds.

    Raises:
        PackError: It is not a manifest, was made by a newer labkit, names unsafe files, or was changed after signing.
    """
    try:
        fields = json.loads(data.decode())
        schema = str(fields["schema"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PackError(f"{MANIFEST} can not be read", remedy=_AGAIN) from None
    _refuse_newer(schema, str(fields.get("kit_min_version", "")))
    manifest = _typed(fields)
    _check_signature(manifest.public_key, data, signature)
    unsafe = next((name for name in manifest.files if not is_safe_name(name)), None)
    if unsafe is not None:
        raise PackError(f"the pack wants to write to {unsafe!r}, which is not a safe name", remedy=_AGAIN)
    return manifest


def file_hash() -> Hash:
    """Return a new hash object for a file of a pack."""
    return hashlib.blake2b(digest_size=_DIGEST_BYTES, person=_DIGEST_LABEL)


def ledger_genesis(signature: bytes, pack_token: str) -> str:
    """Return what the first line of this pack's custody ledger names as the digest before it."""
    return genesis(f"{hashlib.sha256(signature).hexdigest()} {pack_token}")


def key_fingerprint(public_key: str) -> str:
    """Return ten letters and digits by which people can compare a public key: ``ABCDE-FGHIJ``."""
    return checkpoint(public_key)


def is_safe_name(name: str) -> bool:
    """Return whether a name may be written under a workspace on any of the three operating systems."""
    segments = name.split("/")
    if name != START_PAGE and (segments[0] not in FOLDERS or len(segments) == 1):
        return False
    return all(
        _SEGMENT.fullmatch(part) and not part.endswith(".") and part.split(".")[0].lower() not in DOS_NAMES
        for part in segments
    )


def _typed(fields: Any) -> Manifest:
    files = fields.get("files")
    texts = {name: fields.get(name) for name in (*_TEXTS, "issued_at", "kit_min_version", "public_key")}
    if (
        not isinstance(files, dict)
        or not all(isinstance(value, str) for value in (*texts.values(), *files.values()))
        or not _HEX_KEY.fullmatch(str(texts["public_key"]))
        or not re.fullmatch(r"[A-Za-z]+(/[A-Za-z0-9_+-]+)*", str(texts["zone"]))
    ):
        raise PackError(f"{MANIFEST} does not have the form of a pack's manifest", remedy=_AGAIN)
    return Manifest(files=files, **{name: str(value) for name, value in texts.items()})


def _refuse_newer(schema: str, kit_min_version: str) -> None:
    name, _, version = schema.partition("/")
    if name != SCHEMA_NAME or not version.isdecimal():
        raise PackError(f"{schema!r} is not a pack of labkit", remedy="Ask your trainer for the file .labpack.")
    if int(version) > SCHEMA_VERSION or _numbers(kit_min_version) > _numbers(__version__):
        raise PackError(
            f"the pack was made for labkit {kit_min_version or 'of a later version'}; this is {__version__}",
            remedy="Ask your trainer for the newer labkit, install it, and start the pack again.",
        )


def _check_signature(public_key: str, data: bytes, signature: bytes) -> None:
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(bytes.fromhex(public_key)).verify(data, signature)
    except (CryptoError, ValueError, TypeError):
        raise PackError(f"{MANIFEST} was changed after the trainer signed it", remedy=_AGAIN) from None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


_AGAIN = "Do not use this pack. Copy it again from your trainer's medium; if it stays like this, tell your trainer."
