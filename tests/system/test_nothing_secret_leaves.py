"""What a trainee gets is an allow-list. Every byte of a pack is searched for what must not be in it."""

import base64
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from labkit.content.reader import load_library
from labkit.content.schemas import EnumAnswer, LogAnswer
from labkit.model.truth import CaseTruth, FactValue
from labkit.usecases.demo import COURSE, PLAYERS
from tests.system.conftest import Played

TRAINEES = [player.trainee_id for player in PLAYERS]
_SHORTEST = 4  # characters; shorter values stand in any text by chance
_SHORTEST_LINE = 24


def members(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def handed_out(pack: Path) -> dict[str, bytes]:
    """Return what a pack holds outside of the evidence."""
    return {name: data for name, data in members(pack).items() if not name.startswith("evidence/")}


def spellings(secret: bytes) -> list[bytes]:
    return [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        base64.b32encode(secret).rstrip(b"="),
    ]


@pytest.mark.parametrize("trainee_id", TRAINEES)
def test_no_seed_and_no_key_is_anywhere_in_a_pack(played: Played, trainee_id: str) -> None:
    classroom = played.demo.classroom
    keys = classroom.keys()
    secrets = [keys.course_key, keys.signing_seed]
    for each in TRAINEES:
        secrets += [keys.seed(COURSE, case, each) for case in load_library().cases_of(COURSE)]
    pack = classroom.packs / f"{trainee_id}.labpack"

    for place, data in {"the file itself": pack.read_bytes(), **members(pack)}.items():
        for secret in secrets:
            for spelling in spellings(secret):
                assert spelling not in data, place


def graded_values(truth: CaseTruth) -> dict[str, FactValue]:
    """Return every fact that a graded task or one of its mistakes refers to, options of a list aside."""
    found = {}
    for exercise in load_library().exercises_of(COURSE):
        for task in exercise.tasks if exercise.mode == "graded" else ():
            answer = task.answer
            if isinstance(answer, EnumAnswer):
                continue  # its values are shown to be chosen from
            if isinstance(answer, LogAnswer):
                references = [event.hash_truth for event in answer.events]
            else:
                references = [answer.truth, *(mistake.truth for mistake in task.mistakes)]
            found.update({reference: truth.fact(reference) for reference in references if reference})
    return found


def texts(value: FactValue) -> Iterator[list[str]]:
    """Yield the ways in which a value may be written; each is a list of texts that stand there together."""
    if isinstance(value, datetime):
        for at in (value.astimezone(UTC), value.astimezone(timezone(timedelta(hours=5)))):
            yield [at.strftime("%Y-%m-%dT%H:%M:%S")]
            yield [at.strftime("%Y-%m-%d %H:%M:%S")]
    elif isinstance(value, tuple):
        yield [str(part) for part in value]
    else:
        yield [str(value)]


def holds(content: str, parts: list[str]) -> bool:
    """Return whether a text that is long enough not to stand there by chance stands there as a word of its own."""
    return max(map(len, parts)) >= _SHORTEST and all(
        re.search(rf"(?<!\w){re.escape(part.casefold())}(?![0-9a-f])", content) for part in parts
    )


@pytest.mark.parametrize("trainee_id", TRAINEES)
def test_no_personal_value_of_a_graded_task_is_outside_the_evidence(played: Played, trainee_id: str) -> None:
    everybody = {each: graded_values(truths["kestrel"]) for each, truths in played.truths.items()}
    mine = everybody[trainee_id]
    personal = {
        name: value for name, value in mine.items() if any(other[name] != value for other in everybody.values())
    }
    assert len(personal) > 25
    pack = played.demo.classroom.packs / f"{trainee_id}.labpack"

    found = [
        (place, name, parts)
        for place, data in handed_out(pack).items()
        for content in [data.decode("utf-8", "replace").casefold()]
        for name, value in personal.items()
        for parts in texts(value)
        if holds(content, parts)
    ]

    assert found == []


def test_the_search_finds_a_value_where_there_is_one(played: Played) -> None:
    """The same values do stand in the evidence, or can be worked out from it: the search looks for the right thing."""
    import hashlib

    evidence = members(played.demo.classroom.packs / "T01.labpack")
    values = graded_values(played.truths["T01"]["kestrel"])

    digest = hashlib.sha256(evidence["evidence/usb/KF-06.raw"]).hexdigest()
    assert digest == values["usb:media.sha256"]
    assert holds(f"sha-256 of the medium: {digest}.", [digest])
    assert holds("made on 2026-03-02t10:11:12z", ["2026-03-02T10:11:12"])
    assert not holds("sector 204812", ["2048"])


def long_lines(paths: list[Path]) -> set[str]:
    return {
        line.strip()
        for path in paths
        if path.is_file()
        for line in path.read_text(encoding="utf-8").splitlines()
        if len(line.strip()) >= _SHORTEST_LINE
    }


@pytest.mark.parametrize("trainee_id", TRAINEES[:2])
def test_no_text_that_is_for_trainers_is_in_a_pack(played: Played, trainee_id: str) -> None:
    root = load_library().root
    lines = long_lines([*root.glob("exercises/*/trainer/**/*"), *root.glob("labs/*/trainer/**/*")])
    lines -= long_lines([*root.glob("exercises/*/*.md"), *root.glob("labs/*/*.md")])  # the same note on review
    assert len(lines) > 100

    for place, data in members(played.demo.classroom.packs / f"{trainee_id}.labpack").items():
        assert [line for line in lines if line.encode() in data] == [], place


@pytest.mark.parametrize("trainee_id", TRAINEES[:2])
def test_no_reference_to_the_truth_and_no_mistake_code_is_in_a_pack(played: Played, trainee_id: str) -> None:
    references = set(played.truths[trainee_id]["kestrel"].references())
    codes = {
        mistake.code
        for exercise in load_library().exercises_of(COURSE)
        for task in exercise.tasks
        for mistake in task.mistakes
    }

    for place, data in handed_out(played.demo.classroom.packs / f"{trainee_id}.labpack").items():
        words = set(re.findall(r"[A-Za-z0-9:._-]+", data.decode("utf-8", "replace")))
        assert not words & references, place
        assert not words & codes, place


def test_a_pack_holds_what_the_allow_list_names_and_nothing_else(played: Played) -> None:
    names = set(members(played.demo.classroom.packs / "T01.labpack"))
    library = load_library()

    expected = {"manifest.json", "manifest.sig", "START-HERE.html", "forms/custody-log.html"}
    expected |= {"kit/tasks.json", "kit/hints.json"}
    expected |= {f"kit/guides/{lab.slug}.md" for lab in library.labs_of(COURSE)}
    expected |= {f"guides/{lab.slug}.html" for lab in library.labs_of(COURSE)}
    expected |= {f"exercises/{exercise.slug}.html" for exercise in library.exercises_of(COURSE)}
    assert {name for name in names if not name.startswith("evidence/")} == expected
    assert {name for name in names if name.startswith("evidence/")} == {
        *(f"evidence/basics/{letter}.txt" for letter in "abcd"),
        "evidence/basics/container.E01",
        "evidence/usb/KF-06.raw",
        "evidence/usb/KF-06.E01",
        "evidence/usb/KF-06-copy-b.E01",
        "evidence/usb/KF-06-second-pass.raw.gz",
        "evidence/usb/KF-06-second-pass.log",
        "evidence/usb/KF-06.device.toml",
    }


def test_graded_tasks_have_no_verifier_and_practice_does_not_name_its_answers(played: Played) -> None:
    import json

    tasks = json.loads(members(played.demo.classroom.packs / "T01.labpack")["kit/tasks.json"])

    assert [task["id"] for task in tasks if task["mode"] == "graded" and task["verifier"]] == []
    assert all(task["verifier"] for task in tasks if task["mode"] == "formative")
    keys = {key for task in tasks for key in task["answer"]}
    assert keys <= {"type", "algorithm", "unit", "base", "tokens", "case_sensitive", "options"}


def test_feedback_does_not_show_what_would_have_been_right(played: Played) -> None:
    """T03 and T05 answer wrongly; the right values of what they missed do not stand in their pages."""
    for trainee_id in ("T03", "T05"):
        page = (played.demo.report.page.parent / "feedback" / f"{trainee_id}.html").read_text(encoding="utf-8")
        truth = played.truths[trainee_id]["kestrel"]

        assert str(truth.fact("usb:copy-b.sha256")) not in page
        assert str(truth.fact("usb:container.stored_md5")) not in page
