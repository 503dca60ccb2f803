"""A ledger as a table, and lines from a table: CSV that any spreadsheet opens.

The columns are ``type``, ``identifier`` and the options of ``labkit custody add``, each written the way a person types
it; several values of one cell stand behind each other with `` | `` between. So an exported table can be read again.
What has no option does not fit into it and is not there: digests of the chain, signatures with keys, the tool of a
single digest.

A table may come back with semicolons or tabs between its cells, as a spreadsheet writes them where the comma is used in
numbers.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula. Such a cell gets an apostrophe
in front, which is taken away when it is read.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from labkit.custody.given import DECLARATION_OPTIONS, EVENT_OPTIONS, IDENTIFIERS, TRANSPORT_OPTIONS, options_of
from labkit.custody.ledger import Ledger
from labkit.errors import CustodyError
from labkit.model.custody import RECOVERED

BETWEEN = " | "
_DELIMITERS = (",", ";", "\t")  # none of them stands in a head
MOST_ROWS = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHOWN_ONLY = ("seq", "recorded_at")  # an own ledger writes them itself
_COMPLETIONS = ("computed_at", "tested", "tool_options")
_SEVERAL = frozenset(
    {
        "exhibit", "hash", "seal_before", "seal_after", "observed", "read_errors", "witness", "signed", "attach",
        "escort", "permit", "protocol_item", "access", "photo", "derived_from",
    }
)  # fmt: skip
_SWITCHES = frozenset({"radio"})
_NUMBERS = frozenset({"capacity_bytes", "sector_bytes", "quantity", "corrects", "tested"})


def columns() -> tuple[str, ...]:
    """Return the heads of the table."""
    declared = [option for options in DECLARATION_OPTIONS.values() for option in options]
    options = [*EVENT_OPTIONS, *TRANSPORT_OPTIONS, *_COMPLETIONS, *declared]
    return tuple(dict.fromkeys((*_SHOWN_ONLY[:1], "type", "identifier", *options, *_SHOWN_ONLY[1:])))


def to_csv(ledger: Ledger) -> str:
    """Return the lines of a ledger as CSV (RFC 4180) with a row of heads.

    A field that was never written is empty; a column that no line fills is left out. An empty ledger gives the heads of
    all columns that can be filled in.
    """
    rows = [dict(_cells(data)) for data in ledger.raw if data.get("type") != RECOVERED]
    used = {column for row in rows for column, text in row.items() if text} or set(columns()) - set(_SHOWN_ONLY)
    out = io.StringIO()
    writer = csv.DictWriter(out, [column for column in columns() if column in used], extrasaction="ignore")
    writer.writeheader()
    writer.writerows({column: _safe(text) for column, text in row.items()} for row in rows)
    return out.getvalue()


def from_csv(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield (number of the row, type of the entry, what was given) for each row of a table; empty rows are passed over.

    Raises:
        CustodyError: A head is unknown or missing, the table is too long, or a row gives what its type does not take.
    """
    plain = text.removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(plain), delimiter=max(_DELIMITERS, key=plain.partition("\n")[0].count), strict=True)
    try:
        heads = [head.strip().lower().replace("-", "_") for head in next(rows, [])]
        while heads and not heads[-1]:  # columns that a spreadsheet adds
            heads.pop()
        _refuse_heads(heads)
        for number, row in enumerate(rows, start=2):
            if number > MOST_ROWS:
                raise _wrong(number, f"a table has at most {MOST_ROWS} rows", "Divide it.")
            if any(cell.strip() for cell in row[len(heads) :]):
                raise _wrong(number, "a cell stands under no head", "Quote a cell that holds the delimiter.")
            cells = {head: _plain(cell) for head, cell in zip(heads, row, strict=False) if cell.strip()}
            if cells:
                yield _entry(number, cells)
    except csv.Error as error:
        raise CustodyError(
            f"the table can not be read: {error}", remedy="Save it as CSV in UTF-8, and try again."
        ) from error


def _refuse_heads(heads: Sequence[str]) -> None:
    unknown = [head for head in heads if head not in columns()]
    if unknown or "type" not in heads:
        raise CustodyError(
            f"these columns are not known: {', '.join(unknown)}" if unknown else "the table has no column 'type'",
            remedy=f"The first row names the columns. Use type, identifier, {', '.join(list(EVENT_OPTIONS)[:6])} ...: "
            "the options of 'labkit custody add'; 'labkit custody export --format csv' writes such a table.",
        )


def _entry(number: int, cells: Mapping[str, str]) -> tuple[int, str, dict[str, Any]]:
    kind = cells.get("type", "").strip().lower().replace("-", "_")
    given: dict[str, Any] = {}
    for column, cell in cells.items():
        if column in (*_SHOWN_ONLY, "type"):
            continue
        if column not in options_of(kind):
            raise _wrong(number, f"{kind or 'a row without type'} does not take {column}", "Empty that cell.")
        given[column] = _value(number, column, cell)
    return number, kind, given


def _value(number: int, column: str, cell: str) -> Any:
    if column in _SEVERAL:
        return tuple(part.strip() for part in cell.split(BETWEEN.strip()) if part.strip())
    if column in _SWITCHES:
        return cell.strip().lower() in ("yes", "true", "1", "x")
    if column in _NUMBERS:
        if not cell.strip().isdecimal():
            raise _wrong(number, f"{column} is not a whole number: {cell!r}", "Write digits only.")
        return int(cell)
    return cell


def _wrong(number: int, what: str, remedy: str) -> CustodyError:
    return CustodyError(f"row {number}: {what}", remedy=remedy)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _cells(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = str(data.get("type", ""))
    yield "type", kind
    yield "seq", str(data.get("seq", ""))
    yield "recorded_at", str(data.get("recorded_at", ""))
    if kind in DECLARATION_OPTIONS:
        yield "identifier", str(data.get(IDENTIFIERS[kind], ""))
        options = {**DECLARATION_OPTIONS[kind], "note": ("note", str)}
    else:
        options = dict(EVENT_OPTIONS)
        yield from _transport(data.get("transport"))
        yield from _completions(data)
    for option, (name, _) in options.items():
        if name in data:
            yield option, _WRITERS.get(option, _words)(data[name])


def _transport(transport: Any) -> Iterator[tuple[str, str]]:
    if isinstance(transport, Mapping):
        for option, (name, _) in TRANSPORT_OPTIONS.items():
            yield option, _words(transport.get(name, ""))


def _completions(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    block, tool, records = data.get("write_block"), data.get("tool"), data.get("hash")
    if isinstance(block, Mapping):
        yield "tested", _words(block.get("tested_event", ""))
    if isinstance(tool, Mapping):
        yield "tool_options", _words(tool.get("options", ""))
    if isinstance(records, list):
        times = {str(one.get("computed_at", "")) for one in records if isinstance(one, Mapping)} - {""}
        yield "computed_at", max(times, default="")


def _words(value: Any) -> str:
    if isinstance(value, list):
        return BETWEEN.join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _record(between: str, *names: str) -> Callable[[Any], str]:
    """Return a writer of records: their parts in this order, empty ones at the end left out."""

    def write(value: Any) -> str:
        records = value if isinstance(value, list) else [value]
        texts = []
        for one in records:
            parts = [_part(one.get(name)) for name in names] if isinstance(one, Mapping) else []
            while parts and not parts[-1]:
                parts.pop()
            texts.append(between.join(parts))
        return BETWEEN.join(text for text in texts if text)

    return write


def _on_paper(value: Any) -> str:
    """Return who signed on paper; a signature with a key can not be made again from a name."""
    signatures = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return _record(":", "person", "value")([one for one in signatures if one.get("method") == "paper"])


def _part(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else "" if value is None else str(value)


def _point(value: Any) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else ""


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "hash": _record(":", "alg", "value", "of", "stage", "exhibit"),
    "tool": _record(" ", "name", "version"),
    "write_block": _record(":", "kind", "id"),
    "seal_before": _record(":", "number", "state", "type"),
    "seal_after": _record(":", "number", "state", "type"),
    "observed": _record("; ", "serial", "capacity_bytes", "sectors", "exhibit"),
    "read_errors": _record(":", "lba", "count"),
    "signed": _on_paper,
    "attach": _record(":", "name", "sha256"),
    "permit": _record(
        "; ", "auth_id", "kind", "issuer", "valid_from", "valid_to", "scope_text", "scope_items", "issued_at"
    ),
    "protocol_item": _record("; ", "exhibit_no", "description", "serial"),
    "map_km": _point,
}
