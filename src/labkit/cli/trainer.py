"""``labkit trainer``: make a class, build its packs, grade what comes in, report."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from labkit.cli.output import examples, note, safe, write

PASSPHRASE_VARIABLE = "LABKIT_PASSPHRASE"  # noqa: S105 - the name of a variable, not its value
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def trainer() -> None:
    """Build a class, grade it, see what it has not understood."""


@trainer.command()
def courses() -> None:
    """Show the courses that there are, their labs, and how long these take."""
    from labkit.usecases.courses import courses_offered

    for course in courses_offered("en"):
        _say(f"{course.slug}: {course.title} ({course.minutes} minutes)")
        for lab in course.labs:
            _say(f"    {lab.code}  {lab.title}, {lab.minutes} minutes")


@trainer.command(
    epilog=examples(
        "labkit trainer new spring-2026 --roster roster.csv --course first-steps",
        "labkit trainer new spring-2026 --roster roster.csv --course prosecutors --overlay attesting-witness",
    )
)
@click.argument("folder", metavar="CLASS", type=_FOLDER)
@click.option(
    "--roster",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="CSV with the columns trainee_id,name,language.",
)
@click.option("--course", required=True, help="Its name, such as first-steps; 'labkit trainer courses' shows them.")
@click.option("--name", help="What the class is called in reports (default: the folder's name).")
@click.option("--overlay", metavar="NAME|FILE", help="What your country adds to the custody rules.")
@click.option("--passphrase", "with_passphrase", is_flag=True, help="Protect the keys with a passphrase.")
def new(folder: Path, roster: Path, course: str, name: str | None, overlay: str | None, with_passphrase: bool) -> None:
    """Make the folder CLASS: settings, roster, keys.

    The file keys.json in it is secret. Who has it can compute every answer; without it nothing can be graded.
    """
    from labkit.usecases.trainer import make_class

    passphrase = os.environ.get(PASSPHRASE_VARIABLE) if with_passphrase else None
    if with_passphrase and not passphrase:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    made = make_class(
        folder,
        roster=roster,
        course=course,
        name=name,
        passphrase=passphrase,
        overlay=overlay,
        now=datetime.now(UTC),
    )
    _say(f"Class {made.name}: {len(made.trainees)} trainee(s), course {made.course}, in {made.root}")
    if overlay is not None:
        _say("What your country adds to the custody rules stands in overlay.toml; packs take it along.")
    _say("Keep keys.json secret and back it up: grading needs it.")
    _say(f"Next: labkit trainer build {_shown(made.root)}")


@trainer.command(
    epilog=examples("labkit trainer build spring-2026", "labkit trainer build spring-2026 --only T07 --force")
)
@click.argument("folder", metavar="CLASS", type=_FOLDER)
@click.option("--only", multiple=True, metavar="ID", help="Only this trainee; may be repeated.")
@click.option("--jobs", type=click.IntRange(1, 256), help="How many packs at a time (default: one per processor).")
@click.option("--force", is_flag=True, help="Build again what is there already.")
def build(folder: Path, only: tuple[str, ...], jobs: int | None, force: bool) -> None:
    """Build one pack for each trainee, in CLASS/packs.

    Packs that are there and whole are kept, so a run that was stopped goes on where it was.
    """
    from labkit.cli.progress import counted_progress
    from labkit.cohort.classroom import open_classroom
    from labkit.usecases.trainer import build_packs

    total = len(only) or len(open_classroom(folder).trainees)
    passphrase = _passphrase(folder)
    with counted_progress("packs", total) as advance:
        done = build_packs(
            folder,
            passphrase=passphrase,
            only=only,
            processes=jobs,
            force=force,
            tell=lambda trainee, _what: advance(trainee.trainee_id),
        )
    _say(f"{len(done.built)} pack(s) built, {len(done.kept)} kept, in {done.folder}")
    _say(f"Signature key: {done.fingerprint}. Show it; 'labkit start' tells it to each trainee.")
    _say("Hand out each trainee's own pack. A pack holds no answers, seeds or keys.")


@trainer.command(epilog=examples("labkit trainer pairs spring-2026"))
@click.argument("folder", metavar="CLASS", type=_FOLDER)
def pairs(folder: Path) -> None:
    """Show who hands over to whom, and so who audits whose ledger, by the roster as it is now."""
    from labkit.cohort.classroom import open_classroom
    from labkit.cohort.pairs import rings

    trainees = open_classroom(folder).trainees
    found = rings(trainees)
    for ring in found:
        _say(" -> ".join(f"{one.trainee_id} {one.name}" for one in (*ring, ring[0])))
    alone = [one for one in trainees if not any(one in ring for ring in found)]
    for one in alone:
        _say(f"{one.trainee_id} {one.name}: alone, and loses nothing by it")
    _say("Each hands over to the next and audits the one before. A column 'pair' in roster.csv changes it.")


@trainer.command(epilog=examples("labkit trainer grade spring-2026 inbox"))
@click.argument("folder", metavar="CLASS", type=_FOLDER)
@click.argument("inbox", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes (default: one per processor).")
def grade(folder: Path, inbox: Path, jobs: int | None) -> None:
    """Grade what was handed in. INBOX is a folder with files .labsub, in folders or not (a Moodle download will do).

    The latest attempt of each trainee counts. Grading again changes nothing.
    """
    from labkit.cli.progress import counted_progress
    from labkit.cohort.classroom import open_classroom
    from labkit.usecases.trainer import grade_inbox

    total = len(open_classroom(folder).trainees)
    passphrase = _passphrase(folder)
    with counted_progress("graded", total) as advance:
        done = grade_inbox(
            folder,
            inbox,
            passphrase=passphrase,
            processes=jobs,
            now=datetime.now(UTC),
            tell=lambda trainee, _what: advance(trainee.trainee_id),
        )
    _say(f"{done.files} file(s) in the inbox: {len(done.graded)} graded now, {len(done.known)} graded before.")
    passed_over = done.files - len(done.graded) - len(done.known) - len(done.refused)
    if passed_over > 0:
        _say(f"Not counted: {passed_over} earlier attempt(s), or the same file once more.")
    if not done.files:
        note(f"There is no file that ends in .labsub in {_shown(inbox)}, nor in the folders inside it.")
    for refused in done.refused:
        who = f"{refused.trainee.trainee_id} " if refused.trainee else ""
        _say(f"Refused: {who}{refused.source}: {refused.message} [{refused.code}]")
    if done.refused:
        _say("Ask for refused files again: 'labkit submit' makes a new one. What was graded before still counts.")
    if done.missing:
        _say(f"Nothing to grade from: {', '.join(trainee.trainee_id for trainee in done.missing)}")
    if done.flags:
        _say(f"{len(done.flags)} remark(s) to look at; they are in the report and are no verdicts.")
    _say(f"Next: labkit trainer report {_shown(folder)}")


@trainer.command(epilog=examples("labkit trainer report spring-2026 --language ru"))
@click.argument("folder", metavar="CLASS", type=_FOLDER)
@click.option("--out", type=_FOLDER, help="Where to write (default: CLASS/report).")
@click.option("--language", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Of the report.")
def report(folder: Path, out: Path | None, language: str) -> None:
    """Write the class report (HTML, CSV, JSON) and one feedback page for each trainee, in their own language."""
    from labkit.usecases.reporting import write_report

    written = write_report(folder, out, language=language)
    _say(f"Class report:   {written.page}")
    _say(f"As a table:     {written.csv}")
    _say(f"For programs:   {written.json}")
    _say(f"Feedback pages: {len(written.feedback)} in {written.page.parent / 'feedback'}")


@trainer.command(epilog=examples("labkit trainer answers spring-2026", "labkit trainer answers spring-2026 --only T07"))
@click.argument("folder", metavar="CLASS", type=_FOLDER)
@click.option("--only", multiple=True, metavar="ID", help="Only this trainee; may be repeated.")
@click.option("--out", type=_FOLDER, help="Where to write (default: CLASS/answers).")
@click.option("--language", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Of the book.")
@click.option("--jobs", type=click.IntRange(1, 256), help="How many at a time (default: one per processor).")
def answers(folder: Path, only: tuple[str, ...], out: Path | None, language: str, jobs: int | None) -> None:
    """Write the answer book: what is right in each task, for each trainee (HTML, CSV).

    It is for you alone. Evidence is personal, and so are the answers; they are worked out again from the course key.
    """
    from labkit.usecases.answer_book import write_answer_book

    passphrase = _passphrase(folder)
    book = write_answer_book(folder, out, passphrase=passphrase, only=only, language=language, processes=jobs)
    _say(f"Answer book: {book.page}, {book.trainees} trainee(s)")
    _say(f"As a table:  {book.csv}")
    _say("Keep it to yourself: it holds every right answer.")


def _passphrase(folder: Path) -> str | None:
    from labkit.cohort.classroom import open_classroom

    if not open_classroom(folder).needs_passphrase:
        return None
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    note("The keys of this class are protected.")
    return str(click.prompt("Passphrase", hide_input=True))


def _shown(folder: Path) -> str:
    shown = os.path.relpath(folder)
    return f'"{shown}"' if " " in shown else shown


def _say(text: str) -> None:
    write(safe(text) + "\n")
