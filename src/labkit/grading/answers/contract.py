"""What every answer type gives and takes: the answer as read, the values to compare it with, the verdict.

Each module ``<type>_answer`` of this package has five functions:

- ``right_value(raw, answer)``: a fact of the truth or a literal, as the value that is compared;
- ``spelling(value, answer)``: that value in its one canonical spelling;
- ``parse(text, answer)``: what a trainee typed, as a ``Given``; raises ``FormError`` where it can not be read;
- ``known_values(answer, right, source)``: the values that typical mistakes give, in the order in which they are tried;
- ``compare(given, answer, expected)``: the ``Verdict``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from labkit.custody.overlay import DEFAULT, Overlay
from labkit.errors import AnswerError, ContentError
from labkit.grading.story import NO_STORY, Story
from labkit.model.grading import Detail
from labkit.model.truth import FactValue

T = TypeVar("T")


class FormError(AnswerError):
    """An answer that can not be read. ``code`` names its notice; ``mistake`` is set where the slip has a name.

    ``cell`` is where in a table it stands: row, from 1, and column.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        code: str,
        mistake: str | None = None,
        values: Mapping[str, str | int] | None = None,
        cell: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.mistake = mistake
        self.values = dict(values or {})
        self.cell = cell


@dataclass(frozen=True, slots=True)
class Given(Generic[T]):
    """An answer as it was understood. ``text`` is its one canonical spelling."""

    value: T
    text: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a right answer comes from: the name of its fact, the facts of the same trace, and what the answer names.

    ``beside`` holds the facts that the answer names by keys of its own: base_start, parent, previous, cluster_bytes.
    """

    fact: str | None = None
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value that a typical mistake gives, with the share of the points that it still earns."""

    code: str
    value: Any
    credit_percent: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event that the custody ledger must hold. ``digest`` is lower-case hex, None where none is asked for.

    ``corrects`` is the type of the line that the event must correct, None where it need not.
    """

    type: str
    exhibit: str | None
    digest: str | None
    corrects: str | None = None
    countersigned: bool = False  # by the key of the receiver, over the release


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """What an answer is compared with. ``known`` is in the order of matching: declared mistakes first."""

    right: Any
    known: tuple[KnownValue, ...] = ()
    events: tuple[ExpectedEvent, ...] = ()  # LOG
    story: Story = NO_STORY  # LOG: what really happened
    overlay: Overlay = DEFAULT  # LOG: what the class adds to the custody rules
    citations: tuple["ExpectedCitation", ...] = ()  # CLAIM
    samples: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)  # YARA: set to its files
    herrings: Mapping[str, frozenset[int]] = field(default_factory=dict)  # DEFECT: what only looks like a flaw
    rows: tuple[Mapping[str, "ExpectedAnswer"], ...] = ()  # TABLE: column to what its cell is compared with


@dataclass(frozen=True, slots=True)
class ExpectedCitation:
    """What supports a claim: the exhibit or page in the form that is compared, and the place by its own answer type.

    ``answer`` is None where the page as a whole will do.
    """

    exhibit: str
    answer: Any
    place: ExpectedAnswer


@dataclass(frozen=True, slots=True)
class Verdict:
    """How good one answer is: 100 is right, 0 is wrong."""

    credit_percent: int
    mistake: str | None = None
    notices: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()


RIGHT = Verdict(100)
WRONG = Verdict(0)


def first_known(value: Any, expected: ExpectedAnswer) -> KnownValue | None:
    """Return the first known mistake that gives exactly ``value``."""
    return next((known for known in expected.known if known.value == value), None)


def judge(value: Any, expected: ExpectedAnswer) -> Verdict | None:
    """Return the verdict on a value that is right or a known mistake, compared by equality; else None."""
    if value == expected.right:
        return RIGHT
    known = first_known(value, expected)
    return None if known is None else Verdict(known.credit_percent, known.code, known.notices)


def unfit(raw: object, wanted: str) -> ContentError:
    """Return the error for a right answer or mistake whose value does not fit its answer type."""
    return ContentError(
        f"the exercise expects {wanted}, but its value is {raw!r}",
        remedy="Refer to a fact of the right kind in exercise.toml; labkit author lint shows the kinds.",
    )
