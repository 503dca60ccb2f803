"""Writing the answer book of a class, worked out again from the course key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.atomic import write_whole
from labkit.cohort.classroom import find_trainee, open_classroom
from labkit.cohort.store import Store
from labkit.cohort.truths import TruthByCase
from labkit.content.reader import load_library
from labkit.content.schemas import Exercise
from labkit.grading.answer_key import Key, answer_key
from labkit.reports.answer_book import Answers, answer_csv, answer_page
from labkit.reports.pages import translated
from labkit.usecases.reporting import columns
from labkit.usecases.trainer import truths_of_class

BOOK = "answers"
PAGE, TABLE = "answer-book.html", "answer-book.csv"
_UTF8_MARK = b"\xef\xbb\xbf"  # Excel takes a CSV for UTF-8 only with it


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """What was written, and for how many trainees."""

    page: Path
    csv: Path
    trainees: int


def write_answer_book(
    folder: Path,
    out: Path | None = None,
    *,
    passphrase: str | None = None,
    only: Sequence[str] = (),
    language: str = "en",
    processes: int | None = None,
) -> AnswerBook:
    """Write what is right in each task for each trainee who has a pack, as a page to print and as a table.

    Args:
        folder: The folder of the class.
        out: Where to write; ``answers`` in the class folder if left out.
        passphrase: Opens the keys, where they are protected.
        only: Ids of trainees; all if there are none.
        language: The language of the page.
        processes: How many truths are worked out at a time.

    Raises:
        WorkspaceError: Not a class, or nobody has that id.
        ContentError: The content is not the one that the packs were built from.
        StorageError: There are no packs yet, or the book can not be written.
    """
    classroom = open_classroom(folder)
    wanted = tuple(find_trainee(classroom, each) for each in only) or classroom.trainees
    library = load_library()
    with Store.open(classroom.results_path) as store:
        packs = store.packs()
    truths = truths_of_class(classroom, library, classroom.keys(passphrase), packs, processes, wanted)
    exercises = library.exercises_of(classroom.course)
    answers = [
        Answers(trainee, _keys(exercises, truths[trainee.trainee_id]))
        for trainee in wanted
        if trainee.trainee_id in truths
    ]
    tasks = columns(library, classroom.course, language)
    title = translated(library.course(classroom.course).title, language)
    out = out or classroom.root / BOOK
    out.mkdir(parents=True, exist_ok=True)
    book = AnswerBook(out / PAGE, out / TABLE, len(answers))
    write_whole(book.page, answer_page(classroom.name, title, tasks, answers, language).encode())
    write_whole(book.csv, _UTF8_MARK + answer_csv(tasks, answers).encode())
    return book


def _keys(exercises: Sequence[Exercise], truths: TruthByCase) -> dict[str, Key]:
    return {
        f"{exercise.slug}/{task.id}": answer_key(task, truths[exercise.case])
        for exercise in exercises
        for task in exercise.tasks
    }
