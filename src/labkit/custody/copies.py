"""A copy of a ledger for somebody else: a line of cover, then the bytes of the ledger as they are.

The cover says whose ledger it is and who made the copy (cards, signed by the trainer), which digest the first line must
name, which workspace the copy comes from, and the SHA-256 of what follows; the key of that workspace signed it.
``read_copy`` is a pure function from bytes to a value: what comes in is hostile until it has passed, and is only read.

What a copy does not show: that nothing was left out at the end, or that the ledger was not written anew before it was
copied. The trainer holds it against what its owner hands in.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from labkit.canonical import canonical_json
from labkit.custody.ledger import Ledger, ProblemCode, parse, split_lines
from labkit.custody.writing import MAX_LINE_BYTES, MAX_LINES
from labkit.errors import CustodyError
from labkit.strict_json import RefusedJsonError, read_object

SUFFIX = ".labledger"
SCHEMA = "labkit-ledger-copy/1"
CARD_SCHEMA = "labkit-card/1"
MAX_BYTES = 1024**2  # five times the ledger of a long course

_LABEL = b"labkit ledger copy\n"
_CARD_TEXTS = ("class_name", "pack_id", "trainee_id", "trainee_name")
_LONGEST_TEXT = 200
_JOINERS = "\u200c\u200d"  # zero width, and part of how names are written in Persian and other languages
_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_PACK_ID = re.compile(r"[0-9a-f]{32}")
_TRAINEE_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9_-])?", re.ASCII)  # it becomes a folder's name
_COVER_KEYS = frozenset(
    {"schema", "owner", "maker", "genesis", "workspace_key", "made_at", "ledger_sha256", "signature"}
)
_AGAIN = "Ask for a new copy: 'labkit custody give' in your colleague's workspace."


class RefusedCopyError(CustodyError):
    """A copy that can not be taken; ``code`` says why, for programs."""

    def __init__(self, code: str, message: str, *, remedy: str = _AGAIN) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class Card:
    """Who somebody in a class is. ``signature`` is that of the class key, in hex, over ``to_bytes``."""

    class_name: str
    pack_id: str
    trainee_id: str
    trainee_name: str
    signature: str = ""

    def to_bytes(self) -> bytes:
        """Return what the trainer signs."""
        return canonical_json({"schema": CARD_SCHEMA, **{name: getattr(self, name) for name in _CARD_TEXTS}})

    def to_values(self) -> dict[str, str]:
        """Return the card as JSON values."""
        return {name: getattr(self, name) for name in (*_CARD_TEXTS, "signature")}


@dataclass(frozen=True)
class LedgerCopy:
    """A copy that is whole and was signed by the workspace it comes from.

    ``owner`` is whose ledger it is, ``maker`` who made the copy: another one when a countersigned ledger goes back.
    Whether the cards are of a class, asks ``is_of_class``.
    """

    owner: Card
    maker: Card
    genesis: str
    workspace_key: str
    made_at: str
    content: bytes = field(repr=False)
    data: bytes = field(repr=False)  # the file as it came

    @cached_property
    def ledger(self) -> Ledger:
        """Return the ledger as a frozen view."""
        return parse(split_lines(self.content), genesis=self.genesis)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the whole file."""
        return hashlib.sha256(self.data).hexdigest()


def write_copy(
    owner: Card, genesis: str, content: bytes, *, private_key: str, made_at: datetime, maker: Card | None = None
) -> bytes:
    """Return a copy of a ledger as a file.

    Args:
        owner: Whose ledger it is.
        genesis: What the first line of the ledger names as the digest before it, in hex.
        content: The bytes of the ledger.
        private_key: The key of the workspace, in hex.
        made_at: When, aware.
        maker: Who makes the copy; the owner if left out.

    Raises:
        RefusedCopyError: The ledger can not be read by anybody, or is too large to be passed on.
    """
    from labkit.custody.signing import public_key

    _refuse_unreadable(content, genesis)
    cover = {
        "schema": SCHEMA,
        "owner": owner.to_values(),
        "maker": (maker or owner).to_values(),
        "genesis": genesis,
        "workspace_key": public_key(private_key),
        "made_at": made_at.isoformat(timespec="seconds"),
        "ledger_sha256": hashlib.sha256(content).hexdigest(),
    }
    data = canonical_json({**cover, "signature": _sign(private_key, cover)}) + b"\n" + content
    if len(data) > MAX_BYTES:
        raise _too_large(len(data))
    return data


def read_copy(data: bytes) -> LedgerCopy:
    """Return a copy that is whole.

    Raises:
        RefusedCopyError: It is too large (``copy-too-large``), no copy (``copy-no-copy``), of another labkit
            (``copy-other-schema``), changed since it was made (``copy-changed``), or holds what is no ledger
            (``copy-unreadable``).
    """
    if len(data) > MAX_BYTES:
        raise _too_large(len(data))
    head, line_end, content = data.partition(b"\n")
    try:
        cover = read_object(head, max_bytes=MAX_LINE_BYTES)
    except RefusedJsonError:
        raise _no_copy() from None
    if not line_end or not isinstance(cover.get("schema"), str):
        raise _no_copy()
    if cover["schema"] != SCHEMA:
        raise RefusedCopyError(
            "copy-other-schema",
            f"{cover['schema'][:40]!r} is not a copy that this labkit can read",
            remedy="Use the same version of labkit on both computers.",
        )
    owner, maker = read_card(cover.get("owner")), read_card(cover.get("maker"))
    texts = {name: cover.get(name) for name in ("genesis", "workspace_key", "ledger_sha256")}
    if (
        owner is None
        or maker is None
        or cover.keys() != _COVER_KEYS
        or not all(isinstance(text, str) and _KEY.fullmatch(text) for text in texts.values())
        or not _is_time(cover["made_at"])
    ):
        raise _no_copy()
    if not _is_signed(cover) or hashlib.sha256(content).hexdigest() != cover["ledger_sha256"]:
        raise RefusedCopyError("copy-changed", "the copy was changed, or damaged on the way, after it was made")
    _refuse_unreadable(content, cover["genesis"])
    return LedgerCopy(owner, maker, cover["genesis"], cover["workspace_key"], cover["made_at"], content, data)


def plain(text: str) -> str:
    """Return a name as a card may hold it: short, and without what would confuse a reader or a screen."""
    kept = "".join(one if one.isprintable() or one in _JOINERS else " " for one in text)
    return " ".join(kept.split())[:_LONGEST_TEXT].rstrip()


def read_card(values: object) -> Card | None:
    """Return a card from JSON values; None where they are none."""
    if not isinstance(values, dict) or values.keys() != {*_CARD_TEXTS, "signature"}:
        return None
    texts = [values[name] for name in _CARD_TEXTS]
    if not all(isinstance(text, str) and text and text == plain(text) for text in texts):
        return None
    sound = _PACK_ID.fullmatch(values["pack_id"]) and _TRAINEE_ID.fullmatch(values["trainee_id"])
    signature = values["signature"]
    if not sound or not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return None
    return Card(**values)


def is_of_class(copy: LedgerCopy, public_key: str) -> bool:
    """Return whether the class key (Ed25519, hex) signed both cards of a copy."""
    return all(_fits(public_key, card.to_bytes(), card.signature) for card in (copy.owner, copy.maker))


def _refuse_unreadable(content: bytes, genesis: str) -> None:
    """Refuse what no rule could be asked about. A chain that does not hold is another matter: it can be audited."""
    bad = (ProblemCode.UNREADABLE, ProblemCode.TOO_MANY, ProblemCode.UNKNOWN_TYPE)
    if content.count(b"\n") > MAX_LINES:
        raise RefusedCopyError("copy-unreadable", f"the ledger has more than {MAX_LINES} lines")
    wrong = next((one for one in parse(split_lines(content), genesis=genesis).problems if one.code in bad), None)
    if wrong is not None:
        raise RefusedCopyError(
            "copy-unreadable",
            f"line {wrong.line} of the ledger can not be read: it was edited or damaged",
            remedy="Show it to your trainer; 'labkit custody check' in the workspace of its owner tells more.",
        )


def _sign(private_key: str, cover: Mapping[str, Any]) -> str:
    from nacl.signing import SigningKey

    return SigningKey(bytes.fromhex(private_key)).sign(_LABEL + canonical_json(cover)).signature.hex()


def _is_signed(cover: Mapping[str, Any]) -> bool:
    signed = {name: value for name, value in cover.items() if name != "signature"}
    signature = cover["signature"]
    return (
        isinstance(signature, str)
        and _SIGNATURE.fullmatch(signature) is not None
        and _fits(cover["workspace_key"], _LABEL + canonical_json(signed), signature)
    )


def _fits(public_key: str, data: bytes, signature: str) -> bool:
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(bytes.fromhex(public_key)).verify(data, bytes.fromhex(signature))
    except (CryptoError, ValueError, TypeError):
        return False
    return True


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _no_copy() -> RefusedCopyError:
    return RefusedCopyError(
        "copy-no-copy", f"this is not a copy of a ledger, as 'labkit custody give' makes it ({SUFFIX})"
    )


def _too_large(size_bytes: int) -> RefusedCopyError:
    return RefusedCopyError(
        "copy-too-large",
        f"the copy has {size_bytes} bytes; a copy holds at most {MAX_BYTES}",
        remedy="No honest ledger is so long. Show the file to your trainer.",
    )
