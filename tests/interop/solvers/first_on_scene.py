"""L01 solved by looking: Chromium shows the pictures, and their numbers are read with the letters of a common typeface.

Nothing of labkit is imported here.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH = 1000  # pixels; the pictures are as many units wide
SHAPE = (24, 36)  # every letter is brought to this size
TYPE_SIZE = 120
NARROW = 0.22
MARGIN, SOFTNESS, WIDTH_COUNTS = 6, 1.6, 0.045
HEXADECIMAL = "0123456789ABCDEF"
# What of the legend the warrant names.
COVERED = re.compile(r"^(PC KF-ACC-07|Red USB stick|Mobile phone of Kestrel Freight|Note with a password)")

# What each step saves, by how many seconds it lives (RFC 3227, section 2.1, and the table of the guide).
LIFE: Mapping[str, float] = {
    "photographs": 1, "isolate-phone": 60, "memory": 3600, "router-log": 86_400, "power-off": 90_000,
    "provider-request": 6e6, "pack-devices": 6e7,
}  # fmt: skip

Box = tuple[int, int, int, int]  # left, top, right, bottom
DEVICE_CLOCK: Box = (380, 374, 646, 416)
REFERENCE_CLOCK: Box = (732, 314, 936, 366)
SERIAL: Box = (310, 300, 910, 352)


def browser() -> str | None:
    """Return the browser that is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it; the custody ledger is not typed."""
    scene = evidence / "scene"
    clocks = picture(scene / "clocks.svg", 660, work)
    label = picture(scene / "label-kf-01.svg", 620, work)
    right, shown = (
        time.fromisoformat(read(clocks.crop(box), "0123456789:")) for box in (REFERENCE_CLOCK, DEVICE_CLOCK)
    )
    return {
        "to-seize": ", ".join(f"object-{number}" for number in to_seize((scene / "scene.html").read_text("utf-8"))),
        "order": " > ".join(sorted(LIFE, key=LIFE.__getitem__)),
        "running-pc": "action-3",
        "reason": f"reason-2; live-state.html; line {padlock((scene / 'live-state.html').read_text('utf-8'))}",
        "phone": "phone-2",
        "clock-offset": f"{seconds(shown) - seconds(right):+d} s",
        "not-here": "open-documents, take-recorder, router-off",
        "pc-serial": read(label.crop(SERIAL), f"{HEXADECIMAL}TV-"),
    }


def padlock(page: str) -> str:
    """Return the number of the line that tells of the open padlock."""
    found = re.search(r'<td class="no">(\d+)</td>(?:(?!</tr>).)*open padlock', page)
    assert found is not None
    return found[1]


def seconds(clock: time) -> int:
    """Return the seconds since midnight."""
    return 3600 * clock.hour + 60 * clock.minute + clock.second


def to_seize(page: str) -> Iterator[str]:
    """Yield the numbers of the legend whose things the warrant lets one take."""
    for number, name in re.findall(r'<li [^>]*value="(\d+)"><span lang="en">([^<]*)</span>', page):
        if COVERED.match(name):
            yield number


def picture(path: Path, height: int, work: Path) -> "Scaled":
    """Return a picture as the browser shows it, in grey."""
    shot = work / f"{path.stem}.png"
    command = [
        str(browser()), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--hide-scrollbars", f"--user-data-dir={work / 'profile'}", f"--window-size={WIDTH},{height}",
        "--force-device-scale-factor=3", f"--screenshot={shot}", path.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return Scaled(Image.open(shot).convert("L"), 3)


class Scaled:
    """A picture with more pixels than units."""

    def __init__(self, image: Image.Image, scale: int) -> None:
        self.image, self.scale = image, scale

    def crop(self, box: Box) -> Image.Image:
        """Return the part inside of a box in units."""
        return self.image.crop(tuple(side * self.scale for side in box))


def read(image: Image.Image, letters: str) -> str:
    """Return the writing in a picture: ink is what is unlike the paper."""
    histogram = image.histogram()
    paper = histogram.index(max(histogram))
    ink = image.point([255 if abs(value - paper) > 70 else 0 for value in range(256)])
    top, bottom = ink.getbbox()[1], ink.getbbox()[3]
    signs = [ink.crop((left, top, right, bottom)) for left, right in columns(ink)]
    known = {letter: drawn(letter) for letter in letters}
    return "".join(letter_of(sign, known) for sign in signs)


def letter_of(sign: Image.Image, known: Mapping[str, Image.Image]) -> str:
    """Return the letter that a sign is most like; a colon is told from all others by being narrow."""
    fitting = [letter for letter, image in known.items() if is_narrow(image) == is_narrow(sign)]
    return min(fitting or known, key=lambda letter: unlike(sign, known[letter]))


def is_narrow(image: Image.Image) -> bool:
    """Return whether a sign is only a dot wide."""
    return image.width < NARROW * image.height


def columns(ink: Image.Image) -> Iterator[tuple[int, int]]:
    """Yield from where to where each sign goes: columns with ink between columns without."""
    width, height = ink.size
    data = ink.tobytes()
    filled = [any(data[row * width + column] for row in range(height)) for column in range(width)]
    start = None
    for column, has_ink in enumerate([*filled, False]):
        if has_ink and start is None:
            start = column
        elif not has_ink and start is not None:
            yield start, column
            start = None


def drawn(letter: str) -> Image.Image:
    """Return a letter of the typeface, as high as a line of capital letters."""
    font = ImageFont.load_default(size=TYPE_SIZE)
    line = font.getbbox("H")
    image = Image.new("L", (2 * TYPE_SIZE, line[3] - line[1]))
    ImageDraw.Draw(image).text((TYPE_SIZE // 2, -line[1]), letter, fill=255, font=font)
    left, _, right, _ = image.getbbox()
    return image.crop((left, 0, right, image.height))


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Return how unlike two signs are: soft pictures laid over each other, and their widths."""
    mine, theirs = (soft(image) for image in (one, other))
    differ = sum((left - right) ** 2 for left, right in zip(mine, theirs, strict=True)) / (255**2 * len(mine))
    widths = [image.width / image.height for image in (one, other)]
    return differ + WIDTH_COUNTS * abs(widths[0] - widths[1])


def soft(image: Image.Image) -> bytes:
    """Return a sign of one size without sharp edges, so that the width of a pen does not matter much."""
    room = Image.new("L", (SHAPE[0] + 2 * MARGIN, SHAPE[1] + 2 * MARGIN))
    room.paste(image.resize(SHAPE, Image.Resampling.BOX), (MARGIN, MARGIN))
    return room.filter(ImageFilter.GaussianBlur(SOFTNESS)).tobytes()
