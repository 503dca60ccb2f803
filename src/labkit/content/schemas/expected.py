"""What is right in an answer, and what a typical mistake gives instead."""

from typing import Annotated

from pydantic import Field, model_validator

from labkit.content.schemas.terms import Reference, Strict


class Expected(Strict):
    """What is right: a fact of the truth, or a literal that is the same for all."""

    truth: Reference | Annotated[list[Reference], Field(min_length=1)] | None = Field(
        None, description="fact of the truth that is the right answer, or a list of facts that make it together"
    )
    value: str | int | list[str] | list[int] | None = Field(None, description="right answer, the same for all")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Expected":
        if (self.truth is None) == (self.value is None):
            raise ValueError("needs exactly one of 'truth' and 'value'")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """Return the references in ``truth``, one by one."""
        return (self.truth,) if isinstance(self.truth, str) else tuple(self.truth or ())


class Mistake(Expected):
    """The value that a typical mistake gives, with the mistake's name."""

    code: str = Field(pattern=r"^[A-Z]+(-[A-Z0-9]+)+$|^CYR$", description="code of curriculum section 7.3, e.g. H-CONT")
    credit_percent: int = Field(0, ge=0, le=90, description="share of the points that this mistake still earns")
