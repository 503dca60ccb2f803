"""The keys of a class, and everything that is derived from them.

One course key of 32 bytes gives every seed, pack id and token by HMAC-SHA256, so nothing about a trainee's evidence
has to be stored, and nobody without the key can compute it. The key never leaves the class folder.
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from labkit.canonical import canonical_json
from labkit.errors import StorageError, WorkspaceError

KEYS = "keys.json"
SCHEMA = "labkit-keys/1"
KEY_BYTES = 32
_PREFIX = "labkit1"
_ID_BYTES = 16
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class ClassKeys:
    """The secrets of one class: the course key, and the seed of the Ed25519 signing key."""

    course_key: bytes = field(repr=False)
    signing_seed: bytes = field(repr=False)

    def seed(self, course: str, case: str, trainee_id: str) -> bytes:
        """Return the 32 bytes from which a trainee's evidence of one case follows."""
        return self._derive("seed", course, case, trainee_id)

    def shared_seed(self, course: str, case: str) -> bytes:
        """Return the 32 bytes from which follows what all trainees are graded with alike, and nobody is given."""
        return self._derive("shared", course, case)

    def pack_id(self, course: str, trainee_id: str) -> str:
        """Return the public, opaque name of a trainee's pack: 32 hex digits."""
        return self._derive("pack", course, trainee_id)[:_ID_BYTES].hex()

    def pack_token(self, course: str, trainee_id: str) -> str:
        """Return what binds logs to a pack besides its signature: 64 hex digits."""
        return self._derive("token", course, trainee_id).hex()

    def verifier_salt(self, pack_id: str, task: str) -> bytes:
        """Return the salt of the verifier of one task of practice."""
        return self._derive("salt", pack_id, task)[:_SALT_BYTES]

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of ``data``: 64 bytes, the same every time (RFC 8032, section 5.1.6)."""
        from nacl.signing import SigningKey

        return bytes(SigningKey(self.signing_seed).sign(data).signature)

    @property
    def public_key(self) -> str:
        """Return the key by which signatures are checked, in hex."""
        from nacl.signing import SigningKey

        return bytes(SigningKey(self.signing_seed).verify_key).hex()

    def _derive(self, purpose: str, *parts: str) -> bytes:
        return hmac.new(self.course_key, "|".join((_PREFIX, purpose, *parts)).encode(), sha256).digest()


def new_keys(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> ClassKeys:
    """Return fresh keys."""
    return ClassKeys(random_bytes(KEY_BYTES), random_bytes(KEY_BYTES))


def write_keys(path: Path, keys: ClassKeys, passphrase: str | None) -> None:
    """Write the keys for the owner's eyes only; wrapped with a passphrase where there is one.

    Wrapping: argon2id (libsodium's MODERATE limits: 256 MiB, 3 passes) gives the key of an XSalsa20-Poly1305 box.
    """
    document: dict[str, Any] = {"schema": SCHEMA}
    if passphrase is None:
        document |= {"course_key": _text(keys.course_key), "signing_seed": _text(keys.signing_seed)}
    else:
        from nacl import pwhash
        from nacl.secret import SecretBox

        salt = secrets.token_bytes(pwhash.argon2id.SALTBYTES)
        limits = {"ops": pwhash.argon2id.OPSLIMIT_MODERATE, "mem_bytes": pwhash.argon2id.MEMLIMIT_MODERATE}
        box = SecretBox(_wrapping_key(passphrase, salt, limits["ops"], limits["mem_bytes"]))
        document["wrapped"] = {
            **limits,
            "salt": _text(salt),
            "box": _text(bytes(box.encrypt(keys.course_key + keys.signing_seed))),
        }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(canonical_json(document) + b"\n")


def is_wrapped(path: Path) -> bool:
    """Return whether a passphrase is needed to read the keys.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    return "wrapped" in _document(path)


def read_keys(path: Path, passphrase: str | None) -> ClassKeys:
    """Return the keys of a class.

    Raises:
        WorkspaceError: The file is missing or damaged, or the passphrase is missing or wrong.
        StorageError: The keys were written by a newer labkit.
    """
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    document = _document(path)
    try:
        if "wrapped" not in document:
            return _keys(_bytes(document["course_key"]) + _bytes(document["signing_seed"]))
        if passphrase is None:
            raise WorkspaceError(
                "the keys of this class are protected by a passphrase",
                remedy="Run the command at a terminal, or set LABKIT_PASSPHRASE.",
            )
        wrapped = document["wrapped"]
        key = _wrapping_key(passphrase, _bytes(wrapped["salt"]), int(wrapped["ops"]), int(wrapped["mem_bytes"]))
        return _keys(SecretBox(key).decrypt(_bytes(wrapped["box"])))
    except CryptoError:
        raise WorkspaceError(
            "the passphrase does not open the keys of this class",
            remedy="Type it again; mind the keyboard layout. Without it the class can not be built or graded.",
        ) from None
    except (KeyError, TypeError, ValueError):
        raise WorkspaceError(f"{path} is damaged", remedy=_FROM_BACKUP) from None


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes().decode())
        schema = document["schema"]
    except FileNotFoundError:
        raise WorkspaceError(f"{path} is missing", remedy=_FROM_BACKUP) from None
    except (ValueError, KeyError, TypeError):
        raise WorkspaceError(f"{path} is damaged", remedy=_FROM_BACKUP) from None
    if schema != SCHEMA:
        raise StorageError(f"{path} was written by another labkit ({schema})", remedy="Install the newer labkit.")
    return dict(document)


def _keys(joined: bytes) -> ClassKeys:
    if len(joined) != 2 * KEY_BYTES:
        raise ValueError(KEYS)
    return ClassKeys(joined[:KEY_BYTES], joined[KEY_BYTES:])


def _wrapping_key(passphrase: str, salt: bytes, ops: int, mem_bytes: int) -> bytes:
    from nacl import pwhash

    return bytes(pwhash.argon2id.kdf(KEY_BYTES, passphrase.encode(), salt, opslimit=ops, memlimit=mem_bytes))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


_FROM_BACKUP = "Put keys.json back from your backup; without it this class can not be built or graded again."
