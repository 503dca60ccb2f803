"""A class that has nothing but L09: what its packs must not hold, and what they do."""

import shutil
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from labkit.cohort.classroom import Classroom, open_classroom
from labkit.content.reader import CONTENT_VARIABLE, content_root, load_library
from labkit.content.scenario import load_case
from labkit.model.truth import CaseTruth, FactValue
from labkit.synthesis.build import derive_truth
from labkit.usecases import trainer
from tests.system.test_nothing_secret_leaves import handed_out, holds, members, spellings, texts

COURSE = "clocks"
TRAINEES = ("T01", "T02")
NOW = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
COURSE_FILE = """
[courses.clocks]
title = { en = "Clocks", ru = "Часы" }
labs = ["09-logs-from-three-clocks"]
pass_percent = 60
"""
# Public by the brief or the same for the whole class.
NOT_PERSONAL = ("name", "zone", "proxy_host", "user", "server_endpoint", "subject", "sender", "recipient")


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    folder = tmp_path_factory.mktemp("clocks")
    content = folder / "content"
    for name in ("labs", "exercises", "evidence_images"):
        shutil.copytree(content_root() / name, content / name)
    (content / "labs" / "course.toml").write_text(COURSE_FILE, encoding="utf-8")
    roster = folder / "roster.csv"
    roster.write_text("trainee_id,name,language\nT01,A B,en\nT02,C D,ru\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONTENT_VARIABLE, str(content))
        made = folder / "class"
        trainer.make_class(made, roster=roster, course=COURSE, name="Clocks", passphrase=None, now=NOW)
        trainer.build_packs(made, processes=1)
    return open_classroom(made)


@pytest.fixture(scope="module")
def truths(classroom: Classroom) -> Mapping[str, CaseTruth]:
    keys, case = classroom.keys(), load_case("kestrel")
    return {one: derive_truth(case, keys.seed(COURSE, "kestrel", one), items=["logs"]) for one in TRAINEES}


def personal(truths: Mapping[str, CaseTruth], trainee_id: str) -> dict[str, FactValue]:
    """Return the facts of the logs in which the two trainees differ."""
    mine, other = (truths[one].items["logs"].traces for one in (trainee_id, *(set(TRAINEES) - {trainee_id})))
    return {
        f"{trace.id}.{name}": value
        for trace in mine.values()
        for name, value in trace.facts.items()
        if name not in NOT_PERSONAL and other[trace.id].facts.get(name) != value
    }


@pytest.mark.parametrize("trainee_id", TRAINEES)
def test_no_seed_and_no_key_is_in_a_pack(classroom: Classroom, trainee_id: str) -> None:
    keys = classroom.keys()
    secrets = [keys.course_key, keys.signing_seed, *(keys.seed(COURSE, "kestrel", one) for one in TRAINEES)]
    pack = classroom.packs / f"{trainee_id}.labpack"
    for place, data in {"the file itself": pack.read_bytes(), **members(pack)}.items():
        for secret in secrets:
            for spelling in spellings(secret):
                assert spelling not in data, place


@pytest.mark.parametrize("trainee_id", TRAINEES)
def test_no_answer_stands_outside_of_the_evidence(
    classroom: Classroom, truths: Mapping[str, CaseTruth], trainee_id: str
) -> None:
    values = personal(truths, trainee_id)
    assert len(values) > 60
    found = [
        (place, name, parts)
        for place, data in handed_out(classroom.packs / f"{trainee_id}.labpack").items()
        if not place.startswith("manifest")  # it states the digest of every file that is handed out
        for content in [data.decode("utf-8", "replace").casefold()]
        for name, value in values.items()
        for parts in texts(value)
        if holds(content, parts)
    ]
    assert found == []


@pytest.mark.parametrize("trainee_id", TRAINEES)
def test_the_evidence_is_what_the_truth_says_and_the_readme_stays_here(
    classroom: Classroom, truths: Mapping[str, CaseTruth], trainee_id: str
) -> None:
    evidence = {
        name: data
        for name, data in members(classroom.packs / f"{trainee_id}.labpack").items()
        if name.startswith("evidence/logs/")
    }
    assert len(evidence) == 30
    assert not any(name.endswith((".md", ".toml")) for name in evidence)
    session = str(truths[trainee_id].fact("logs:login.text")).encode()
    assert sorted(name.rpartition("/")[2] for name, data in evidence.items() if session in data) == [
        "KF-07-access.log", "KF-07-auth.log",
    ]  # fmt: skip
    others = set(TRAINEES) - {trainee_id}
    foreign = str(truths[others.pop()].fact("logs:login.text")).encode()
    assert not any(foreign in data for data in evidence.values())


def test_the_lab_that_is_tried_is_that_of_the_examiners() -> None:
    courses = tomllib.loads((content_root() / "labs" / "course.toml").read_text("utf-8"))["courses"]
    assert "09-logs-from-three-clocks" in courses["examiner"]["labs"]
    assert load_library().exercises_of("examiner")
