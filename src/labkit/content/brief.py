"""Texts of labs and exercises: briefs, hints, guides. Headings join a task's text with its hints."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.content.reader import Library
from labkit.errors import ContentError

_TITLE = re.compile(r"#[ \t]+(?P<title>.+?)[ \t]*#*")
_SECTION = re.compile(r"##[ \t]+(?P<heading>.+?)[ \t]*#*")
_NUMBERED = re.compile(r"(?P<number>[1-9][0-9]*)\.[ \t]+(?P<heading>.+)")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_ITEM = re.compile(r"[-*+][ \t]+(?P<text>.*)")
_RULE = re.compile(r" {0,3}([-*_])([ \t]*\1){2,}[ \t]*")
_PLACEHOLDER = re.compile(r"\{\{(?P<escaped>[a-z][a-z0-9_]*)\}\}|\{(?P<name>[a-z][a-z0-9_]*)\}")
# The heading of hints for the whole exercise; their task number is GENERAL.
GENERAL_HEADINGS = frozenset({"General", "Общее"})
GENERAL = 0


@dataclass(frozen=True, slots=True)
class TaskText:
    """What a trainee reads of one task. ``number`` counts from 1; ``heading`` is without it."""

    number: int
    heading: str
    text_markdown: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What a trainee reads of one exercise in one language."""

    title: str
    introduction: str
    tasks: tuple[TaskText, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of level 2 with the Markdown below it. ``heading`` is as written, with its number."""

    heading: str
    text_markdown: str

    @property
    def number(self) -> int | None:
        """Return the number before the heading, from 1; None without one."""
        match = _NUMBERED.fullmatch(self.heading)
        return int(match["number"]) if match else None


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown text cut at its headings of levels 1 and 2. ``title`` is empty where there is none."""

    title: str
    introduction: str
    sections: tuple[Section, ...]


def read_brief(library: Library, exercise_slug: str, language: str) -> Brief:
    """Return brief.<language>.md of an exercise; English where the language is not there.

    Raises:
        ContentError: No such exercise or text, or its headings do not follow the tasks.
    """
    exercise = library.exercise(exercise_slug)
    path = text_path(library.root / "exercises" / exercise_slug, "brief", language)
    document = cut(read_text(path))
    numbers = [section.number for section in document.sections]
    if not document.title or numbers != list(range(1, len(exercise.tasks) + 1)):
        raise ContentError(
            f"{path.name} of exercise {exercise_slug} does not have one numbered heading for each task",
            remedy=f"Write '# Title' and then headings '## 1. ...' to '## {len(exercise.tasks)}. ...'; "
            "labkit author lint says which are wrong.",
        )
    tasks = tuple(
        TaskText(number, bare_heading(section.heading), section.text_markdown)
        for number, section in enumerate(document.sections, start=1)
    )
    return Brief(document.title, document.introduction, tasks)


def read_hints(library: Library, exercise_slug: str, language: str) -> Mapping[int, tuple[str, ...]]:
    """Return the hints of an exercise in Markdown by task number, from 1; ``GENERAL`` (0) holds those for all tasks.

    Every task has a key; one without hints has an empty tuple.

    Raises:
        ContentError: No such exercise or text, or a heading has no number of a task.
    """
    exercise = library.exercise(exercise_slug)
    path = text_path(library.root / "exercises" / exercise_slug, "hints", language)
    hints: dict[int, tuple[str, ...]] = dict.fromkeys(range(1, len(exercise.tasks) + 1), ())
    for section in cut(read_text(path)).sections:
        number = GENERAL if section.heading in GENERAL_HEADINGS else section.number
        if number is None or (number != GENERAL and number not in hints):
            raise ContentError(
                f"{path.name} of exercise {exercise_slug} has a heading {section.heading!r} that no task has",
                remedy="Copy the heading from the brief, with its number; labkit author lint compares the two.",
            )
        hints[number] = hint_items(section.text_markdown)[0]
    return hints


def read_guide(library: Library, lab_slug: str, language: str) -> str:
    """Return guide.<language>.md of a lab, in Markdown; English where the language is not there.

    Raises:
        ContentError: No such lab or text.
    """
    library.lab(lab_slug)
    return read_text(text_path(library.root / "labs" / lab_slug, "guide", language))


def fill(text: str, public_variables: Mapping[str, str]) -> str:
    """Replace ``{name}`` by the variable of that name, in code too.

    ``{{name}}`` is an escape and gives ``{name}``. Braces around anything that is not a known name stay as they are,
    because a page may show code and JSON, and only public variables are given here; lint finds placeholders that no
    case knows. (In a scenario, an unknown name is an error: ``synthesis.variables.fill``.)
    """

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return f"{{{match['escaped']}}}"
        return public_variables.get(match["name"], match[0])

    return _PLACEHOLDER.sub(value, text)


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of all placeholders of a text, each once, in order; escaped ones are not placeholders."""
    return tuple(dict.fromkeys(match["name"] for match in _PLACEHOLDER.finditer(text) if match["name"]))


def text_path(folder: Path, stem: str, language: str) -> Path:
    """Return ``stem.<language>.md``, or the English one where the language is not there."""
    own = folder / f"{stem}.{language}.md"
    return own if own.is_file() else folder / f"{stem}.en.md"


def read_text(path: Path) -> str:
    """Return a text file; line ends are single newlines.

    Raises:
        ContentError: The file is missing or is not UTF-8.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise ContentError(f"{where} is missing", remedy="Write the text; labkit author lint lists all.") from error
    except UnicodeDecodeError as error:
        raise ContentError(
            f"{where} is not UTF-8 at byte {error.start}", remedy="Save the file as UTF-8 in your editor."
        ) from error


def cut(text: str) -> Document:
    """Cut a Markdown text at its headings of levels 1 and 2; a ``#`` inside a code fence is no heading.

    What follows the last thematic break (``---``) under a section is a footnote to the whole text: it belongs to the
    introduction, so that a task's text is only about the task.
    """
    title = ""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line, code in lines(text):
        heading = None if code else _SECTION.fullmatch(line)
        first = None if code or title or len(parts) > 1 else _TITLE.fullmatch(line)
        if first is not None:
            title = first["title"]
        elif heading is not None:
            parts.append((heading["heading"], []))
        else:
            parts[-1][1].append(line)
    introduction = "\n".join(parts[0][1]).strip()
    if len(parts) > 1:
        kept, footnote = _footnote(parts[-1][1])
        parts[-1] = (parts[-1][0], kept)
        introduction = "\n\n".join(part for part in (introduction, footnote) if part)
    sections = tuple(Section(heading, "\n".join(body).strip()) for heading, body in parts[1:])
    return Document(title, introduction, sections)


def lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line with whether it belongs to a fenced code block."""
    fence = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if fence:
            yield line, True
            if match and match["fence"].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif match:
            fence = match["fence"]
            yield line, True
        else:
            yield line, False


def hint_items(text_markdown: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the top-level list items of a section, and the lines that stand outside of them.

    Lines that are indented under an item belong to it.
    """
    items: list[list[str]] = []
    outside: list[str] = []
    for line in text_markdown.splitlines():
        item = None if _RULE.fullmatch(line) else _ITEM.fullmatch(line)
        if item is not None:
            items.append([item["text"]])
        elif items and (line.startswith(("  ", "\t")) or not line.strip()):
            items[-1].append(line.removeprefix("  "))
        elif line.strip():
            outside.append(line)
    return tuple("\n".join(item).strip() for item in items), tuple(outside)


def bare_heading(heading: str) -> str:
    """Return a heading without its number."""
    match = _NUMBERED.fullmatch(heading)
    return match["heading"] if match else heading


def _footnote(body: list[str]) -> tuple[list[str], str]:
    for number in range(len(body) - 1, -1, -1):
        if _RULE.fullmatch(body[number]):
            return body[:number], "\n".join(body[number + 1 :]).strip()
    return body, ""
