"""The root command: where commands are found, and where their errors become an exit code.

Command modules are imported when they are named, because start-up time is a promise: ``labkit --help`` must not
import pydantic, SQLAlchemy or a forensic library.
"""

from typing import Any

import click

from labkit import __version__
from labkit.cli.lazy_group import PROGRAM, LazyGroup
from labkit.cli.reporting import reported

# command: (module, attribute, the line of help that labkit --help shows)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "start": ("labkit.cli.trainee", "start", "Open a pack: make a workspace from it."),
    "guide": ("labkit.cli.trainee", "guide", "Read a lab's guide."),
    "hint": ("labkit.cli.trainee", "hint", "Open the next hint of a task."),
    "answer": ("labkit.cli.trainee", "answer", "Write down an answer."),
    "check": (
        "labkit.cli.trainee",
        "check",
        "Check the form of your answers; right or wrong where it is practice.",
    ),
    "submit": ("labkit.cli.trainee", "submit", "Make the file to hand in."),
    "status": ("labkit.cli.trainee", "status", "See what is done and what is left."),
    "device": ("labkit.cli.acquire", "device", "Look at a source device, test a write blocker."),
    "acquire": ("labkit.cli.acquire", "acquire", "Copy a source device into a verified image."),
    "image": ("labkit.cli.image_commands", "image", "Examine a disk image, read-only."),
    "memory": ("labkit.cli.memory_commands", "memory", "Examine a memory image of a Linux machine."),
    "yara": ("labkit.cli.yara", "yara", "Search files and images with YARA rules."),
    "artifacts": ("labkit.cli.artifacts", "artifacts", "See what Windows noted about people's doings."),
    "custody": ("labkit.cli.custody", "custody", "Keep the chain-of-custody ledger."),
    "trainer": ("labkit.cli.trainer", "trainer", "Build a class, grade it, see what it has not understood."),
    "author": ("labkit.cli.author", "author", "Write, build and verify labs and evidence."),
    "demo": ("labkit.cli.demo", "demo", "Run a small class from evidence to class report."),
}


class _Root(LazyGroup):
    """The root group. It shows its help without importing a command, and turns errors into an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line; without arguments given, as the program that this process is."""
        if not args and options.get("args") is None:
            options.setdefault("obj", PROGRAM)
        return super().main(*args, **options)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, _, help_text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print a labkit error with its remedy and leave with its exit code."""
        command = super().invoke
        ctx.exit(reported(lambda: command(ctx)))


@click.group(
    cls=_Root,
    places={name: (module, attribute) for name, (module, attribute, _) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="labkit")
def main() -> None:
    """labkit: learn to collect, preserve and examine electronic evidence by doing it."""
