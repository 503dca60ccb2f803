"""ORDER: all options in the order in which they are done or happened. Credit is the share of pairs that stand right.

Options that are tied may stand in either order among each other; a pair of them is not counted.
Source of the score: the curriculum, section 7.2 (1 - inversions / most inversions possible, nothing below 0.6).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from labkit.content.schemas import OrderAnswer
from labkit.errors import ContentError
from labkit.grading.answers import multi_answer
from labkit.grading.answers.contract import (
    RIGHT,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)

LEAST_PERCENT = 60  # below this share of pairs it is no order any more
TURNED_ROUND = "O-REV"
_ARROWS = re.compile(r"\s*(?:-+>|=+>|[>→⇒])\s*")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(?=\S)")
_PAIR = 2


def right_value(raw: object, answer: OrderAnswer) -> tuple[str, ...]:
    """Return ids of options in an order: all of them, or for a mistake those whose order makes it.

    Raises:
        ContentError: Fewer than two, one of them twice, or an id that no option has.
    """
    ids = tuple(raw) if isinstance(raw, (list, tuple)) else ()
    if len(ids) >= _PAIR and len(set(ids)) == len(ids) and set(ids) <= {option.id for option in answer.options}:
        return ids
    raise unfit(raw, f"an order of the options {', '.join(option.id for option in answer.options)}")


def parse(text: str, answer: OrderAnswer) -> Given[tuple[str, ...]]:
    """Return the options in the order in which they are named, each by id, title, number or letter.

    Between them stand commas, semicolons, line ends, arrows or spaces. Lines may be numbered; a JSON list is read, too.

    Raises:
        FormError: A piece that is none of the options, or not every option once.
    """
    try:
        named, notices = multi_answer.options_named(_plain(text, len(answer.options)), answer.options)
    except FormError as error:
        raise FormError(error.message, remedy=_remedy(answer), code="form-order") from None
    wanted = [option.id for option in answer.options]
    missing = [each for each in wanted if each not in named]
    twice = [each for each in wanted if named.count(each) > 1]
    if missing or twice:
        faults = [f"{' and '.join(missing)} missing"] if missing else []
        faults += [f"{' and '.join(twice)} named more than once"] if twice else []
        raise FormError(
            f"an order has each option once: {'; '.join(faults)}", remedy=_remedy(answer), code="form-order"
        )
    return Given(tuple(named), ", ".join(named), notices)


def _plain(text: str, count: int) -> str:
    """Return an answer without what only shows the order: arrows, the numbers of its lines, the brackets of a list."""
    if text.strip().startswith("["):
        try:
            listed = json.loads(text)
        except ValueError:
            listed = None
        if isinstance(listed, list) and all(isinstance(each, (str, int)) for each in listed):
            return "\n".join(map(str, listed))
    lines = [line for line in _ARROWS.sub("\n", text).splitlines() if line.strip()]
    if len(lines) == count and all(map(_NUMBERED.match, lines)):
        lines = [_NUMBERED.sub("", line, count=1) for line in lines]
    return "\n".join(lines)


def _remedy(answer: OrderAnswer) -> str:
    return f"Write all of them, what comes first at the beginning: {', '.join(option.id for option in answer.options)}."


def spelling(value: tuple[str, ...], answer: OrderAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return ", ".join(value)


def known_values(answer: OrderAnswer, right: tuple[str, ...], source: Source) -> Iterator[KnownValue]:
    """Yield the right order turned round.

    Raises:
        ContentError: What is right does not name every option, or tied options are not neighbours in it.
    """
    if set(right) != {option.id for option in answer.options} or not answer.ties_are_neighbours(right):
        raise ContentError(
            "the right order leaves an option out, or tied options are not neighbours in it",
            remedy="Name every option once, and tie only what stands together; labkit author lint shows which.",
        )
    yield KnownValue(TURNED_ROUND, tuple(reversed(right)), 0)


def compare(given: Given[tuple[str, ...]], answer: OrderAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return the share of pairs in the right order in percent, rounded down, and nothing below 60.

    A known mistake is named where its options stand in its order, whatever stands between them: the one with the most
    options first. Its credit is the least that is given.
    """
    ranks = answer.ranks(expected.right)
    pairs = list(_counted(expected.right, ranks))
    standing = frozenset(_counted(given.value, ranks))
    hits = sum(pair in standing for pair in pairs)
    if hits == len(pairs):
        return RIGHT
    share_percent = 100 * hits // len(pairs)
    enough = share_percent >= LEAST_PERCENT
    by_length = sorted(expected.known, key=lambda known: -len(known.value))
    found = next((known for known in by_length if set(_counted(known.value, ranks)) <= standing), None)
    credit_percent = max(share_percent if enough else 0, found.credit_percent if found else 0)
    return Verdict(credit_percent, found.code if found else None, ("order-pairs" if enough else "order-few",))


def _counted(order: Sequence[str], ranks: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of an order that are not tied, the earlier one first."""
    yield from ((one, other) for one, other in combinations(order, _PAIR) if ranks[one] != ranks[other])
