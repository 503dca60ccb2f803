"""Answers about custody: flaws of a custody file, and the ledger itself."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from labkit.content.schemas.choices import Option
from labkit.content.schemas.terms import Reference, Slug, Strict, TraceReference


class RuledFlaw(Strict):
    """What an auditor should say where a custody rule is broken, by the ids of the lists of the task."""

    category: Slug = Field(description="kind of flaw")
    consequences: list[Slug] = Field(min_length=1, description="what it leads to")
    cures: list[Slug] = Field(min_length=1, description="what helps most; any of several")


class DefectAnswer(Strict):
    """The flaws of a custody file: the lines, the kind, what follows, what would cure it.

    The file is either that of an item, into which flaws were planted, or a colleague's ledger, read by the rules.
    """

    type: Literal["DEFECT"] = Field(description="answer type")
    item: Slug | None = Field(None, description="the item whose custody file is read; its traces say what was planted")
    colleague: bool = Field(False, description="whether the ledger of a colleague is read, instead of an item")
    categories: list[Option] = Field(min_length=2, description="kinds of flaws to choose from")
    consequences: list[Option] = Field(min_length=2, description="what a flaw may lead to")
    cures: list[Option] = Field(min_length=2, description="what may be done about it")
    rules: dict[Annotated[str, Field(pattern=r"^CC-\d\d$")], RuledFlaw] = Field(
        default_factory=dict, description="with colleague: custody rule to what it means; other rules are not asked for"
    )

    @model_validator(mode="after")
    def _says_whose(self) -> "DefectAnswer":
        if (self.item is None) != self.colleague:
            raise ValueError("name an item, or say colleague = true")
        if self.item is not None and self.rules:
            raise ValueError("only the ledger of a colleague is read by rules")
        for rule, flaw in self.rules.items():
            for name, ids, options in (
                ("category", [flaw.category], self.categories),
                ("consequences", flaw.consequences, self.consequences),
                ("cures", flaw.cures, self.cures),
            ):
                unknown = sorted(set(ids) - {option.id for option in options})
                if unknown:
                    raise ValueError(f"{rule}: {name} has {', '.join(unknown)}, which is not in the list")
        return self


class LogEvent(Strict):
    """An event that the ledger must hold: a type and perhaps an exhibit, or an event of the story."""

    type: str | None = Field(None, description="event type of custody/1, e.g. acquired; that of the story by default")
    exhibit: str | None = Field(None, description="exhibit number; may hold {variables}")
    hash_truth: Reference | None = Field(None, description="fact: digest that the event must carry")
    truth: TraceReference | None = Field(None, description="item:trace: the event of the story that it must tell")
    corrects: str | None = Field(None, description="for corrected: event type of the line that it must correct")
    countersigned: bool = Field(
        False, description="for received: whether the receiver must have signed the release with a key"
    )

    @model_validator(mode="after")
    def _says_which(self) -> "LogEvent":
        if self.type is None and self.truth is None:
            raise ValueError("name a type, or an event of the story with truth")
        if self.corrects is not None and self.type != "corrected":
            raise ValueError("only a type = 'corrected' has corrects")
        return self


class LogAnswer(Strict):
    """The custody ledger itself, scored by the rules and by the events it must hold."""

    type: Literal["LOG"] = Field(description="answer type")
    story: Slug | None = Field(None, description="item all of whose events the ledger must tell as they happened")
    events: list[LogEvent] = Field(default_factory=list, description="events that must be there")
    tolerance_s: int = Field(300, ge=0, description="how far a time may be from that of the story, in seconds")
    leave_out: list[str] = Field(
        default_factory=list, description="custody rules that can not be asked here, such as CC-24"
    )
    only: list[str] = Field(
        default_factory=list, description="custody rules that alone count, where another task asks for the others"
    )
    overlay: Literal["default", "attesting-witness", "legacy-digests"] = Field(
        "default", description="what a country adds to the custody rules"
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> "LogAnswer":
        if self.story is None and not self.events:
            raise ValueError("list the events that must be there, or name a story")
        return self
