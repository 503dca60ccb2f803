"""The shape of the table [logs] of a scenario.toml. Unknown keys are errors; every key is described."""

from pydantic import AwareDatetime, Field

from labkit.content.schemas import Slug, Strict, VariableName


class LogEventTable(Strict):
    """Something that the logs tell of."""

    at: AwareDatetime = Field(description="true time, with an offset")
    spread_s: int = Field(0, ge=0, description="the time is drawn from [at, at + spread_s)")


class SharedTable(Strict):
    """What a computer's disk tells, too: actions of another item that have to be in the logs at the same moment."""

    item: Slug = Field(description="item with [computer]")
    traces: list[Slug] = Field(description="traces of its actions")


class LogsTable(Strict):
    """Logs of a provider and of a router, a mailbox, and a network capture."""

    router_zone: str = Field(description="IANA zone that the router shows")
    router_offset_s: str = Field(description="router minus true time, in seconds; may hold {variables}")
    exported_from: AwareDatetime = Field(description="begin of the provider's export")
    exported_until: AwareDatetime = Field(description="end of the provider's export")
    computer: SharedTable = Field(description="what the disk of a computer tells, too")
    memory: Slug = Field(description="item of kind memory whose connections are captured")
    values: dict[VariableName, str] = Field(description="what the logs say of whom; may hold {variables}")
    events: dict[Slug, LogEventTable] = Field(description="what happens, by name")
