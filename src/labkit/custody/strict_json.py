"""JSON as it may stand in a ledger. A line comes from somebody else's machine, so everything odd is refused.

``json.loads`` takes NaN, keeps the last of two equal keys without a word, and lets half of a surrogate pair through
that fails much later; here each of them is a reason to refuse the line.
"""

import json
import re
from typing import Any

MAX_LINE_BYTES = 16 * 1024  # without the line end
MAX_DEPTH = 20
_MAX_INTEGER_DIGITS = 18
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]')
_FORBIDDEN_TEXT = re.compile("[\x00\ud800-\udfff]")


class RefusedLineError(ValueError):
    """The line can not be taken; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_object(line: str, *, limit_bytes: int = MAX_LINE_BYTES) -> dict[str, Any]:
    """Return the JSON object on one line, or in a text of at most ``limit_bytes``.

    Raises:
        RefusedLineError: With one of the codes ``too-long``, ``not-text``, ``too-deep``, ``duplicate-key``,
            ``not-a-whole-number``, ``not-json``, ``not-an-object``.
    """
    try:
        size_bytes = len(line) if len(line) > limit_bytes else len(line.encode())
    except UnicodeEncodeError:
        raise RefusedLineError("not-text") from None
    if size_bytes > limit_bytes:
        raise RefusedLineError("too-long")
    if line.count("[") + line.count("{") > MAX_DEPTH and _depth(line) > MAX_DEPTH:
        raise RefusedLineError("too-deep")
    try:
        value = _DECODER.decode(line)
    except RefusedLineError:
        raise
    except (ValueError, RecursionError):
        raise RefusedLineError("not-json") from None
    if not isinstance(value, dict):
        raise RefusedLineError("not-an-object")
    if "\\u" in line or "\x00" in line:
        _refuse_forbidden_text(value)
    return value


def _depth(line: str) -> int:
    deepest = depth = 0
    for match in _BRACKETS.finditer(line):
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
            raise RefusedLineError("not-text")
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
        raise RefusedLineError("duplicate-key")
    return found


def _no_number(_text: str) -> Any:
    raise RefusedLineError("not-a-whole-number")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS:
        raise RefusedLineError("not-a-whole-number")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_number, parse_float=_no_number, parse_int=_integer
)
