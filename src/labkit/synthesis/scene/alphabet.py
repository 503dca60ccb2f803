"""An alphabet of strokes: capital letters, digits and a few signs, each as the lines that a pen draws.

Coordinates are those of SVG, y downwards: 0 is the top of a capital letter, 100 the line it stands on. M moves, L is a
straight line, C a cubic Bézier curve; all coordinates are absolute.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# sign: (width, strokes)
_STROKES: Mapping[str, tuple[int, str]] = {
    "0": (60, "M30 0 C10 0 2 22 2 50 C2 78 10 100 30 100 C50 100 58 78 58 50 C58 22 50 0 30 0"),
    "1": (40, "M6 22 L30 0 L30 100"),
    "2": (60, "M4 24 C6 8 17 0 30 0 C46 0 56 10 56 26 C56 47 34 64 4 100 L58 100"),
    "3": (60, "M5 0 L54 0 L27 39 C46 39 57 51 57 69 C57 88 45 100 28 100 C15 100 6 94 2 83"),
    "4": (62, "M44 100 L44 0 L2 69 L60 69"),
    "5": (60, "M53 0 L12 0 L7 45 C14 39 21 36 29 36 C46 36 57 49 57 67 C57 87 45 100 28 100 C15 100 6 94 2 83"),
    "6": (
        60,
        (
            "M51 9 C45 3 39 0 32 0 C12 0 3 24 3 58 C3 86 13 100 30 100 C46 100 57 88 57 70"
            " C57 53 46 41 31 41 C17 41 6 50 3 64"
        ),
    ),
    "7": (60, "M2 0 L58 0 L22 100"),
    "8": (
        60,
        (
            "M30 46 C16 46 7 36 7 23 C7 9 16 0 30 0 C44 0 53 9 53 23 C53 36 44 46 30 46 C13 46 3 57 3 73"
            " C3 89 14 100 30 100 C46 100 57 89 57 73 C57 57 47 46 30 46"
        ),
    ),
    "9": (
        60,
        (
            "M9 91 C15 97 21 100 28 100 C48 100 57 76 57 42 C57 14 47 0 30 0 C14 0 3 12 3 30"
            " C3 47 14 59 29 59 C43 59 54 50 57 36"
        ),
    ),
    "A": (60, "M0 100 L30 0 L60 100 M11 66 L49 66"),
    "B": (
        58,
        ("M6 48 L32 48 C47 48 56 58 56 74 C56 90 47 100 32 100 L6 100 L6 0 L30 0 C44 0 51 9 51 24 C51 39 44 48 30 48"),
    ),
    "C": (58, "M56 17 C50 6 42 0 31 0 C12 0 3 20 3 50 C3 80 12 100 31 100 C42 100 50 94 56 83"),
    "D": (60, "M6 0 L26 0 C46 0 57 20 57 50 C57 80 46 100 26 100 L6 100 L6 0"),
    "E": (56, "M54 0 L6 0 L6 100 L54 100 M6 48 L46 48"),
    "F": (56, "M54 0 L6 0 L6 100 M6 48 L46 48"),
    "G": (60, "M56 17 C50 6 42 0 31 0 C12 0 3 20 3 50 C3 80 12 100 31 100 C44 100 53 93 57 83 L57 55 L34 55"),
    "H": (62, "M6 0 L6 100 M56 0 L56 100 M6 48 L56 48"),
    "I": (40, "M4 0 L36 0 M20 0 L20 100 M4 100 L36 100"),
    "J": (50, "M44 0 L44 72 C44 90 36 100 23 100 C12 100 5 93 3 80"),
    "K": (58, "M6 0 L6 100 M54 0 L6 58 M22 40 L56 100"),
    "L": (54, "M6 0 L6 100 L52 100"),
    "M": (72, "M4 100 L4 0 L36 60 L68 0 L68 100"),
    "N": (62, "M6 100 L6 0 L56 100 L56 0"),
    "O": (66, "M33 0 C12 0 2 20 2 50 C2 80 12 100 33 100 C54 100 64 80 64 50 C64 20 54 0 33 0"),
    "P": (58, "M6 100 L6 0 L32 0 C47 0 56 11 56 27 C56 43 47 54 32 54 L6 54"),
    "Q": (66, "M33 0 C12 0 2 20 2 50 C2 80 12 100 33 100 C54 100 64 80 64 50 C64 20 54 0 33 0 M42 74 L64 104"),
    "R": (60, "M6 100 L6 0 L32 0 C47 0 56 11 56 27 C56 43 47 54 32 54 L6 54 M30 54 L57 100"),
    "S": (58, "M54 15 C49 5 41 0 30 0 C15 0 6 9 6 23 C6 57 56 40 56 75 C56 91 45 100 29 100 C16 100 7 94 3 83"),
    "T": (60, "M0 0 L60 0 M30 0 L30 100"),
    "U": (62, "M6 0 L6 66 C6 88 15 100 31 100 C47 100 56 88 56 66 L56 0"),
    "V": (60, "M0 0 L30 100 L60 0"),
    "W": (76, "M0 0 L18 100 L38 30 L58 100 L76 0"),
    "X": (60, "M2 0 L58 100 M58 0 L2 100"),
    "Y": (60, "M0 0 L30 50 L60 0 M30 50 L30 100"),
    "Z": (60, "M4 0 L56 0 L4 100 L58 100"),
    "-": (44, "M4 54 L40 54"),
    "+": (56, "M4 54 L52 54 M28 30 L28 78"),
    ":": (16, "M8 32 L8 35 M8 76 L8 79"),
    ".": (16, "M8 97 L8 100"),
    ",": (16, "M9 96 L5 112"),
    "/": (44, "M4 104 L40 -4"),
}
SPACE_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Glyph:
    """One sign: its width, and its strokes as (command, points)."""

    width: int
    strokes: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def _glyph(width: int, text: str) -> Glyph:
    words = text.split()
    strokes: list[tuple[str, list[int]]] = []
    for word in words:
        if word[0].isalpha():
            strokes.append((word[0], [int(word[1:])]))
        else:
            strokes[-1][1].append(int(word))
    return Glyph(
        width,
        tuple((command, tuple(zip(points[::2], points[1::2], strict=True))) for command, points in strokes),
    )


ALPHABET: Mapping[str, Glyph] = {sign: _glyph(*drawn) for sign, drawn in _STROKES.items()}
