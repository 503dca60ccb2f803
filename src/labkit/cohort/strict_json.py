"""JSON files of a submission. The rules are those of the custody ledger; a whole file may be longer than a line."""

from typing import Any

from labkit.cohort.refusal import RefusalError
from labkit.custody.strict_json import RefusedLineError, read_object


def read_strict(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object in a file whose size was checked before.

    Raises:
        RefusalError: ``bad-json``, with the reason: not UTF-8, duplicate keys, too deep, numbers that are not whole ...
    """
    try:
        return read_object(data.decode(), limit_bytes=len(data))
    except UnicodeDecodeError:
        raise RefusalError("bad-json", name=name, why="not-text") from None
    except RefusedLineError as refused:
        raise RefusalError("bad-json", name=name, why=refused.code) from None
