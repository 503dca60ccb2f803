"""PATH: a path from the root of its volume."""

import re
from collections.abc import Iterator

from labkit.content.schemas import PathAnswer
from labkit.grading.answers.contract import (
    RIGHT,
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.normalise import unlike, words

NAME_PERCENT = 40
LOOKALIKE_PERCENT = 50
_DRIVE = re.compile(r"[A-Za-z]:(?=/)")
# What Autopsy and dfvfs put before the path inside a volume: /img_KF-06.raw/vol_vol2/, /p1/
_VOLUME = re.compile(r"/(?:img_[^/]+/(?:vol_vol[0-9]+/)?|p[0-9]+/)")
_QUOTES = "\"'`«»\u201c\u201d"


def right_value(raw: object, answer: PathAnswer) -> str:
    """Return a path in the form that is compared.

    Raises:
        ContentError: It is no path from a root.
    """
    if isinstance(raw, str) and raw.startswith("/"):
        return _form(raw)
    raise unfit(raw, "a path that starts with /")


def parse(text: str, answer: PathAnswer) -> Given[str]:
    """Return the path with ``/`` between its parts; a drive letter and quotation marks are dropped.

    Raises:
        FormError: There is no separator in it, so it is a name and not a path.
    """
    typed = text.strip().strip(_QUOTES).replace("\\", "/")
    if "/" not in typed or not typed.strip("/ "):
        raise FormError(
            f"{typed[:60]!r} is not a path",
            remedy="Write the whole path from the root of the volume, for example /Documents/report.docx.",
            code="form-path",
        )
    path = _form(typed)
    return Given(path, spelling(path, answer))


def spelling(value: str, answer: PathAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return _fold(value, answer)


def known_values(answer: PathAnswer, right: str, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: paths of typical mistakes are facts that the exercise names."""
    yield from ()


def compare(given: Given[str], answer: PathAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the path, 40 for the right name in a wrong directory.

    A path that only looks equal, because letters come from another alphabet, earns 50: on a disk it is another file.
    """
    for spelling in (given.value, _VOLUME.sub("/", given.value, count=1)):
        mine = _fold(spelling, answer)
        if mine == _fold(expected.right, answer):
            return RIGHT
        for known in expected.known:
            if mine == _fold(known.value, answer):
                return Verdict(known.credit_percent, known.code, known.notices)
    mine, right = _fold(given.value, answer), _fold(expected.right, answer)
    if unlike(mine) == unlike(right):
        return Verdict(LOOKALIKE_PERCENT, "CYR")
    if mine.rpartition("/")[2] == right.rpartition("/")[2]:
        return Verdict(NAME_PERCENT, "F-DIR")
    return WRONG


def _form(path: str) -> str:
    plain = _DRIVE.sub("", words(path), count=1)
    return "/" + "/".join(part.strip() for part in plain.split("/") if part.strip() not in ("", "."))


def _fold(path: str, answer: PathAnswer) -> str:
    return path if answer.case_sensitive else path.casefold()
