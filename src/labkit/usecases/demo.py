"""A small class from scenario to class report: six trainees who never were, each with a habit of their own.

They do what real trainees do: start a pack, open hints, write down answers, keep a ledger, hand in. Only where their
answers come from differs: from the exemplars and attempts of the exercises, filled in with the truth.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from labkit.atomic import remove_tree
from labkit.cohort.classroom import Classroom, open_classroom
from labkit.cohort.truths import TruthByCase, derive_truths, order_truth
from labkit.content.reader import Library, load_library
from labkit.content.schemas import Exercise, LogAnswer
from labkit.errors import WorkspaceError
from labkit.grading.samples import EXEMPLAR, render_answers, render_custody
from labkit.usecases import trainee as trainee_verbs
from labkit.usecases.reporting import Report, write_report
from labkit.usecases.trainer import Graded, build_packs, grade_inbox, make_class
from labkit.usecases.workers import run_jobs, usable_processors
from labkit.workspace.folder import Workspace

MARKER = ".labkit-demo"
COURSE = "first-steps"
CLASS_NAME = "Demo class"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Player:
    """One trainee of the demo. ``samples`` names the attempt that is used for an exercise instead of the exemplar."""

    trainee_id: str
    name: str
    language: str
    habit: str
    samples: Mapping[str, str]
    share: float = 1.0  # how much of each exercise is done
    times_off: timedelta = timedelta(0)
    copies_from: str = ""
    hints: tuple[str, ...] = ()
    breaks_archive: bool = False


PLAYERS = (
    Player("T01", "Nadia Marlow", "en", "does everything right", {}),
    Player(
        "T02",
        "Тимур Ясенев",
        "ru",
        "does half of it, with hints",
        {},
        share=0.5,
        hints=("image-and-verify/raw-sha256", "image-and-verify/raw-sha256", "image-and-verify/size-sectors"),
    ),
    Player(
        "T03",
        "Owen Pryce",
        "en",
        "hashes the container instead of the disk",
        {"fingerprints": "box-and-newline", "image-and-verify": "hashed-the-boxes"},
    ),
    Player("T04", "Лола Каримова", "ru", "writes every time one hour off", {}, times_off=_HOUR),
    Player("T05", "Ilya Stern", "en", "copies from T01", {}, copies_from="T01"),
    Player("T06", "Алия Нурлан", "ru", "hands in a file that was cut short", {}, breaks_archive=True),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made."""

    folder: Path
    classroom: Classroom
    graded: Graded
    report: Report


def run_demo(
    folder: Path,
    *,
    now: datetime,
    processes: int | None = None,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    tell: Callable[[str], None] = lambda _line: None,
) -> Demo:
    """Build, play, grade and report a class of six in a folder of its own. An older demo there is replaced.

    Args:
        folder: The folder to make.
        now: When it all happens, aware.
        processes: How many processes; one for each processor if left out.
        random_bytes: Where the keys of the class come from.
        tell: Called with a line for each step.

    Raises:
        WorkspaceError: There is something else in that place.
    """
    folder = folder.absolute()
    _make_room(folder)
    try:
        (folder / MARKER).touch()
        (folder / "roster.csv").write_bytes(_roster())
        root = folder / "class"
        classroom = make_class(
            root,
            roster=folder / "roster.csv",
            course=COURSE,
            name=CLASS_NAME,
            passphrase=None,
            now=now,
            random_bytes=random_bytes,
        )
        tell(f"Building {len(PLAYERS)} packs, each with evidence of its own ...")
        build_packs(root, processes=processes, tell=lambda trainee, _what: tell(f"  {trainee.trainee_id} built"))
        library = load_library()
        keys = classroom.keys()
        orders = [order_truth(library, COURSE, keys, player.trainee_id) for player in PLAYERS]
        truths = dict(run_jobs(derive_truths, orders, processes=processes or usable_processors()))
        tell("Playing six trainees ...")
        for player in PLAYERS:
            _play(player, library, classroom, truths, folder, now)
            tell(f"  {player.trainee_id} {player.name}: {player.habit}")
        tell("Grading and reporting ...")
        graded = grade_inbox(root, folder / "inbox", processes=processes, now=now)
        report = write_report(root)
    except BaseException:
        remove_tree(folder)
        raise
    return Demo(folder, open_classroom(root), graded, report)


def _play(
    player: Player,
    library: Library,
    classroom: Classroom,
    truths: Mapping[str, TruthByCase],
    folder: Path,
    now: datetime,
) -> None:
    """Do what this trainee does, through the same verbs that the commands call."""
    pack = classroom.packs / f"{player.trainee_id}.labpack"
    workspace = trainee_verbs.start(pack, folder / "workspaces" / player.trainee_id)
    for task in player.hints:
        trainee_verbs.hint(workspace.root, task, now=now)
    source = truths[player.copies_from or player.trainee_id]
    for exercise in library.exercises_of(classroom.course):
        sample = _sample(library, exercise, player)
        for task, text in _answers(exercise, sample, player, source).items():
            trainee_verbs.answer(workspace.root, f"{exercise.slug}/{task}", text, now=now)
        if player.share == 1.0:
            _keep_ledger(workspace, sample, truths[player.trainee_id], exercise)
    _, made = trainee_verbs.submit(workspace.root, folder / "inbox", now=now)
    if player.breaks_archive:
        whole = made.path.read_bytes()
        made.path.write_bytes(whole[: len(whole) // 2])


def _answers(exercise: Exercise, sample: Path, player: Player, truths: TruthByCase) -> dict[str, str]:
    rendered = render_answers(sample, truths[exercise.case])
    tasks = [task for task in exercise.tasks if task.id in rendered and not isinstance(task.answer, LogAnswer)]
    done = tasks[: round(len(tasks) * player.share)]
    answers = {}
    for task in done:
        text = rendered[task.id]
        if task.answer.type == "TIME" and player.times_off:
            text = (datetime.fromisoformat(text) + player.times_off).isoformat()
        answers[task.id] = text
    return answers


def _keep_ledger(workspace: Workspace, sample: Path, truths: TruthByCase, exercise: Exercise) -> None:
    if any(isinstance(task.answer, LogAnswer) for task in exercise.tasks):
        lines = render_custody(sample, truths[exercise.case], genesis=workspace.ledger_genesis)
        workspace.custody_path.write_bytes("".join(lines).encode())


def _sample(library: Library, exercise: Exercise, player: Player) -> Path:
    trainer = library.root / "exercises" / exercise.slug / "trainer"
    name = player.samples.get(exercise.slug)
    return trainer / "attempts" / name if name else trainer / EXEMPLAR


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else (folder,)):
        if not (folder / MARKER).is_file():
            raise WorkspaceError(
                f"{folder} is there already and is no demo; nothing was changed",
                remedy="Choose another folder with --out.",
            )
        remove_tree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _roster() -> bytes:
    lines = ["trainee_id,name,language,group"]
    lines += [f"{player.trainee_id},{player.name},{player.language},A" for player in PLAYERS]
    return ("\n".join(lines) + "\n").encode()
