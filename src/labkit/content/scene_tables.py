"""The shape of the table [scene] of a scenario.toml. Unknown keys are errors; every key is described."""

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from labkit.content.schemas import Slug, Strict, Translated
from labkit.model.scene import SceneEvent, SceneExhibit, SceneObject, SceneSpec

Page = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.(svg|html)$")]


class SceneObjectTable(Strict):
    """One numbered object of the room."""

    id: Slug = Field(description="name of its trace")
    name: Translated = Field(description="what the legend says of it, by language")
    in_scope: bool = Field(description="whether the warrant covers it")
    seize: bool = Field(False, description="whether it is taken away")


class SceneExhibitTable(Strict):
    """The close-ups of one exhibit; every text may hold {variables}."""

    exhibit: str = Field(min_length=1, description="exhibit number")
    object: Slug = Field(description="the object of the room that it is")
    make: str = Field("", description="make, as its label says")
    model: str = Field("", description="model, as its label says")
    serial: str = Field("", description="serial number, as its label says")
    capacity: str = Field("", description="capacity, as its label says")
    label_picture: str = Field("", description="picture of the label, if it has one")
    bag: str = Field(min_length=1, description="number of its bag")
    seal: str = Field(min_length=1, description="number of its seal")
    bag_picture: Page = Field(description="picture of bag and seal")


class SceneEventTable(Strict):
    """One line of the duty log."""

    id: Slug = Field(description="name of its trace")
    at: AwareDatetime = Field(description="true time, with an offset")
    spread_s: int = Field(0, ge=0, multiple_of=60, description="the minute is drawn from [at, at + spread_s)")
    zone: str = Field("", description="IANA zone of the place; that of the scene by default")
    type: str = Field("noted", description="type of the custody event; noted: for the duty log only")
    exhibits: list[str] = Field(default_factory=list, description="exhibit numbers that it is about")
    by: str = Field(description="who wrote the line; may hold {variables}")
    text: Translated = Field(description="what the line says, by language; may hold {variables}")
    giver: str = Field("", description="who gives the exhibits away, as the text says; may hold {variables}")
    receiver: str = Field("", description="who takes them, as the text says; may hold {variables}")


class SceneTable(Strict):
    """A searched room: its objects, close-ups, clocks, papers and times."""

    room_picture: Page = Field(description="picture of the room")
    clock_picture: Page = Field(description="picture of the device's clock beside the reference clock")
    log_page: Page = Field(description="the duty log")
    warrant_page: Page = Field(description="the warrant")
    warrant_number: str = Field(description="number of the warrant; may hold {variables}")
    valid_from: AwareDatetime = Field(description="when the warrant begins to be valid")
    valid_to: AwareDatetime = Field(description="when it is no longer valid")
    compared: AwareDatetime = Field(description="what the reference clock showed when the clocks were compared")
    zone: str = Field(description="IANA zone of the place")
    objects: list[SceneObjectTable] = Field(min_length=2, description="objects in their order around the room")
    exhibits: list[SceneExhibitTable] = Field(min_length=1, description="close-ups of exhibits")
    events: list[SceneEventTable] = Field(min_length=1, description="the duty log, in order")
    collection_order: list[Slug] = Field(
        min_length=2, description="steps of collecting, what is lost first comes first"
    )
    smudged: list[str] = Field(
        default_factory=list, description="exhibits, of which one gets a seal number with a digit nobody can read"
    )

    @model_validator(mode="after")
    def _names_fit(self) -> "SceneTable":
        for what, ids in (
            ("objects", [each.id for each in self.objects]),
            ("events", [each.id for each in self.events]),
            ("exhibits", [each.exhibit for each in self.exhibits]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"two {what} have the same name")
        _known("object of an exhibit", (each.object for each in self.exhibits), {each.id for each in self.objects})
        _known("smudged exhibit", self.smudged, {each.exhibit for each in self.exhibits})
        times = [each.at for each in self.events]
        if times != sorted(times):
            raise ValueError("the events are not in the order of their times")
        return self


def scene_spec(table: SceneTable) -> SceneSpec:
    """Return the table as the plain dataclass that synthesis takes."""
    moments = {key: getattr(table, key).astimezone(UTC) for key in ("valid_from", "valid_to", "compared")}
    lists = {"objects", "exhibits", "events", "collection_order", "smudged"}
    return SceneSpec(
        **table.model_dump(exclude={*moments, *lists}),
        **moments,
        objects=tuple(SceneObject(**each.model_dump()) for each in table.objects),
        exhibits=tuple(SceneExhibit(**each.model_dump()) for each in table.exhibits),
        events=tuple(_event(each, table.zone) for each in table.events),
        collection_order=tuple(table.collection_order),
        smudged=tuple(table.smudged),
    )


def _event(table: SceneEventTable, zone: str) -> SceneEvent:
    changed = {"at": table.at.astimezone(UTC), "exhibits": tuple(table.exhibits), "zone": table.zone or zone}
    return SceneEvent(**{**table.model_dump(), **changed})


def _known(what: str, names: Iterable[str], known: set[str]) -> None:
    strange = sorted(set(names) - known)
    if strange:
        raise ValueError(f"{what}: there is no {', '.join(strange)}")
