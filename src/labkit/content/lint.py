"""All lint rules over one content root; every problem at once. The registry of rules stands in ``codes``."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.content.brief import Document, fill
from labkit.content.codes import Problem, in_order
from labkit.content.lint_answers import lint_answers, parts
from labkit.content.lint_files import (
    exercise_texts,
    lab_texts,
    lint_design,
    lint_fiction,
    lint_missing,
    lint_samples,
    lint_strangers,
)
from labkit.content.lint_links import KnownCase, exercise_file, lab_file, lint_links
from labkit.content.lint_texts import document, lint_brief, lint_hints, lint_placeholders, lint_review
from labkit.content.reader import Library, read_library
from labkit.errors import SynthesisError
from labkit.i18n import LANGUAGES, translator

if TYPE_CHECKING:
    from labkit.content.schemas import Exercise, Lab, Option, Task

_SHORTEST_TELLING_ANSWER = 6  # characters; shorter values stand in texts by chance


def lint(
    root: Path,
    cases: Mapping[str, KnownCase],
    *,
    unreadable_cases: frozenset[str] = frozenset(),
    languages: Sequence[str] = LANGUAGES,
    mistake_is_known: Callable[[str], bool] | None = None,
) -> tuple[Problem, ...]:
    """Return every problem of the labs, exercises and courses under ``root``.

    Args:
        root: The folder that holds labs/, exercises/ and evidence_images/.
        cases: Every case that can be built, with the truth of one seed; content can not build evidence itself.
        unreadable_cases: Cases that are there and have problems of their own; nothing is said about them here.
        languages: The languages that every text must have.
        mistake_is_known: Says whether a mistake code has a sentence; by default, whether the catalogues hold one.
    """
    known = mistake_is_known or (lambda code: translator("en").has(f"mistake.{code}"))
    library, problems = read_library(root)
    found = list(problems)
    found += lint_links(library, cases, unreadable_cases)
    found += lint_strangers(root)
    found += lint_fiction(root)
    found += _course_titles(library, languages)
    for folder, exercise in library.exercises.items():
        found += lint_answers(folder, exercise, cases.get(exercise.case), known)
        found += _exercise(library, folder, exercise, cases.get(exercise.case), languages)
    for folder, lab in library.labs.items():
        found += _lab(library, folder, lab, cases.get(lab.case), languages)
    return in_order(found)


def _exercise(
    library: Library, folder: str, exercise: "Exercise", case: KnownCase | None, languages: Sequence[str]
) -> Iterator[Problem]:
    root, place, definition = library.root, library.root / "exercises" / folder, exercise_file(folder)
    complete = exercise.status != "wip"
    if complete:
        yield from lint_missing(exercise_texts(place, languages), root)
        yield from lint_samples(place, root)
    yield from _titles(definition, "title", exercise.title, languages)
    for number, task in enumerate(exercise.tasks, start=1):
        for key, translations in _option_titles(task):
            yield from _titles(definition, f"tasks[{number}].{key}", translations, languages)
    if case is not None:
        yield from _definition_placeholders(definition, exercise, case)
    for language in languages:
        problems: list[Problem] = []
        brief = _document(place / f"brief.{language}.md", root, problems)
        hints = _document(place / f"hints.{language}.md", root, problems)
        yield from problems
        brief_path = (place / f"brief.{language}.md").relative_to(root)
        hints_path = (place / f"hints.{language}.md").relative_to(root)
        if brief is not None:
            yield from lint_brief(brief_path, brief, len(exercise.tasks))
            yield from _text(root, brief_path, case, language, review=True)
            yield from _telling(root, brief_path, exercise.tasks, case, ids=False)
        if hints is not None:
            yield from _text(root, hints_path, case, language, review=False)
            yield from _telling(root, hints_path, exercise.tasks, case, ids=True)
        if brief is not None and hints is not None:
            yield from lint_hints(hints_path, hints, brief, complete=complete)


def _lab(
    library: Library, folder: str, lab: "Lab", case: KnownCase | None, languages: Sequence[str]
) -> Iterator[Problem]:
    root, place = library.root, library.root / "labs" / folder
    if lab.status != "wip":
        yield from lint_missing(lab_texts(place, languages), root)
        yield from lint_design(place, root)
    yield from _titles(lab_file(folder), "title", lab.title, languages)
    exercises = [library.exercises[slug] for slug in lab.exercises if slug in library.exercises]
    for language in languages:
        path = place / f"guide.{language}.md"
        problems: list[Problem] = []
        guide = _document(path, root, problems)
        yield from problems
        if guide is not None:
            yield from _text(root, path.relative_to(root), case, language, review=True)
            for exercise in exercises:
                yield from _telling(root, path.relative_to(root), exercise.tasks, case, ids=False)


def _document(path: Path, root: Path, problems: list[Problem]) -> Document | None:
    return document(path, root, problems) if path.is_file() else None  # a missing text is LK120


def _text(root: Path, path: Path, case: KnownCase | None, language: str, *, review: bool) -> Iterator[Problem]:
    text = (root / path).read_text("utf-8-sig")
    if case is not None:
        for number, line in enumerate(text.splitlines(), start=1):
            yield from lint_placeholders(path, f"line {number}", line, *_names(case))
    if review:
        yield from lint_review(path, text, language)


def _names(case: KnownCase) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(case.truth.variables), frozenset(case.public_variables)


def _definition_placeholders(path: Path, exercise: "Exercise", case: KnownCase) -> Iterator[Problem]:
    from labkit.content.schemas import ClaimAnswer, LogAnswer

    for number, task in enumerate(exercise.tasks, start=1):
        texts = [(key, text) for key, translations in _option_titles(task) for text in translations.values()]
        if isinstance(task.answer, LogAnswer):
            texts += [(f"answer.events[{n}].exhibit", e.exhibit or "") for n, e in enumerate(task.answer.events, 1)]
        if isinstance(task.answer, ClaimAnswer):
            texts += [(f"answer.citations[{n}].exhibit", c.exhibit) for n, c in enumerate(task.answer.citations, 1)]
        for key, text in texts:
            yield from lint_placeholders(path, f"tasks[{number}].{key}", text, *_names(case))


def _option_titles(task: "Task") -> list[tuple[str, Mapping[str, str]]]:
    from labkit.content.schemas import DefectAnswer, TableAnswer

    if isinstance(task.answer, DefectAnswer):
        return [
            (f"answer.{name}[{number}].title", option.title)
            for name in ("categories", "consequences", "cures")
            for number, option in enumerate(getattr(task.answer, name), start=1)
        ]
    if not isinstance(task.answer, TableAnswer):
        return _titles_of_options(task.answer, "answer")
    found: list[tuple[str, Mapping[str, str]]] = []
    for number, column in enumerate(task.answer.columns, start=1):
        found.append((f"answer.columns[{number}].title", column.title))
        found += _titles_of_options(task.answer.form(column.id), f"answer.columns[{number}].answer")
    return found


def _titles_of_options(answer: object, key: str) -> list[tuple[str, Mapping[str, str]]]:
    options: Sequence[Option] = getattr(answer, "options", ())
    return [(f"{key}.options[{number}].title", option.title) for number, option in enumerate(options, start=1)]


def _course_titles(library: Library, languages: Sequence[str]) -> Iterator[Problem]:
    for slug, course in library.courses.items():
        yield from _titles(Path("labs/course.toml"), f"courses.{slug}.title", course.title, languages)


def _titles(path: Path, key: str, translations: Mapping[str, str], languages: Sequence[str]) -> Iterator[Problem]:
    for language in languages:
        if not translations.get(language, "").strip():
            yield Problem(path, key, "LK121", f"has no text in {language!r}")


def _telling(
    root: Path, path: Path, tasks: Sequence["Task"], case: KnownCase | None, *, ids: bool
) -> Iterator[Problem]:
    """Yield right answers that a text gives away; with ``ids``, also the id of the right option.

    A brief names all option ids; hints have no reason to name the right one.
    """
    lines = (root / path).read_text("utf-8-sig").splitlines()
    filled = [fill(line, case.public_variables if case else {}).casefold() for line in lines]
    for task in tasks:
        for value in _right_texts(task, case, ids=ids):
            whole = re.compile(rf"(?<![\w-]){re.escape(value.casefold())}(?![\w-])")
            for number, line in enumerate(filled, start=1):
                if whole.search(line):
                    yield Problem(path, f"line {number}", "LK133", f"gives the answer of task {task.id} away")


def _right_texts(task: "Task", case: KnownCase | None, *, ids: bool) -> list[str]:
    key = getattr(task.answer, "key", None)  # of a table: it tells rows apart and earns nothing
    told = (part for where, part in parts(task) if key is None or not where.endswith(f".{key}"))
    return [text for part in told for text in _right_text(part.answer, case, ids=ids)]


def _right_text(answer: object, case: KnownCase | None, *, ids: bool) -> list[str]:
    from labkit.content.schemas import Choices, EnumAnswer, Expected

    if not isinstance(answer, Expected):
        return []
    value: object = answer.value
    if isinstance(answer, EnumAnswer):
        return [value] if ids and isinstance(value, str) else []
    if isinstance(answer, Choices):
        return []  # hints may speak of the choices one by one
    if isinstance(answer.truth, str) and case is not None:
        try:
            value = case.truth.fact(answer.truth)
        except SynthesisError:
            return []  # LK140 has said so
    return [value] if isinstance(value, str) and len(value) >= _SHORTEST_TELLING_ANSWER else []
