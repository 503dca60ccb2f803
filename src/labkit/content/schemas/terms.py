"""Words that all schemas have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
Reference = Annotated[str, Field(pattern=r"^(var:[a-z0-9_]+|[a-z0-9-]+:[a-z0-9-]+\.[a-z0-9_]+)$")]
TraceReference = Annotated[str, Field(pattern=r"^[a-z0-9-]+:[a-z0-9-]+$")]
Translated = Annotated[dict[str, str], Field(min_length=1)]
Status = Literal["wip", "beta", "active", "deprecated"]

Base = Literal["disk", "partition", "file", "memory"]


class Strict(BaseModel):
    """A table in which a key that nobody knows is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
