"""Which courses there are, for whoever chooses one."""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.content.reader import load_library


@dataclass(frozen=True, slots=True)
class OfferedLab:
    """One lab of a course, such as L03. ``minutes`` is what it takes in this course."""

    code: str
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class OfferedCourse:
    """One course with its labs in order."""

    slug: str
    title: str
    labs: tuple[OfferedLab, ...]

    @property
    def minutes(self) -> int:
        """How long all its labs take."""
        return sum(lab.minutes for lab in self.labs)


def courses_offered(language: str) -> Iterator[OfferedCourse]:
    """Yield every course of the library, titles in ``language`` or else in English."""
    library = load_library()
    for slug, course in library.courses.items():
        labs = tuple(
            OfferedLab(lab.code, lab.title.get(language, lab.title["en"]), lab.minutes) for lab in library.labs_of(slug)
        )
        yield OfferedCourse(slug, course.title.get(language, course.title["en"]), labs)
