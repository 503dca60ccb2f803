"""What a field, a table of fields and a structure are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

LARGEST_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its offset from byte 0 of its table, its size, and what its bytes mean, if that can be said."""

    offset: int
    size: int
    name: str
    meaning: Callable[[bytes], str] | None = None


# A line of a table of fields: (offset, size, name), or (offset, size, name, meaning).
Line = tuple[int, int, str] | tuple[int, int, str, Callable[[bytes], str]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A table of fields at a byte of the data."""

    title: str
    offset: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """A kind of structure. ``place`` yields its tables; ``fits`` says whether data look like it."""

    name: str
    title: str
    source: str
    size_bytes: int  # how much to show of it where nobody says
    place: Callable[[bytes], Iterator[Placed]]
    fits: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Reading:
    """One field as it was read; ``little`` and ``big`` are its number in both byte orders, up to 8 bytes."""

    table: str
    offset: int  # from byte 0 of the data
    size: int
    name: str
    data: bytes
    little: int | None
    big: int | None
    meaning: str


def readings(structure: Structure, data: bytes) -> Iterator[Reading]:
    """Yield every field of a structure that lies in ``data``, to its last whole one."""
    for table in structure.place(data):
        for field in table.fields:
            offset = table.offset + field.offset
            found = data[offset : offset + field.size]
            if not found or len(found) < field.size:
                continue
            number = field.size <= LARGEST_NUMBER_BYTES
            yield Reading(
                table=table.title,
                offset=offset,
                size=field.size,
                name=field.name,
                data=found,
                little=int.from_bytes(found, "little") if number else None,
                big=int.from_bytes(found, "big") if number else None,
                meaning=field.meaning(found) if field.meaning else "",
            )


def table(*fields: Line) -> tuple[Field, ...]:
    """Return fields from the lines of a table."""
    return tuple(Field(*field) for field in fields)


def at_start(title: str, fields: tuple[Field, ...]) -> Callable[[bytes], Iterator[Placed]]:
    """Return a placing of one table at byte 0."""

    def place(data: bytes) -> Iterator[Placed]:
        del data
        yield Placed(title, 0, fields)

    return place
