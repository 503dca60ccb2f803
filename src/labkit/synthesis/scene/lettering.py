"""Text drawn as lines: nothing of it can be searched or copied. A question mark is a sign that nobody can read."""

from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.scene.alphabet import ALPHABET, SPACE_WIDTH
from labkit.synthesis.streams import Stream

ILLEGIBLE = "?"
_CAPITAL_SHARE = 0.72  # height of a capital letter as a share of the font size, as in common fonts
_GAP = 24  # between two signs, in units of the alphabet
_HAND_SHIFT = 3  # how far a hand strays, in the same units
_HAND_SLANT_PERCENT = 14
_BLOT_WIDTH = 60
_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lines of a text as SVG path data, and the blots over what can not be read, as closed outlines."""

    lines: str
    blots: tuple[str, ...]


def draw_text(
    text: str, *, x: float, y: float, size: float, anchor: str = "start", hand: bool = False, stream: Stream
) -> Drawn:
    """Return ``text`` as lines, standing on the height ``y``, in font size ``size``; small letters become capitals.

    Args:
        text: Letters A to Z, digits and ``- + : . , /``.
        x: Where it starts, has its middle or ends, as ``anchor`` says in the words of SVG.
        y: The line on which it stands.
        size: Font size in the units of the picture.
        anchor: ``start``, ``middle`` or ``end``.
        hand: Whether it looks as if written by hand.
        stream: What a hand and the shape of a blot are drawn from.

    Raises:
        SynthesisError: A sign that the alphabet does not have.
    """
    scale = size * _CAPITAL_SHARE / 100
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * _width(text) * scale
    slant = _HAND_SLANT_PERCENT if hand else 0
    lines: list[str] = []
    blots: list[str] = []
    for sign in text.upper():
        if sign == " ":
            left += SPACE_WIDTH * scale
            continue
        if sign == ILLEGIBLE:
            blots += _blot(left, y, scale, stream)
            left += (_BLOT_WIDTH + _GAP) * scale
            continue
        glyph = ALPHABET.get(sign)
        if glyph is None:
            raise SynthesisError(
                f"{text!r} can not be drawn: there is no sign {sign!r}",
                remedy="Draw capital letters A to Z, digits and - + : . , / only.",
            )
        aside, up = (stream.between(-_HAND_SHIFT, _HAND_SHIFT) if hand else 0 for _ in range(2))
        for command, points in glyph.strokes:
            placed = (
                (left + (px + aside + (100 - py) * slant / 100) * scale, y + (py - 100 + up) * scale)
                for px, py in points
            )
            lines.append(command + " ".join(_pair(point) for point in placed))
        left += (glyph.width + _GAP) * scale
    return Drawn("".join(lines), tuple(blots))


def _width(text: str) -> int:
    widths = [
        SPACE_WIDTH if sign == " " else _GAP + (_BLOT_WIDTH if sign == ILLEGIBLE else ALPHABET[sign].width)
        for sign in text.upper()
        if sign in {" ", ILLEGIBLE} or sign in ALPHABET
    ]
    return sum(widths) - _GAP


def _blot(left: float, y: float, scale: float, stream: Stream) -> list[str]:
    """Return three outlines that cover the place of one sign. Nothing lies under them."""
    return [_outline(left, y, scale, stream, shift) for shift in (0, 4, 8)]


def _outline(left: float, y: float, scale: float, stream: Stream, shift: int) -> str:
    def at(px: int, py: int) -> _Point:
        px, py = px + stream.between(-6, 6), py + stream.between(-9, 9)
        return left + min(max(px + shift, -6), 66) * scale, y + (py - 100) * scale

    around = ((-8, 14), (20, -22), (48, -16), (66, 16), (68, 62), (56, 108), (26, 122), (-2, 96), (-10, 52))
    corners = [at(px, py) for px, py in around]
    middles = [_between(corner, corners[number - 1]) for number, corner in enumerate(corners)]
    curves = (
        f"Q{_pair(corner)} {_pair(middles[(number + 1) % len(corners)])}" for number, corner in enumerate(corners)
    )
    return f"M{_pair(middles[0])}{''.join(curves)}Z"


def _between(one: _Point, other: _Point) -> _Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _pair(point: _Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
