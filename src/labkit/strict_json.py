"""JSON from somebody else's machine, in a ledger or a submission: everything odd is refused.

``json.loads`` takes NaN, keeps the last of two equal keys without a word, and lets half of a surrogate pair through
that fails much later; here each of them is a reason to refuse the whole.
"""

import json
import re
from typing import Any

MAX_DEPTH = 20
_MAX_INTEGER_DIGITS = 18
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]')
_FORBIDDEN_TEXT = re.compile("[\x00\ud800-\udfff]")


class RefusedJsonError(ValueError):
    """The text can not be taken; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_object(content: str | bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Return the JSON object in a text, or in its UTF-8 bytes.

    Args:
        content: The text, such as one line of a ledger without its end.
        max_bytes: How long the text may be in UTF-8.
        max_depth: How deep lists and objects may stand in one another.

    Raises:
        RefusedJsonError: With one of the codes ``too-long``, ``not-text``, ``too-deep``, ``duplicate-key``,
            ``not-a-whole-number``, ``not-json``, ``not-an-object``.
    """
    text = _text(content, max_bytes)
    if text.count("[") + text.count("{") > max_depth and _depth(text) > max_depth:
        raise RefusedJsonError("too-deep")
    try:
        value = _DECODER.decode(text)
    except RefusedJsonError:
        raise
    except (ValueError, RecursionError):
        raise RefusedJsonError("not-json") from None
    if not isinstance(value, dict):
        raise RefusedJsonError("not-an-object")
    if "\\u" in text or "\x00" in text:
        _refuse_forbidden_text(value)
    return value


def _text(content: str | bytes, max_bytes: int) -> str:
    if len(content) > max_bytes:  # a character takes a byte at least
        raise RefusedJsonError("too-long")
    try:
        if isinstance(content, bytes):
            return content.decode()
        size_bytes = len(content.encode())
    except UnicodeError:
        raise RefusedJsonError("not-text") from None
    if size_bytes > max_bytes:
        raise RefusedJsonError("too-long")
    return content


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _BRACKETS.finditer(text):
        first = match.group()[0]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
    return deepest


def _refuse_forbidden_text(value: Any) -> None:
    if isinstance(value, str):
        if _FORBIDDEN_TEXT.search(value):
            raise RefusedJsonError("not-text")
    elif isinstance(value, list):
        for part in value:
            _refuse_forbidden_text(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            _refuse_forbidden_text(key)
            _refuse_forbidden_text(part)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedJsonError("duplicate-key")
    return found


def _no_number(_text: str) -> Any:
    raise RefusedJsonError("not-a-whole-number")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS:
        raise RefusedJsonError("not-a-whole-number")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_number, parse_float=_no_number, parse_int=_integer
)
