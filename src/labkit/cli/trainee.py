"""``labkit start | status | guide | hint | answer | check | submit``: the trainee's own commands.

What they print is in the language of the workspace; so is what they say of an answer that can not be read, and so are
all errors (``labkit.cli.language``).
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from labkit.cli.output import examples, output_options, safe, write, write_json, write_table


@click.command(epilog=examples("labkit start T01.labpack", "labkit start T01.labpack --into kestrel"))
@click.argument("pack", type=click.Path(path_type=Path))
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="The folder to make (default: named as the pack)."
)
def start(pack: Path, into: Path | None) -> None:
    """Open a pack: make a workspace from it.

    Every file is checked against the signature of your trainer before anything is believed. Nothing that is there
    already is overwritten.
    """
    from labkit.cli.progress import file_progress
    from labkit.i18n import translator
    from labkit.usecases import trainee
    from labkit.workspace.manifest import START_PAGE, key_fingerprint
    from labkit.workspace.root import KIT

    with file_progress(pack.name) as progress:
        workspace = trainee.start(pack, into, progress=progress)
    t = translator(workspace.language)
    guides = sorted(path.stem for path in (workspace.root / KIT / "guides").glob("*.md"))
    folder = os.path.relpath(workspace.root)
    _say(t("start.done", folder=workspace.root))
    _say(t("start.files", count=len(workspace.manifest.files)))
    _say(t("start.key", fingerprint=key_fingerprint(workspace.manifest.public_key)))
    _say("")
    _say(t("start.next"))
    steps = [
        (t("start.next.open"), START_PAGE),
        (t("start.next.cd"), f'cd "{folder}"' if " " in folder else f"cd {folder}"),
        (t("start.next.status"), "labkit status"),
    ]
    if guides:
        steps.append((t("start.next.guide"), f"labkit guide {guides[0].partition('-')[0]}"))
    for number, (what, command) in enumerate(steps, start=1):
        _say(f"  {number}. {what}  {command}")


@click.command(epilog=examples("labkit status", "labkit status 04", "labkit status --json"))
@click.argument("part", metavar="[LAB]", required=False)
@output_options
def status(part: str | None, as_json: bool, plain: bool) -> None:
    """See what is done and what is left, everywhere or in one LAB: its number or name, or that of an exercise."""
    from labkit.i18n import translator
    from labkit.usecases import trainee

    found = trainee.status(Path.cwd(), part)
    manifest = found.workspace.manifest
    if as_json:
        for item in found.tasks:
            write_json(
                {
                    "task": item.task.name,
                    "heading": item.task.heading,
                    "points": item.task.points,
                    "mode": item.task.mode,
                    "answered": bool(item.answer),
                    "hints_opened": item.hints_opened,
                    "hints": item.hints,
                }
            )
        return
    t = translator(found.workspace.language)
    rows = []
    for item in found.tasks:
        key = "status.by_ledger" if item.task.is_ledger else "status.done" if item.answer else "status.open"
        hints = f"{item.hints_opened}/{item.hints}"
        rows.append((item.task.name, item.task.heading, f"{item.task.points:g}", t(key), hints))
    if not plain:
        _say(f"{manifest.trainee_name} ({manifest.trainee_id}). {t('status.class', name=manifest.class_name)}")
        _say("")
    heads = [t(f"column.{name}") for name in ("task", "heading", "points", "state", "hints")]
    write_table(heads, rows, plain=plain, right=[heads[2]], whole=[heads[0]])
    if plain:
        return
    answerable = [item for item in found.tasks if not item.task.is_ledger]
    done = sum(bool(item.answer) for item in answerable)
    _say(t("status.answered", done=done, all=len(answerable)))
    _say(t("status.ledger", count=found.ledger_events))
    _say(t("status.attempts", count=found.attempts))
    if found.lacks_peer:
        _say(t("submit.lacks_peer"))
    missing = next((item.task for item in answerable if not item.answer), None)
    command = f"labkit guide {missing.lab.partition('-')[0]}" if missing else "labkit submit"
    _say(t("status.next", command=command))


@click.command(epilog=examples("labkit guide 03", "labkit guide 03 --page"))
@click.argument("lab")
@click.option("--plain", is_flag=True, help="The text as it is, without layout.")
@click.option("--page", "only_page", is_flag=True, help="Print only where the page with this text lies.")
def guide(lab: str, plain: bool, only_page: bool) -> None:
    """Read a lab's guide. LAB is its number or its name, such as 03 or 03-image-and-verify."""
    from labkit.i18n import translator
    from labkit.usecases import trainee

    workspace, found = trainee.read_guide(Path.cwd(), lab)
    if only_page:
        write(f"{found.page}\n")
        return
    if plain or not sys.stdout.isatty():
        write(found.text_markdown.rstrip("\n") + "\n")
    else:
        _render(found.text_markdown)
    _say("")
    _say(translator(workspace.language)("guide.page", page=found.page))


@click.command(epilog=examples("labkit hint image-and-verify/size-sectors", "labkit hint size-sec"))
@click.argument("task")
@click.option("--plain", is_flag=True, help="The text as it is, without layout.")
def hint(task: str, plain: bool) -> None:
    """Open the next hint of a task. The first is free; in graded exercises each further one costs points.

    TASK is exercise/task, the task alone, or the beginning of either where that is clear.
    """
    from labkit.i18n import translator
    from labkit.usecases import trainee

    workspace, found, opened = trainee.hint(Path.cwd(), task, now=datetime.now(UTC))
    t = translator(workspace.language)
    if opened is None:
        _say(t("hint.none", task=found.name))
        return
    item = opened.hint
    _say(t("hint.number", number=item.number, all=item.of, task=found.name))
    _say("")
    if plain or not sys.stdout.isatty():
        write(item.text_markdown + "\n")
    else:
        _render(item.text_markdown)
    _say("")
    if not item.is_new:
        _say(t("hint.again"))
    _say(t("hint.cost", percent=opened.cost_percent) if opened.cost_percent else t("hint.free"))
    if item.number == item.of:
        _say(t("hint.last"))
    elif opened.next_cost_percent:
        _say(t("hint.more", percent=opened.next_cost_percent))


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "labkit answer image-and-verify/size-sectors 4096",
        'labkit answer identical "y.txt, z.txt"',
        "labkit answer partitions --file work/partitions.csv",
    ),
)
@click.argument("task")
@click.argument("value", nargs=-1)
@click.option(
    "--file", "source", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Read it from here."
)
def answer(task: str, value: tuple[str, ...], source: Path | None) -> None:
    """Write down an answer.

    Only its form is checked. An answer of the wrong form is not stored (exit code 10). Put a value with spaces in
    quotation marks; write what has several lines, such as a table, into a text file and name it with --file.
    """
    from labkit.i18n import translator
    from labkit.usecases import trainee

    if bool(value) == (source is not None):
        raise click.UsageError("Give either a value or --file with the name of a text file.")
    text = " ".join(value) if source is None else trainee.answer_text(source)
    workspace, found, understood = trainee.answer(Path.cwd(), task, text, now=datetime.now(UTC))
    t = translator(workspace.language)
    _say(t("answer.stored", task=found.name))
    for line in t("answer.understood", answer=understood).splitlines():
        _say(line.replace("\t", " | "))
    _say(t("answer.again"))


@click.command(epilog=examples("labkit check", "labkit check 04"))
@click.argument("part", metavar="[LAB]", required=False)
@output_options
def check(part: str | None, as_json: bool, plain: bool) -> None:
    """Check the form of your answers; right or wrong where it is practice.

    LAB, its number or name or that of an exercise, looks at this one only.
    """
    from labkit.i18n import translator
    from labkit.usecases import trainee
    from labkit.usecases.trainee import Mark

    workspace, checked = trainee.check(Path.cwd(), part)
    if as_json:
        for item in checked:
            write_json({"task": item.task.name, "result": item.mark.value, "message": item.message})
        return
    t = translator(workspace.language)
    heads = [t("column.task"), t("column.heading"), t("column.result")]
    rows = [(item.task.name, item.task.heading, t(f"check.{item.mark.value}")) for item in checked]
    write_table(heads, rows, plain=plain, whole=[heads[0]])
    if plain:
        return
    unreadable = [item for item in checked if item.mark is Mark.UNREADABLE]
    for item in unreadable:
        stop = "" if item.message.endswith((".", "?")) else "."
        _say(f"{item.task.name}: {item.message}{stop} {item.remedy}")
    answered = sum(item.mark not in (Mark.MISSING, Mark.LEDGER) for item in checked)
    count = sum(item.mark is not Mark.LEDGER for item in checked)
    _say(t("check.summary", answered=answered, all=count, unreadable=len(unreadable)))
    if any(item.task.mode == "graded" for item in checked):
        _say(t("check.graded"))
    if any(item.mark is Mark.LEDGER for item in checked):
        _say(t("check.ledger.how"))


@click.command(epilog=examples("labkit submit", "labkit submit --out E:/handed-in"))
@click.option("--out", type=click.Path(path_type=Path), help="A folder, or a file name that ends in .labsub.")
def submit(out: Path | None) -> None:
    """Make the file to hand in. You may go on working and hand in again; the last attempt counts."""
    from labkit.custody.chain import checkpoint
    from labkit.i18n import translator
    from labkit.usecases import trainee

    workspace, made = trainee.submit(Path.cwd(), out, now=datetime.now(UTC))
    t = translator(workspace.language)
    found = trainee.status(workspace.root)
    answerable = [item for item in found.tasks if not item.task.is_ledger]
    _say(t("submit.done", path=made.path))
    _say(t("submit.answered", done=sum(bool(item.answer) for item in answerable), all=len(answerable)))
    if found.ledger_events:
        _say(t("submit.code", code=checkpoint(made.custody_head)))
    if found.lacks_peer:
        _say(t("submit.lacks_peer"))
    _say(t("submit.attempt", attempt=made.attempt))


def _say(text: str) -> None:
    write(safe(text) + "\n")


def _render(text_markdown: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text_markdown, hyperlinks=False))
