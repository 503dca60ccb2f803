"""Lint rules on folders: which files a lab and an exercise have, in which languages, and what each must hold."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.content.codes import Problem
from labkit.content.lint_texts import lint_text

MIN_ATTEMPTS = 4
_SAMPLE_FILES = r"(answers|expect|custody|colleague)\.(toml|jsonl)"
_LAB_FILES = re.compile(r"lab\.toml|guide\.[a-z]{2}\.md|trainer/(design\.md|notes\.[a-z]{2}\.md)")
_EXERCISE_FILES = re.compile(
    r"exercise\.toml|(brief|hints)\.[a-z]{2}\.md|starter/.+|"
    rf"trainer/(notes\.[a-z]{{2}}\.md|colleague\.toml|exemplar/{_SAMPLE_FILES}|attempts/[a-z0-9]+(-[a-z0-9]+)*/{_SAMPLE_FILES})"
)
_OUT_OF_SCOPE = re.compile(r"^#{1,6}[ \t]+Out of scope[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TEXT_SUFFIXES = frozenset({".md", ".toml", ".txt", ".csv", ".eml", ".html"})


def lab_texts(folder: Path, languages: Sequence[str]) -> list[Path]:
    """Return the texts that a finished lab has."""
    return [folder / name.format(code) for name in ("guide.{}.md", "trainer/notes.{}.md") for code in languages]


def exercise_texts(folder: Path, languages: Sequence[str]) -> list[Path]:
    """Return the texts that a finished exercise has."""
    names = ("brief.{}.md", "hints.{}.md", "trainer/notes.{}.md")
    return [folder / name.format(code) for name in names for code in languages]


def lint_missing(texts: Sequence[Path], root: Path) -> Iterator[Problem]:
    """Yield texts that are not there."""
    for path in texts:
        if not path.is_file():
            yield Problem(path.relative_to(root), "", "LK120", "is missing")


def lint_design(folder: Path, root: Path) -> Iterator[Problem]:
    """Yield a design that is missing or does not say what is out of scope."""
    path = folder / "trainer" / "design.md"
    if not path.is_file():
        yield Problem(path.relative_to(root), "", "LK240", "is missing")
    elif not _OUT_OF_SCOPE.search(path.read_text("utf-8", errors="replace")):
        yield Problem(path.relative_to(root), "", "LK240", "has no section '## Out of scope'")


def lint_samples(folder: Path, root: Path) -> Iterator[Problem]:
    """Yield what is missing of an exercise's exemplar and attempts."""
    exemplar = folder / "trainer" / "exemplar" / "answers.toml"
    if not exemplar.is_file():
        yield Problem(exemplar.relative_to(root), "", "LK150", "is missing")
    attempts = folder / "trainer" / "attempts"
    names = sorted(entry.name for entry in attempts.iterdir() if entry.is_dir()) if attempts.is_dir() else []
    if len(names) < MIN_ATTEMPTS:
        message = f"holds {len(names)} attempt(s); write at least {MIN_ATTEMPTS}"
        yield Problem(attempts.relative_to(root), "", "LK151", message)
    for name in names:
        for needed in ("answers.toml", "expect.toml"):
            path = attempts / name / needed
            if not path.is_file():
                yield Problem(path.relative_to(root), "", "LK152", "is missing")


def lint_strangers(root: Path) -> Iterator[Problem]:
    """Yield files in the folders of labs and exercises that have no role there."""
    for parent, known in (("labs", _LAB_FILES), ("exercises", _EXERCISE_FILES)):
        for path in _files(root / parent):
            inside = path.relative_to(root / parent)
            if len(inside.parts) > 1 and not known.fullmatch(inside.relative_to(inside.parts[0]).as_posix()):
                yield Problem(path.relative_to(root), "", "LK105", "has no role here; take it out or correct its name")


def lint_fiction(root: Path) -> Iterator[Problem]:
    """Yield real-world addresses in all text files of the content."""
    for parent in ("labs", "exercises", "evidence_images"):
        for path in _files(root / parent):
            if path.suffix in _TEXT_SUFFIXES:
                yield from lint_text(path.relative_to(root), path.read_bytes().decode("utf-8", "replace"))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
