"""L02 solved by looking: a browser shows labels, bags and the duty log, and their signs are read one by one.

Nothing of labkit is imported here.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from tests.interop.solvers.first_on_scene import (
    HEXADECIMAL,
    Box,
    browser,
    columns,
    drawn,
    is_narrow,
    letter_of,
    picture,
)

__all__ = ["browser", "solve"]

LABEL_HEIGHT, BAG_HEIGHT = 620, 1130
MAKES = ("TALVEN", "MARLIN", "KARRU")
MODELS = {"kf-01": ("DT ", 3), "kf-02": ("FLASH ", 2), "kf-03": ("P", 2)}  # words, and how many digits follow
LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
# Where a label says make, model and serial number.
LABELS: Mapping[str, tuple[Box, Box, Box]] = {
    "kf-01": ((100, 120, 500, 200), (310, 220, 700, 275), (310, 300, 910, 352)),
    "kf-02": ((200, 110, 490, 175), (494, 112, 750, 154), (204, 346, 756, 394)),
    "kf-03": ((120, 120, 560, 196), (308, 230, 700, 280), (308, 300, 900, 350)),
}
BAGS = ("kf-01", "kf-02", "kf-03", "kf-10")
BAG, SEAL = (240, 50, 760, 110), (240, 158, 760, 232)
DARK, LIGHT = 66, 190  # the red of a seal lies between: a blot on it is darker, its number is lighter
INK = 70
SLANT = 0.14  # how far a hand leans to the right
LINE_OF_LOG = r'<tr id="line-{}">.*?(<svg .*?</svg>)'
LOG_SIZE = (1000, 342)


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it; the custody ledger is not typed."""
    scene = evidence / "scene"
    return {
        "exhibits": "\n".join(["exhibit,make,model,serial", *(label(scene, name, work) for name in LABELS)]),
        "numbers": "\n".join(["exhibit,bag,seal", *(bag(scene, name, work) for name in BAGS)]),
        "released-at": log_time(scene, "courier-received", work),
        "received-at": log_time(scene, "courier-delivered", work),
        "purpose-store": "purpose-2",
        "purpose-phone": "purpose-3",
        "purpose-stick": "purpose-4",
    }


def label(scene: Path, name: str, work: Path) -> str:
    """Return a row: what the label of an exhibit says."""
    shown = picture(scene / f"label-{name}.svg", LABEL_HEIGHT, work)
    make, model, serial = (shown.crop(box) for box in LABELS[name])
    maker = difflib.get_close_matches(read(make, LETTERS), MAKES, n=1, cutoff=0)[0]
    words, digits = MODELS[name]
    return f"{name.upper()},{maker},{words}{read(model, DIGITS)[-digits:]},{read(serial, HEXADECIMAL + 'TVK-')}"


def bag(scene: Path, name: str, work: Path) -> str:
    """Return a row: the numbers of a bag and its seal."""
    shown = picture(scene / f"bag-{name}.svg", BAG_HEIGHT, work)
    return f"{name.upper()},{read(shown.crop(BAG), 'B-' + DIGITS)},{read_seal(shown.crop(SEAL))}"


def log_time(scene: Path, line: str, work: Path) -> str:
    """Return the time of a line of the duty log, with its offset."""
    page = (scene / "duty-log.html").read_text("utf-8")
    found = re.search(LINE_OF_LOG.format(line), page, re.DOTALL)
    assert found is not None
    width, height = LOG_SIZE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    file = work / f"{line}.svg"
    file.write_text(found[1].replace("<svg ", head, 1), "utf-8")
    shown = picture(file, height, work)
    day, clock = (read_hand(shown.crop(box)) for box in ((0, 0, width, height // 2), (0, height // 2, width, height)))
    return f"{day}T{clock}"


def ink_of(image: Image.Image) -> Image.Image:
    """Return the ink in black and white, cut to the height of its line: ink is what is unlike the paper."""
    histogram = image.histogram()
    paper = histogram.index(max(histogram))
    ink = image.point([255 if abs(value - paper) > INK else 0 for value in range(256)])
    box = ink.getbbox()
    return ink.crop((0, box[1], ink.width, box[3]))


def read(image: Image.Image, letters: str) -> str:
    """Return the writing in a picture."""
    ink = ink_of(image)
    known = {letter: drawn(letter) for letter in letters}
    return "".join(sign_of(ink.crop((left, 0, right, ink.height)), known) for left, right in columns(ink))


def sign_of(sign: Image.Image, known: Mapping[str, Image.Image]) -> str:
    """Return the letter that a sign is most like. A three with a flat top has no ink where five and nine have it."""
    letter = letter_of(sign, known)
    upper_left = (0, sign.height * 20 // 100, sign.width * 30 // 100, sign.height * 36 // 100)
    return "3" if letter in "59" and sign.crop(upper_left).getbbox() is None else letter


def read_seal(image: Image.Image) -> str:
    """Return the number of a seal: white signs on red, and a question mark for a dark blot."""
    light = image.point([255 if value > LIGHT else 0 for value in range(256)])
    dark = image.point([255 if value < DARK else 0 for value in range(256)])
    box = widest_line(light)
    ink = light.crop((0, box[0], light.width, box[1]))
    known = {letter: drawn(letter) for letter in "S-" + DIGITS}
    signs = [(left, sign_of(ink.crop((left, 0, right, ink.height)), known)) for left, right in columns(ink)]
    signs += [(left, "?") for left, right in columns(dark) if right - left > ink.height // 4]
    return "".join(sign for _, sign in sorted(signs))


def widest_line(ink: Image.Image) -> tuple[int, int]:
    """Return top and bottom of the highest run of rows with ink."""
    turned = ink.transpose(Image.Transpose.TRANSPOSE)
    return max(columns(turned), key=lambda run: run[1] - run[0])


def read_hand(image: Image.Image) -> str:
    """Return a time that was written by hand: set upright, then read; a high and narrow sign is a one."""
    upright = image.transform(
        image.size, Image.Transform.AFFINE, (1, -SLANT, SLANT * image.height, 0, 1, 0), fillcolor=255
    )
    ink = ink_of(upright)
    known = {letter: drawn(letter) for letter in "-+:" + DIGITS}
    text = ""
    for left, right in columns(ink):
        sign = ink.crop((left, 0, right, ink.height))
        box = sign.getbbox()
        is_high = box[3] - box[1] > ink.height * 3 // 4
        text += "1" if is_high and is_narrow_hand(sign) else sign_of(sign, known)
    return text


def is_narrow_hand(sign: Image.Image) -> bool:
    """Return whether a high sign is too narrow for any digit but one."""
    return is_narrow(sign) or sign.width < sign.height * 45 // 100
