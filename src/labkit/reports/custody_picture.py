"""Who held each exhibit over time, as an SVG picture that stands on its own."""

from collections.abc import Iterator
from datetime import UTC
from xml.sax.saxutils import escape, quoteattr

from labkit.custody.display import printable
from labkit.custody.holders import Holding, Stretch, period, to_scale
from labkit.custody.ledger import Ledger
from labkit.i18n import Translator

_NAMES_PX, _BARS_PX, _ROW_PX, _BAR_PX, _TOP_PX, _AXIS_PX = 130, 760, 34, 22, 34, 30
_LETTER_PX = 7  # of the labels, on the average
_FILL = {Holding.PERSON: "#cfe2f7", Holding.STORE: "#d9ead3", Holding.ON_THE_WAY: "url(#away)"}
_MOST_ROWS = 200
_HATCH = (
    '<defs><pattern id="away" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="8" height="8" fill="#fff"/><rect width="3" height="8" fill="#b7791f"/></pattern></defs>'
)


def picture(ledger: Ledger, t: Translator) -> str:
    """Return the picture as SVG: a bar for each holder of each exhibit, hatched where it is on its way.

    Bars say in words what they are, and carry a title with the times, so that neither colour nor sight is needed.
    """
    stretches = to_scale(ledger)
    numbers = list(dict.fromkeys(stretch.span.exhibit for stretch in stretches))[:_MOST_ROWS]
    height = _TOP_PX + _ROW_PX * len(numbers) + _AXIS_PX
    width = _NAMES_PX + _BARS_PX + 20
    rows = {number: _TOP_PX + _ROW_PX * place for place, number in enumerate(numbers)}
    title = escape(t("custody.picture.title"))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        ' role="img" font-family="sans-serif" font-size="12" direction="ltr">',
        f"<title>{title}</title>",
        _HATCH,
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14" font-weight="bold" fill="#1b2330">{title}</text>',
    ]
    for number, top in rows.items():
        name = escape(printable(number, longest=18))
        lines.append(f'<text x="8" y="{top + 15}" fill="#1b2330">{name}</text>')
    for stretch in stretches:
        if stretch.span.exhibit in rows:
            lines += _bar(stretch, rows[stretch.span.exhibit], t)
    lines += _axis(ledger, height)
    return "\n".join((*lines, "</svg>", ""))


def _bar(stretch: Stretch, top: int, t: Translator) -> Iterator[str]:
    span = stretch.span
    left = _NAMES_PX + stretch.start * _BARS_PX
    wide = max(3.0, (stretch.end - stretch.start) * _BARS_PX)
    edge = ' stroke="#a3261b" stroke-width="2.5"' if span.is_broken else ' stroke="#55606f"'
    how = t(f"custody.holding.{span.holding.value}")
    times = " \N{EN DASH} ".join(moment.text for moment in (span.start, span.end) if moment is not None)
    broken = f"; {t('custody.say.broken')}" if span.is_broken else ""
    told = escape(printable(f"{span.exhibit}: {span.holder} ({how}) {times}{broken}", longest=300))
    yield f'<g><title>{told}</title><rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{_BAR_PX}"'
    yield f" fill={quoteattr(_FILL[span.holding])}{edge}/>"
    fits = int((wide - 8) / _LETTER_PX)
    if fits >= 1 and span.holding is not Holding.ON_THE_WAY:
        label = escape(printable(span.holder or how, longest=fits))
        yield f'<text x="{left + 4:.1f}" y="{top + 15}" fill="#1b2330">{label}</text>'
    yield "</g>"


def _axis(ledger: Ledger, height: int) -> Iterator[str]:
    ends = period(ledger)
    if ends is None:
        return
    start, end = ends
    y = height - _AXIS_PX + 4
    yield f'<line x1="{_NAMES_PX}" y1="{y}" x2="{_NAMES_PX + _BARS_PX}" y2="{y}" stroke="#55606f"/>'
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = start.at + (end.at - start.at) * share
        x = _NAMES_PX + share * _BARS_PX
        text = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield f'<text x="{x:.0f}" y="{y + 17}" text-anchor="{anchor}" fill="#55606f">{text}</text>'
