"""Answers that say where something is, and citations of such places."""

from typing import Annotated, Literal

from pydantic import Field

from labkit.content.schemas.expected import Expected, Mistake
from labkit.content.schemas.terms import Base, Reference, Strict


class OffsetAnswer(Expected):
    """A place, as bytes or sectors from a base; the trainee states the unit. The truth is in bytes."""

    type: Literal["OFFSET"] = Field(description="answer type")
    base: Base = Field(description="what byte 0 is; memory: addresses as one process sees them")
    base_start: Reference | None = Field(None, description="fact: where the other base begins on the disk, in bytes")
    base_required: bool = Field(False, description="whether a place counted from another base, and said so, is a slip")


class RegionAnswer(Expected):
    """A stretch of bytes. The truth is a pair: where it begins, in bytes from the base, and its length in bytes."""

    type: Literal["REGION"] = Field(description="answer type")
    base: Base = Field(description="what byte 0 is; memory: addresses as one process sees them")
    base_start: Reference | None = Field(None, description="fact: where the other base begins on the disk, in bytes")
    base_required: bool = Field(False, description="whether a place counted from another base, and said so, is a slip")


class InodeAnswer(Expected):
    """The address of a file: inode, MFT number or FAT entry address."""

    type: Literal["INODE"] = Field(description="answer type")
    parent: Reference | None = Field(None, description="fact: address of the directory, a typical slip")
    previous: Reference | None = Field(None, description="fact: an older address of the same name")


class PathAnswer(Expected):
    """A path from the root of its volume."""

    type: Literal["PATH"] = Field(description="answer type")
    case_sensitive: bool = Field(False, description="whether the file system tells upper from lower case")


class NumberedPlace(Expected):
    """Something numbered: a line of a custody file or a log, an object of a picture. Of several, any will do."""

    type: Literal["NUMBERED"] = Field(description="answer type")


Place = PathAnswer | InodeAnswer | OffsetAnswer | RegionAnswer | NumberedPlace


class Citation(Strict):
    """What in the evidence supports a statement: a place in an exhibit, or a page or picture, perhaps as a whole."""

    exhibit: str = Field(min_length=1, description="exhibit number, or file name of a page; may hold {variables}")
    place: Annotated[Place, Field(discriminator="type")] | None = Field(
        None,
        description="where in it: a path, an address, an offset, a region, numbered lines; a page may do as a whole",
    )

    @property
    def answer(self) -> Place:
        """Return the place, by the name that it has in a task and in a cell; only where there is one."""
        assert self.place is not None  # noqa: S101 - asked for by the caller
        return self.place

    @property
    def mistakes(self) -> list[Mistake]:
        """Return nothing: the type of the place knows its own mistakes."""
        return []
