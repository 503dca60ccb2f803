"""``labkit author``: write labs and evidence, and know that they hold."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labkit.cli.output import examples, note, output_options, write_fields, write_json, write_table
from labkit.errors import ContentError, VerificationError

if TYPE_CHECKING:
    from labkit.usecases.author import ItemReport
    from labkit.verification.confirmation import Confirmation

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_SEEDS = 1000


def seed_option(command: Command) -> Command:
    """Add ``--seed``."""
    return click.option(
        "--seed", default="author", show_default=True, metavar="TEXT", help="Any word; the same word gives the same."
    )(command)


def seeds_option(command: Command) -> Command:
    """Add ``--seeds``."""
    return click.option(
        "--seeds",
        type=click.IntRange(1, MOST_SEEDS),
        default=1,
        show_default=True,
        metavar="N",
        help="How many different seeds to go through.",
    )(command)


@click.group()
def author() -> None:
    """Write, build and verify labs and evidence.

    The content is in labs/, exercises/ and evidence_images/ of this installation, or of the folder that the
    environment variable LABKIT_CONTENT names.
    """


@author.command(epilog=examples("labkit author lint", "labkit author lint exercises/fingerprints"))
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@output_options
def lint(paths: tuple[Path, ...], as_json: bool, plain: bool) -> None:
    """Check labs, exercises and courses against every rule; all problems at once.

    With PATHS, only problems in these files and folders are shown. Exit code 3 if there are any. The rules stand in
    docs/author/lint-codes.md.
    """
    from labkit.usecases import author as usecase

    problems = usecase.lint(paths)
    for one in problems:
        if as_json:
            found = {"path": one.path.as_posix(), "key": one.key, "code": one.code, "message": one.message}
            write_json(found)
        elif plain:
            click.echo(f"{one.path.as_posix()}\t{one.key}\t{one.code}\t{one.message}")
        else:
            click.echo(str(one))
    if problems:
        raise ContentError(
            f"the content has {len(problems)} problem(s)",
            remedy="Correct the files that are named; docs/author/lint-codes.md says what each rule asks for.",
        )
    note("No problems.")


@author.command(epilog=examples("labkit author build kestrel --item usb --seed asel --out build/asel"))
@click.argument("case")
@click.option("--item", metavar="I", help="Only this evidence item.")
@seed_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
@output_options
def build(case: str, item: str | None, seed: str, out: Path, as_json: bool, plain: bool) -> None:
    """Build the evidence of CASE into a folder, with its truth in truth.json.

    truth.json holds every answer: it is for the author and never for a trainee.
    """
    from labkit.usecases import author as usecase

    built = usecase.build(case, seed, out, item)
    if as_json:
        for name, path in sorted(built.files.items()):
            write_json({"name": name, "path": str(path), "size_bytes": path.stat().st_size})
        write_json({"name": usecase.TRUTH_NAME, "path": str(out / usecase.TRUTH_NAME)})
        return
    rows: list[tuple[str, object]] = [
        (name, f"{path.stat().st_size} bytes") for name, path in sorted(built.files.items())
    ]
    write_fields([*rows, (usecase.TRUTH_NAME, "every answer: keep it away from trainees")], plain=plain)


@author.command(epilog=examples("labkit author verify kestrel", "labkit author verify kestrel --item usb --seeds 20"))
@click.argument("case")
@click.option("--item", metavar="I", help="Only this evidence item.")
@seed_option
@seeds_option
@output_options
def verify(case: str, item: str | None, seed: str, seeds: int, as_json: bool, plain: bool) -> None:
    """Build CASE in a temporary folder and prove its truth with independent readers.

    The Sleuth Kit, libyal, SQLite, readings by hand and programs that check file systems are asked about every fact. A
    program that is not installed is not asked, and that never counts as agreement. Exit code 14 if a fact fails.
    """
    from labkit.usecases import author as usecase
    from labkit.verification.confirmation import Verdict

    reports = []
    for report in usecase.verify(case, usecase.seed_names(seed, seeds), item):
        reports.append(report)
        if as_json:
            for one in report.confirmations:
                write_json({"seed": report.seed, "item": report.item, **_plain_confirmation(one)})
    if not as_json:
        _show(reports, plain=plain)
    failed = [(report, one) for report in reports for one in report.confirmations if one.verdict is Verdict.FAILED]
    if failed:
        raise VerificationError(
            f"{len(failed)} statement(s) about {case} do not hold: {_first(*failed[0])}",
            remedy="Look at the failures above: either the evidence or its truth is wrong. Do not hand it out.",
        )


def _show(reports: "list[ItemReport]", *, plain: bool) -> None:
    from labkit.verification.confirmation import Verdict

    order = (Verdict.CONFIRMED, Verdict.FAILED, Verdict.NOT_ASKED, Verdict.DEFINITION)
    rows = []
    for report in reports:
        traces = dict.fromkeys(one.trace for one in report.confirmations)
        for trace in traces:
            counts = Counter(one.verdict for one in report.confirmations if one.trace == trace)
            rows.append((report.seed, report.item, trace, *(counts[verdict] for verdict in order)))
    names = [str(verdict) for verdict in order]
    write_table(["seed", "item", "trace", *names], rows, plain=plain, right=names)
    failures = [
        (report.seed, f"{report.item}:{one.trace}", one.fact, one.reader, str(one.expected), str(one.found))
        for report in reports
        for one in report.confirmations
        if one.verdict is Verdict.FAILED
    ]
    if failures:
        write_table(["seed", "trace", "fact", "reader", "expected", "found"], failures, plain=plain)
    silent = sorted(
        {one.reader for report in reports for one in report.confirmations if one.verdict is Verdict.NOT_ASKED}
    )
    if silent:
        note(f"Not installed and therefore not asked: {', '.join(silent)}.")


def _first(report: "ItemReport", one: "Confirmation") -> str:
    return f"{report.item}:{one.trace}.{one.fact} by {one.reader}, seed {report.seed}"


def _plain_confirmation(one: "Confirmation") -> dict[str, str]:
    return {
        "trace": one.trace,
        "fact": one.fact,
        "reader": one.reader,
        "verdict": str(one.verdict),
        "expected": str(one.expected),
        "found": str(one.found),
    }


@author.command("try", epilog=examples("labkit author try deleted-on-fat --seeds 5"))
@click.argument("exercise")
@seed_option
@seeds_option
@output_options
def try_(exercise: str, seed: str, seeds: int, as_json: bool, plain: bool) -> None:
    """Grade the exemplar and the attempts of EXERCISE and compare them with what they declare.

    Exit code 3 if one of them is graded otherwise.
    """
    from labkit.usecases import author as usecase

    rows, problems = [], 0
    for report in usecase.try_exercise(exercise, usecase.seed_names(seed, seeds)):
        for sample in report.samples:
            problems += len(sample.problems)
            if as_json:
                write_json(
                    {
                        "seed": report.seed,
                        "sample": sample.sample,
                        "score_percent": sample.score_percent,
                        "problems": list(sample.problems),
                    }
                )
            verdict = "; ".join(sample.problems) or "as declared"
            rows.append((report.seed, sample.sample, f"{sample.score_percent:.1f}", verdict))
    if not as_json:
        write_table(["seed", "sample", "score %", "verdict"], rows, plain=plain, right=["score %"])
    if problems:
        raise ContentError(
            f"{problems} difference(s) between what the samples of {exercise} declare and how they are graded",
            remedy="Correct answers.toml or expect.toml of the sample, or the task in exercise.toml.",
        )
