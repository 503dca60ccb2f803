"""A class with a YARA task, through the verbs of trainer and trainee: nothing of it is broken on our side."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit import __version__
from labkit.cohort.classroom import open_classroom
from labkit.cohort.store import Store
from labkit.cohort.truths import key_version
from labkit.content.reader import CONTENT_VARIABLE, load_library
from labkit.model.grading import Outcome
from labkit.usecases import author, trainee, trainer
from tests.unit.content.small_library import SmallLibrary

REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
GOOD = """rule kf_sync_copy
{
    meta: author = "T01"
    strings: $a = "%lld alive %s" $b = "KFSYNC2.CFG:"
    condition: all of them and filesize < 16KB
}"""
TASK = """
[[tasks]]
id = "media"
points = 60
answer = { type = "HASH", algorithm = "sha256", truth = "blobs:variant-1.sha256" }

[[tasks]]
id = "choice"
points = 40
[tasks.answer]
type = "YARA"
positives = "blobs:variants.sample_set"
mutated = "blobs:canary.sample_set"
clean = "blobs:clean.sample_set"
"""
RULES = {
    "T01": (GOOD, Outcome.CORRECT, None),
    "T02": ('rule a { meta: author = "T02" strings: $a = "kf_sync" condition: $a }', Outcome.PARTIAL, "Y-CLEAN"),
    "T03": ("rule a { condition: $a }", Outcome.UNREADABLE, "Y-SYNTAX"),
}


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallLibrary:
    library = SmallLibrary(tmp_path / "content")
    kestrel = REPOSITORY / "evidence_images" / "kestrel"
    lines = (kestrel / "case.toml").read_text("utf-8").replace('slug = "kestrel"', 'slug = "kite"').splitlines()
    case = "\n".join('items = ["blobs"]' if line.startswith("items = ") else line for line in lines)
    library.write("evidence_images/kite/case.toml", case)
    shutil.copytree(kestrel / "blobs", library.root / "evidence_images" / "kite" / "blobs")
    path = library.root / "exercises" / "prints" / "exercise.toml"
    head = path.read_text("utf-8").split("[[tasks]]")[0]
    library.write("exercises/prints/exercise.toml", head + TASK)
    for name in ("exercises/prints/exercise.toml", "labs/00-prints/lab.toml"):
        library.change(name, 'items = ["stick"]', 'items = ["blobs"]')
    monkeypatch.setenv(CONTENT_VARIABLE, str(library.root))
    return library


def test_rules_of_a_class_are_graded(content: SmallLibrary, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("trainee_id,name,language\nT01,A B,en\nT02,C D,ru\nT03,E F,en\n", encoding="utf-8")
    folder, inbox = tmp_path / "class", tmp_path / "inbox"
    trainer.make_class(folder, roster=roster, course="short", name="Spring", passphrase=None, now=NOW)
    trainer.build_packs(folder, processes=1)
    for trainee_id, (rule, _, _) in RULES.items():
        workspace = trainee.start(folder / "packs" / f"{trainee_id}.labpack", tmp_path / trainee_id)
        assert len(list((workspace.root / "evidence" / "blobs" / "samples").iterdir())) == 206
        if trainee_id != "T03":
            trainee.answer(workspace.root, "prints/choice", rule, now=NOW)
        else:  # labkit answer would refuse what does not compile
            trainee.answer(workspace.root, "prints/choice", GOOD, now=NOW)
            answers = workspace.root / "answers.json"
            answers.write_text(answers.read_text("utf-8").replace("all of them", "$c"), encoding="utf-8")
        trainee.submit(workspace.root, inbox, now=NOW)

    graded = trainer.grade_inbox(folder, inbox, processes=1, now=NOW)

    assert graded.refused == ()
    versions = {
        "key_version": key_version(open_classroom(folder).key_version, load_library().exercises_of("short")),
        "engine_version": __version__,
    }
    with Store.open(folder / "results.sqlite") as store:
        results = [store.result(each.sha256, **versions) for each in store.submissions()]
    found = {each.trainee_id: (each.tasks[1].outcome, each.tasks[1].mistake) for each in results if each}
    assert found == {trainee_id: (outcome, mistake) for trainee_id, (_, outcome, mistake) in RULES.items()}


def test_an_author_tries_rules_on_samples(content: SmallLibrary) -> None:
    exemplar = f"media = \"{{blobs:variant-1.sha256}}\"\nchoice = '''{GOOD.replace('{', '{{').replace('}', '}}')}'''\n"
    content.write("exercises/prints/trainer/exemplar/answers.toml", exemplar)
    shutil.rmtree(content.root / "exercises" / "prints" / "trainer" / "attempts")

    (report,) = author.try_exercise("prints", ["author"])
    assert [(sample.score_percent, sample.problems) for sample in report.samples] == [(100, ())]
