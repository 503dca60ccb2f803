"""``labkit demo``: a small class from evidence to class report."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from labkit.cli.output import examples, safe, write


@click.command(epilog=examples("labkit demo", "labkit demo --out C:/training/demo"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("labkit-demo"),
    show_default=True,
    help="The folder to make. An older demo there is replaced, anything else is left alone.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes (default: one per processor).")
def demo(out: Path, jobs: int | None) -> None:
    """Run a small class from evidence to class report: six invented trainees, each with a habit of their own."""
    from labkit.usecases.demo import run_demo

    made = run_demo(out, now=datetime.now(UTC), processes=jobs, tell=_say)
    for refused in made.graded.refused:
        _say(f"Refused: {refused.source}: {refused.message}")
    _say("")
    _say("Look at:")
    places = [
        ("the class at a glance", made.report.page),
        ("what each trainee reads", made.report.page.parent / "feedback"),
        ("a trainee's workspace", made.folder / "workspaces" / "T02" / "START-HERE.html"),
        ("the packs that were handed out", made.classroom.packs),
    ]
    for what, place in places:
        _say(f"  {what + ':':32} {os.path.relpath(place)}")
    _say("")
    _say("Try it as a trainee:")
    _say(f"  cd {os.path.relpath(made.folder / 'workspaces' / 'T02')}")
    _say("  labkit status")


def _say(text: str) -> None:
    write(safe(text) + "\n")
