"""What lies in the workspace to be read and printed: start page, guides, exercises, forms."""

from collections.abc import Mapping
from typing import Any

from labkit.content.brief import fill, read_brief, read_guide
from labkit.content.public_form import public_form
from labkit.content.reader import Library
from labkit.content.schemas import Exercise
from labkit.i18n import LANGUAGES, Translator, translator
from labkit.model.people import Trainee
from labkit.reports.pages import markdown, number, render, translated

COMMANDS = (
    ("labkit status", "page.command.status"),
    ("labkit image info FILE", "page.command.info"),
    ("labkit image hash FILE", "page.command.hash"),
    ("labkit image ls FILE", "page.command.ls"),
    ("labkit hint TASK", "page.command.hint"),
    ('labkit answer TASK "…"', "page.command.answer"),
    ("labkit custody add EVENT", "page.command.custody"),
    ("labkit custody show", "page.command.custody-show"),
    ("labkit custody check", "page.command.custody-check"),
    ("labkit check", "page.command.check"),
    ("labkit submit", "page.command.submit"),
)
FORM_FIELDS = (
    "form.custody.case",
    "form.custody.exhibit",
    "form.custody.description",
    "form.custody.serial",
    "form.custody.seized",
    "form.custody.authority",
)
FORM_COLUMNS = (
    "form.custody.number",
    "form.custody.time",
    "form.ledger.what",
    "form.custody.released",
    "form.custody.received",
    "form.custody.purpose",
    "form.custody.place",
    "form.custody.seal",
    "form.custody.hash",
    "form.custody.signatures",
    "form.ledger.code",
)
FORM_ROWS = 10


def render_pages(
    library: Library,
    course_slug: str,
    language: str,
    public_variables: Mapping[str, str],
    trainee: Trainee,
) -> Mapping[str, bytes]:
    """Return every page of a course for one trainee: name relative to the workspace to UTF-8 bytes."""
    t = translator(language)
    labs: list[dict[str, Any]] = [
        {
            "slug": lab.slug,
            "title": translated(lab.title, t.language),
            "minutes": lab.minutes,
            "exercises": [_line(library.exercises[slug], t) for slug in lab.exercises],
        }
        for lab in library.labs_of(course_slug)
    ]
    pages = {
        "START-HERE.html": render(
            "start.html.j2",
            t,
            course_title=translated(library.courses[course_slug].title, t.language),
            trainee=trainee,
            labs=labs,
            commands=COMMANDS,
        ),
        "forms/custody-log.html": custody_form(t),
    }
    for lab in labs:
        text = fill(read_guide(library, lab["slug"], t.language), public_variables)
        pages[f"guides/{lab['slug']}.html"] = render(
            "text.html.j2", t, title=lab["title"], heading=None, body=markdown(text), exercises=lab["exercises"]
        )
    for exercise in library.exercises_of(course_slug):
        pages[f"exercises/{exercise.slug}.html"] = exercise_page(library, exercise, t, public_variables)
    return {name: page.encode() for name, page in sorted(pages.items())}


def exercise_page(library: Library, exercise: Exercise, t: Translator, public_variables: Mapping[str, str]) -> str:
    """Return the brief of one exercise as a page."""
    brief = read_brief(library, exercise.slug, t.language)
    tasks = []
    for task, text in zip(exercise.tasks, brief.tasks, strict=True):
        form = public_form(task.answer, t.language, public_variables)
        tasks.append(
            {
                "id": task.id,
                "heading": f"{text.number}. {fill(text.heading, public_variables)}",
                "text": markdown(fill(text.text_markdown, public_variables)),
                "worth": _worth(t, "page.points", exercise.points_of(task)),
                "form": form,
            }
        )
    return render(
        "exercise.html.j2",
        t,
        title=brief.title,
        introduction=markdown(fill(brief.introduction, public_variables)),
        worth=_worth_of(exercise, t),
        mode=exercise.mode,
        tasks=tasks,
    )


def custody_form(t: Translator) -> str:
    """Return the printable custody log, labelled in two languages: the reader's and one more."""
    second = translator("en" if t.language != "en" else next(code for code in LANGUAGES if code != "en"))
    return render("custody_form.html.j2", t, second=second, fields=FORM_FIELDS, columns=FORM_COLUMNS, rows=FORM_ROWS)


def _worth_of(exercise: Exercise, t: Translator) -> str:
    """Return what an exercise is worth, and that it is a bonus where it is one."""
    total = sum(exercise.points_of(task) for task in exercise.tasks)
    return _worth(t, "page.points" if exercise.bonus_points is None else "page.bonus", total)


def _worth(t: Translator, key: str, points: float) -> str:
    shown = number(points)
    return t.plural(key, float(shown), number=shown)


def _line(exercise: Exercise, t: Translator) -> dict[str, Any]:
    return {
        "slug": exercise.slug,
        "title": translated(exercise.title, t.language),
        "worth": _worth_of(exercise, t),
    }
