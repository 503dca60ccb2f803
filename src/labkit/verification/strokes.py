"""Reading text that was drawn as lines, from the geometry of its SVG paths alone.

The reader knows nothing of how the lines were made. It takes points along them, cuts them into signs where there is a
gap, and lays each sign beside the dots of a matrix printer (5 by 7). A closed outline is a blot: ``?``. The letter O is
not known, because nobody can tell it from a zero; nor are Q and W.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

_MATRIX = {
    "0": "..###.. .#...#. .#...#. .#...#. .#...#. .#...#. ..###..",
    "1": "...#... ..##... .#.#... ...#... ...#... ...#... ...#...",
    "2": "..###.. .#...#. .....#. ....#.. ...#... ..#.... .#####.",
    "3": ".#####. ....#.. ...#... ..###.. .....#. .#...#. ..###..",
    "4": "....#.. ...##.. ..#.#.. .#..#.. .#####. ....#.. ....#..",
    "5": ".#####. .#..... .#..... .####.. .....#. .#...#. ..###..",
    "6": "...##.. ..#.... .#..... .####.. .#...#. .#...#. ..###..",
    "7": ".#####. .....#. ....#.. ....#.. ...#... ...#... ..#....",
    "8": "..###.. .#...#. .#...#. ..###.. .#...#. .#...#. ..###..",
    "9": "..###.. .#...#. .#...#. ..####. .....#. ....#.. ..##...",
    "A": "...#... ...#... ..#.#.. ..#.#.. .#####. .#...#. .#...#.",
    "B": ".####.. .#...#. .#...#. .####.. .#...#. .#...#. .####..",
    "C": "..###.. .#...#. .#..... .#..... .#..... .#...#. ..###..",
    "D": ".###... .#..#.. .#...#. .#...#. .#...#. .#..#.. .###...",
    "E": ".#####. .#..... .#..... .####.. .#..... .#..... .#####.",
    "F": ".#####. .#..... .#..... .####.. .#..... .#..... .#.....",
    "G": "..###.. .#...#. .#..... .#..... .#..##. .#...#. ..###..",
    "H": ".#...#. .#...#. .#...#. .#####. .#...#. .#...#. .#...#.",
    "I": "..###.. ...#... ...#... ...#... ...#... ...#... ..###..",
    "J": ".....#. .....#. .....#. .....#. .....#. .#...#. ..###..",
    "K": ".#...#. .#..#.. .#.#... .##.... .#.#... .#..#.. .#...#.",
    "L": ".#..... .#..... .#..... .#..... .#..... .#..... .#####.",
    "M": ".#...#. .##.##. .##.##. .#.#.#. .#.#.#. .#...#. .#...#.",
    "N": ".#...#. .##..#. .##..#. .#.#.#. .#..##. .#..##. .#...#.",
    "P": ".####.. .#...#. .#...#. .####.. .#..... .#..... .#.....",
    "R": ".####.. .#...#. .#...#. .####.. .#.#... .#..#.. .#...#.",
    "S": "..###.. .#...#. .#..... ..###.. .....#. .#...#. ..###..",
    "T": ".#####. ...#... ...#... ...#... ...#... ...#... ...#...",
    "U": ".#...#. .#...#. .#...#. .#...#. .#...#. .#...#. ..###..",
    "V": ".#...#. .#...#. .#...#. ..#.#.. ..#.#.. ...#... ...#...",
    "X": ".#...#. .#...#. ..#.#.. ...#... ..#.#.. .#...#. .#...#.",
    "Y": ".#...#. ..#.#.. ..#.#.. ...#... ...#... ...#... ...#...",
    "Z": ".#####. .....#. ....#.. ...#... ..#.... .#..... .#####.",
    "-": "....... ....... ....... ..###.. ....... ....... .......",
    "+": "....... ....... ...#... ..###.. ...#... ....... .......",
    ":": "....... ....... ...#... ....... ....... ...#... .......",
    ".": "....... ....... ....... ....... ....... ....... ...#...",
    "/": "....#.. ....#.. ...#... ...#... ...#... ..#.... ..#....",
}
_COLUMN = 0.14  # distance of two columns of dots, as a share of the height
_ROW = 1 / 6
_SPACE = 0.52  # a gap this wide, as a share of the height, is a space
_TOUCHING = 0.04  # strokes that are nearer than this belong to one sign
_TALL = 0.85  # as a share of the height of the line
_SLANTS = (0.0, 0.14)
_STEPS = 6  # points on each piece of a curve
_SPACING = 0.09  # distance of points on a line, as a share of the height
_CANDIDATES = 8  # letters that are compared both ways
_MESH, _HALF, _ABOVE, _ACROSS, _DOWN = 0.04, 0.52, 0.12, 27, 33  # a mesh over one sign, in shares of the height
BLOT = "?"
_COMMAND = re.compile(r"([MLCQZ])([-\d.\s]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """Points along one line, from where the pen is set down to where it is lifted; ``closed`` for an outline."""

    points: tuple[Point, ...]
    closed: bool


def read(paths: Sequence[str]) -> str:
    """Return the text that the path data of one line of writing shows; a space where a gap is wide.

    Raises:
        ValueError: Path data with other commands than M, L, C, Q and Z, or nothing at all.
    """
    strokes = [stroke for path in paths for stroke in _strokes(path)]
    open_points = [point for stroke in strokes if not stroke.closed for point in stroke.points]
    if not open_points:
        raise ValueError("no lines are drawn")
    top, bottom = min(y for _, y in open_points), max(y for _, y in open_points)
    height = bottom - top or 1.0
    upright = [
        Stroke(tuple(((x / height), (y - top) / height) for x, y in _dense(stroke.points, height)), stroke.closed)
        for stroke in strokes
    ]
    return min((_reading(upright, slant) for slant in _SLANTS), key=lambda reading: reading[0])[1]


def _reading(strokes: Sequence[Stroke], slant: float) -> tuple[float, str]:
    """Return how far the signs are from the dots, and the text, if the writing leans by ``slant``."""
    leaned = [Stroke(tuple((x - (1 - y) * slant, y) for x, y in stroke.points), stroke.closed) for stroke in strokes]
    text, misses, end = "", [], 0.0
    for sign in _signs(leaned):
        left, right = _extent(sign)
        if text and left - end > _SPACE:
            text += " "
        end = right
        if any(stroke.closed for stroke in sign):
            text += BLOT
            continue
        points = [point for stroke in sign for point in stroke.points]
        middle = (left + right) / 2
        miss, letter = _letter([(x - middle, y) for x, y in _full_height(points)])
        misses.append(miss)
        text += letter
    return sum(misses) / max(len(misses), 1), text


def _full_height(points: Sequence[Point]) -> Sequence[Point]:
    """Return the points of a tall sign from 0 to 1: a hand does not set every letter on the line."""
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    if bottom - top < _TALL:
        return points
    return [(x, (y - top) / (bottom - top)) for x, y in points]


def _signs(strokes: Sequence[Stroke]) -> Iterator[list[Stroke]]:
    """Yield the strokes of one sign after the other: those that stand over each other belong together."""
    sign: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda each: _extent([each])):
        if sign and _extent([stroke])[0] > _extent(sign)[1] + _TOUCHING:
            yield sign
            sign = []
        sign.append(stroke)
    if sign:
        yield sign


def _extent(strokes: Sequence[Stroke]) -> tuple[float, float]:
    across = [x for stroke in strokes for x, _ in stroke.points]
    return min(across), max(across)


@cache
def _dots() -> tuple[tuple[str, tuple[Point, ...], tuple[tuple[float, ...], ...]], ...]:
    """Return for each letter its dots, and how far each place of a fine mesh is from them."""
    found = []
    for letter, rows in _MATRIX.items():
        dots = [
            (column * _COLUMN, row * _ROW)
            for row, line in enumerate(rows.split())
            for column, dot in enumerate(line)
            if dot == "#"
        ]
        middle = (min(x for x, _ in dots) + max(x for x, _ in dots)) / 2
        centred = tuple((x - middle, y) for x, y in dots)
        field = tuple(
            tuple(_far((across * _MESH - _HALF, down * _MESH - _ABOVE), centred) for down in range(_DOWN))
            for across in range(_ACROSS)
        )
        found.append((letter, centred, field))
    return tuple(found)


def _letter(points: Sequence[Point]) -> tuple[float, str]:
    """Return how far the points are from the dots of the letter that they fit best, and the letter."""
    places = [
        (min(max(round((x + _HALF) / _MESH), 0), _ACROSS - 1), min(max(round((y + _ABOVE) / _MESH), 0), _DOWN - 1))
        for x, y in points
    ]
    rough = sorted(
        (sum(field[across][down] for across, down in places) / len(places), letter, dots)
        for letter, dots, field in _dots()
    )
    return min((miss + _miss(dots, points), letter) for miss, letter, dots in rough[:_CANDIDATES])


def _miss(some: Sequence[Point], others: Sequence[Point]) -> float:
    """Return how far some points are from the nearest of the others. One that is far counts more than many near."""
    return sum(_far(point, others) for point in some) / len(some)


def _far(point: Point, others: Sequence[Point]) -> float:
    x, y = point
    return min([(x - px) ** 2 + (y - py) ** 2 for px, py in others]) ** 2


def _strokes(path: str) -> Iterator[Stroke]:
    if _COMMAND.sub("", path).strip():
        raise ValueError(f"path data that is not understood: {path[:40]}")
    points: list[Point] = []
    for command, rest in _COMMAND.findall(path):
        numbers = [float(number) for number in _NUMBER.findall(rest)]
        given = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            if points:
                yield Stroke(tuple(points), closed=False)
            points = given
        elif command == "L":
            points += given
        elif command == "Z":
            yield Stroke(tuple(points), closed=True)
            points = []
        else:
            size = 3 if command == "C" else 2
            for place in range(0, len(given), size):
                points += _curve([points[-1], *given[place : place + size]])
    if points:
        yield Stroke(tuple(points), closed=False)


def _curve(control: Sequence[Point]) -> Iterator[Point]:
    """Yield points on a Bézier curve of any degree, by de Casteljau's construction."""
    for step in range(1, _STEPS + 1):
        share, row = step / _STEPS, list(control)
        while len(row) > 1:
            row = [
                (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)
                for one, other in pairwise(row)
            ]
        yield row[0]


def _dense(points: Sequence[Point], height: float) -> Iterator[Point]:
    """Yield points along straight pieces so that none is far from the next."""
    yield points[0]
    for (x, y), (to_x, to_y) in pairwise(points):
        count = max(int(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5 / (height * _SPACING)), 1)
        for step in range(1, count + 1):
            yield x + (to_x - x) * step / count, y + (to_y - y) * step / count
