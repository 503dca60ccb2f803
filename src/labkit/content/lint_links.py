"""Lint rules on how labs, exercises, courses and cases refer to each other: identities, use, concepts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.content.codes import Problem
from labkit.content.reader import Library
from labkit.model.truth import CaseTruth

if TYPE_CHECKING:
    from labkit.content.schemas import Exercise, Lab


@dataclass(frozen=True, slots=True)
class KnownCase:
    """What lint knows of a case: the truth of one seed, and which variables may be shown."""

    truth: CaseTruth
    public_variables: Mapping[str, str]


def lab_file(folder: str) -> Path:
    """Return the path of a lab's lab.toml under the content root."""
    return Path("labs", folder, "lab.toml")


def exercise_file(folder: str) -> Path:
    """Return the path of an exercise's exercise.toml under the content root."""
    return Path("exercises", folder, "exercise.toml")


def lint_links(library: Library, cases: Mapping[str, KnownCase], unreadable: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong between the files. ``unreadable`` cases have problems of their own."""
    yield from _identities(library)
    yield from _evidence(library, cases, unreadable)
    yield from _use(library)
    yield from _concepts(library)
    yield from _course_order(library)


def _identities(library: Library) -> Iterator[Problem]:
    uuids: dict[str, Path] = {}
    codes: dict[str, Path] = {}
    users: list[tuple[Path, Lab | Exercise]] = [(lab_file(name), lab) for name, lab in library.labs.items()]
    users += [(exercise_file(name), exercise) for name, exercise in library.exercises.items()]
    for path, user in users:
        first = uuids.setdefault(user.uuid, path)
        if first != path:
            yield Problem(path, "uuid", "LK210", f"is also the uuid of {first.parent.as_posix()}; draw a new one")
    for name, lab in library.labs.items():
        path = lab_file(name)
        first = codes.setdefault(lab.code, path)
        if first != path:
            yield Problem(path, "code", "LK211", f"{lab.code} is also the code of {first.parent.as_posix()}")
        if lab.slug[:2] != lab.code[1:]:
            yield Problem(path, "code", "LK111", f"is {lab.code}, but the slug begins with {lab.slug[:2]}")


def _evidence(library: Library, cases: Mapping[str, KnownCase], unreadable: frozenset[str]) -> Iterator[Problem]:
    users: list[tuple[Path, Lab | Exercise]] = [(lab_file(name), lab) for name, lab in library.labs.items()]
    users += [(exercise_file(name), exercise) for name, exercise in library.exercises.items()]
    for path, user in users:
        if user.case in unreadable:
            continue
        if user.case not in cases:
            yield Problem(path, "case", "LK221", f"there is no case {user.case!r} in evidence_images/")
            continue
        known = cases[user.case].truth.items
        for item in user.items:
            if item not in known:
                message = f"case {user.case} has no item {item!r}, only {', '.join(sorted(known))}"
                yield Problem(path, "items", "LK222", message)


def _use(library: Library) -> Iterator[Problem]:
    for name, lab in library.labs.items():
        path = lab_file(name)
        for slug in lab.exercises:
            exercise = library.exercises.get(slug)
            if exercise is None:
                continue
            if exercise.case != lab.case:
                message = f"exercise {slug} belongs to case {exercise.case}, this lab to {lab.case}"
                yield Problem(path, "exercises", "LK224", message)
            for item in exercise.items:
                if item not in lab.items:
                    yield Problem(path, "items", "LK224", f"exercise {slug} needs item {item!r}; list it here")
            if exercise.status == "wip" and lab.status in {"beta", "active"}:
                yield Problem(path, "exercises", "LK225", f"exercise {slug} is wip, this lab is {lab.status}")


def _concepts(library: Library) -> Iterator[Problem]:
    teacher: dict[str, str] = {}
    for name, lab in library.labs.items():
        for concept in lab.teaches:
            first = teacher.setdefault(concept, name)
            if first != name or lab.teaches.count(concept) > 1:
                message = f"concept {concept!r} is taught by lab {first} already"
                yield Problem(lab_file(name), "teaches", "LK160", message)
    for name, lab in library.labs.items():
        for concept in lab.requires:
            if concept not in teacher:
                yield Problem(lab_file(name), "requires", "LK161", f"no lab teaches the concept {concept!r}")
    needs = {
        name: {teacher[concept] for concept in lab.requires if concept in teacher} for name, lab in library.labs.items()
    }
    for name in sorted(_in_a_circle(needs)):
        message = "this lab requires, through others or itself, what it teaches"
        yield Problem(lab_file(name), "requires", "LK162", message)


def _in_a_circle(needs: Mapping[str, set[str]]) -> set[str]:
    found = set()
    for start in needs:
        seen: set[str] = set()
        waiting = set(needs[start])
        while waiting:
            name = waiting.pop()
            seen.add(name)
            waiting |= needs[name] - seen
        if start in seen:
            found.add(start)
    return found


def _course_order(library: Library) -> Iterator[Problem]:
    for course_slug, course in library.courses.items():
        known: set[str] = set()
        for slug in course.labs:
            lab = library.labs.get(slug)
            if lab is None:
                continue
            for concept in lab.requires:
                if concept not in known:
                    message = (
                        f"lab {slug} requires the concept {concept!r}, which no earlier lab of this course teaches"
                    )
                    yield Problem(Path("labs/course.toml"), f"courses.{course_slug}.labs", "LK163", message)
            known.update(lab.teaches)
