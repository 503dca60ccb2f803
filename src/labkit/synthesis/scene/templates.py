"""Templates of pictures and forms: variables are filled in, and every ``<text>`` of SVG becomes lines.

A template is ordinary SVG or HTML. ``x``, ``y``, ``font-size``, ``text-anchor``, ``fill`` and ``id`` of a ``<text>``
mean what they mean in SVG; ``font-weight`` is the width of the pen in hundredths of the font size, and
``class="hand"`` writes by hand.
"""

import html
import re
from collections.abc import Mapping

from labkit.synthesis.scene.lettering import draw_text
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill

_TEXT = re.compile(r"<text\b([^>]*)>([^<]*)</text>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_PEN_PERCENT = "9"
_BLOT_OPACITIES = ("0.45", "0.65", "0.9")
_BLOT_INK = "#2e2320"


def finish(template: str, values: Mapping[str, str], parts: Mapping[str, str], stream: Stream) -> str:
    """Return the page of a template.

    Args:
        template: SVG or HTML with ``{variables}``.
        values: Plain texts by name.
        parts: Pieces of SVG, HTML or CSS by name; they may hold ``{variables}`` themselves.
        stream: What handwriting is drawn from.

    Raises:
        SynthesisError: A variable that nobody knows, or a sign that can not be drawn.
    """
    escaped = {name: html.escape(value) for name, value in values.items()}
    whole = fill(template, {**{name: f"{{{name}}}" for name in escaped}, **parts})
    return _TEXT.sub(lambda match: _drawn(match, stream), fill(whole, escaped))


def _drawn(match: re.Match[str], stream: Stream) -> str:
    has = dict(_ATTRIBUTE.findall(match[1]))
    size = float(has.get("font-size", "20"))
    drawn = draw_text(
        html.unescape(match[2]),
        x=float(has.get("x", "0")),
        y=float(has.get("y", "0")),
        size=size,
        anchor=has.get("text-anchor", "start"),
        hand=has.get("class") == "hand",
        stream=stream,
    )
    ink = has.get("fill", "#1f2a37")
    name = f' id="{has["id"]}"' if "id" in has else ""
    pen = size * float(has.get("font-weight", _PEN_PERCENT)) / 100
    lines = (
        f'<path d="{drawn.lines}" fill="none" stroke="{ink}" stroke-width="{pen:.1f}"'
        f' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    blots = "".join(
        f'<path d="{blot}" fill="{_BLOT_INK}" opacity="{opacity}"/>'
        for blot, opacity in zip(drawn.blots, _BLOT_OPACITIES * (len(drawn.blots) // 3), strict=True)
    )
    return f"<g{name}>{lines}{blots}</g>"
