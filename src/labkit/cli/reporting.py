"""Where errors become text and an exit code."""

import sys
from collections.abc import Callable
from typing import Any

import click

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
        click.echo("\nStopped. Nothing half-written was left; run the same command again to go on.", err=True)
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Exit as left:
        code = left.exit_code
    except click.Abort:
        click.echo("Aborted!", err=True)
        code = 1
    return code


def report(error: LabkitError) -> None:
    """Print what happened and what to do next to standard error."""
    first, then = error.heads
    click.echo(f"{first}: {error.message}", err=True)
    if isinstance(error, ContentError):
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
    click.echo(f"{then}:  {error.remedy}" if then else error.remedy, err=True)


def storage_error(error: OSError) -> StorageError:
    """Return what a failed file operation means for the person at the keyboard."""
    where = f"{error.filename}: " if error.filename else ""
    return StorageError(
        f"{where}{error.strerror or error}",
        remedy="Check that the path exists, that you may write there, and that the disk has space; then try again.",
    )
