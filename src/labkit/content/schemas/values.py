"""Answers that are one value, or several of a kind: digests, numbers, moments, texts."""

from typing import Literal

from pydantic import Field

from labkit.content.schemas.expected import Expected
from labkit.content.schemas.terms import Reference


class HashAnswer(Expected):
    """A digest. A weaker algorithm of the right object is recognised from the sibling facts md5 and sha1."""

    type: Literal["HASH"] = Field(description="answer type")
    algorithm: Literal["md5", "sha1", "sha256"] = Field(description="algorithm that is asked for")


class IntAnswer(Expected):
    """A whole number."""

    type: Literal["INT"] = Field(description="answer type")
    unit: Literal["bytes", "sectors", "seconds", "clusters", "count"] = Field(description="unit that is asked for")
    tolerance: int = Field(0, ge=0, description="largest difference that is still right")
    cluster_bytes: Reference | None = Field(None, description="fact: bytes in a cluster, to name a size rounded up")


class TimeAnswer(Expected):
    """A moment, ISO 8601 with an offset."""

    type: Literal["TIME"] = Field(description="answer type")
    tolerance_s: int = Field(1, ge=0, description="largest difference in seconds that is still right")
    zone: str | None = Field(None, description="IANA zone of the clock; lets the grader name zone mistakes T-1 to T-4")


class TextAnswer(Expected):
    """A word, a name or a short text, compared without upper and lower case."""

    type: Literal["TEXT"] = Field(description="answer type")


class SetAnswer(Expected):
    """Unordered tokens, separated by commas, semicolons or line ends; words and numbers also by spaces."""

    type: Literal["SET"] = Field(description="answer type")
    tokens: Literal["text", "phrase", "name", "int"] = Field(
        "text", description="how a token is read: one word, several words, a file name, a whole number"
    )
