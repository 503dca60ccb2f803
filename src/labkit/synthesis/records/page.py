"""The frame of a printed page: head, tables that become cards on a narrow screen, signatures drawn by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

_STYLE = """
@page { size: A4 landscape; margin: 12mm }
body { font: 14px/1.45 "Segoe UI", "DejaVu Sans", sans-serif; color: #1c2733; margin: 0 auto; max-width: 1220px;
  padding: 20px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 17px; margin: 28px 0 8px } p { margin: 6px 0 }
.sub { color: #51606f } table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #c9d2da; padding: 5px 7px; text-align: left; vertical-align: top; overflow-wrap: break-word }
th { background: #eef2f5; font-weight: 600 } tr { break-inside: avoid }
.no { white-space: nowrap; font-weight: 600 } .when, .whole { white-space: nowrap } .late { color: #51606f }
code { display: inline-block; width: 16ch; font: 12px "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere }
svg { height: 26px; width: 96px } .photos { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px;
  align-items: start } figure { margin: 0; break-inside: avoid } img { display: block; width: 100%; border-radius: 4px;
  border: 1px solid #c9d2da } figcaption { color: #51606f; margin-top: 4px }
dl { margin: 0 } dt { font-weight: 600 } dd { margin: 0 0 4px }
@media (max-width: 760px) { body { padding: 12px } thead { display: none }
  tr, td { display: block; border: 0; padding: 2px 0 } tr { border: 1px solid #c9d2da; padding: 8px;
  margin-bottom: 10px } .photos { grid-template-columns: 1fr }
  td[data-name]::before { content: attr(data-name) ": "; color: #51606f } }
"""
_WIDTH, _HEIGHT = 96, 26
_STROKES = 12  # of a signature


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def table(title: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    """Return a table with its title."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    caption = f"<h2>{escape(title)}</h2>" if title else ""
    return f"{caption}<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def row(cells: Sequence[tuple[str, str]], *, raw: frozenset[str] = frozenset(), number: int = 0) -> str:
    """Return a row of a table: names and texts of its cells; those in ``raw`` are HTML already.

    ``number`` is that of the line it shows, 0 for none.
    """
    return (
        (f'<tr id="line-{number}">' if number else "<tr>")
        + "".join(
            f'<td data-name="{escape(name)}">{value if name in raw else escape(value)}</td>' for name, value in cells
        )
        + "</tr>"
    )


def time_text(text: str) -> str:
    """Return a time as a person writes it, with its offset where it has one."""
    at = datetime.fromisoformat(text)
    offset = text[19:] if len(text) > len("2026-03-10T09:00:00") else ""
    return f"{at:%Y-%m-%d} {at:%H:%M}{offset}"


def signature_drawn(scan: str) -> str:
    """Return a signature as a line, drawn from the digest of its scan."""
    numbers = bytes.fromhex(scan)
    points = []
    for number in range(_STROKES + 1):
        x = 4 + number * 6.9 + numbers[number] % 5
        y = 4 + numbers[number + _STROKES] % 19
        points.append(f"{x:.1f},{y}")
    curve = " ".join(f"{'Q' if place % 2 else ''}{point}" for place, point in enumerate(points[1:], start=1))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="signature / подпись">'
        f'<path d="M{points[0]} {curve}" fill="none" stroke="#23386b" stroke-width="1.3"/></svg>'
    )
