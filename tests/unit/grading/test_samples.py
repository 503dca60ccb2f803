from collections.abc import Mapping
from pathlib import Path

import pytest

from labkit.content.reader import Library
from labkit.content.schemas import Task
from labkit.custody import ledger, signing
from labkit.errors import ContentError, SynthesisError
from labkit.grading.samples import fill, render_answers, render_custody, samples, try_exercise

from .a_case import CLAIM, HASH, MULTI, PATH, REGION, SIZE, TABLE, an_exercise, truth_of

TRUTH = truth_of()
TASKS = {"hash": HASH, "path": PATH, "size": SIZE}


def a_library(root: Path, files: dict[str, str], tasks: Mapping[str, Task] = TASKS) -> Library:
    for name, text in files.items():
        path = root / "exercises" / "tern" / "trainer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Library(root, {}, {}, {"tern": an_exercise(tasks)})


EXEMPLAR = 'hash = "{usb:file.sha256}"\npath = "{usb:file.path}"\nsize = "{usb:file.size_bytes}"\n'
FILES = {
    "exemplar/answers.toml": EXEMPLAR,
    "attempts/the-box/answers.toml": 'hash = "{usb:container.sha256}"\npath = "/{usb:file.name}"\n',
    "attempts/the-box/expect.toml": "score_percent = 21.67\n"
    '[tasks.hash]\noutcome = "partial"\nmistake = "H-CONT"\ncredit_percent = 25\n'
    '[tasks.size]\noutcome = "missing"\n',
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{usb:file.size_bytes|plus:-1} bytes", f"{int(TRUTH.fact('usb:file.size_bytes')) - 1} bytes"),
        ("{usb:file.born_utc|iso}", "2026-03-03T09:35:20Z"),
        ("{usb:file.born_utc|plus:-3600|iso:+05:00}", "2026-03-03T13:35:20+05:00"),
        ("{usb:file.names|join}", "a.txt, c.txt"),
        ("{usb:file.names|first|upper}", "A.TXT"),
        ("{usb:partition.offset_bytes|sectors} sectors", "2048 sectors"),
        ("{usb:partition.offset_bytes|sectors|times:8}", "16384"),
        ("{usb:file.offset_bytes|from:usb:partition.offset_bytes}", f"{TRUTH.fact('usb:file.volume_offset_bytes')}"),
        ("{usb:partition.offset_bytes|sectors|turned:4|times:512} bytes", f"{0x00080000 * 512} bytes"),
        ("{{{var:exhibit_usb}}}", "{KF-06}"),
        ("plain", "plain"),
    ],
)
def test_facts_are_filled_in_through_filters(template: str, text: str) -> None:
    assert fill(template, TRUTH) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{usb:file.names}", "no text and no number"),
        ("{usb:file.born_utc}", "no text and no number"),
        ("{usb:file.name|sectors}", "does not fit str"),
        ("{usb:file.name|reverse}", "does not fit str"),
        ("{usb:partition.offset_bytes|turned:1}", "does not fit int"),
        ("{usb:partition.offset_bytes|from:usb:file.name}", "does not fit int"),
        ("{usb:file.born_utc|iso:noon}", "does not fit datetime"),
        ("a } b", "single brace"),
    ],
)
def test_a_template_that_can_not_be_filled_is_refused(template: str, message: str) -> None:
    with pytest.raises(ContentError, match=message) as caught:
        fill(template, TRUTH)

    assert caught.value.remedy


def test_an_unknown_fact_is_refused() -> None:
    with pytest.raises(SynthesisError, match="no_such"):
        fill("{usb:file.no_such}", TRUTH)


def test_samples_that_keep_their_promise_have_no_problems(tmp_path: Path) -> None:
    library = a_library(tmp_path, FILES)

    exemplar, attempt = try_exercise(library, "tern", TRUTH)

    assert (exemplar.sample, exemplar.score_percent, exemplar.problems) == ("exemplar", 100, ())
    assert (attempt.sample, attempt.problems) == ("the-box", ())
    assert [sample.name for sample in samples(tmp_path / "exercises" / "tern")] == ["exemplar", "the-box"]


def test_composed_answers_are_written_with_the_same_placeholders(tmp_path: Path) -> None:
    text = """
region = "start {usb:photo.offset_bytes|sectors} sectors, length {usb:photo.size_bytes} bytes"
multi = "{usb:file.seized|join}"
claim = "was-removed; {var:exhibit_usb}; {usb:file.path}"
table = '''
number;start;type;born;label
1;{usb:photo.offset_bytes} bytes;ntfs;{usb:file.born_utc|iso};{usb:file.label}
2;{usb:file.offset_bytes} bytes;fat;{usb:file.modified_utc|iso:+05:00};none
'''
"""
    tasks = {"region": REGION, "multi": MULTI, "claim": CLAIM, "table": TABLE}
    library = a_library(tmp_path, {"exemplar/answers.toml": text}, tasks)

    (exemplar,) = try_exercise(library, "tern", TRUTH)

    assert (exemplar.score_percent, exemplar.problems) == (100, ())


def test_an_attempt_that_scores_otherwise_is_told_line_by_line(tmp_path: Path) -> None:
    wrong = 'score_percent = 90\nsurprise = 1\n[tasks.hash]\nmistake = "H-PART"\ncredit = 3\n[tasks.gone]\n'
    library = a_library(tmp_path, {**FILES, "attempts/the-box/expect.toml": wrong})

    attempt = try_exercise(library, "tern", TRUTH)[1]

    assert attempt.problems == (
        "surprise: is not a key of expect.toml",
        "score_percent: 90 declared, 21.67 graded",
        "tasks.hash.credit: is not a key of expect.toml",
        "tasks.hash.mistake: H-PART declared, H-CONT graded",
        "tasks.gone: is no task of the exercise",
    )


def test_an_exemplar_below_full_marks_is_told(tmp_path: Path) -> None:
    library = a_library(tmp_path, {"exemplar/answers.toml": EXEMPLAR.replace("size_bytes", "address") + 'x = "1"\n'})

    (exemplar,) = try_exercise(library, "tern", TRUTH)

    assert exemplar.problems[0] == "x: is no task of the exercise"
    assert "tasks.size: wrong, no mistake named" in exemplar.problems


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("attempts/the-box/expect.toml", "score_percent =", "is not TOML"),
        ("attempts/the-box/answers.toml", "size = 5", "size are not texts"),
        ("exemplar/custody.toml", "entry = 1", "something else than"),
    ],
)
def test_a_sample_that_can_not_be_read_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    library = a_library(tmp_path, {**FILES, name: text})

    with pytest.raises(ContentError, match=message) as caught:
        try_exercise(library, "tern", TRUTH)

    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="is missing"):
        render_answers(tmp_path, TRUTH)
    assert render_custody(tmp_path, TRUTH, genesis="0" * 64) == ()


def test_custody_entries_become_a_chained_ledger_with_typed_facts(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text(
        '[[entries]]\ntype = "exhibit"\nexhibit_no = "{var:exhibit_usb}"\nkind = "medium"\ndescription = "red"\n'
        'capacity_bytes = "{usb:file.size_bytes}"\n'
        '[[entries]]\ntype = "seized"\nevent_at = 2026-03-10T10:42:00+05:00\nexhibits = ["{var:exhibit_usb}"]\n'
        'recorded_at = "2026-03-10T10:50:00+05:00"\nchanged_evidence = false\n',
        encoding="utf-8",
    )
    genesis = ledger.genesis("x")

    lines = render_custody(tmp_path, TRUTH, genesis=genesis)
    read = ledger.parse(lines, genesis=genesis)

    assert read.problems == ()
    assert read.exhibits[0].capacity_bytes == TRUTH.fact("usb:file.size_bytes")
    assert read.exhibits[0].exhibit_no == "KF-06"
    assert read.events[0].recorded_at is not None
    assert read.events[0].recorded_at.text == "2026-03-10T10:50:00+05:00"
    assert lines == render_custody(tmp_path, TRUTH, genesis=genesis)


KEY = "1" * 64
SIGNED = """
[[entries]]
type = "person"
person_id = "A"
name = "Anna"
role = "custodian"
[[entries]]
type = "released"
actor = "A"
signatures = [{{ person = "A", private_key = "{key}" }}, {{ person = "A", over = {line}, private_key = "{key}" }}]
"""


def test_signatures_of_a_sample_are_made_over_the_entry_and_over_lines_above(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text(SIGNED.format(key=KEY, line=1), encoding="utf-8")
    genesis = ledger.genesis("x")

    read = ledger.parse(render_custody(tmp_path, TRUTH, genesis=genesis), genesis=genesis)

    own, above = read.events[0].signatures
    assert (own.over, above.over) == (signing.content_digest(read.raw[1]), read.entries[0].event_hash)
    assert all(signing.fits(each, signing.public_key(KEY)) for each in (own, above))
    assert KEY not in str(read.raw)


def test_a_signature_over_a_line_that_does_not_stand_above_is_refused(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text(SIGNED.format(key=KEY, line=2), encoding="utf-8")

    with pytest.raises(ContentError, match="does not stand above"):
        render_custody(tmp_path, TRUTH, genesis=ledger.genesis("x"))
