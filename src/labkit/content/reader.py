"""All labs, exercises and courses as one checked library."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labkit.content.codes import Problem, in_order
from labkit.content.toml_files import read_model
from labkit.errors import ContentError

if TYPE_CHECKING:
    from labkit.content.schemas import Course, Exercise, Lab

_T = TypeVar("_T")

CONTENT_VARIABLE = "LABKIT_CONTENT"
_FOLDERS = ("labs", "exercises", "evidence_images")


def content_root() -> Path:
    """Return the folder that holds labs/, exercises/ and evidence_images/.

    The environment variable LABKIT_CONTENT comes first, then the data inside an installed package, then the top of
    the repository of an editable install.

    Raises:
        ContentError: There is no such folder, or LABKIT_CONTENT names another one.
    """
    named = os.environ.get(CONTENT_VARIABLE)
    if named:
        root = Path(named)
        if not holds_content(root):
            raise ContentError(
                f"{CONTENT_VARIABLE} names {root}, which has no folders labs, exercises and evidence_images",
                remedy=f"Set {CONTENT_VARIABLE} to the folder that holds the three, or unset it.",
            )
        return root.resolve()
    package = Path(__file__).resolve().parents[1]
    for root in (package / "data", package.parents[1]):
        if holds_content(root):
            return root
    raise ContentError(
        "the labs are not installed with this package",
        remedy=f"Install labkit again, or set {CONTENT_VARIABLE} to the folder that holds labs, exercises and "
        "evidence_images.",
    )


def holds_content(root: Path) -> bool:
    """Return whether a folder holds labs/, exercises/ and evidence_images/."""
    return all((root / folder).is_dir() for folder in _FOLDERS)


@dataclass(frozen=True)
class Library:
    """Every course, lab and exercise under one content root, by slug."""

    root: Path
    courses: "Mapping[str, Course]"
    labs: "Mapping[str, Lab]"
    exercises: "Mapping[str, Exercise]"

    def course(self, course_slug: str) -> "Course":
        """Return one course.

        Raises:
            ContentError: There is no such course.
        """
        return _one(self.courses, course_slug, f"course {course_slug!r} in labs/course.toml", "courses that are there")

    def exercise(self, exercise_slug: str) -> "Exercise":
        """Return one exercise.

        Raises:
            ContentError: There is no such exercise.
        """
        return _one(self.exercises, exercise_slug, f"exercise {exercise_slug!r}", "exercises")

    def lab(self, lab_slug: str) -> "Lab":
        """Return one lab.

        Raises:
            ContentError: There is no such lab.
        """
        return _one(self.labs, lab_slug, f"lab {lab_slug!r}", "labs")

    def labs_of(self, course_slug: str) -> "tuple[Lab, ...]":
        """Return the labs of a course in order, without the exercises that it leaves out, their evidence and minutes.

        Raises:
            ContentError: There is no such course.
        """
        course = self.course(course_slug)
        return tuple(self._shortened(self.labs[slug], course.leave_out) for slug in course.labs)

    def exercises_of(self, course_slug: str) -> "tuple[Exercise, ...]":
        """Return the exercises of a course in the order of its labs, each once.

        Raises:
            ContentError: There is no such course.
        """
        slugs = dict.fromkeys(slug for lab in self.labs_of(course_slug) for slug in lab.exercises)
        return tuple(self.exercises[slug] for slug in slugs)

    def _shortened(self, lab: "Lab", leave_out: Sequence[str]) -> "Lab":
        kept = [slug for slug in lab.exercises if slug not in leave_out]
        if len(kept) == len(lab.exercises):
            return lab
        needed = {item for slug in kept for item in self.exercises[slug].items}
        left_out = {item for slug in lab.exercises if slug in leave_out for item in self.exercises[slug].items}
        items = [item for item in lab.items if item in needed or item not in left_out]
        parts = {slug: minutes for slug, minutes in lab.minutes_of.items() if slug in kept}
        minutes = lab.minutes - sum(lab.minutes_of.values()) + sum(parts.values())
        return lab.model_copy(update={"exercises": kept, "items": items, "minutes": minutes, "minutes_of": parts})

    def cases_of(self, course_slug: str) -> "Mapping[str, tuple[str, ...]]":
        """Return the cases of a course in order, each with the evidence items that its labs and exercises need.

        Raises:
            ContentError: There is no such course.
        """
        found: dict[str, dict[str, None]] = {}
        for lab in self.labs_of(course_slug):
            found.setdefault(lab.case, {}).update(dict.fromkeys(lab.items))
            for exercise in (self.exercises[slug] for slug in lab.exercises):
                found.setdefault(exercise.case, {}).update(dict.fromkeys(exercise.items))
        return {case: tuple(items) for case, items in found.items()}


def load_library(root: Path | None = None) -> Library:
    """Read all content under ``root``, by default under ``content_root()``.

    Raises:
        ContentError: Some file is wrong; ``problems`` lists all of them, one line each.
    """
    library, problems = read_library(content_root() if root is None else root)
    if problems:
        raise ContentError(
            f"the content in {library.root} has {len(problems)} problem(s)",
            remedy="Correct the files named above; labkit author lint checks all rules.",
            problems=tuple(str(problem) for problem in problems),
        )
    return library


def read_library(root: Path) -> tuple[Library, tuple[Problem, ...]]:
    """Return what can be read under ``root`` and what is wrong with the rest."""
    from labkit.content.schemas import Courses, Exercise, Lab

    problems: list[Problem] = []
    labs: dict[str, Lab] = {}
    exercises: dict[str, Exercise] = {}
    for path in _definitions(root, "labs", "lab.toml", problems):
        lab, found = read_model(path, root, Lab)
        problems += found
        if lab is not None:
            problems += _folder_name(path.relative_to(root), lab.slug)
            labs[path.parent.name] = lab
    for path in _definitions(root, "exercises", "exercise.toml", problems):
        exercise, found = read_model(path, root, Exercise)
        problems += found
        if exercise is not None:
            problems += _folder_name(path.relative_to(root), exercise.slug)
            exercises[path.parent.name] = exercise
    courses: Courses | None = None
    if (root / "labs" / "course.toml").is_file():
        courses, found = read_model(root / "labs" / "course.toml", root, Courses)
        problems += found
    else:
        problems.append(Problem(Path("labs/course.toml"), "", "LK104", "is missing"))
    library = Library(root, courses.courses if courses else {}, labs, exercises)
    problems += _broken_links(library)
    return library, in_order(problems)


def _one(found: Mapping[str, _T], slug: str, wanted: str, choice: str) -> _T:
    """Return ``found[slug]``; ``wanted`` and ``choice`` are the words of the error."""
    try:
        return found[slug]
    except KeyError:
        known = ", ".join(sorted(found)) or "none"
        raise ContentError(f"there is no {wanted}", remedy=f"Choose one of the {choice}: {known}.") from None


def _definitions(root: Path, folder: str, name: str, problems: list[Problem]) -> Iterator[Path]:
    parent = root / folder
    if not parent.is_dir():
        problems.append(Problem(Path(folder), "", "LK104", "is missing"))
        return
    for place in sorted(parent.iterdir(), key=lambda entry: entry.name):
        if not place.is_dir() or place.name.startswith((".", "_")):
            continue
        if (place / name).is_file():
            yield place / name
        else:
            problems.append(Problem((place / name).relative_to(root), "", "LK104", "is missing"))


def _folder_name(relative: Path, slug: str) -> Iterator[Problem]:
    if slug != relative.parent.name:
        message = f"is {slug!r}, the folder is {relative.parent.name!r}; they must be the same"
        yield Problem(relative, "slug", "LK110", message)


def _broken_links(library: Library) -> Iterator[Problem]:
    root = library.root
    for folder, lab in library.labs.items():
        for slug in lab.exercises:
            # An exercise that is there and unreadable has its own problem; do not report it twice.
            if slug not in library.exercises and not (root / "exercises" / slug / "exercise.toml").is_file():
                yield Problem(Path("labs", folder, "lab.toml"), "exercises", "LK220", f"there is no exercise {slug!r}")
    for name, course in library.courses.items():
        where = Path("labs/course.toml")
        for slug in dict.fromkeys(course.labs):
            if slug not in library.labs and not (root / "labs" / slug / "lab.toml").is_file():
                yield Problem(where, f"courses.{name}.labs", "LK223", f"there is no lab {slug!r}")
            if course.labs.count(slug) > 1:
                yield Problem(where, f"courses.{name}.labs", "LK223", f"has lab {slug!r} more than once")
        yield from _broken_omissions(library, name, course)


def _broken_omissions(library: Library, name: str, course: "Course") -> Iterator[Problem]:
    """Yield what a course leaves out that it does not have, and labs of which nothing is left."""
    where, key = Path("labs/course.toml"), f"courses.{name}.leave_out"
    labs = [library.labs[slug] for slug in course.labs if slug in library.labs]
    known = {slug for lab in labs for slug in lab.exercises}
    for slug in course.leave_out:
        if slug not in known:
            yield Problem(where, key, "LK226", f"names {slug!r}, which is in none of its labs")
    for lab in labs:
        left_out = [slug for slug in lab.exercises if slug in course.leave_out]
        if len(left_out) == len(lab.exercises):
            yield Problem(where, key, "LK226", f"leaves nothing of the lab {lab.slug!r}; take the lab out of labs")
            continue
        for slug in left_out:
            if slug not in lab.minutes_of:
                file = Path("labs", lab.slug, "lab.toml")
                yield Problem(
                    file, "minutes_of", "LK227", f"does not say how long {slug!r} takes; {name} leaves it out"
                )
