"""Answers that are made from a list of options."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from labkit.content.schemas.expected import Expected
from labkit.content.schemas.places import Citation
from labkit.content.schemas.terms import Slug, Strict, Translated


class Option(Strict):
    """One choice of an ENUM, a MULTI, an ORDER or a CLAIM."""

    id: Slug = Field(description="what is stored and compared")
    title: Translated = Field(description="what is shown, by language; may hold {public variables}")


class Choices(Expected):
    """An answer that is made from a list of options; what is right is said by their ids."""

    options: list[Option] = Field(min_length=2, description="the choices in the order they are shown")


class EnumAnswer(Choices):
    """One of a list of options."""

    type: Literal["ENUM"] = Field(description="answer type")


class MultiAnswer(Choices):
    """Several of a list of options."""

    type: Literal["MULTI"] = Field(description="answer type")


class OrderAnswer(Choices):
    """All options in an order. What is right is a list of their ids, what comes first at its beginning."""

    type: Literal["ORDER"] = Field(description="answer type")
    ties: list[Annotated[list[Slug], Field(min_length=2)]] = Field(
        default_factory=list, description="groups of neighbours any of which may come first"
    )

    def ranks(self, right: Sequence[str]) -> dict[str, int]:
        """Return at which place of the right order each option belongs; tied ones share the first of their places."""
        ranks = {name: place for place, name in enumerate(right)}
        for tie in self.ties:
            ranks |= dict.fromkeys(tie, min(ranks[name] for name in tie))
        return ranks

    def ties_are_neighbours(self, right: Sequence[str]) -> bool:
        """Return whether the options of each tie stand together in the right order, and in no other tie."""
        tied = [name for tie in self.ties for name in tie]
        if len(set(tied)) < len(tied) or not set(tied) <= set(right):
            return False
        return all(max(map(right.index, tie)) - min(map(right.index, tie)) == len(tie) - 1 for tie in self.ties)


class ClaimAnswer(Choices):
    """The statements that evidence supports, and an exhibit with a place, or a page, that shows it."""

    type: Literal["CLAIM"] = Field(description="answer type")
    over: list[Slug] = Field(default_factory=list, description="statements that say more than the evidence shows")
    citations: list[Citation] = Field(min_length=1, description="what is cited, any of which supports what is right")
