"""Where errors become text and an exit code."""

import sys
from collections.abc import Callable
from typing import Any

import click

from labkit.cli.language import in_words, reader_language
from labkit.errors import ContentError, LabkitError, StorageError

INTERRUPTED = 130  # what a shell gives a program that was stopped with Ctrl-C


def reported(command: Callable[[], Any]) -> int:
    """Run a command; print its error with the remedy, if it ends with one, and return its exit code."""
    code = 0
    try:
        command()
    except LabkitError as error:
        report(error)
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; say nothing more
        code = 1
    except OSError as error:
        wrapped = storage_error(error)
        report(wrapped)
        code = wrapped.exit_code
    except KeyboardInterrupt:
        click.echo(
            "\n" + in_words("Stopped. Nothing half-written was left; run the same command again to go on."), err=True
        )
        code = INTERRUPTED
    except click.ClickException as error:
        show(error)
        code = error.exit_code
    except click.exceptions.Exit as left:
        code = left.exit_code
    except click.Abort:
        click.echo(in_words("Aborted!"), err=True)
        code = 1
    return code


def show(error: click.ClickException) -> None:
    """Print that a command was typed in a form that it does not know, in the reader's language."""
    if reader_language() == "en":
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(in_words(context.get_usage()), err=True)
        click.echo(in_words(f"Try '{context.command_path} --help' for help.") + "\n", err=True)
    head, _ = _heads()
    click.echo(f"{head}: {in_words(error.format_message())}", err=True)


def report(error: LabkitError) -> None:
    """Print what happened and what to do next to standard error, in the reader's language."""
    first, then = error.heads if error.heads != LabkitError.heads else _heads()
    click.echo(f"{first}: {in_words(error.message)}", err=True)
    if isinstance(error, ContentError):
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
    remedy = in_words(error.remedy)
    click.echo(f"{then}:  {remedy}" if then else remedy, err=True)


def _heads() -> tuple[str, str]:
    language = reader_language()
    if language == "en":
        return LabkitError.heads
    from labkit.i18n import translator

    t = translator(language)
    return t("error.head"), t("error.next")


def storage_error(error: OSError) -> StorageError:
    """Return what a failed file operation means for the person at the keyboard."""
    where = f"{error.filename}: " if error.filename else ""
    return StorageError(
        f"{where}{error.strerror or error}",
        remedy="Check that the path exists, that you may write there, and that the disk has space; then try again.",
    )
