"""The verbs of a trainee: start a pack, read, answer, ask for hints, check, hand in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from labkit.errors import AnswerError, WorkspaceError
from labkit.i18n import Translator, translator
from labkit.workspace import examination, peer
from labkit.workspace.answers import read_answers, store_answer
from labkit.workspace.folder import Workspace, find_workspace
from labkit.workspace.hints import Hint, hints_of, open_next, opened_hints
from labkit.workspace.start import start_workspace
from labkit.workspace.submission import HandedIn, attempts_made, write_submission
from labkit.workspace.tasks import PublicTask, find_task, read_tasks, tasks_of
from labkit.workspace.verifier import is_right


class Mark(StrEnum):
    """What ``check`` can say of one task. ``RIGHT`` and ``WRONG`` only in practice."""

    MISSING = "missing"
    FORM = "form"  # the form is right; nobody here knows more
    UNREADABLE = "unreadable"
    RIGHT = "right"
    WRONG = "wrong"
    LEDGER = "ledger"  # the custody ledger is the answer


@dataclass(frozen=True, slots=True)
class Checked:
    """One task with its mark. ``message`` and ``remedy`` say what is wrong with the form."""

    task: PublicTask
    mark: Mark
    answer: str
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """How far one task is."""

    task: PublicTask
    answer: str
    hints_opened: int
    hints: int


@dataclass(frozen=True, slots=True)
class Status:
    """How far a workspace is."""

    workspace: Workspace
    tasks: tuple[TaskStatus, ...]
    ledger_events: int
    attempts: int
    lacks_peer: bool = False  # the audit of a colleague's ledger is answered, and no such ledger was taken


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide to read: its text, and the page with the same text."""

    slug: str
    text_markdown: str
    page: Path


@dataclass(frozen=True, slots=True)
class OpenedHint:
    """A hint with what it costs, in percent of the points that the task earns.

    ``cost_percent`` is for all hints of the task together, ``next_cost_percent`` what the next one adds.
    """

    task: PublicTask
    hint: Hint
    cost_percent: int
    next_cost_percent: int


def start(pack: Path, into: Path | None, *, progress: Callable[[str], None] | None = None) -> Workspace:
    """Make a workspace from a pack; in a folder of the pack's name beside the caller unless ``into`` names another.

    Raises:
        PackError: The pack is damaged, changed, or for a newer labkit.
        WorkspaceError: There is something in that place already.
        StorageError: There is not enough space.
    """
    return start_workspace(
        pack, into or Path(pack.stem if pack.suffix else f"{pack.name}-workspace"), progress=progress
    )


def status(start_at: Path, part: str | None = None) -> Status:
    """Return how far the workspace around ``start_at`` is, as a whole or in one lab or exercise (``part``).

    Raises:
        AnswerError: No lab and no exercise goes by the name of ``part``.
    """
    from labkit.custody import ledger

    workspace = find_workspace(start_at)
    answers, opened = read_answers(workspace), opened_hints(workspace)
    tasks = tuple(
        TaskStatus(task, answers.get(task.name, ""), opened.get(task.name, 0), len(hints_of(workspace, task.name)))
        for task in _tasks(workspace, part)
    )
    content = workspace.custody_path.read_bytes() if workspace.custody_path.exists() else b""
    parsed = ledger.parse(ledger.split_lines(content), genesis=workspace.ledger_genesis)
    is_audited = any(each.task.answer.get("colleague") and each.answer for each in tasks)
    lacks_peer = is_audited and not peer.audited(workspace)
    return Status(workspace, tasks, len(parsed.events), attempts_made(workspace), lacks_peer)


def read_guide(start_at: Path, lab: str) -> tuple[Workspace, Guide]:
    """Return the guide of a lab; ``lab`` is its slug, its number, or the beginning of either.

    Raises:
        WorkspaceError: No workspace, or no guide or several go by that name.
    """
    workspace = find_workspace(start_at)
    slugs = sorted(path.stem for path in (workspace.kit / "guides").glob("*.md"))
    wanted = lab.strip().lower().removesuffix(".md")
    number = re.fullmatch(r"l?(\d{1,2})", wanted)
    if number:
        wanted = f"{int(number[1]):02d}-"
    found = [slug for slug in slugs if slug == wanted] or [
        slug for slug in slugs if slug.startswith(wanted) or slug.partition("-")[2].startswith(wanted)
    ]
    if len(found) != 1:
        raise WorkspaceError(
            f"{lab!r} is not the name of one guide",
            remedy=f"Use one of: {', '.join(slugs)}. The number alone will do.",
        )
    text = (workspace.kit / "guides" / f"{found[0]}.md").read_text(encoding="utf-8")
    return workspace, Guide(found[0], text, workspace.root / "guides" / f"{found[0]}.html")


def hint(start_at: Path, task_name: str, *, now: datetime) -> tuple[Workspace, PublicTask, OpenedHint | None]:
    """Open the next hint of a task and write it down; None where the task has no hints."""
    from labkit.grading.score import hint_cost_percent

    workspace = find_workspace(start_at)
    task = find_task(read_tasks(workspace), task_name)
    opened = open_next(workspace, task.name)
    if opened is None:
        return workspace, task, None
    if opened.is_new:
        examination.append_entry(workspace, "hint", task.name, {"number": opened.number}, at=now)
    if task.mode != "graded":
        return workspace, task, OpenedHint(task, opened, 0, 0)
    cost = hint_cost_percent(opened.number)
    return workspace, task, OpenedHint(task, opened, cost, hint_cost_percent(opened.number + 1) - cost)


def answer(start_at: Path, task_name: str, text: str, *, now: datetime) -> tuple[Workspace, PublicTask, str]:
    """Check the form of an answer and store it as typed; return how it is understood.

    Raises:
        AnswerError: No such task, or the answer can not be read; nothing was stored.
    """
    from labkit.usecases.answer_words import in_words

    workspace = find_workspace(start_at)
    task = find_task(read_tasks(workspace), task_name)
    if task.is_ledger:
        raise AnswerError(
            f"{task.name} is answered by the custody ledger itself",
            remedy="Write events with 'labkit custody add'; 'labkit custody check' shows what is missing.",
        )
    t = translator(workspace.language)
    understood = _canonical(task, text, t)
    store_answer(workspace, task.name, text.strip())
    examination.append_entry(workspace, "answer", task.name, {}, at=now)
    return workspace, task, in_words(task, text, understood, t)


def answer_text(source: Path) -> str:
    """Return the text of a file that holds an answer.

    Raises:
        AnswerError: It is too long to be one, is not text in UTF-8, or can not be read.
    """
    from labkit.grading.normalise import LIMIT_BYTES

    try:
        with source.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
        if len(data) > LIMIT_BYTES:
            raise AnswerError(
                f"{source.name} is longer than {LIMIT_BYTES // 1024} KiB",
                remedy="Keep only what the task asks for in it, not the whole output of a tool.",
            )
        return data.decode("utf-8-sig")
    except OSError as error:
        raise AnswerError(f"{source.name} can not be read: {error.strerror}", remedy="Check its name.") from error
    except UnicodeDecodeError:
        raise AnswerError(
            f"{source.name} is not text in UTF-8", remedy="Save it as plain text in UTF-8, not as a table or document."
        ) from None


def check(start_at: Path, part: str | None = None) -> tuple[Workspace, tuple[Checked, ...]]:
    """Check the form of every answer, of all or of one lab or exercise; right or wrong only where it is practice.

    Raises:
        AnswerError: No lab and no exercise goes by the name of ``part``.
    """
    workspace = find_workspace(start_at)
    answers, t = read_answers(workspace), translator(workspace.language)
    return workspace, tuple(_check_one(task, answers.get(task.name, ""), t) for task in _tasks(workspace, part))


def submit(start_at: Path, out: Path | None, *, now: datetime) -> tuple[Workspace, HandedIn]:
    """Make the file to hand in.

    Raises:
        WorkspaceError: No workspace, or it is damaged.
        CustodyError: The end of the custody ledger is damaged.
    """
    workspace = find_workspace(start_at)
    return workspace, write_submission(workspace, out, now=now)


def _tasks(workspace: Workspace, part: str | None) -> tuple[PublicTask, ...]:
    tasks = read_tasks(workspace)
    return tasks if part is None else tasks_of(tasks, part)


def _check_one(task: PublicTask, text: str, t: Translator) -> Checked:
    if task.is_ledger:
        return Checked(task, Mark.LEDGER, "")
    if not text.strip():
        return Checked(task, Mark.MISSING, "")
    try:
        understood = _canonical(task, text, t)
    except AnswerError as error:
        return Checked(task, Mark.UNREADABLE, text, error.message, error.remedy)
    if task.verifier is None:
        return Checked(task, Mark.FORM, text)
    return Checked(task, Mark.RIGHT if is_right(understood, task.verifier) else Mark.WRONG, text)


def _canonical(task: PublicTask, text: str, t: Translator) -> str:
    from labkit.content.public_form import task_of_form
    from labkit.grading.answers.contract import FormError
    from labkit.grading.forms import check_form
    from labkit.usecases.answer_words import refusal

    try:
        return check_form(task_of_form(task.id, task.points, task.answer), text)
    except FormError as error:
        raise refusal(error, task, t) from error
