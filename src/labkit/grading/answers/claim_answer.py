"""CLAIM: the statements that evidence supports, with what shows it: an exhibit and a place, or a page.

Half of the credit is for the statements, half for what is cited. A statement that says more than the evidence shows
costs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.content.schemas import (
    ClaimAnswer,
    InodeAnswer,
    NumberedPlace,
    OffsetAnswer,
    PathAnswer,
    Place,
    RegionAnswer,
)
from labkit.grading.answers import multi_answer
from labkit.grading.answers.contract import (
    RIGHT,
    ExpectedAnswer,
    ExpectedCitation,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
)
from labkit.grading.answers.simple import SIMPLE
from labkit.grading.normalise import token, unlike, words

STATEMENTS_PERCENT = 50
PLACE_PERCENT = 50
OVER_PERCENT = 25
_PARTS, _LEAST_PARTS = 3, 2
_SEPARATORS = re.compile(r"[;\n\r\u061b]+")
_PAGE = re.compile(r"(?:.*/)?([^/]+)\.([A-Z]{2,5})")  # the file name of a page or picture, perhaps with its folder
_REMEDY = (
    "Write statement; exhibit; place, with semicolons between, for example {option}; KF-06; /Documents/report.docx. "
    "The place is a path, an address (inode 77), an offset with its unit (sector 2048), a line (line 40) or an object "
    "(object 7). A page or picture is named by its file name, and may be cited as a whole: {option}; warrant.html."
)
# What a place may look like to somebody who does not know which kinds the task accepts.
_PLACES = (
    PathAnswer.model_validate({"type": "PATH", "value": "/"}),
    InodeAnswer.model_validate({"type": "INODE", "value": 0}),
    OffsetAnswer.model_validate({"type": "OFFSET", "base": "disk", "value": 0}),
    RegionAnswer.model_validate({"type": "REGION", "base": "disk", "value": [0, 1]}),
    NumberedPlace.model_validate({"type": "NUMBERED", "value": 0}),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Statements by their ids, and what is cited for them; the exhibit in the form that ``exhibit_form`` gives it."""

    statements: frozenset[str]
    exhibit: str = ""
    place: str = ""


def right_value(raw: object, answer: ClaimAnswer) -> Claim:
    """Return the statements that are supported; one id alone will do. What is cited stands in ``citations``.

    Raises:
        ContentError: There is none, or an id that no option has.
    """
    return Claim(multi_answer.right_value(raw, answer))


def parse(text: str, answer: ClaimAnswer) -> Given[Claim]:
    """Return the claim: statements, exhibit and place, with semicolons or line ends between.

    A page or picture, named by its file name, may be cited without a place in it.

    Raises:
        FormError: A part is missing, a statement is none of the options, or the place is no place.
    """
    remedy = _REMEDY.format(option=answer.options[0].id)
    parts = [part.strip() for part in _SEPARATORS.split(text.strip(), maxsplit=_PARTS - 1)]
    if len(parts) < _LEAST_PARTS or not all(map(words, parts)):
        raise FormError("the answer does not have three parts", remedy=remedy, code="form-claim")
    statements, notices = multi_answer.options_meant(parts[0], answer.options)
    exhibit, place = exhibit_form(parts[1]), words(parts[2]) if len(parts) == _PARTS else ""
    if not exhibit:
        raise FormError("the second part is no exhibit number", remedy=remedy, code="form-claim")
    if not is_page(exhibit) and not place:
        raise FormError("the place in the exhibit is missing", remedy=remedy, code="form-claim")
    if not is_page(exhibit) and not any(_reads(place, kind) for kind in _PLACES):
        raise FormError(f"{place[:40]!r} is not a place in an exhibit", remedy=remedy, code="form-claim")
    claim = Claim(statements, exhibit, place)
    return Given(claim, spelling(claim, answer), notices)


def exhibit_form(text: str) -> str:
    """Return an exhibit number or a file name in the form that is compared.

    ``kf 06`` and ``КF–06`` are KF06; ``scene/room.svg`` is ROOM.SVG.
    """
    plain = unlike(token(text).upper()).replace("\\", "/")
    page = _PAGE.fullmatch(plain)
    stem = "".join(character for character in (page[1] if page else plain) if character.isalnum())
    return f"{stem}.{page[2]}" if page and stem else stem


def is_page(exhibit: str) -> bool:
    """Return whether what is cited is a page or a picture: a file name, or a name without a number."""
    return "." in exhibit or not any(character.isdigit() for character in exhibit)


def _reads(place: str, kind: Place) -> bool:
    try:
        SIMPLE[kind.type].parse(place, kind)
    except FormError:
        return False
    return True


def spelling(value: Claim, answer: ClaimAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    cited = f"{value.exhibit}; {value.place}" if value.place else value.exhibit
    return f"{multi_answer.spelling(value.statements, answer)}; {cited}"


def known_values(answer: ClaimAnswer, right: Claim, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: which statements are typical mistakes is said by the exercise."""
    yield from ()


def compare(given: Given[Claim], answer: ClaimAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 50 for the statements, 50 for the place, less 25 where a statement says more than the evidence shows.

    Statements are scored as in MULTI: (hits - false) / right ones. What says too much costs once and is not false
    besides.
    """
    chosen, right = given.value.statements, expected.right.statements
    over = chosen & frozenset(answer.over)
    hits, false = len(chosen & right), len(chosen - right - over)
    place = _best_place(given.value, expected)
    credit_percent = STATEMENTS_PERCENT * max(hits - false, 0) // len(right)
    credit_percent += PLACE_PERCENT * place.credit_percent // 100
    if over:
        credit_percent = max(credit_percent - OVER_PERCENT, 0)
    notices = (("multi-missing",) if right - chosen else ()) + (("multi-extra",) if false else ())
    shown = (known.code for known in expected.known if known.value.statements <= chosen - right)
    mistake = "A-OVER" if over else next(shown, place.mistake)
    return Verdict(credit_percent, mistake, (*notices, *place.notices))


def _best_place(claim: Claim, expected: ExpectedAnswer) -> Verdict:
    """Return the verdict on the place by the citation that it fits best."""
    named = _stem(claim.exhibit)
    in_exhibit = [citation for citation in expected.citations if _stem(citation.exhibit) == named]
    if not in_exhibit:
        return Verdict(0, notices=("claim-exhibit",))
    best = max((_place(claim.place, citation) for citation in in_exhibit), key=lambda verdict: verdict.credit_percent)
    return best if best.credit_percent else Verdict(0, best.mistake, (*best.notices, "claim-place"))


def _stem(exhibit: str) -> str:
    return exhibit.partition(".")[0]


def _place(text: str, citation: ExpectedCitation) -> Verdict:
    if citation.answer is None:
        return RIGHT
    kind = SIMPLE[citation.answer.type]
    try:
        given = kind.parse(text, citation.answer)
    except FormError:
        return Verdict(0)
    return kind.compare(given, citation.answer, citation.place)
