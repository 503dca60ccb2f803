"""From the results of a class to its report: one row for everybody, one feedback page each."""

from dataclasses import dataclass
from pathlib import Path

from labkit import __version__
from labkit.atomic import write_whole
from labkit.cohort.classroom import Classroom, open_classroom
from labkit.cohort.grade import latest_accepted
from labkit.cohort.store import Store, SubmissionRecord
from labkit.cohort.truths import key_version
from labkit.content.brief import fill, read_brief
from labkit.content.reader import Library, load_library
from labkit.i18n import Translator, translator
from labkit.model.people import Trainee
from labkit.reports.class_report import NOBODY, ClassResults, Row, TaskColumn, class_csv, class_json
from labkit.reports.class_report import render as render_class
from labkit.reports.feedback import render_feedback

REPORT = "report"
CLASS_PAGE = "class-report.html"
CLASS_CSV = "class-report.csv"
CLASS_JSON = "class-report.json"
FEEDBACK = "feedback"
_LETTERS = ("", *"bcdefghijklmnopqrstuvwxyz")  # of the exercises of one lab: L02, L02b, L02c
_UTF8_MARK = b"\xef\xbb\xbf"  # Excel takes a CSV for UTF-8 only with it


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    page: Path
    csv: Path
    json: Path
    feedback: tuple[Path, ...]


def write_report(folder: Path, out: Path | None = None, *, language: str = "en") -> Report:
    """Write the class report and one feedback page for each graded trainee, in their own language.

    Args:
        folder: The folder of the class.
        out: Where to write; ``report`` in the class folder if left out.
        language: The language of the class report.

    Raises:
        WorkspaceError: Not a class.
        StorageError: The results are missing or damaged, or the report can not be written.
    """
    classroom = open_classroom(folder)
    library = load_library()
    with Store.open(classroom.results_path) as store:
        rows = _rows(classroom, library, store, translator(language))
        results = ClassResults(
            class_name=classroom.name,
            course_title=_course_title(library, classroom.course, language),
            tasks=columns(library, classroom.course, language),
            rows=rows,
            flags=store.flags(),
            pass_percent=library.course(classroom.course).pass_percent,
        )
    out = out or classroom.root / REPORT
    (out / FEEDBACK).mkdir(parents=True, exist_ok=True)
    pages = []
    for row in rows:
        if row.result is not None:
            page = out / FEEDBACK / f"{row.trainee.trainee_id}.html"
            text = render_feedback(library, classroom.course, row.trainee, row.result, row.trainee.language)
            write_whole(page, text.encode())
            pages.append(page)
    written = Report(out / CLASS_PAGE, out / CLASS_CSV, out / CLASS_JSON, tuple(pages))
    write_whole(written.page, render_class(results, language).encode())
    write_whole(written.csv, _UTF8_MARK + class_csv(results).encode())
    write_whole(written.json, class_json(results).encode())
    return written


def _rows(classroom: Classroom, library: Library, store: Store, t: Translator) -> tuple[Row, ...]:
    records = store.submissions()
    latest = latest_accepted(records)
    version = key_version(classroom.key_version, library.exercises_of(classroom.course))
    refused = {record.trainee_id: record for record in records if record.status == "refused"}
    rows = []
    for trainee in classroom.trainees:
        record = latest.get(trainee.trainee_id)
        result = record and store.result(record.sha256, key_version=version, engine_version=__version__)
        if result:
            rows.append(Row(trainee, "graded", result))
        elif trainee.trainee_id in refused:
            rows.append(Row(trainee, "refused", None, _reason(refused[trainee.trainee_id], t)))
        else:
            rows.append(Row(trainee, "missing", None))
    known = {trainee.trainee_id for trainee in classroom.trainees}
    for record in records:
        if record.status == "refused" and record.trainee_id not in known:
            nobody = Trainee(NOBODY, record.source, t.language)
            rows.append(Row(nobody, "refused", None, _reason(record, t)))
    return tuple(rows)


def _reason(record: SubmissionRecord, t: Translator) -> str:
    return f"{record.source}: {t(f'refused.{record.reason}', **record.values)}"


def columns(library: Library, course: str, language: str) -> tuple[TaskColumn, ...]:
    """Return the tasks of a course in their order, each with a label of its own."""
    codes = {
        slug: f"{lab.code}{_LETTERS[place]}"
        for lab in library.labs_of(course)
        for place, slug in enumerate(lab.exercises)
    }
    columns = []
    for exercise in library.exercises_of(course):
        brief = read_brief(library, exercise.slug, language)
        for task, text in zip(exercise.tasks, brief.tasks, strict=True):
            label = f"{codes[exercise.slug]}·{text.number}"
            title, worth = fill(text.heading, {}), exercise.points_of(task)
            columns.append(TaskColumn(f"{exercise.slug}/{task.id}", title, worth, label))
    return tuple(columns)


def _course_title(library: Library, course: str, language: str) -> str:
    titles = library.course(course).title
    return titles.get(language) or titles["en"]
